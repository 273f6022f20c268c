"""Training as a rich progress bar, for terminals."""

import contextlib

import keras

__all__ = ["Progress"]


class Progress(keras.callbacks.Callback):
    """One bar an epoch, with the figures so far; goes with `fit(verbose=0)`.

    Args:
        console: `rich.console.Console` to draw on; `None` makes one.

    Example:
        >>> progress = Progress()
        >>> # model.fit(train, epochs=3, verbose=0, callbacks=[progress])
    """

    def __init__(self, console=None):
        super().__init__()
        self.console = console
        self.bar = None

    def on_train_begin(self, logs=None):
        from rich import progress

        self.bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=24),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.fields[figures]}"),
            console=self.console,
        )
        self.bar.start()

    def on_epoch_begin(self, epoch, logs=None):
        self.task = self.bar.add_task(
            f"epoch {epoch + 1:2}/{self.params['epochs']}",
            total=self.params.get("steps"),
            figures="" if epoch else "compiling",
        )

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(self.task, completed=batch + 1, figures=shown(logs))

    def on_epoch_end(self, epoch, logs=None):
        validation = {name: value for name, value in logs.items() if name.startswith("val_")}
        self.bar.update(self.task, figures=shown(validation or logs))
        self.bar.stop_task(self.task)

    def on_train_end(self, logs=None):
        self.bar.stop()

    @contextlib.contextmanager
    def shown(self):
        """Takes the bar away whatever ends `fit`, and gives the terminal its cursor back."""
        try:
            yield self
        finally:
            if self.bar is not None:
                self.bar.stop()


def shown(logs):
    return "  ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in logs.items())

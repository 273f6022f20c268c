"""Translations of a few sentences after each epoch, and their BLEU."""

import keras

from seqkit.checks import int_from, positive_int

__all__ = ["Preview"]


class Preview(keras.callbacks.Callback):
    """Translates some validation pairs after each epoch; shows three, and adds `val_bleu`.

    The loss on given targets says little of what a model writes by itself. The figure goes into the
    history, where `KeepBest("val_bleu")` finds it (in Keras's `fit`, put this before). On a
    terminal and in a notebook translations stand between the epochs; elsewhere nothing is shown.

    Args:
        pairs: what `seqkit.data.as_pairs` takes, with targets.
        count: int, how many of them to translate, spread evenly over all.
        shown: int, how many of these to show.
        console: `rich.console.Console` to show them on; that of `Progress` where both are used.
            `None` makes one.
        **options: passed on to `model.translate(sources, **options)`.

    Raises:
        ValueError: there are no pairs or no targets, or a number is out of range; in `fit`, the
            model has no `translate`.

    Example:
        >>> preview = Preview([("a dog", "ein Hund"), ("a cat", "eine Katze")])
        >>> # model.fit(train, validation_data=validation, epochs=20, callbacks=[preview])
    """

    def __init__(self, pairs, *, count=100, shown=3, console=None, **options):
        super().__init__()
        count, shown = positive_int("count", count), int_from("shown", shown, 0)
        from seqkit.data import as_pairs  # TensorFlow comes with it

        pairs = as_pairs(pairs, name="pairs of the preview")
        if not len(pairs) or pairs.targets is None:
            received = f"{len(pairs)} sources alone" if len(pairs) else "none"
            raise ValueError(
                f"The preview needs pairs with targets to compare with. Received: {received}"
            )
        count = min(count, len(pairs))
        chosen = pairs.subset([k * len(pairs) // count for k in range(count)])
        self.sources, self.targets = chosen.sources, chosen.targets
        self.shown = shown
        self.options = options
        self.console = console
        self.news = None

    def on_train_begin(self, logs=None):
        if not hasattr(self.model, "translate"):
            raise ValueError(
                "`Preview` needs a model that can `translate`. "
                f"Received: {type(self.model).__name__}"
            )
        # What is wrong with the options shows before an hour of training, not after.
        self.model.translate(self.sources[:1], **self.options)
        if self.console is None:
            from rich.console import Console

            self.console = Console()
        self.news = None

    def on_epoch_end(self, epoch, logs=None):
        from sacrebleu import corpus_bleu

        answers = [str(text) for text in self.model.translate(self.sources, **self.options)]
        # `force` keeps it from advising against spaces before full stops, each epoch anew.
        bleu = corpus_bleu(answers, [self.targets], force=True).score
        if logs is not None:
            logs["val_bleu"] = bleu
        self.news = epoch, bleu, answers

    # Keras's progress bar ends its line after `on_epoch_end`: showing waits until then.

    def on_epoch_begin(self, epoch, logs=None):
        self.show()

    def on_train_end(self, logs=None):
        self.show()

    def show(self):
        news, self.news = self.news, None
        watched = self.console.is_terminal or self.console.is_jupyter
        if news is None or not watched:
            return
        from rich.text import Text

        epoch, bleu, answers = news
        self.console.print(Text(f"after epoch {epoch + 1}: BLEU {bleu:.1f}", style="bold"))
        # Empty sources show nothing.
        full = [k for k, source in enumerate(self.sources) if source.strip()]
        for k in full[: self.shown]:
            right = answers[k] == self.targets[k]
            self.console.print(Text(f"  {self.sources[k]}", style="dim"))
            self.console.print(Text(f"    {answers[k]}", style="green" if right else ""))
            if not right:
                self.console.print(Text(f"    {self.targets[k]}", style="dim italic"))

"""A run directory: what was trained, on what, how well, and how to use it."""

import contextlib
import datetime
import json
import pathlib

import keras

from seqkit.files import replacing, writable
from seqkit.inspect.card import card
from seqkit.inspect.confusion import confusion_matrix
from seqkit.inspect.curves import learning_curves
from seqkit.inspect.facts import facts

__all__ = ["Run"]

PICTURES = ("learning_curves.png", "confusion_matrix.png", "backtest.png")


class Run:
    """A folder that holds one trained model and everything there is to say about it.

    ```
    model.keras           loads with `seqkit.models.load`
    metrics.json          settings, history, figures of validation
    README.md             the model card
    learning_curves.png
    confusion_matrix.png of labels, backtest.png of a forecaster
    ```

    Args:
        folder: created with the first file in it.
        overwrite: whether an existing folder that holds files may be replaced. What is
            replaced is what a run writes, when it has all of it; other files stay.
        resume: whether a training that was stopped here may go on: `training.Resume` with
            `resume_path`.

    Raises:
        FileExistsError: if `folder` holds files, `overwrite` is False, and there is nothing to
            go on with.
        PermissionError: if nothing can be written there.

    Example:
        >>> run = Run("runs/mut1")  # doctest: +SKIP
        >>> run.write(model, history=history, report=model.report(test))  # doctest: +SKIP
    """

    def __init__(self, folder, *, overwrite=False, resume=False):
        self.folder = pathlib.Path(folder)
        if self.folder.is_file():
            raise FileExistsError(f"{self.folder} is a file, expected a folder.")
        stopped = self.resume_path.exists()
        full = self.folder.is_dir() and any(self.folder.iterdir())
        if full and not overwrite and not (resume and stopped):
            found = "is not empty: give"
            if stopped:
                found = "holds a training that was stopped: go on with it (--resume), give"
            elif resume:
                found = "holds no training that was stopped: give"
            raise FileExistsError(
                f"{self.folder} {found} another folder, or replace what is there (--overwrite)."
            )
        writable(self.folder, "folder")
        self.resume = resume

    @property
    def model_path(self):
        return self.folder / "model.keras"

    @property
    def resume_path(self):
        """Of a file that is there while training and measuring are not over."""
        return self.folder / "training.resume"

    @contextlib.contextmanager
    def training(self):
        """Within, the model may be replaced: then figures, plots and card, of another, go."""
        if not self.resume:
            self.resume_path.unlink(missing_ok=True)
        before = self.written_at()
        try:
            yield
        finally:
            if self.written_at() != before:
                for name in ("metrics.json", "README.md", *PICTURES):
                    (self.folder / name).unlink(missing_ok=True)

    def written_at(self):
        return self.model_path.stat().st_mtime_ns if self.model_path.exists() else None

    def write(self, model, *, history, seconds, report=None, data=None, settings=None):
        """Writes all files of the run, each whole or not at all.

        Args:
            model: the trained model.
            history: what `fit` returned.
            seconds: how long training took.
            report: what `model.report` or `backtest` gave on validation data, if there is any.
            data: dict from str to str: what it was trained and measured on.
            settings: dict of plain values: how it was made.

        Returns:
            The record that `metrics.json` holds.
        """
        record = {
            "created": datetime.datetime.now().isoformat(sep=" ", timespec="seconds"),
            "model": facts(model),
            "backend": keras.backend.backend(),
            "data": data or {},
            "settings": settings or {},
            "seconds": round(seconds, 1),
            "history": {name: [float(v) for v in row] for name, row in history.history.items()},
            "figures": report.figures() if report else None,
        }
        model.save(self.model_path)
        figures = {"learning_curves.png": learning_curves(history)}
        if report and hasattr(report, "confusion"):
            figures["confusion_matrix.png"] = confusion_matrix(report)
        elif hasattr(report, "plot"):
            figures["backtest.png"] = report.plot()
        for name in PICTURES:
            figure = figures.get(name)
            if figure is None:
                (self.folder / name).unlink(missing_ok=True)
            else:
                self.draw(name, figure)
        for name, text in (
            ("README.md", card(record)),
            ("metrics.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n"),
        ):
            with replacing(self.folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        self.resume_path.unlink(missing_ok=True)
        return record

    def draw(self, name, figure):
        with replacing(self.folder / name) as temporary:
            figure.savefig(temporary, dpi=120)

"""How well a classifier does, class by class.

Shapes: N examples, C classes.
"""

import numpy as np

__all__ = ["Report"]


class Report:
    """Precision, recall, F1 and support of every class, and the confusion matrix.

    Figures that would divide by zero are 0. `macro_f1` is the mean of the F1 of the
    classes that occur in labels or answers. All as in `sklearn.metrics`.

    Args:
        labels: names of the C classes.
        confusion: int array `(C, C)`; row: what it is, column: what was answered.

    Example:
        >>> report = Report.of(("bad", "good"), [0, 1, 1, 1], [0, 1, 1, 0])
        >>> report.accuracy
        0.75
        >>> print(report)
                  precision  recall      f1  support
        bad          0.5000  1.0000  0.6667        1
        good         1.0000  0.6667  0.8000        3
        <BLANKLINE>
        accuracy 0.7500  macro-F1 0.7333  examples 4
    """

    def __init__(self, labels, confusion):
        confusion = np.asarray(confusion, dtype="int64")
        if confusion.shape != (len(labels), len(labels)):
            raise ValueError(
                f"`confusion` must have a row and a column for each of the {len(labels)} "
                f"labels. Received shape: {confusion.shape}"
            )
        self.labels = tuple(labels)
        self.confusion = confusion
        right = np.diag(confusion)
        self.support = confusion.sum(axis=1)
        self.precision = self.ratio(right, confusion.sum(axis=0))
        self.recall = self.ratio(right, self.support)
        self.f1 = self.ratio(2 * right, confusion.sum(axis=0) + self.support)

    @classmethod
    def of(cls, labels, truth, answers):
        """Counts class numbers `truth` and `answers`, int arrays `(N,)`."""
        confusion = np.zeros((len(labels), len(labels)), dtype="int64")
        np.add.at(confusion, (np.asarray(truth, int), np.asarray(answers, int)), 1)
        return cls(labels, confusion)

    @property
    def examples(self):
        return int(self.confusion.sum())

    @property
    def accuracy(self):
        return float(np.trace(self.confusion) / max(self.examples, 1))

    @property
    def macro_f1(self):
        occurs = (self.confusion.sum(axis=0) + self.support) > 0
        return float(self.f1[occurs].mean()) if occurs.any() else 0.0

    def figures(self):
        """All of it as plain numbers, ready for JSON."""
        columns = zip(self.precision, self.recall, self.f1, self.support, strict=True)
        names = ("precision", "recall", "f1", "support")
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "examples": self.examples,
            "classes": {
                label: dict(zip(names, (float(p), float(r), float(f), int(n)), strict=True))
                for label, (p, r, f, n) in zip(self.labels, columns, strict=True)
            },
            "confusion": self.confusion.tolist(),
        }

    def __str__(self):
        width = max(8, *map(len, self.labels))
        lines = [f"{'':{width}}  precision  recall      f1  support"]
        for label, p, r, f, n in zip(
            self.labels, self.precision, self.recall, self.f1, self.support, strict=True
        ):
            lines.append(f"{label:{width}}  {p:9.4f}  {r:6.4f}  {f:6.4f}  {n:7d}")
        lines.append("")
        lines.append(
            f"accuracy {self.accuracy:.4f}  macro-F1 {self.macro_f1:.4f}  examples {self.examples}"
        )
        return "\n".join(lines)

    __repr__ = __str__

    @staticmethod
    def ratio(part, whole):
        return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)

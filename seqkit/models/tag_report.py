"""How well a tagger does: words, unknown words, each tag, spans, the worst mistakes."""

import collections
import dataclasses
import textwrap

import numpy as np

from seqkit.models.report import Report

__all__ = ["Mistake", "TagReport"]


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One tag taken for another: how often, and the sentences as (words, position)."""

    expected: str
    received: str
    count: int
    places: list = dataclasses.field(repr=False)

    def __str__(self):
        lines = [f"{self.count:5d}  {self.expected} taken for {self.received}"]
        for words, at in self.places[:3]:
            shown = [*words[max(at - 6, 0) : at], f"[{words[at]}]", *words[at + 1 : at + 7]]
            lines.append(f"       {textwrap.shorten(' '.join(shown), 90, placeholder=' ...')}")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class TagReport:
    """Figures of a tagger on tagged sentences; prints as a table.

    Args:
        words: `Report` over words: accuracy, macro-F1, a row for each tag, the confusions.
        unknown: how many words training had not met.
        unknown_accuracy: accuracy on these, NaN where there are none.
        sentences: how many sentences.
        sentence_accuracy: share of the sentences without a mistake.
        spans: dict from span type (and "all") to (precision, recall, f1, support), or `None`
            for tags that mark no spans.
        mistakes: list of `Mistake`, the most frequent first.

    Example:
        >>> from seqkit.data import Sentences
        >>> gold = Sentences([["a", "dog"]], [["DET", "NOUN"]])
        >>> TagReport.of(gold, [["DET", "VERB"]], labels=("DET", "NOUN", "VERB")).accuracy
        0.5
    """

    words: Report
    unknown: int
    unknown_accuracy: float
    sentences: int
    sentence_accuracy: float
    spans: dict | None
    mistakes: list

    @classmethod
    def of(cls, sentences, answers, *, labels, known=None):
        """Compares tagged sentences with the answers to them.

        Args:
            sentences: `seqkit.data.Sentences` with tags; a word without one counts nowhere.
            answers: list of lists of str.
            labels: the tags of the model; others in the data are added.
            known: callable, list of str to bool array: which words training had met.
        """
        from seqkit.data import schemes  # brings TensorFlow

        extra = sorted(set(sentences.label_names) - set(labels))
        labels = (*labels, *extra)
        number = {label: i for i, label in enumerate(labels)}
        flat = [
            (word, gold, answer, row, at)
            for row, ((words, tags), given) in enumerate(zip(sentences, answers, strict=True))
            for at, (word, gold, answer) in enumerate(zip(words, tags, given, strict=True))
            if gold is not None
        ]
        right = np.array([gold == answer for _, gold, answer, _, _ in flat], bool)
        met = known([word for word, *_ in flat]) if known and flat else np.ones(len(flat), bool)
        new = ~met.astype(bool)
        wrong_rows = {row for ok, (*_, row, _) in zip(right, flat, strict=True) if not ok}
        places = collections.defaultdict(list)
        for ok, (_, gold, answer, row, at) in zip(right, flat, strict=True):
            if not ok:
                places[gold, answer].append((sentences.words[row], at))
        mistakes = [Mistake(*pair, len(where), where) for pair, where in places.items()]
        scheme = schemes.detect(labels)
        return cls(
            words=Report.of(
                labels, [number[gold] for _, gold, *_ in flat], [number[a] for _, _, a, *_ in flat]
            ),
            unknown=int(new.sum()),
            unknown_accuracy=float(right[new].mean()) if new.any() else float("nan"),
            sentences=len(sentences),
            sentence_accuracy=1 - len(wrong_rows) / max(len(sentences), 1),
            spans=None if scheme is None else span_scores(sentences.labels, answers, scheme),
            mistakes=sorted(mistakes, key=lambda m: (-m.count, m.expected, m.received)),
        )

    @property
    def labels(self):
        return self.words.labels

    @property
    def confusion(self):
        return self.words.confusion

    @property
    def accuracy(self):
        return self.words.accuracy

    @property
    def macro_f1(self):
        return self.words.macro_f1

    @property
    def span_f1(self):
        """Micro-averaged F1 of spans, or `None`."""
        return None if self.spans is None else self.spans["all"][2]

    def figures(self):
        """All of it as plain numbers, ready for JSON."""
        names = ("precision", "recall", "f1", "support")
        spans = self.spans and {
            kind: dict(zip(names, row, strict=True)) for kind, row in self.spans.items()
        }
        return {
            **self.words.figures(),
            "unknown_words": self.unknown,
            "unknown_accuracy": self.unknown_accuracy if self.unknown else None,
            "sentences": self.sentences,
            "sentence_accuracy": self.sentence_accuracy,
            **({"span_f1": self.span_f1, "spans": spans} if spans else {}),
            "mistakes": [[m.expected, m.received, m.count] for m in self.mistakes[:20]],
        }

    def __str__(self):
        lines = [str(self.words)]
        lines.append(
            f"sentences {self.sentences}, without a mistake {self.sentence_accuracy:.4f}; "
            f"unknown words {self.unknown}"
            + (f", accuracy {self.unknown_accuracy:.4f}" if self.unknown else "")
        )
        if self.spans:
            width = max(8, *map(len, self.spans))
            lines += ["", f"{'spans':{width}}  precision  recall      f1  support"]
            for kind, (p, r, f, n) in self.spans.items():
                lines.append(f"{kind:{width}}  {p:9.4f}  {r:6.4f}  {f:6.4f}  {n:7d}")
        if self.mistakes:
            lines += ["", "most frequent mistakes", *map(str, self.mistakes[:5])]
        return "\n".join(lines)

    __repr__ = __str__


def span_scores(gold, answers, scheme):
    """Precision, recall, F1 and support of exact spans, by type and over all."""
    from seqkit.data import schemes

    counts = collections.defaultdict(lambda: np.zeros(3, int))  # right, answered, expected
    for row, (tags, given) in enumerate(zip(gold, answers, strict=True)):
        outside = ["O" if tag is None else tag for tag in tags]
        expected = {(row, *span) for span in schemes.spans(outside, scheme)}
        received = {(row, *span) for span in schemes.spans(list(given), scheme)}
        for place, group in enumerate((expected & received, received, expected)):
            for _, kind, *_ in group:
                counts[kind][place] += 1
    counts = {kind: counts[kind] for kind in sorted(counts)}
    counts["all"] = sum(counts.values(), np.zeros(3, int))
    return {kind: score(*map(int, row)) for kind, row in counts.items()}


def score(right, answered, expected):
    precision = right / answered if answered else 0.0
    recall = right / expected if expected else 0.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0, expected

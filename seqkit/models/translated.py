"""What `translate` gives to people, and what `report` says of it."""

import dataclasses

__all__ = ["Translation", "TranslationReport", "Translations"]


@dataclasses.dataclass(frozen=True)
class Translation:
    """A text and what the model makes of it.

    Args:
        source: str, as it was given.
        text: str, the best translation.
        score: float, its log-probability, as the search compares it.
        alternatives: list of pairs (text, score), the next best.
        attention: `Attention` or `None`: what each piece of the translation read.

    Example:
        >>> Translation("a dog", "ein Hund", -0.5)
        ein Hund
    """

    source: str
    text: str
    score: float
    alternatives: list = dataclasses.field(default_factory=list)
    attention: object = None

    def __str__(self):
        return self.text

    __repr__ = __str__

    def to_dict(self):
        """Plain values, ready for JSON."""
        plain = {"source": self.source, "translation": self.text, "score": self.score}
        if self.alternatives:
            plain["alternatives"] = [{"translation": t, "score": s} for t, s in self.alternatives]
        return plain


@dataclasses.dataclass(frozen=True)
class Attention:
    """Where a translation looked.

    Args:
        source: list of str, the S pieces that were read, the end included.
        target: list of str, the T pieces that were written, the end included.
        weights: NumPy array `(T, S)`; each row sums to one.
    """

    source: list
    target: list
    weights: object


class Translations(list):
    """A list of `Translation` that prints one to a line."""

    def __repr__(self):
        return "\n".join(map(repr, self))


@dataclasses.dataclass(frozen=True)
class TranslationReport:
    """How good the translations of a set are, against one reference each.

    Args:
        bleu: float, sacreBLEU, of 100.
        bleu_signature: str, how it was computed (Post 2018).
        chrf: float, chrF2, of 100.
        chrf_signature: str, how it was computed.
        perplexity: float, of the references, for each token, the end included.
        exact: float, share of the translations that equal their reference.
        sentences: int, how many.
    """

    bleu: float
    bleu_signature: str
    chrf: float
    chrf_signature: str
    perplexity: float
    exact: float
    sentences: int

    @classmethod
    def of(cls, translations, references, perplexity):
        """Compares lists of str."""
        import sacrebleu

        scores = {}
        # `force` keeps it from advising against spaces before full stops.
        for name, metric in (("bleu", sacrebleu.BLEU(force=True)), ("chrf", sacrebleu.CHRF())):
            scores[name] = metric.corpus_score(translations, [references]).score
            scores[f"{name}_signature"] = str(metric.get_signature())
        exact = sum(t == r for t, r in zip(translations, references, strict=True))
        count = len(references)
        return cls(**scores, perplexity=perplexity, exact=exact / count, sentences=count)

    def __repr__(self):
        return "\n".join(
            (
                f"{self.sentences:,} sentences",
                f"{'BLEU':<12}{self.bleu:>8.2f}   {self.bleu_signature}",
                f"{'chrF':<12}{self.chrf:>8.2f}   {self.chrf_signature}",
                f"{'perplexity':<12}{self.perplexity:>8.2f}   of the references, for each token",
                f"{'exact':<12}{self.exact:>8.1%}",
            )
        )

    def figures(self):
        """All of it as plain values, ready for JSON."""
        return dataclasses.asdict(self)

"""What `tag` gives to people."""

import dataclasses

__all__ = ["Tagged", "TaggedSentence"]


@dataclasses.dataclass(frozen=True)
class TaggedSentence:
    """The words of a sentence and what the model says of each.

    Args:
        words: list of str, as they were given.
        tags: list of str, one for each word.
        probabilities: list of dicts from tag to probability, or `None`.

    Example:
        >>> TaggedSentence(["a", "dog"], ["DET", "NOUN"])
        a/DET dog/NOUN
    """

    words: list
    tags: list
    probabilities: list | None = None

    def __iter__(self):
        """Yields (word, tag)."""
        return iter(zip(self.words, self.tags, strict=True))

    def __len__(self):
        return len(self.words)

    def __repr__(self):
        return " ".join(f"{word}/{tag}" for word, tag in self)

    def to_dict(self):
        """Plain values, ready for JSON."""
        return dataclasses.asdict(self)


class Tagged(list):
    """A list of `TaggedSentence` that prints one to a line."""

    def __repr__(self):
        return "\n".join(map(repr, self))

"""What `classify` gives to people."""

import dataclasses
import textwrap

__all__ = ["Answer", "Answers"]


@dataclasses.dataclass(frozen=True)
class Answer:
    """One text and what the model says about it.

    Args:
        text: the text as it was given.
        label: name of the most probable class.
        probability: of that class.
        probabilities: of every class, by name.

    Example:
        >>> Answer("great fun", "positive", 0.9, {"negative": 0.1, "positive": 0.9})
        positive 0.900  great fun
    """

    text: str
    label: str
    probability: float
    probabilities: dict

    def __repr__(self):
        text = textwrap.shorten(self.text, 80, placeholder=" ...")
        return f"{self.label} {self.probability:.3f}  {text}"

    def to_dict(self):
        """Plain values, ready for JSON."""
        return dataclasses.asdict(self)


class Answers(list):
    """A list of `Answer` that prints one to a line."""

    def __repr__(self):
        return "\n".join(map(repr, self))

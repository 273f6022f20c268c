"""What translations have to hold, or may not, as ids.

Shapes: B texts, P ids of a prefix or phrases of a text, M ids of a phrase.
"""

import numpy as np

from seqkit.decoding import Forbidden
from seqkit.decoding.constraints import padded
from seqkit.decoding.forbidden import of_word

__all__ = ["Wishes"]

DIGIT = "0"  # a digit is always a piece of its own
UNKNOWN = 1  # as in `seqkit.data`, which needs TensorFlow


class Wishes:
    """What translations have to hold, or may not, as ids.

    Raises:
        ValueError: a wish is of another form, is more than the model can write, is forbidden, or
            repeats what must not be.
    """

    def __init__(self, preprocessor, texts, prefix, required, forbidden, no_repeat=0):
        spelling = preprocessor.target.spelling

        def read(name, phrases):
            phrases = list(phrases)
            for phrase in phrases:
                if not isinstance(phrase, str):
                    raise ValueError(f"`{name}` must be made of str. Received: {phrase!r}")
            return cut(preprocessor.target, phrases, inside=name == "required")

        def ids(name, phrases):
            rows = read(name, phrases)
            for phrase, row in zip(phrases, rows, strict=True):
                if not row and name == "required":
                    raise ValueError(f"`required` must hold no empty str. Received: {phrase!r}")
                if UNKNOWN in row:
                    raise ValueError(
                        f"`{name}` must be made of what the model can write. Received: {phrase!r}"
                    )
                if no_repeat and repeats(row, no_repeat):
                    raise ValueError(
                        f"`{name}` must not repeat what `no_repeat` bars. "
                        f"Received: {phrase!r}, no_repeat={no_repeat}"
                    )
                if forbids is not None and forbids.bars(row):
                    each = ((part, Forbidden([part], spelling)) for part in self.forbidden)
                    barred = next(part for part, alone in each if alone.bars(row))
                    text = preprocessor.text(np.array([barred])).numpy()[0].decode()
                    raise ValueError(
                        f"`{name}` must hold nothing that `forbidden` does. "
                        f"Received: {phrase!r}, forbidden {text!r}"
                    )
            return rows

        def each(name, value, single):
            """One for each text."""
            if value is None or (isinstance(value, (list, tuple)) and not value):
                return None
            if isinstance(value, single) and not (value and isinstance(value[0], (list, tuple))):
                return [value] * texts
            if not hasattr(value, "__len__"):
                raise ValueError(f"`{name}` must be made of str. Received: {value!r}")
            if len(value) != texts:
                raise ValueError(
                    f"`{name}` must be one for all texts or one for each, {texts}. "
                    f"Received: {len(value)}"
                )
            return list(value)

        for name, value in (("required", required), ("forbidden", forbidden)):
            if isinstance(value, str):
                raise ValueError(f"`{name}` must be a list of str. Received: {value!r}")
        # What the model cannot write need not be forbidden.
        barred = [row for row in read("forbidden", forbidden or []) if UNKNOWN not in row]
        self.forbidden = tuple(map(tuple, filter(None, barred)))
        forbids = Forbidden(self.forbidden, spelling) if self.forbidden else None
        self.tensors = {}
        prefix = each("prefix", prefix, str)
        if prefix is not None:
            self.tensors["prefix"] = padded(ids("prefix", prefix))
        required = each("required", required, (list, tuple))
        if required is not None:
            rows = [ids("required", phrases) for phrases in required]
            most, longest = max(map(len, rows)), max([1, *(len(p) for row in rows for p in row)])
            rows = [row + [[]] * (most - len(row)) for row in rows]
            if most:
                self.tensors["required"] = np.stack([padded(row, longest) for row in rows])

    def of(self, rows):
        """The tensors of the texts with those numbers."""
        return {name: tensor[rows] for name, tensor in self.tensors.items()}

    @property
    def width(self):
        """How many ids the prefix may add."""
        return self.tensors["prefix"].shape[1] if "prefix" in self.tensors else 0


def cut(tokens, phrases, inside):
    """Ids of phrases, as they stand `inside` a text or at its beginning."""
    if not phrases:
        return []
    rows = tokens.ids(phrases).to_list()
    if not (inside and tokens.spelling):
        return rows
    # Pieces put a space before what begins a text; before a comma nobody writes one.
    before = len(tokens.ids([DIGIT]).to_list()[0])
    behind = tokens.ids([DIGIT + phrase for phrase in phrases]).to_list()
    return [
        row if of_word(phrase.encode(), 0) else after[before:]
        for phrase, row, after in zip(phrases, rows, behind, strict=True)
    ]


def repeats(row, size):
    """Whether the same `size` ids in a row stand in `row` twice."""
    parts = [tuple(row[at : at + size]) for at in range(len(row) - size + 1)]
    return len(set(parts)) < len(parts)

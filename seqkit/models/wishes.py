"""What translations have to hold, or may not, as ids.

Shapes: B texts, P ids of a prefix or phrases of a text, M ids of a phrase.
"""

import numpy as np

from seqkit.decoding.constraints import padded

__all__ = ["Wishes"]

UNKNOWN = 1  # as in `seqkit.data`, which needs TensorFlow


class Wishes:
    """What translations have to hold, or may not, as ids."""

    def __init__(self, preprocessor, texts, prefix, required, forbidden):
        def ids(phrases):
            rows = preprocessor.target.ids(phrases).to_list() if phrases else []
            for phrase, row in zip(phrases, rows, strict=True):
                if UNKNOWN in row:
                    raise ValueError(
                        f"A phrase must be made of what the model can write. Received: {phrase!r}"
                    )
            return rows

        def each(name, value, single):
            """One for each text."""
            if value is None or value == []:
                return None
            if isinstance(value, single) and not (value and isinstance(value[0], (list, tuple))):
                return [value] * texts
            if len(value) != texts:
                raise ValueError(
                    f"`{name}` must be one for all texts or one for each, {texts}. "
                    f"Received: {len(value)}"
                )
            return list(value)

        for name, value in (("required", required), ("forbidden", forbidden)):
            if isinstance(value, str):
                raise ValueError(f"`{name}` must be a list of str. Received: {value!r}")
        self.forbidden = tuple(map(tuple, filter(None, ids(list(forbidden or [])))))
        self.tensors = {}
        prefix = each("prefix", prefix, str)
        if prefix is not None:
            self.tensors["prefix"] = padded(ids(prefix))
        required = each("required", required, (list, tuple))
        if required is not None:
            rows = [ids(list(phrases)) for phrases in required]
            most, longest = max(map(len, rows)), max([1, *(len(p) for row in rows for p in row)])
            rows = [row + [[]] * (most - len(row)) for row in rows]
            self.tensors["required"] = np.stack([padded(row, longest) for row in rows])

    def of(self, rows):
        """The tensors of the texts with those numbers."""
        return {name: tensor[rows] for name, tensor in self.tensors.items()}

    @property
    def width(self):
        """How many ids the prefix may add."""
        return self.tensors["prefix"].shape[1] if "prefix" in self.tensors else 0

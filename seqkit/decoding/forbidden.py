"""What may not stand in a sequence.

Shapes: B sentences, K beams, V ids, L steps that there is room for, N symbols of a phrase, C ways
to end it.
"""

import unicodedata

import numpy as np
from keras import ops

from seqkit.decoding.constraints import barred

__all__ = ["Forbidden"]

# Scripts that put no spaces between words, as the names of their characters begin.
UNSPACED = {"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}


class Forbidden:
    """None of these phrases stands in a sequence between the borders of ids, however cut.

    A phrase is what its ids write: with `spelling` a text, else the ids themselves. It stands
    where ids write it from the border of an id to the border of another. Of a text the space
    before it is left open, and none begins inside a word, in scripts that put spaces between
    words (a character written byte by byte is taken for the end of one). A longer word or number
    that begins with a phrase is possible where one of its ids goes over the end of the phrase.

    Args:
        phrases: list of lists of ids.
        spelling: list of bytes, what each id writes.

    Example:
        >>> forbidden = Forbidden([[4]], spelling=[b"", b"?", b" c", b"at", b" cat", b"ch"])
        >>> forbidden.bars([2, 3]), forbidden.bars([2, 3, 5]), forbidden.bars([3])
        (True, True, False)
    """

    own = ()

    def __init__(self, phrases, spelling=None):
        if spelling is None:
            texts = [tuple(phrase) for phrase in phrases if len(phrase)]
            most = max((max(text) for text in texts), default=0)
            self.written = [(), *((i,) for i in range(1, most + 1)), (-1,)]  # -1: in no phrase
            self.inside = np.zeros(len(self.written), "bool")
        else:
            texts = [b"".join(spelling[i] for i in phrase).lstrip(b" ") for phrase in phrases]
            texts = [start + text for text in texts if text for start in (b"", b" ")]
            self.written = [*spelling, b""]
            self.inside = np.array([of_word(text, -1) for text in self.written])
        self.sizes = np.array([len(text) for text in self.written], "int32")
        who = {}
        for i, part in enumerate(self.written):
            who.setdefault(part, []).append(i)
        self.phrases = [Phrase(text, who, len(self.written)) for text in dict.fromkeys(texts)]

    def bars(self, row):
        """Whether a phrase stands in a list of ids."""
        row = np.minimum(row, len(self.written) - 1)
        return any(phrase.stands(row, self.sizes, self.inside) for phrase in self.phrases)

    def apply(self, logits, ids, at, own):
        """Logits `(B, K, V)` without the ids that would end a phrase."""
        ending = [self.ending(phrase, ids, at) for phrase in self.phrases if len(phrase.ends)]
        return barred(logits, ops.concatenate(ending, axis=-1)) if ending else logits

    def ending(self, phrase, ids, at):
        """The ids `(B, K, C)` that would end a phrase now, 0 for others."""
        size, room = phrase.fits.shape[1], ops.shape(ids)[2]
        window = min(size, room) if isinstance(room, int) else ops.minimum(size, room)
        back = ops.arange(window, dtype="int32")
        steps = at - 1 - back
        recent = ops.take(ids, ops.maximum(steps, 0), axis=2)  # the last id first
        recent = ops.where(steps >= 0, ops.minimum(recent, len(self.written) - 1), 0)
        # Whether the last j + 1 ids begin the phrase: the i-th from the end would write what
        # follows the offset [j, i].
        total = ops.cumsum(ops.take(self.sizes, recent), axis=-1)
        offset = ops.minimum(ops.maximum(total[..., None] - total[..., None, :], 0), size - 1)
        fits = ops.take(phrase.fits.reshape(-1), recent[..., None, :] * size + offset)
        begun = ops.all(ops.logical_or(fits, back > back[:, None]), axis=-1)
        none = ops.zeros_like(total[..., :1])  # of no ids: nothing is written, and that fits
        total = ops.concatenate([none, total[..., :-1]], axis=-1)
        begun = ops.concatenate([none == 0, begun[..., :-1]], axis=-1)
        if phrase.apart:
            begun = ops.logical_and(begun, ops.logical_not(ops.take(self.inside, recent)))
        so_far, last = phrase.ends.T
        here = ops.logical_and(begun[..., None], total[..., None] == so_far)  # (B, K, N, C)
        return ops.where(ops.any(here, axis=2), last, 0)


class Phrase:
    """A phrase and the ids that write parts of it.

    Args:
        text: bytes, or a tuple of ids; N of them.
        who: dict, from what is written to the ids that write it.
        size: int, how many ids there are.
    """

    def __init__(self, text, who, size):
        self.text = text
        self.apart = isinstance(text, bytes) and of_word(text, 0)
        parts = [(at, end) for at in range(len(text)) for end in range(at + 1, len(text) + 1)]
        parts = [(at, end, i) for at, end in parts for i in who.get(text[at:end], ())]
        # Which ids write what stands at an offset, and pairs (offset, id) that write the rest.
        self.fits = np.zeros((size, len(text)), "bool")
        for at, _, i in parts:
            self.fits[i, at] = True
        ends = [(at, i) for at, end, i in parts if end == len(text)]
        self.ends = np.array(ends, "int32").reshape(-1, 2)

    def stands(self, row, sizes, inside):
        """Whether it stands in a row of ids."""
        for start in range(len(row)):
            at = 0
            if self.apart and start and inside[row[start - 1]]:
                continue
            for i in row[start:]:
                if not self.fits[i, at]:
                    break
                at += sizes[i]
                if at == len(self.text):
                    return True
        return False


def of_word(text, place):
    """Whether the first or last character of bytes is of a word or number between spaces."""
    characters = text.decode("utf-8", "ignore")
    if not characters:
        return False
    script = unicodedata.name(characters[place], "").removeprefix("HALFWIDTH ").partition(" ")[0]
    return script not in UNSPACED and unicodedata.category(characters[place])[0] in "LMN"

"""Tagged sentences written by a grammar, in which the word alone is not enough."""

import collections
import random

from seqkit.checks import int_from
from seqkit.data.examples import Splits
from seqkit.data.samples.grammar import MADE, RULES, WORDS
from seqkit.data.sentences import Sentences

__all__ = ["chunks", "most_frequent_tag_accuracy", "tagged"]

ONSETS, VOWELS = (
    [
        "b",
        "br",
        "d",
        "dr",
        "f",
        "fl",
        "g",
        "gr",
        "k",
        "kl",
        "l",
        "m",
        "n",
        "p",
        "pl",
        "r",
        "s",
        "st",
        "t",
        "tr",
        "v",
        "z",
    ],
    "aeiou",
)
# Deep enough for what the grammar nests; a few sentences in a hundred are drawn anew.
LONGEST = 30


def tagged(n=2000, *, seed=0):
    """Sentences with universal parts of speech, in which context decides.

    Most words stand in several roles ("they light the light room", "that", "like", "'s"), and one
    in eleven of those to validate and test on is made up and new there: its ending, its capital
    or its digits tell the tag. Remembering each word's most frequent tag is right for about 82%
    (`most_frequent_tag_accuracy`).

    Args:
        n: Number of distinct sentences in all: 80% to train on, 10% to validate, 10% to test.
        seed: The same seed gives the same sentences.

    Returns:
        `Splits` of `Sentences`; no sentence and no made-up word stands in two parts.

    Raises:
        ValueError: `n` is no int from 20 to 50,000.

    Example:
        >>> splits = tagged(100)
        >>> len(splits.train), "NOUN" in splits.labels
        (80, True)
    """
    return _splits(n, seed, "tagged", lambda words: [tag for _, tag, _ in words])


def chunks(n=2000, *, seed=0):
    """The sentences of `tagged`, their noun phrases marked in BIO: "B-NP", "I-NP" and "O".

    Args:
        n: As in `tagged`.
        seed: As in `tagged`.

    Returns:
        `Splits` of `Sentences`.

    Raises:
        ValueError: `n` is no int from 20 to 50,000.

    Example:
        >>> chunks(100).labels
        ('B-NP', 'I-NP', 'O')
    """
    return _splits(n, seed, "chunks", lambda words: [chunk for _, _, chunk in words])


def most_frequent_tag_accuracy(splits):
    """Test accuracy of giving each word the tag it had most often in training.

    Unknown words get the most frequent tag of all; words without a tag do not count.

    Args:
        splits: `Splits` of `Sentences` with the parts "train" and "test".

    Returns:
        float in [0, 1].

    Example:
        >>> 0.75 < most_frequent_tag_accuracy(tagged(1000)) < 0.9
        True
    """
    counts, every = collections.defaultdict(collections.Counter), collections.Counter()
    for word, tag in _pairs(splits.examples["train"]):
        counts[word][tag] += 1
        every[tag] += 1
    default = every.most_common(1)[0][0]
    best = {word: tags.most_common(1)[0][0] for word, tags in counts.items()}
    right = [best.get(word, default) == tag for word, tag in _pairs(splits.examples["test"])]
    return sum(right) / len(right)


def _pairs(sentences):
    for words, tags in sentences:
        yield from (pair for pair in zip(words, tags, strict=True) if pair[1] is not None)


def _splits(n, seed, name, tags_of):
    int_from("n", n, 20, 50_000)
    writer, parts, seen = Writer(seed), {}, set()
    for part, size in (("train", n - 2 * (n // 10)), ("validation", n // 10), ("test", n // 10)):
        rows = []
        while len(rows) < size:
            words = writer.sentence(part)
            written = " ".join(word for word, _, _ in words)
            if len(words) <= LONGEST and written not in seen:
                seen.add(written)
                rows.append(words)
        parts[part] = Sentences(
            [[word for word, _, _ in words] for words in rows],
            [tags_of(words) for words in rows],
            name=f"{name} {part}",
        )
    return Splits(parts, name=name)


class Writer:
    """Writes sentences: lists of (word, part of speech, chunk)."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.owner = {}
        self.rules = {kind: rule.split("|") for kind, rule in RULES.items()}
        self.words = {kind: (words.split(), tag) for kind, (words, tag) in WORDS.items()}

    def sentence(self, part):
        words, inside, begun = [], False, False
        stack = ["S"]
        while stack:
            kind = stack.pop()
            if kind in "[]":
                inside, begun = kind == "[", False
            elif kind in self.rules:
                stack.extend(reversed(self.chance.choice(self.rules[kind]).split()))
            else:
                word, tag = self.word(kind, part)
                words.append((word, tag, ("I-NP" if begun else "B-NP") if inside else "O"))
                begun = inside
            if len(stack) + len(words) > 2 * LONGEST:  # nested too deep
                words, inside, begun, stack = [], False, False, ["S"]
        first, *rest = words[0]
        return [(first[0].upper() + first[1:], *rest), *words[1:]]

    def word(self, kind, part):
        if kind in self.words:
            words, tag = self.words[kind]
            return self.chance.choice(words), tag
        while True:
            word, tag = self.made(kind)
            # A made-up word belongs to the part in which it came first.
            if self.owner.setdefault(word.lower(), part) == part:
                return word, tag

    def made(self, kind):
        if kind == "NEW_NUM":
            return f"{self.chance.randrange(11, 100_000):,}", "NUM"
        stem = "".join(
            self.chance.choice(ONSETS) + self.chance.choice(VOWELS)
            for _ in range(self.chance.choice((1, 2, 2)))
        ) + self.chance.choice("bdgklmnprtvz")
        if kind == "NEW_NAME":
            return stem.capitalize(), "PROPN"
        ends, tag = MADE[kind]
        return stem + self.chance.choice(ends.split()), tag

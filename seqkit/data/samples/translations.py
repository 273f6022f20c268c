"""English sentences and their translations into a toy language, both written by a grammar."""

import random

from seqkit.checks import int_from
from seqkit.data.examples import Splits
from seqkit.data.pairs import Pairs
from seqkit.data.samples.lexicon import ADJECTIVES, ADVERBS, NAMES, NOUNS, PLACES, PRONOUNS, VERBS
from seqkit.data.samples.puzzles import empty_share, sizes
from seqkit.data.samples.tolva import Clause, Phrase, Sentence, english, tolva

__all__ = ["translations"]

LIVING, LIFELESS = ("people", "animals"), ("things", "food", "places")
# Deep enough for what the grammar nests: a few sentences in a hundred are drawn anew.
LONGEST = 20


def translations(n=6000, *, seed=0):
    """English and its translation into Tolva, a language of the project's own.

    "The old woman sees a cat near the house." -> "Da lina sena dom tolom nal miran velet."

    Its grammar asks for what word for word does not give: another order of words, agreement of
    articles and adjectives with the noun, endings of the verb for tense and person, words left
    out, and English words with two translations (`seqkit/data/samples/tolva.py` tells the rules).
    Each English sentence has one translation, so that an exact answer can be asked for. All words
    to test on are known from training, but about one translation in fifty holds a form of a word
    that is not. One pair in a hundred is empty on both sides.

    Args:
        n: int, how many pairs in all: 80% to train on, 10% to validate, 10% to test.
        seed: the same seed gives the same pairs.

    Returns:
        `Splits` of `Pairs`; no sentence stands in two parts, or twice.

    Raises:
        ValueError: `n` is out of range.

    Example:
        >>> train = translations(100).train
        >>> len(train), train.targets[0][-1] in ".?"
        (80, True)
    """
    int_from("n", n, 20, 100_000)
    writer, parts, seen = Writer(seed), {}, set()
    for part, size in sizes(n):
        rows = [("", "")] * empty_share(size)
        while len(rows) < size:
            sentence = writer.sentence()
            source = english(sentence)
            if source not in seen and source.count(" ") < LONGEST:
                seen.add(source)
                rows.append((source, tolva(sentence)))
        writer.chance.shuffle(rows)
        parts[part] = Pairs(*zip(*rows, strict=True), name=f"translations {part}")
    return Splits(parts, name="translations")


class Writer:
    """Draws what sentences mean."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def happens(self, share):
        return self.chance.random() < share

    def one(self, options):
        return self.chance.choice(list(options))

    def sentence(self):
        first, kind = self.clause(), self.chance.random()
        if kind < 0.15:
            return Sentence(first, asked=True)
        if kind < 0.35:
            return Sentence(first, link=self.one(("and", "but", "because")), second=self.clause())
        return Sentence(first)

    def clause(self):
        subject = self.phrase(LIVING, deep=self.happens(0.5))
        adverb = self.one(ADVERBS) if self.happens(0.25) else ""
        return self.doing(subject, deep=True, adverb=adverb)

    def doing(self, subject, *, deep, adverb=""):
        verb = self.one(VERBS)
        groups, giving = verb[2:]
        return Clause(
            subject,
            verb,
            tense=self.one(("present", "present", "past", "past", "future")),
            negated=self.happens(0.15),
            object=self.phrase(groups, deep=deep and self.happens(0.3)) if groups else None,
            receiver=self.phrase(("people",), deep=False) if giving else None,
            adverb=adverb,
        )

    def phrase(self, groups, *, deep):
        if "people" in groups and not deep and self.happens(0.35):
            return Phrase(self.one(PRONOUNS if self.happens(0.7) else NAMES))
        return self.noun(groups, deep)

    def noun(self, groups, deep):
        plural = self.happens(0.35)
        more = {}
        if deep:
            kind = self.one(("owner", "place", "clause"))
            if kind == "owner":
                named = self.happens(0.4)
                more[kind] = Phrase(self.one(NAMES)) if named else self.noun(("people",), False)
            elif kind == "place":
                more[kind] = self.one(PLACES), self.noun(LIFELESS, False)
        phrase = Phrase(
            self.one(NOUNS[self.one(groups)]),
            plural=plural,
            determiner=self.one(MANY if plural else ONE),
            adjectives=tuple(self.chance.sample(list(ADJECTIVES), self.one((0, 0, 1, 1, 2)))),
            **more,
        )
        if deep and not more:
            clause = self.doing(phrase, deep=False)
            return Phrase(**{**vars(phrase), "clause": clause})
        return phrase


# As often as people say them.
ONE = ("the", "the", "the", "a", "a", "this", "every")
MANY = ("the", "the", "the", "some", "these", "two", "three", "many")

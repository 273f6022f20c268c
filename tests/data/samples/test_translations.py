"""The toy language: sentences translated by hand, rules seen in the pairs, parts apart."""

import collections
import re

import pytest

from seqkit.data import samples
from seqkit.data.samples import lexicon
from seqkit.data.samples.lexicon import NOUNS, VERBS
from seqkit.data.samples.tolva import Clause, Phrase, Sentence, english, tolva


@pytest.fixture(scope="module")
def splits():
    return samples.translations(3000, seed=1)


def words(text):
    return re.findall(r"[\w']+", text.lower())


def test_sizes(splits):
    sizes = {part: len(rows) for part, rows in splits.examples.items()}
    assert sizes == {"train": 2400, "validation": 300, "test": 300}
    for part in splits.examples.values():
        assert part.sources.count("") == part.targets.count("") == len(part) // 100
        assert max(len(source.split()) for source in part.sources) <= 20


def test_a_sentence_stands_once_and_has_one_translation(splits):
    pairs = [pair for part in splits.examples.values() for pair in part if pair[0]]
    assert len({source for source, _ in pairs}) == len(pairs) == 3000 - 30
    assert len({target for _, target in pairs}) == len(pairs)


def test_words_to_test_on_are_known(splits):
    known = {word for source in splits.train.sources for word in words(source)}
    # A word at this size, some of whose forms are rare, may be missing; a lemma may not.
    new = [word for source in splits.test.sources for word in words(source) if word not in known]
    assert len(new) < 3


def noun(one):
    return next(entry for group in NOUNS.values() for entry in group if entry[0][0] == one)


def verb(base):
    return next(entry for entry in VERBS if entry[0][0] == base)


def the(one, **more):
    return Phrase(noun(one), determiner="the", **more)


I, SHE, THEY = Phrase("1s"), Phrase("she"), Phrase("they")  # noqa: E741
ANNA = Phrase("Anna")
CAT = Phrase(noun("cat"), determiner="a")
CHILDREN = Phrase(noun("child"), True, "two", ("small",))
WAITING = the("man", clause=Clause(the("man"), verb("wait"), "past"))

# Worked out by hand from the rules in `tolva.py`.
BY_HAND = {
    "the plain order": (
        Sentence(Clause(the("woman"), verb("see"), object=CAT)),
        "The woman sees a cat.",
        "Da lina miran velet.",
    ),
    "agreement": (
        Sentence(Clause(the("woman", adjectives=("old",)), verb("like"), object=CHILDREN)),
        "The old woman likes two small children.",
        "Da lina sena pe mikoin pitoin jamet.",
    ),
    "no pronoun, future, denied": (
        Sentence(Clause(I, verb("eat"), "future", True, the("orange"), adverb="today")),
        "I will not eat the orange today.",
        "Oze dan narkan ni mokom.",
    ),
    "asked": (
        Sentence(Clause(SHE, verb("give"), "past", False, the("book"), ANNA), asked=True),
        "Did she give the book to Anna?",
        "Va el Anam dun zelon davit?".replace("dun", "don"),
    ),
    "owner": (
        Sentence(Clause(the("dog", owner=the("king")), verb("sleep"))),
        "The king's dog sleeps.",
        "Dur harur kelu namet.",
    ),
    "owners": (
        Sentence(Clause(Phrase(noun("dog"), owner=the("king", plural=True)), verb("run"))),
        "The kings' dog runs.",
        "Duir haruir kelu tesket.",
    ),
    "place": (
        Sentence(Clause(the("bird", place=("near", the("house"))), verb("sing"), "past")),
        "The bird near the house sang.",
        "Dom tolom nal da fiva kalit.",
    ),
    "relative": (
        Sentence(Clause(THEY, verb("watch"), object=WAITING)),
        "They watch the man that waited.",
        "Ul dun verun kun mundit lugent.",
    ),
    "because": (
        Sentence(Clause(I, verb("cry")), link="because", second=Clause(THEY, verb("laugh"))),
        "I cry because they laugh.",
        "Sur ul rikent, ulmem.",
    ),
    "but": (
        Sentence(Clause(ANNA, verb("dance")), link="but", second=Clause(I, verb("wait"))),
        "Anna dances, but I wait.",
        "Ana dilket ped mundem.",
    ),
    "object pronoun": (
        Sentence(Clause(Phrase("1p"), verb("help"), negated=True, object=SHE)),
        "We do not help her.",
        "Elen ni akoremu.",
    ),
    "an": (
        Sentence(Clause(SHE, verb("buy"), "past", object=Phrase(noun("egg"), determiner="a"))),
        "She bought an egg.",
        "El ovalon beskit.",
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    sentence, source, target = BY_HAND[name]
    assert english(sentence) == source
    assert tolva(sentence) == target


def test_words_have_two_translations(splits):
    """Which of the two stands in the translation depends on what the word is there."""
    stems = {
        "light": ("luma", "fes"),
        "orange": ("narka", "tang"),
        "watch": ("horlu", "lug"),
        "dance": ("valzo", "dilk"),
    }
    for word, pair in stems.items():
        seen = collections.Counter(
            tuple(stem.rstrip("aou") in target.lower() for stem in pair)
            for source, target in splits.train
            if word in words(source)
        )
        assert min(seen[True, False], seen[False, True]) >= 5, (word, seen)


def test_word_for_word_is_not_enough(splits):
    """The best dictionary of words that training allows, in the order of the English."""
    together, alone = collections.defaultdict(collections.Counter), collections.Counter()
    for source, target in splits.train:
        answers = set(words(target))
        alone.update(answers)
        for word in set(words(source)):
            together[word].update(answers)
    best = {
        word: max(seen, key=lambda answer: seen[answer] ** 2 / alone[answer])
        for word, seen in together.items()
    }
    said = [
        [best.get(word) for word in words(source)] == words(target)
        for source, target in splits.test
        if source
    ]
    assert sum(said) / len(said) < 0.05


@pytest.mark.parametrize("tongue", ["English", "Tolva"])
def test_the_lexicon_says_nothing_twice(tongue):
    nouns = [entry for group in NOUNS.values() for entry in group]
    if tongue == "Tolva":
        found = [entry[1][:-1] for entry in nouns] + [entry[1] for entry in VERBS]
        found += [*lexicon.ADJECTIVES.values(), *lexicon.ADVERBS.values()]
        assert all(entry[1][-1] in "aou" for entry in nouns)
    else:
        found = [entry[0][0] for entry in nouns] + [entry[0][1] for entry in nouns]
    assert len(set(found)) == len(found)

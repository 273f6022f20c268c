"""What a sentence means, and how English and the toy language Tolva say it.

Tolva puts the verb last and the object before it, the adjective behind its noun, the place and the
owner before, and the reason before what it explains. Article, adjective and relative pronoun
agree with the noun in class, number and case; the verb's ending tells tense and person, and "I",
"you" and "we" are left out before it. "a" and "some" are not said.
"""

import dataclasses

from seqkit.data.samples.lexicon import ADJECTIVES, ADVERBS, NAMES, PLACES, PRONOUNS

# English -> Tolva; "-" takes the ending of the noun.
DETERMINERS = {
    "the": "d-",
    "a": "",
    "some": "",
    "this": "ses-",
    "these": "ses-",
    "every": "jol-",
    "two": "pe",
    "three": "tru",
    "many": "hanu",
}
LINKS = {"and": "ja", "but": "ped"}
CASES = {"subject": "", "object": "n", "receiver": "m", "owner": "r"}
TENSES = {"present": "e", "past": "i", "future": "o"}
PERSONS = {"1s": "m", "2s": "s", "1p": "mu", "3s": "t", "3p": "nt"}


@dataclasses.dataclass(frozen=True)
class Phrase:
    """A noun with what belongs to it, a name or a pronoun."""

    noun: object  # ((singular, plural), Tolva), a key of NAMES or of PRONOUNS
    plural: bool = False
    determiner: str = ""
    adjectives: tuple = ()
    owner: object = None  # Phrase
    place: object = None  # (key of PLACES, Phrase)
    clause: object = None  # Clause whose subject this is

    @property
    def person(self):
        if self.noun in PERSONS:
            return self.noun
        return "3p" if self.plural or self.noun == "they" else "3s"


@dataclasses.dataclass(frozen=True)
class Clause:
    """A verb with its subject, objects, adverb and tense."""

    subject: object
    verb: tuple
    tense: str = "present"
    negated: bool = False
    object: object = None
    receiver: object = None
    adverb: str = ""


@dataclasses.dataclass(frozen=True)
class Sentence:
    """One clause, asked or said, or two with a link: "and", "but" or "because"."""

    first: Clause
    asked: bool = False
    link: str = ""
    second: object = None


def english(sentence):
    """The English of a `Sentence`."""
    if sentence.asked:
        return _finished(_english_question(sentence.first), "?")
    words = _english_clause(sentence.first)
    if sentence.second is not None:
        comma = "," if sentence.link == "but" else ""
        words = [f"{' '.join(words)}{comma}", sentence.link, *_english_clause(sentence.second)]
    return _finished(words, ".")


def tolva(sentence):
    """The Tolva of a `Sentence`."""
    words = _tolva_clause(sentence.first)
    if sentence.asked:
        return _finished(["va", *words], "?")
    if sentence.link == "because":
        words = ["sur", " ".join(_tolva_clause(sentence.second)) + ",", *words]
    elif sentence.link:
        words = [*words, LINKS[sentence.link], *_tolva_clause(sentence.second)]
    return _finished(words, ".")


def _finished(words, end):
    text = " ".join(words)
    return text[0].upper() + text[1:] + end


def _english_clause(clause):
    return [*_english_phrase(clause.subject), *_predicate(clause)]


def _english_question(clause):
    helper, verb = _helped(clause)
    negation = ["not"] * clause.negated
    return [helper, *_english_phrase(clause.subject), *negation, verb, *_rest(clause)]


def _predicate(clause):
    base, third, past = clause.verb[0]
    if clause.negated or clause.tense == "future":
        helper, verb = _helped(clause)
        said = [helper, *["not"] * clause.negated, verb]
    elif clause.tense == "past":
        said = [past]
    else:
        said = [third if clause.subject.person == "3s" else base]
    return [*said, *_rest(clause)]


def _helped(clause):
    """The helping verb and the main one, of questions, negations and the future."""
    present = "does" if clause.subject.person == "3s" else "do"
    helper = {"present": present, "past": "did", "future": "will"}[clause.tense]
    return helper, clause.verb[0][0]


def _rest(clause):
    words = [] if clause.object is None else _english_phrase(clause.object, 1)
    if clause.receiver is not None:
        words += ["to", *_english_phrase(clause.receiver, 1)]
    return [*words, *filter(None, [clause.adverb])]


def _english_phrase(phrase, form=0):
    if phrase.noun in PRONOUNS:
        return [PRONOUNS[phrase.noun][form]]
    if phrase.noun in NAMES:
        return [phrase.noun]
    words = [*phrase.adjectives, phrase.noun[0][phrase.plural]]
    if phrase.owner is not None:
        *others, last = _english_phrase(phrase.owner)
        words = [*others, f"{last}'" if last.endswith("s") else f"{last}'s", *words]
    else:
        a = "an" if words[0][0] in "aeiou" else "a"
        words = [a if phrase.determiner == "a" else phrase.determiner, *words]
    if phrase.place is not None:
        words += [phrase.place[0], *_english_phrase(phrase.place[1], 1)]
    if phrase.clause is not None:
        words += ["that", *_predicate(phrase.clause)]
    return words


def _tolva_clause(clause, subject=True):
    """The words in order; without `subject` as after a relative pronoun."""
    words = [ADVERBS[clause.adverb]] if clause.adverb else []
    if subject and clause.subject.noun not in PERSONS:
        words += _tolva_phrase(clause.subject, "subject")
    for role in ("receiver", "object"):
        if getattr(clause, role) is not None:
            words += _tolva_phrase(getattr(clause, role), role)
    verb = clause.verb[1] + TENSES[clause.tense] + PERSONS[clause.subject.person]
    return [*words, *["ni"] * clause.negated, verb]


def _tolva_phrase(phrase, role):
    case = CASES[role]
    if phrase.noun in PRONOUNS:
        return [PRONOUNS[phrase.noun][2] + (f"e{case}" if case else "")]
    if phrase.noun in NAMES:
        return [NAMES[phrase.noun] + case]
    noun = phrase.noun[1]
    ending = noun[-1] + "i" * phrase.plural + case
    words = [noun[:-1] + ending, *(ADJECTIVES[word] + ending for word in phrase.adjectives)]
    if phrase.owner is not None:
        words = [*_tolva_phrase(phrase.owner, "owner"), *words]
    elif DETERMINERS[phrase.determiner]:
        words = [DETERMINERS[phrase.determiner].replace("-", ending), *words]
    if phrase.place is not None:
        where, near = phrase.place
        words = [*_tolva_phrase(near, "receiver"), PLACES[where], *words]
    if phrase.clause is not None:
        words += [f"k{ending}", *_tolva_clause(phrase.clause, subject=False)]
    return words

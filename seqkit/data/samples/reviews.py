"""Reviews written by a grammar, in which counting words is not enough."""

import random

from seqkit.checks import int_from
from seqkit.data.examples import Examples, Splits

__all__ = ["bag_of_words_accuracy", "reviews"]

POSITIVE, NEGATIVE = "positive", "negative"
OPPOSITE = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE}


def _either(phrases):
    return tuple(phrases.split("|"))


ASPECTS = _either(
    "acting|plot|script|score|dialogue|camera work|pacing|ending|humor|direction|lead performance"
    "|love story|first act|final scene|villain|premise|supporting cast|soundtrack|editing|story"
)
WHOLES = _either("film|movie|picture|thing|whole affair|result|sequel|remake|debut")
QUALITIES = {
    POSITIVE: _either(
        "good|great|funny|charming|clever|moving|brilliant|gripping|fresh|warm|elegant|tender"
        "|convincing|inventive|honest|graceful|lively|memorable|witty|touching"
    ),
    NEGATIVE: _either(
        "bad|dull|boring|clumsy|awful|stale|tedious|silly|flat|lifeless|predictable|shallow|messy"
        "|forced|tired|joyless|hollow|pointless|annoying|slow"
    ),
}
THINGS = {
    POSITIVE: _either("delight|triumph|pleasure|joy|gem|treat|masterpiece|success|surprise"),
    NEGATIVE: _either("disaster|mess|bore|chore|failure|letdown|disappointment|slog|misfire"),
}
# Turns the quality round: the words that follow say one thing, the clause says the other.
NEGATIONS = _either(
    "{subject} is not {quality}|{subject} isn't {quality}|{subject} is never {quality}"
    "|{subject} is hardly {quality}|{subject} is far from {quality}"
    "|{subject} is anything but {quality}|nobody could call {subject} {quality}"
    "|{subject} is hardly the {thing} i {expected}|{subject} isn't the {thing} i {expected}"
    "|i would not call {subject} a {thing}|{subject} is no {thing}"
    "|there is nothing {quality} about {subject}|i never found {subject} {quality}"
)
PLAIN = _either(
    "{subject} is {quality}|{subject} is {degree} {quality}|{subject} feels {quality}"
    "|{subject} turns out to be {quality}|{subject} is a {thing}|i found {subject} {quality}"
    "|{subject} is as {quality} as they come|{subject} is {quality} and {quality_too}"
    "|{subject} is exactly the {thing} i {expected}|{subject} never stops being {quality}"
)
# Each phrase means what none of its words does; most words stand on both sides.
IDIOMS = {
    POSITIVE: _either(
        "{subject} is worth every penny|{subject} knocked it out of the park"
        "|{subject} had me on the edge of my seat|i could not look away from {subject}"
        "|{subject} blew me away|{subject} hits all the right notes|{subject} stole the show"
        "|i would see {subject} again in a heartbeat|{subject} swept me off my feet"
        "|{subject} does not put a foot wrong|{subject} is second to none"
        "|i can't praise {subject} highly enough|{subject} brought the house down"
    ),
    NEGATIVE: _either(
        "{subject} is not worth a penny|{subject} is a train wreck|{subject} ran out of steam"
        "|{subject} had me checking my watch|i had to look away from {subject}"
        "|{subject} fell flat on its face|{subject} hits all the wrong notes"
        "|{subject} never gets off the ground|{subject} is two hours i will never get back"
        "|{subject} puts every foot wrong|{subject} leaves me cold"
        "|i would not wish {subject} on anyone|{subject} is on its last legs"
    ),
}
OPENERS = _either(
    "to be fair,|in the end,|for the record,|at two hours,|on a second viewing,"
    "|as a fan of the book,|we saw it last night:|from the first minute,|truth be told,"
)
# What follows decides; what comes before is given away.
CONTRASTS = _either(
    "{before}, but {after}|{before}, yet {after}|{before}; still, {after}"
    "|although {before}, {after}|{before}. however, {after}|even if {before}, {after}"
    "|while {before}, {after}|{before}, and yet {after}"
)
AGREEMENTS = _either(
    "{before}, and {after}|{before}; {after}|{before}. {after}|since {before}, {after}"
)
DEGREES = _either("really|truly|surprisingly|consistently|rather|simply|often|utterly")
EXPECTED = _either("expected|feared|hoped for|was promised|read about")


def reviews(n=4000, *, seed=0):
    """Film reviews in one or two clauses, in which the order of words decides.

    Negation ("hardly the disaster I feared"), contrast ("the acting is dull, but the film is a
    delight": the final clause decides) and idiom ("knocked it out of the park") leave a
    classifier that counts words at about 70% (`bag_of_words_accuracy`); one that reads them
    in order can be right nearly always. Half of the reviews of each part are positive.

    Args:
        n: Number of distinct reviews in all: 80% to train on, 10% to validate, 10% to test.
        seed: The same seed gives the same reviews.

    Returns:
        `Splits` with labels "negative" and "positive"; no sentence stands in two parts.

    Raises:
        ValueError: `n` is no int from 20 to 50,000.

    Example:
        >>> splits = reviews(100)
        >>> len(splits.examples["train"]), splits.labels
        (80, ('negative', 'positive'))
    """
    int_from("n", n, 20, 50_000)
    chance = random.Random(seed)
    parts, owner = {}, {}
    for part, size in (("train", n - 2 * (n // 10)), ("validation", n // 10), ("test", n // 10)):
        rows = []
        while len(rows) < size:
            label = (POSITIVE, NEGATIVE)[len(rows) % 2]
            text = _review(chance, label)
            sentences = [sentence.strip(".!").lower() for sentence in text.split(". ")]
            taken = {owner.get(sentence, part) for sentence in sentences} != {part}
            if not taken and text.strip(".!") not in owner:
                owner.update(dict.fromkeys([*sentences, text.strip(".!")], part))
                rows.append((text, label))
        chance.shuffle(rows)
        parts[part] = Examples(*zip(*rows, strict=True), name=f"reviews {part}")
    return Splits(parts, name="reviews")


def bag_of_words_accuracy(splits):
    """Test accuracy of a logistic regression on word counts: what order-blind reading is worth.

    Args:
        splits: `Splits` with the parts "train" and "test".

    Returns:
        float in [0, 1].

    Example:
        >>> 0.6 < bag_of_words_accuracy(reviews(1000)) < 0.85
        True
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    counts = CountVectorizer(token_pattern=r"[\w']+|[^\w\s]")
    model = make_pipeline(counts, LogisticRegression(max_iter=1000))
    train, test = splits.examples["train"], splits.examples["test"]
    model.fit(train.texts, train.labels)
    return float(model.score(test.texts, test.labels))


def _review(chance, label):
    kind = chance.random()
    if kind < 0.5:
        text = _clause(chance, label)
    elif kind < 0.78:
        text = chance.choice(CONTRASTS).format(
            before=_clause(chance, OPPOSITE[label]), after=_clause(chance, label)
        )
    else:
        text = chance.choice(AGREEMENTS).format(
            before=_clause(chance, label), after=_clause(chance, label)
        )
    if chance.random() < 0.2:
        text = f"{chance.choice(OPENERS)} {text}"
    return _written(text) + chance.choice("....!")


def _clause(chance, label):
    kind = chance.random()
    if kind < 0.2:
        form, quality = chance.choice(IDIOMS[label]), label
    elif kind < 0.42:
        form, quality = chance.choice(NEGATIONS), OPPOSITE[label]
    else:
        form, quality = chance.choice(PLAIN), label
    first, second = chance.sample(QUALITIES[quality], 2)
    return form.format(
        subject=f"{chance.choice(('the', 'this', 'its'))} {chance.choice(ASPECTS)}"
        if chance.random() < 0.6
        else f"{chance.choice(('the', 'this'))} {chance.choice(WHOLES)}",
        quality=first,
        quality_too=second,
        thing=chance.choice(THINGS[quality]),
        degree=chance.choice(DEGREES),
        expected=chance.choice(EXPECTED),
    )


def _written(text):
    """Capitals at the start of sentences and for "I"."""
    sentences = [sentence[0].upper() + sentence[1:] for sentence in text.split(". ")]
    return " ".join("I" if word == "i" else word for word in ". ".join(sentences).split(" "))

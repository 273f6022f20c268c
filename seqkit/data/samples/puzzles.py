"""The classic exercises of models that write sequences: copy, reverse, sort, dates to ISO."""

import datetime
import random
import string

from seqkit.checks import int_from
from seqkit.data.examples import Splits
from seqkit.data.pairs import Pairs

__all__ = ["copying", "dates", "reversing", "sorting"]

FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)


def copying(n=20_000, *, symbols=10, length=8, seed=0):
    """Letters to be written as they are: "c a b" -> "c a b".

    All lengths from one to `length` come equally often, and one pair in a hundred is empty on both
    sides. A sequence stands in one part only, once, except where a length has fewer than twice
    as many sequences as are drawn of it: of ten letters those are the lengths one to three.

    Args:
        n: int, how many pairs in all: 80% to train on, 10% to validate, 10% to test.
        symbols: int, how many letters there are.
        length: int, how many letters a sequence has at most.
        seed: the same seed gives the same pairs.

    Returns:
        `Splits` of `Pairs`.

    Raises:
        ValueError: `n`, `symbols` or `length` is out of range.

    Example:
        >>> splits = copying(100)
        >>> len(splits.train), splits.train.sources == splits.train.targets
        (80, True)
    """
    return _letters("copying", list, n, symbols, length, seed)


def reversing(n=20_000, *, symbols=10, length=8, seed=0):
    """Letters to be written from the last to the first: "c a b" -> "b a c".

    Args:
        n, symbols, length, seed: as in `copying`, whose sources these are.

    Returns:
        `Splits` of `Pairs`.

    Raises:
        ValueError: as in `copying`.

    Example:
        >>> train = reversing(100).train
        >>> train.sources[0], train.targets[0]
        ('f e e h e', 'e h e e f')
    """
    return _letters("reversing", lambda row: row[::-1], n, symbols, length, seed)


def sorting(n=20_000, *, symbols=10, length=8, seed=0):
    """Letters to be written in the order of the alphabet: "c a b" -> "a b c".

    Args:
        n, symbols, length, seed: as in `copying`, whose sources these are.

    Returns:
        `Splits` of `Pairs`.

    Raises:
        ValueError: as in `copying`.

    Example:
        >>> train = sorting(100).train
        >>> train.sources[0], train.targets[0]
        ('f e e h e', 'e e e f h')
    """
    return _letters("sorting", sorted, n, symbols, length, seed)


def dates(n=4000, *, seed=0):
    """Dates as people write them, to be written as ISO 8601: "5 March 1987" -> "1987-03-05".

    Eight ways to write a day from 1900 to 2099, with and without the day of the week. The dots of
    "5.3.1987" say that the day comes first, the strokes of "3/5/1987" that the month does. A day
    stands in one part only, once.

    Args:
        n: int, how many pairs in all: 80% to train on, 10% to validate, 10% to test.
        seed: the same seed gives the same pairs.

    Returns:
        `Splits` of `Pairs`.

    Raises:
        ValueError: `n` is out of range.

    Example:
        >>> train = dates(100).train
        >>> train.sources[0], train.targets[0]
        ('4/1/2038', '2038-04-01')
    """
    int_from("n", n, 20, 50_000)
    chance = random.Random(seed)
    days = chance.sample(range(FIRST.toordinal(), LAST.toordinal() + 1), n)
    parts = {}
    for part, size in sizes(n):
        rows, days = [datetime.date.fromordinal(day) for day in days[:size]], days[size:]
        parts[part] = Pairs(
            [chance.choice(WAYS)(day) for day in rows],
            [day.isoformat() for day in rows],
            name=f"dates {part}",
        )
    return Splits(parts, name="dates")


def _letters(name, answer, n, symbols, length, seed):
    int_from("n", n, 20, 1_000_000)
    int_from("symbols", symbols, 2, 26)
    int_from("length", length, 1, 100)
    # One chance for all three: the same seed gives them the same sources.
    chance = random.Random(seed)
    letters = string.ascii_lowercase[:symbols]
    # Where a length runs out of sequences, its rows stand as often as they are drawn.
    scarce = {size for size in range(1, length + 1) if symbols**size < 2 * -(-n // length)}
    parts, seen = {}, set()
    for part, size in sizes(n):
        rows = [()] * empty_share(size)
        while len(rows) < size:
            row = tuple(chance.choices(letters, k=len(rows) % length + 1))
            if len(row) in scarce or row not in seen:
                seen.add(row)
                rows.append(row)
        chance.shuffle(rows)
        parts[part] = Pairs(
            [" ".join(row) for row in rows],
            [" ".join(answer(row)) for row in rows],
            name=f"{name} {part}",
        )
    return Splits(parts, name=name)


def sizes(n):
    """How many of `n` go to each part: 80%, 10% and 10%."""
    return (("train", n - 2 * (n // 10)), ("validation", n // 10), ("test", n // 10))


def empty_share(size):
    """How many of `size` pairs are empty: one in a hundred, and one at least."""
    return max(1, round(size / 100))


# `strftime` would name them in the language of the machine.
MONTHS = ("January", "February", "March", "April", "May", "June", "July")
MONTHS += ("August", "September", "October", "November", "December")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _month(day):
    return MONTHS[day.month - 1]


def _weekday(day):
    return WEEKDAYS[day.weekday()]


def _ordinal(day):
    last = 0 if 10 < day.day < 14 else day.day % 10
    return f"{day.day}{({1: 'st', 2: 'nd', 3: 'rd'}).get(last, 'th')}"


WAYS = (
    lambda day: f"{day.day} {_month(day)} {day.year}",
    lambda day: f"{_month(day)} {day.day}, {day.year}",
    lambda day: f"{_weekday(day)}, {_month(day)} {_ordinal(day)}, {day.year}",
    lambda day: f"the {_ordinal(day)} of {_month(day)} {day.year}",
    lambda day: f"{_weekday(day)[:3]} {day.day} {_month(day)[:3]} {day.year}",
    lambda day: f"{_month(day)[:3]}. {day.day:02}, {day.year}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year}",
)

"""Our own exercises: answers by other means, parts apart, empty ones among them."""

import collections
import re

import pandas as pd
import pytest

from seqkit.data import samples

LETTERS = {
    "copying": (samples.copying, lambda letters: letters),
    "reversing": (samples.reversing, lambda letters: "".join(reversed(letters))),
    "sorting": (samples.sorting, lambda letters: "".join(sorted(letters))),
}


def letters(text):
    return text.replace(" ", "")


@pytest.mark.parametrize("name", LETTERS)
def test_answers(name):
    make, answer = LETTERS[name]
    for part in make(500).examples.values():
        for source, target in part:
            assert re.fullmatch(r"([a-j]( [a-j]){0,7})?", source)
            assert target == " ".join(answer(letters(source)))


@pytest.mark.parametrize("name", LETTERS)
def test_sizes_lengths_and_empty_ones(name):
    parts = LETTERS[name][0](2000).examples
    sizes = {part: len(rows) for part, rows in parts.items()}
    assert sizes == {"train": 1600, "validation": 200, "test": 200}
    for rows in parts.values():
        counts = collections.Counter(len(letters(source)) for source in rows.sources)
        assert counts.pop(0) == len(rows) // 100
        assert set(counts) == set(range(1, 9))
        assert max(counts.values()) - min(counts.values()) <= 3


def test_the_smallest_has_empty_ones_in_each_part():
    assert all("" in part.sources for part in samples.copying(20).examples.values())


def test_no_longer_sequence_stands_twice():
    sources = [
        source for part in samples.copying(6000).examples.values() for source in part.sources
    ]
    assert len(sources) == 6000
    long = [source for source in sources if len(letters(source)) > 3]
    assert len(long) > 3500
    assert len(set(long)) == len(long)
    assert len(set(sources)) < len(sources)


def test_symbols_and_length():
    part = samples.sorting(300, symbols=3, length=12).train
    assert max(len(letters(source)) for source in part.sources) == 12
    assert set("".join(map(letters, part.sources))) == set("abc")


def test_dates():
    parts = samples.dates(2000).examples
    assert {part: len(rows) for part, rows in parts.items()} == {
        "train": 1600,
        "validation": 200,
        "test": 200,
    }
    days = [target for part in parts.values() for target in part.targets]
    assert len(set(days)) == len(days) == 2000
    assert min(days) >= "1900-01-01"
    assert max(days) <= "2099-12-31"


def read(source):
    """A date by pandas, which knows neither our tables nor our ways."""
    if re.fullmatch(r"\d+\.\d+\.\d+", source):
        return pd.to_datetime(source, format="%d.%m.%Y")
    if re.fullmatch(r"\d+/\d+/\d+", source):
        return pd.to_datetime(source, format="%m/%d/%Y")
    plain = re.sub(r"(?<=\d)(st|nd|rd|th)|\bthe\b|\bof\b|,|(?<=[a-z])\.", "", source)
    return pd.to_datetime(" ".join(plain.split()))


def test_iso_dates_are_those_that_were_written():
    ways = set()
    for source, target in samples.dates(400).train:
        assert read(source).strftime("%Y-%m-%d") == target, source
        name = re.match(r"[A-Z][a-z]+day|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ", source)
        if name:
            assert pd.Timestamp(target).day_name().startswith(name[0].strip())
        ways.add(re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "1", source)))
    assert len(ways) >= 8


@pytest.mark.parametrize("ending", ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "22nd"])
def test_ordinals(ending):
    sources = " ".join(samples.dates(4000).train.sources)
    number = re.match(r"\d+", ending)[0]
    assert set(re.findall(rf"\b{number}(?:st|nd|rd|th)", sources)) == {ending}


@pytest.mark.parametrize("make", [samples.copying, samples.dates, samples.translations])
def test_the_seed_decides(make):
    first, again, other = make(50), make(50), make(50, seed=1)
    assert list(first.test) == list(again.test)
    assert list(first.test) != list(other.test)


def test_the_exercises_share_their_sources():
    one, two, three = (make(100).test for make, _ in LETTERS.values())
    assert one.sources == two.sources == three.sources


BAD = {
    "few": (lambda: samples.copying(19), r"`n` must be an int from 20.*Received: n=19"),
    "float": (lambda: samples.dates(1e3), "`n` must be an int.*Received: n=1000.0"),
    "translations": (lambda: samples.translations(0), "Received: n=0"),
    "symbols": (lambda: samples.sorting(symbols=27), "2 to 26. Received: symbols=27"),
    "length": (lambda: samples.reversing(length=0), "1 to 100. Received: length=0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()

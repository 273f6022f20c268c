"""Bucket widths against every possible choice of widths."""

import itertools
import random

import pytest

from seqkit.data.boundaries import best_boundaries


def cells(lengths, boundaries):
    return sum(min(b for b in boundaries if b >= length) for length in lengths)


@pytest.mark.parametrize("buckets", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(8))
def test_no_choice_pads_less(buckets, seed):
    chance = random.Random(seed)
    lengths = [1 + int(chance.expovariate(0.2)) for _ in range(chance.randrange(1, 40))]
    widths = sorted(set(lengths))
    others = itertools.combinations(widths[:-1], min(buckets, len(widths)) - 1)
    best = min(cells(lengths, (*choice, widths[-1])) for choice in others)
    got = best_boundaries(lengths, buckets)
    assert list(got) == sorted(set(got))
    assert len(got) <= buckets
    assert got[-1] == max(lengths)
    assert cells(lengths, got) == best


def test_few_lengths_are_the_boundaries():
    assert best_boundaries([3, 3, 9, 1], 8) == (1, 3, 9)


def test_thousands_of_lengths_cost_little_more_than_the_optimum():
    lengths = list(range(1, 5001))
    got = best_boundaries(lengths, 4)
    # Uniform lengths are best cut into equal parts.
    assert got[-1] == 5000
    assert cells(lengths, got) <= 1.01 * cells(lengths, (1250, 2500, 3750, 5000))

"""What runs as a graph gives what its operations give one by one."""

import numpy as np
import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data.graphed import graphed


class Doubling:
    def __init__(self):
        self.eager = []

    @graphed(tf.TensorSpec([None], tf.int32))
    def doubled(self, x):
        """Twice as much."""
        self.eager.append(tf.executing_eagerly())
        return 2 * x


def test_the_first_call_runs_as_it_is_and_later_ones_as_one_graph():
    made, other = Doubling(), Doubling()
    for n in (1, 3, 0, 2):
        np.testing.assert_array_equal(made.doubled(np.arange(n)), 2 * np.arange(n))
    assert made.eager == [True, False]  # traced once for all sizes
    other.doubled([1])
    assert other.eager == [True]
    assert tf.function(other.doubled)(tf.constant([4])).numpy() == 8
    assert Doubling.doubled.__doc__ == "Twice as much."


PAIRS = [("a dog", "ein Hund"), ("a cat barks", "eine Katze bellt")]
TEXTS = ["a dog barks", "", "caf\u00e9 \u2603 cat", "a"]
WORDS = [["a", "dog", "barks"], [], ["caf\u00e9", "\u2603"], ["a"]]
SENTENCES = [(["a", "dog"], ["D", "N"]), (["it", "barks"], ["P", "V"])]
CASES = {
    "texts": (lambda: data.TextClassification.learn(PAIRS).encode, TEXTS),
    "pairs": (lambda: data.Translation.learn(PAIRS, "words").encode, TEXTS),
    "words": (lambda: data.Tagging.learn(SENTENCES).encode, WORDS),
    "texts from ids": (lambda: data.Translation.learn(PAIRS, "words").text, [[4, 5], [3, 0]]),
}


@pytest.mark.parametrize("name", CASES)
def test_later_calls_answer_as_the_first_does(name):
    make, given = CASES[name]
    ask = make()
    expected = [tf.nest.flatten(make()(given[:n])) for n in (1, 4)]  # each the first of its own
    for _ in range(2):
        for n, wanted in zip((1, 4), expected, strict=True):
            for found, want in zip(tf.nest.flatten(ask(given[:n])), wanted, strict=True):
                np.testing.assert_array_equal(found, want)

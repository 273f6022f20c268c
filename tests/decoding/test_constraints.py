"""What the constraints promise, held against looking at every sequence.

Shapes: B sentences, K beams, V ids.
"""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.decoding import Forbidden, NoRepeat, Prefix, Required, Sampling, Search, search
from seqkit.decoding.beam import LOW, begin
from seqkit.decoding.constraints import padded

# Ids 1 to 4 are words; 0 is padding, which no sequence holds.
V, END, B, LIMIT = 6, 5, 3, 4


class Table:
    """The next id depends on the sentence, the step and the id before."""

    def __init__(self, seed, rows):
        rng = np.random.default_rng(seed)
        self.logits, self.rows = rng.normal(size=(B, LIMIT, V, V)).astype("float32"), rows
        self.logits[..., 0] = LOW

    def step(self, ids, read, state, at, weights):
        sentence = ops.repeat(read[0], self.rows, axis=0)
        place = (sentence * LIMIT + ops.minimum(at, LIMIT - 1)) * V + ids
        flat = ops.reshape(ops.convert_to_tensor(self.logits), (-1, V))
        return ops.take(flat, place, axis=0), state, None

    def grow(self, state, room):
        return state

    def reorder(self, state, rows):
        return state

    def log_p(self, sentence, words):
        """Log-probability of the words and the end."""
        total, before = 0.0, 0
        for t, word in enumerate([*words, END]):
            logits = self.logits[sentence, t, before].astype("float64")
            total += logits[word] - np.log(np.exp(logits[1:]).sum())
            before = word
        return total

    def best(self, sentence, allowed):
        """All allowed sequences of less than LIMIT words, best first: pairs (score, words)."""
        found = [
            (self.log_p(sentence, words), words)
            for length in range(LIMIT)
            for words in itertools.product(range(1, END), repeat=length)
            if allowed(words)
        ]
        return sorted(found, key=lambda pair: -pair[0])


def run(table, how, compiled, constraints=None, required=None, draws=None):
    """Ids and scores, with open shapes in a graph, which sentences leave as they are done."""

    def found(sentences, given=np.asarray):
        batch = ops.shape(sentences)[0]
        return search(
            table, [sentences], [ops.zeros((batch * how.beams,))], how=how, start=0, end=END,
            limit=ops.zeros_like(sentences) + LIMIT, longest=LIMIT,
            constraints=[] if constraints is None else constraints(given),
            required=None if required is None else Required(given(required)),
            draws=None if draws is None else ops.convert_to_tensor(given(draws)),
        )  # fmt: skip

    if compiled == "graph":
        import tensorflow as tf

        def opened(array):
            shape = (None, *array.shape[1:])
            return tf.compat.v1.placeholder_with_default(array, shape)

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32)], autograph=False)
        def graph(sentences):
            return found(sentences, opened)

        return [x.numpy() for x in graph(np.arange(B, dtype="int32"))]
    return [ops.convert_to_numpy(x) for x in found(ops.arange(B))]


@pytest.fixture(params=["eager", "graph"])
def compiled(request):
    if request.param == "graph" and keras.backend.backend() != "tensorflow":
        pytest.skip("graphs with open shapes are TensorFlow's")
    return request.param


def words(row):
    return tuple(int(i) for i in row if i)


def holds(phrase, sequence):
    return any(sequence[k : k + len(phrase)] == tuple(phrase) for k in range(len(sequence) + 1))


ALL = 1 + 4 + 16 + 64  # sequences there are
CASES = {
    "prefix": (
        lambda given: [Prefix(given(padded([[2, 3], [4], []])))],
        lambda b: lambda s: s[: (2, 1, 0)[b]] == ((2, 3), (4,), ())[b],
    ),
    "no word twice": (lambda _: [NoRepeat(1)], lambda b: lambda s: len(set(s)) == len(s)),
    "no pair twice": (
        lambda _: [NoRepeat(2)],
        lambda b: lambda s: len(set(itertools.pairwise(s))) == max(len(s) - 1, 0),
    ),
    "forbidden": (
        lambda _: [Forbidden([[1], [2, 3], [4, 4, 2]])],
        lambda b: lambda s: not any(holds(p, s) for p in ([1], [2, 3], [4, 4, 2])),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wide_beam_finds_all_that_is_allowed(case, compiled):
    constraints, allowed = CASES[case]
    table = Table(1, ALL)
    ids, scores = run(table, Search(ALL, 0.0), compiled, constraints)
    for b in range(B):
        expected = table.best(b, allowed(b))
        real = scores[b] > LOW / 8
        assert real.sum() == len(expected)
        np.testing.assert_allclose(scores[b][real], [s for s, _ in expected], atol=1e-4)
        assert {words(row) for row in ids[b][real]} == {w for _, w in expected}


PHRASES = [[[2, 3], [4]], [[1, 1]], []]


@pytest.mark.parametrize("beams", [1, 2, 4, 30])
def test_required_phrases_stand_in_every_best_sequence(beams, compiled):
    table = Table(2, beams)
    rows = [padded(phrases + [[]] * (2 - len(phrases)), 2) for phrases in PHRASES]
    ids, scores = run(table, Search(beams, 0.0), compiled, required=np.stack(rows))
    for b, phrases in enumerate(PHRASES):
        expected = table.best(b, lambda s, phrases=phrases: all(holds(p, s) for p in phrases))
        for row, score in zip(ids[b], scores[b], strict=True):
            if score > LOW / 8:
                assert all(holds(phrase, words(row)) for phrase in phrases)
                np.testing.assert_allclose(score, table.log_p(b, words(row)), atol=1e-4)
        if phrases:
            assert scores[b, 0] > LOW / 8
        if beams == 30:
            assert words(ids[b, 0]) == expected[0][1]


def test_required_phrases_that_do_not_fit_leave_the_best_sequence(compiled):
    table = Table(3, 2)
    phrases = np.broadcast_to(padded([[1, 2, 3, 4, 1]]), (B, 1, 5))
    ids, scores = run(table, Search(2, 0.0), compiled, required=phrases)
    assert (scores[:, 0] < LOW / 8).all()  # told from all that say their phrases
    assert (ids[:, 0] != 0).any()


def test_samples_are_as_frequent_as_they_are_probable(compiled):
    count = 4000
    table, rng = Table(4, count), np.random.default_rng(0)
    draws = rng.random((B, count, LIMIT)).astype("float32")
    ids, scores = run(table, Sampling(count), compiled, draws=draws)
    for b in range(B):
        found = {}
        for row, score in zip(ids[b], scores[b], strict=True):
            found.setdefault(words(row), []).append(score)
        for _, sequence in table.best(b, lambda s: len(s) < LIMIT - 1):
            probability = np.exp(table.log_p(b, sequence))
            deviation = (probability * (1 - probability) / count) ** 0.5
            share = len(found.get(sequence, [])) / count
            assert abs(share - probability) < 5 * deviation + 1e-9
            if sequence in found:
                np.testing.assert_allclose(found[sequence], table.log_p(b, sequence), atol=1e-4)


@pytest.mark.parametrize(
    ("how", "kept"),
    [
        ({"top_k": 2}, [0.0, 0.5 / 0.8, 0.3 / 0.8, 0.0]),
        ({"top_p": 0.45}, [0.0, 1.0, 0.0, 0.0]),
        ({"top_p": 0.55}, [0.0, 0.5 / 0.8, 0.3 / 0.8, 0.0]),
        ({"top_p": 1.0}, [0.05, 0.5, 0.3, 0.15]),
        ({"temperature": 0.5}, np.square([0.05, 0.5, 0.3, 0.15]) / 0.365),
        ({"top_k": 1, "temperature": 9.0}, [0.0, 1.0, 0.0, 0.0]),
    ],
)
def test_thinning(how, kept):
    shares = Sampling(**how).thin(np.log([[[0.05, 0.5, 0.3, 0.15]]]).astype("float32"))
    shares = ops.convert_to_numpy(shares)[0, 0]
    np.testing.assert_allclose(shares / shares.sum(), kept, atol=1e-6)


def test_no_heat_makes_the_impossible_possible():
    shares = Sampling(temperature=1e30).thin(np.array([[[1.0, LOW, 2.0]]], "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(shares)[0, 0], [0.5, 0, 0.5], atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples=0"),
        ({"temperature": 0}, "temperature=0"),
        ({"temperature": float("inf")}, "temperature=inf"),
        ({"top_k": -1}, "top_k=-1"),
        ({"top_p": 0.0}, "top_p=0.0"),
        ({"top_p": 1.5}, "top_p=1.5"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Sampling(**options)


@pytest.mark.parametrize("how", [Sampling(2), Search(beams=2)])
@pytest.mark.parametrize("said", [LOW, np.nan])
def test_the_last_step_is_the_last_whatever_the_model_says(how, said):
    """Where shapes are open the search goes on until every sentence is done."""
    beam = begin(B, 2, LIMIT, ops.zeros((B, 0)), branches=how.branches)
    logits, nothing = ops.full((B, 2, V), said), ops.zeros((B, 2))
    options = {"end": END, "last": ops.ones((B,), "bool"), "draws": ops.zeros((B, 2, LIMIT))}
    after, *_ = how.advance(beam, logits, nothing, 0, **options)
    assert ops.convert_to_numpy(after.done).all()


def test_phrases_that_begin_alike_double_no_sequence(compiled):
    phrases = np.array([[[1, 2], [1, 3]]] * B, "int32")
    ids, scores = run(Table(2, 6), Search(beams=6), compiled, required=phrases)
    for row, each in zip(ids, scores, strict=True):
        found = [words(sequence) for sequence in row[each > LOW / 2]]
        assert len(set(found)) == len(found) > 1


def test_what_lacks_a_phrase_is_told_by_its_score_whatever_the_penalty(compiled):
    phrases = np.array([[[1, 2, 3, 4, 1]]] * B, "int32")  # more than there is room for
    how = Search(beams=3, length_penalty=4.0)
    _, scores = run(Table(1, 3), how, compiled, required=phrases)
    assert (scores < LOW / 8).all()

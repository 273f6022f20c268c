"""The search against an exhaustive one, over a decoder small enough to look at every sequence.

Shapes: B sentences, V ids, L longest sequence.
"""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.decoding import Search, search
from seqkit.decoding.beam import LOW, highest

V, START, END, B = 5, 0, 4, 4


class Table:
    """A decoder by table: the next id depends on the sentence, the step and the last two ids.

    The state is the id before the last, so that a row given the wrong state answers wrongly.
    """

    def __init__(self, seed=0, steps=5, sharpness=1.0):
        rng = np.random.default_rng(seed)
        self.logits = sharpness * rng.normal(size=(B, steps, V, V, V)).astype("float32")
        self.read = rng.dirichlet(np.ones(3), size=(V, 1))[:, 0].astype("float32")  # (V, S)
        # A sentence finds its own table by what it reads: its place in the batch may change.

    def step(self, ids, read, state, at, weights):
        sentence = ops.repeat(read[0], self.rows, axis=0)
        flat = ops.reshape(ops.convert_to_tensor(self.logits), (-1, V))
        steps = self.logits.shape[1]
        place = ((sentence * steps + ops.minimum(at, steps - 1)) * V + state[0]) * V + ids
        seen = ops.take(ops.convert_to_tensor(self.read), ids, axis=0) if weights else None
        return ops.take(flat, place, axis=0), [ids], seen

    def grow(self, state, room):
        return state

    def reorder(self, state, rows):
        return [ops.take(tensor, rows, axis=0) for tensor in state]

    def every(self, sentence, limit, length_penalty, coverage_penalty=0.0):
        """All sequences of at most `limit` ids, the end included, with their scores: best first."""
        found = []
        words = [i for i in range(V) if i != END]
        for length in range(limit):
            for ids in itertools.product(words, repeat=length):
                row, total, covered = [START, START, *ids, END], 0.0, np.zeros(3)
                for t in range(length + 1):
                    logits = self.logits[sentence, t, row[t], row[t + 1]].astype("float64")
                    total += logits[row[t + 2]] - np.log(np.exp(logits).sum())
                    covered += self.read[row[t + 1]]
                score = total / ((5 + length + 1) / 6) ** length_penalty
                score += coverage_penalty * np.log(np.minimum(covered, 1)).sum()
                found.append((score, ids))
        return sorted(found, key=lambda pair: -pair[0])


def run(table, how, limits, sentences=None, compiled=None, constraints=(), source=(1, 1, 1)):
    """Ids as tuples and scores, with open shapes in a graph where the backend has them."""
    table.rows = how.beams
    sentences = np.arange(B) if sentences is None else np.asarray(sentences)

    def found(sentences, limits):
        state = [ops.zeros((ops.shape(sentences)[0] * how.beams,), "int32") + START]
        counts = ops.repeat(ops.array([source]), ops.shape(sentences)[0], axis=0)
        return search(
            table, [sentences], state, limit=limits, how=how, start=START, end=END,
            longest=20, source=counts, constraints=constraints,
        )  # fmt: skip

    limits = np.broadcast_to(np.asarray(limits, "int32"), sentences.shape)
    if compiled == "graph":
        import tensorflow as tf

        spec = tf.TensorSpec((None,), tf.int32)
        found = tf.function(found, input_signature=[spec, spec], autograph=False)
    ids, scores = found(
        ops.convert_to_tensor(sentences, "int32"), ops.convert_to_tensor(limits, "int32")
    )
    return ops.convert_to_numpy(ids), ops.convert_to_numpy(scores)


@pytest.fixture(params=["eager", "graph"])
def compiled(request):
    if request.param == "graph" and keras.backend.backend() != "tensorflow":
        pytest.skip("graphs with open shapes are TensorFlow's")
    return request.param


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.5])
def test_a_wide_beam_is_an_exhaustive_search(compiled, length_penalty, coverage_penalty):
    table, limit = Table(), 4
    expected = [table.every(b, limit, length_penalty, coverage_penalty) for b in range(B)]
    beams = len(expected[0])  # 1 + 4 + 16 + 64
    how = Search(beams, length_penalty, coverage_penalty)
    ids, scores = run(table, how, limit, compiled=compiled)
    for b in range(B):
        np.testing.assert_allclose(scores[b], [s for s, _ in expected[b]], atol=1e-4)
        for row, (score, words) in zip(ids[b], expected[b], strict=True):
            close = [w for s, w in expected[b] if abs(s - score) < 1e-4]
            assert any(tuple(row[: len(w)]) == w and not row[len(w) :].any() for w in close)
            assert words in close


def test_what_was_not_read_at_all_costs_and_padding_does_not(compiled):
    table, how = Table(), Search(3, 0.0, coverage_penalty=0.5)
    table.read[:, 2] = 0.0  # as a softmax in float32 gives it
    padded, unread = (
        run(table, how, 4, compiled=compiled, source=source)[1] for source in ((1, 1, 0), (1, 1, 1))
    )
    assert (padded > -20).all()
    assert (unread < padded - 20).all()


def test_one_beam_is_greedy(compiled):
    table, limit = Table(3, steps=18), 18
    ids, scores = run(table, Search(1, 0.0), limit, compiled=compiled)
    for b in range(B):
        row, total = [START, START], 0.0
        for t in range(limit):
            logits = table.logits[b, t, row[-2], row[-1]].astype("float64")
            best = END if t == limit - 1 else int(np.argmax(logits))
            total += logits[best] - np.log(np.exp(logits).sum())
            if best == END:
                break
            row.append(best)
        assert ids[b, 0].tolist()[: len(row) - 2] == row[2:]
        assert not ids[b, 0, len(row) - 2 :].any()
        np.testing.assert_allclose(scores[b, 0], total, atol=1e-4)


def test_beams_are_the_best_of_each_step(compiled):
    """Three beams against the same algorithm on Python lists."""
    table, limit, beams = Table(5, steps=20), 20, 3
    scores = run(table, Search(beams, 0.6), limit, compiled=compiled)[1]
    for b in range(B):
        live, finished = [(0.0, ())], []
        for t in range(limit):
            candidates = []
            for total, words in live:
                row = [START, START, *words]
                logits = table.logits[b, t, row[-2], row[-1]].astype("float64")
                log_p = logits - np.log(np.exp(logits).sum())
                wanted = [END] if t == limit - 1 else range(V)
                candidates += [(total + log_p[i], (*words, i)) for i in wanted]
            candidates.sort(key=lambda pair: -pair[0])
            finished += [c for c in candidates[:beams] if c[1][-1] == END]
            live = [c for c in candidates if c[1][-1] != END][:beams]
            ranked = sorted((t / ((5 + len(w)) / 6) ** 0.6 for t, w in finished), reverse=True)
            hope = live[0][0] / ((5 + t + 1) / 6) ** 0.6 if live else -np.inf
            if len(finished) >= beams and hope <= ranked[beams - 1]:
                break
        np.testing.assert_allclose(scores[b], ranked[:beams], atol=1e-4)


def test_a_sure_model_is_not_stopped_by_ends_that_nobody_wants(compiled):
    """With two ids to say at each step, the end is among the four best from the first on."""
    table = Table(9, steps=8)
    table.logits[:] = -9.0
    table.logits[..., 1] = 0.0
    table.logits[..., END] = -6.0
    table.logits[:, 5:, ..., END] = 6.0
    ids, _ = run(table, Search(4, 1.0), 8, compiled=compiled)
    assert (ids[:, 0, :5] == 1).all()
    assert not ids[:, 0, 5:].any()


def test_neighbours_do_not_matter(compiled):
    table = Table(7, steps=20)
    how, limits = Search(2), np.array([20, 3, 9, 1])
    ids, scores = run(table, how, limits, compiled=compiled)
    for order in ([2], [3, 1], [1, 0, 2, 2]):
        some, their = run(table, how, limits[order], sentences=order, compiled=compiled)
        np.testing.assert_allclose(their, scores[order], atol=1e-5)
        width = min(some.shape[2], ids.shape[2])
        np.testing.assert_array_equal(some[:, :, :width], ids[order][:, :, :width])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="graphs are TensorFlow's")
def test_finished_sentences_stop_costing():
    """The rows that each step computes: all, until most of the sentences are done."""
    import tensorflow as tf

    class Watched(Table):
        def step(self, ids, *rest):
            watched = tf.numpy_function(lambda x: counts.append(len(x)) or x, [ids], tf.int32)
            watched.set_shape(ids.shape)
            return super().step(watched, *rest)

    counts, limits = [], [1, 1, 2, 5]
    table = Watched()
    table.logits[..., END] = -50.0  # no sentence ends before it must
    run(table, Search(2), limits, compiled="graph")
    assert counts == [8, 4, 2, 2, 2]


def test_no_sentence_is_a_defined_case(compiled):
    ids, scores = run(Table(), Search(2), np.zeros(0), sentences=[], compiled=compiled)
    assert ids.shape[:2] == scores.shape == (0, 2)


def test_fewer_sequences_than_beams():
    scores = run(Table(), Search(3), 1)[1]
    assert ((scores > LOW / 2) == [True, False, False]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beams": 0}, "`beams` must be a positive int. Received: beams=0"),
        ({"beams": 2.0}, "beams=2.0"),
        ({"no_repeat": -1}, "no_repeat=-1"),
        ({"length_penalty": -1}, "length_penalty=-1"),
        ({"coverage_penalty": float("nan")}, "coverage_penalty=nan"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Search(**options)


@pytest.mark.parametrize("width", [3, 64, 130, 640, 1000])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("values", [4, 10**6])
def test_the_highest_of_many_ids_are_those_of_a_sort(width, count, values):
    """Also where scores are equal: the first counts."""
    rng = np.random.default_rng(width)
    scores = rng.integers(0, values, (3, 2, width)).astype("float32")
    best, place = highest(ops.convert_to_tensor(scores), count)
    expected = np.argsort(-scores, axis=-1, kind="stable")[..., :count]
    np.testing.assert_array_equal(place, expected)
    np.testing.assert_array_equal(best, np.take_along_axis(scores, expected, axis=-1))

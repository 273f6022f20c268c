"""Chains of tags against all C ** T paths, written out one by one in NumPy."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.layers import chain as chains
from seqkit.layers.chain import FORBIDDEN, Chain
from seqkit.testing.gradients import finite_differences, value_and_gradients

B, T, C = 5, 4, 3
MASKS = {
    "full": np.ones((B, T), bool),
    "right": np.arange(T) < np.array([[4], [2], [1], [0], [3]]),
    "left": np.arange(T) >= np.array([[0], [2], [3], [4], [1]]),
    "holes": np.array([[1, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]], bool),
}
# How far apart the scores lie; at 60 float32 cannot hold the chances beside each other.
SCALES = (1.0, 60.0)


def random_chain(mask, scale=1.0, forbidden=False, seed=0):
    rng = np.random.default_rng(seed)
    e, moves, start, end = (
        scale * rng.normal(size=shape).astype("float32") for shape in ((B, T, C), (C, C), C, C)
    )
    if forbidden:  # as I- after O, and at the start
        moves[0, 2] = moves[2, 1] = start[2] = end[1] = FORBIDDEN
    return Chain(e, MASKS[mask], moves, start, end)


def paths(chain, row, allowed=None):
    """`[(tags at the steps that count, score)]`, the best first; forbidden ones left out."""
    steps = np.flatnonzero(chain.mask[row])
    e, moves = np.float64(chain.emissions[row]), np.float64(chain.transitions)
    found = []
    for tags in itertools.product(range(C), repeat=len(steps)):
        terms = [e[t, y] for t, y in zip(steps, tags, strict=True)]
        terms += [moves[a, b] for a, b in itertools.pairwise(tags)]
        if tags:
            terms += [np.float64(chain.start)[tags[0]], np.float64(chain.end)[tags[-1]]]
        fits = allowed is None or all(allowed[row, t, y] for t, y in zip(steps, tags, strict=True))
        if fits and not any(term == FORBIDDEN for term in terms):
            found.append((tags, sum(terms)))
    return sorted(found, key=lambda path: -path[1])


def log_sum(scores):
    return np.logaddexp.reduce(scores) if len(scores) else FORBIDDEN


def numpy(x):
    return ops.convert_to_numpy(x)


ALL = [(m, s, f) for m in MASKS for s in SCALES for f in (False, True)]
each_chain = pytest.mark.parametrize(("mask", "scale", "forbidden"), ALL)


@each_chain
def test_partition_and_marginals(mask, scale, forbidden):
    chain = random_chain(mask, scale, forbidden)
    total, shares = numpy(chains.log_partition(chain)), numpy(chains.marginals(chain))
    for row in range(B):
        found = paths(chain, row)
        expected = log_sum([score for _, score in found])
        np.testing.assert_allclose(total[row], expected, rtol=1e-5, atol=1e-5)
        share = np.zeros((T, C))
        for tags, score in found:
            share[np.flatnonzero(chain.mask[row]), list(tags)] += np.exp(score - expected)
        np.testing.assert_allclose(shares[row], share, atol=1e-4 if scale > 1 else 1e-5)


@each_chain
def test_best_paths(mask, scale, forbidden):
    chain = random_chain(mask, scale, forbidden)
    k = 5
    best, score = map(numpy, chains.viterbi(chain))
    several, scores = map(numpy, chains.k_best(chain, k))
    assert best.dtype == several.dtype == "int32"
    assert not best[~chain.mask].any()
    for row in range(B):
        found = paths(chain, row)
        assert tuple(best[row, chain.mask[row]]) == found[0][0]
        np.testing.assert_allclose(score[row], found[0][1], rtol=1e-5, atol=1e-5)
        expected = [s for _, s in found[:k]] + [-np.inf] * (k - len(found))
        np.testing.assert_allclose(scores[row], expected, rtol=1e-5, atol=1e-5)
        for n, (tags, _) in enumerate(found[:k]):
            assert tuple(several[row, n, chain.mask[row]]) == tags
            assert not several[row, n, ~chain.mask[row]].any()


@pytest.mark.parametrize("mask", MASKS)
def test_score_of_a_path(mask):
    chain = random_chain(mask)
    tags = np.random.default_rng(1).integers(0, C, (B, T))
    scores = numpy(chains.score(chain, np.where(chain.mask, tags, -7)))
    for row in range(B):
        own = dict(paths(chain, row))[tuple(tags[row, chain.mask[row]])]
        np.testing.assert_allclose(scores[row], own, rtol=1e-5, atol=1e-5)


@each_chain
def test_some_tags_allowed(mask, scale, forbidden):
    chain = random_chain(mask, scale, forbidden)
    allowed = np.random.default_rng(2).random((B, T, C)) < 0.6
    allowed[:, :, 0] |= ~allowed.any(axis=-1)
    total = numpy(chains.log_partition(chain, allowed))
    for row in range(B):
        expected = log_sum([score for _, score in paths(chain, row, allowed)])
        np.testing.assert_allclose(total[row], expected, rtol=1e-5, atol=1e-5)


def test_a_good_ending_behind_a_bad_beginning():
    """Two tags that never meet: what is lost on the way for good would be the whole sum."""
    steps = 40
    e = np.zeros((1, steps, 2), "float32")
    e[0, :20, 0], e[0, 20:, 1] = 10.0, 12.0
    stay = np.array([[0, FORBIDDEN], [FORBIDDEN, 0]], "float32")
    chain = Chain(e, np.ones((1, steps), bool), stay, np.zeros(2), np.zeros(2))
    assert float(chains.log_partition(chain)[0]) == pytest.approx(240, abs=1e-3)
    assert numpy(chains.marginals(chain))[0, :, 1].min() == pytest.approx(1, abs=1e-4)
    assert numpy(chains.viterbi(chain)[0]).all()


def test_no_emission_outweighs_what_is_forbidden():
    chain = random_chain("full", forbidden=True)
    chain = Chain(1e6 * chain.emissions, *list(vars(chain).values())[1:])
    best = numpy(chains.viterbi(chain)[0])
    assert [tuple(row) for row in best] == [paths(chain, row)[0][0] for row in range(B)]
    total = numpy(chains.log_partition(chain))
    np.testing.assert_allclose(total, [paths(chain, row)[0][1] for row in range(B)], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("mask", "scale", "forbidden"),
    [("holes", 1.0, True), ("right", 1.0, False), ("holes", 60.0, True), ("left", 60.0, False)],
)
def test_gradients(mask, scale, forbidden, dtype):
    """Of the likelihood of partial labels: both sums, and by every potential."""
    chain = random_chain(mask, scale, forbidden)
    allowed = np.random.default_rng(3).random((B, T, C)) < 0.7
    allowed[:, :, 0] |= ~allowed.any(axis=-1)
    weights = np.random.default_rng(4).normal(size=B).astype("float32")
    potentials = [chain.emissions, chain.transitions, chain.start, chain.end]
    potentials = [p.astype(dtype) for p in potentials]
    if keras.backend.backend() == "jax" and dtype == "float64":
        pytest.skip("this JAX runs without 64 bits")

    def loss(e, moves, start, end):
        own = Chain(e, chain.mask, moves, start, end)
        sums = chains.log_partition(own) - 0.5 * chains.log_partition(own, allowed)
        return ops.sum(ops.cast(weights, dtype) * sums)

    def oracle(e, moves, start, end):
        own = Chain(e, chain.mask, moves, start, end)
        free = [log_sum([s for _, s in paths(own, row)]) for row in range(B)]
        bound = [log_sum([s for _, s in paths(own, row, allowed)]) for row in range(B)]
        return float(np.sum(weights * (np.array(free) - 0.5 * np.array(bound))))

    _, gradients, _ = value_and_gradients(loss, potentials)
    frozen = [np.asarray(p) == FORBIDDEN for p in potentials]

    def moved(*arrays):  # what is forbidden stays so
        return oracle(*(np.where(f, FORBIDDEN, a) for f, a in zip(frozen, arrays, strict=True)))

    slopes = finite_differences(moved, potentials, epsilon=1e-5)
    for gradient, still, (direction, slope) in zip(gradients, frozen, slopes, strict=True):
        assert np.isfinite(gradient).all()
        assert not gradient[still].any()
        product = np.sum(np.float64(gradient) * direction)
        close = 1e-6 if dtype == "float64" else 2e-4 * scale
        assert abs(product - slope) <= close * max(1.0, abs(slope))
    assert not gradients[0][~chain.mask].any()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of tapes of TensorFlow")
@pytest.mark.parametrize("scale", SCALES)
def test_second_derivatives(scale):
    """Of a penalty on the gradient, which is what the gradient by hand could leave out."""
    import tensorflow as tf

    chain = random_chain("holes", scale)
    potentials = [p.astype("float64") for p in (chain.emissions, chain.transitions)]

    def penalty(*scores):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            emissions, moves = scores
            own = Chain(emissions, chain.mask, moves, chain.start, chain.end)
            total = chains.log_partition(own)
        gradients = tape.gradient(total, scores)
        return sum(ops.sum(g * np.cos(np.arange(g.shape[-1]))) for g in gradients)

    _, found, _ = value_and_gradients(penalty, potentials)
    slopes = finite_differences(
        lambda *scores: float(penalty(*map(tf.constant, scores))), potentials, epsilon=1e-5
    )
    for gradient, (direction, slope) in zip(found, slopes, strict=True):
        assert abs(np.sum(gradient * direction) - slope) <= 1e-6 * max(1.0, abs(slope))


def everything(chain):
    best, score = chains.viterbi(chain)
    several, scores = chains.k_best(chain, 2)
    return {
        "log_partition": chains.log_partition(chain),
        "marginals": chains.marginals(chain),
        "score of the best": chains.score(chain, best),
        "best": best,
        "best score": score,
        "several": several,
        "their scores": scores,
    }


@pytest.mark.parametrize("filler", [np.nan, np.inf, 1e30])
def test_what_stands_in_padding_is_harmless(filler):
    chain = random_chain("holes")
    spoilt = np.where(chain.mask[:, :, None], chain.emissions, np.float32(filler))
    expected = everything(chain)
    others = (chain.mask, chain.transitions, chain.start, chain.end)
    for what, value in everything(Chain(spoilt, *others)).items():
        np.testing.assert_array_equal(numpy(value), numpy(expected[what]), err_msg=what)

    def loss(e, moves, start, end):
        own = Chain(e, chain.mask, moves, start, end)
        return ops.sum(chains.log_partition(own) - chains.score(own, np.zeros((B, T), int)))

    _, gradients, _ = value_and_gradients(loss, [spoilt, *others[1:]])
    assert all(np.isfinite(g).all() for g in gradients)
    assert not gradients[0][~chain.mask].any()


@pytest.mark.parametrize(("rows", "steps"), [(2, 0), (2, 1), (0, 3), (0, 0)])
@pytest.mark.parametrize("masked", [False, True])
def test_empty_input_is_defined(rows, steps, masked):
    chain = random_chain("full")
    mask = np.full((rows, steps), not masked)
    chain = Chain(chain.emissions[:rows, :steps], mask, *list(vars(chain).values())[2:])
    found = {what: numpy(value) for what, value in everything(chain).items()}
    assert found["marginals"].shape == (rows, steps, C)
    assert found["best"].shape == (rows, steps)
    assert found["several"].shape == (rows, 2, steps)
    for what in ("log_partition", "best score", "score of the best"):
        assert found[what].shape == (rows,)
        if masked or not steps:
            assert not found[what].any()


@pytest.mark.parametrize("compiled", [pytest.param("graph", marks=pytest.mark.slow), "xla"])
def test_compiled_for_unknown_lengths(compiled):
    """Values and gradients as step by step, where the time axis has no static size."""
    wanted = ["log_partition", "marginals", "score of the best", "best", "several"]

    def loss(e, mask, moves, start, end):
        found = everything(Chain(e, mask > 0, moves, start, end))
        weight = ops.arange(1, B + 1, dtype="float32")
        total = ops.sum(weight * (found["log_partition"] - found["score of the best"]))
        return total, [found[what] for what in wanted]

    run = compiled_once(loss, compiled)
    for scale in SCALES:
        chain = random_chain("holes", scale, forbidden=True)
        arrays = [chain.emissions, chain.mask.astype("float32"), *list(vars(chain).values())[2:]]
        (_, expected), gradients, _ = value_and_gradients(loss, arrays)
        (_, values), compiled_gradients = run(*arrays)
        for what, a, b in zip(wanted, values, expected, strict=True):
            np.testing.assert_allclose(numpy(a), numpy(b), rtol=1e-5, atol=1e-4, err_msg=what)
        for a, b in zip(compiled_gradients, gradients, strict=True):
            np.testing.assert_allclose(numpy(a), b, rtol=1e-4, atol=1e-4)


def compiled_once(loss, compiled):
    """A callable that gives the value and the gradients; on TensorFlow for any batch and length."""
    if keras.backend.backend() != "tensorflow":
        return lambda *arrays: value_and_gradients(loss, arrays, compiled=compiled)[:2]
    import tensorflow as tf

    shapes = [[None, None, C], [None, None], [C, C], [C], [C]]
    specs = [tf.TensorSpec(shape, "float32") for shape in shapes]

    @tf.function(input_signature=specs, jit_compile=compiled == "xla")
    def run(*x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(*x)
        return value, tape.gradient(value[0], x, unconnected_gradients="zero")

    return run


def test_long_sentences_stay_finite():
    rng = np.random.default_rng(0)
    steps = 5000
    e = rng.normal(size=(2, steps, 4), scale=8).astype("float32")
    mask = np.ones((2, steps), bool)
    mask[1, 3000:] = False
    moves, start, end = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)

    def loss(e):
        return ops.sum(chains.log_partition(Chain(e, mask, moves, start, end)))

    value, (gradient,), _ = value_and_gradients(loss, [e], compiled="graph")
    exact = []
    for row in range(2):  # float64, in logarithms
        v = start + e[row, 0].astype("float64")
        for now in e[row, 1 : mask[row].sum()]:
            v = np.logaddexp.reduce(v[:, None] + moves, axis=0) + now
        exact.append(np.logaddexp.reduce(v + end))
    np.testing.assert_allclose(float(value), sum(exact), rtol=1e-5)
    np.testing.assert_allclose(gradient.sum(axis=-1), mask, atol=1e-3)


def test_packed_and_back():
    chain = random_chain("holes", forbidden=True)
    packed = chains.pack(chain)
    assert tuple(packed.shape) == (B, 2 + C + T, C + 1)
    back = chains.unpack(packed)
    for name in ("mask", "transitions", "start", "end"):
        np.testing.assert_array_equal(numpy(getattr(back, name)), getattr(chain, name))
    e = np.where(chain.mask[:, :, None], chain.emissions, 0)
    np.testing.assert_array_equal(numpy(back.emissions), e)
    assert tuple(chains.unpack(packed[:0]).transitions.shape) == (C, C)


def test_narrow_types_are_widened():
    chain = random_chain("right")
    half = Chain(
        ops.cast(chain.emissions, "float16"), *[vars(chain)[n] for n in list(vars(chain))[1:]]
    )
    total = chains.log_partition(half)
    assert keras.backend.standardize_dtype(total.dtype) == "float32"
    np.testing.assert_allclose(numpy(total), numpy(chains.log_partition(chain)), atol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: Chain(c.emissions[0], *list(vars(c).values())[1:]), r"\(B, T, C\). Received"),
        (
            lambda c: Chain(c.emissions, c.mask, c.transitions[1:], c.start, c.end),
            r"`transitions` must be of shape \(3, 3\)",
        ),
        (lambda c: chains.k_best(c, 0), "Received: k=0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_chain("full"))

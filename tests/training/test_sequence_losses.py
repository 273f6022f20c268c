"""Losses on tags against the brute force of `tests/layers/test_chain.py`, and token by token."""

import itertools

import keras
import numpy as np
import pytest

from seqkit import layers
from seqkit.layers import chain as chains
from seqkit.testing.gradients import value_and_gradients
from seqkit.training import CRFLoss, TokenCrossentropy

B, T, C = 4, 4, 3
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 1]], bool)
RNG = np.random.default_rng(0)
E = RNG.normal(size=(B, T, C)).astype("float32")
MOVES, START, END = RNG.normal(size=(C, C)), RNG.normal(size=C), RNG.normal(size=C)
PACKED = keras.ops.convert_to_numpy(chains.pack(chains.Chain(E, MASK, MOVES, START, END)))
TAGS = RNG.integers(0, C, (B, T))
LENGTHS = MASK.sum(axis=1)


def log_odds(fits, mask=MASK):
    """For each sentence, `log Σ exp(score)` over the paths of which `fits(row, t, tag)` holds."""
    sums = []
    for row in range(B):
        steps, scores = np.flatnonzero(mask[row]), []
        for path in itertools.product(range(C), repeat=len(steps)):
            if all(fits(row, t, y) for t, y in zip(steps, path, strict=True)):
                score = sum(E[row, t, y] for t, y in zip(steps, path, strict=True))
                score += sum(MOVES[a, b] for a, b in itertools.pairwise(path))
                scores.append(score + (START[path[0]] + END[path[-1]] if path else 0))
        sums.append(np.logaddexp.reduce(scores))
    return np.array(sums)


def of_rows(loss, labels, packed=PACKED):
    return keras.ops.convert_to_numpy(loss.call(keras.ops.convert_to_tensor(labels), packed))


def free(row, t, y):
    return True


@pytest.mark.parametrize("partial", [False, True])
def test_likelihood_of_complete_labels(partial):
    labels = np.where(MASK, TAGS, -1).astype("float32")  # as Keras hands them over
    expected = log_odds(free) - log_odds(lambda row, t, y: TAGS[row, t] == y)
    own = of_rows(CRFLoss(partial, normalise=None), labels)
    np.testing.assert_allclose(own, expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["unlabelled", "several"])
def test_likelihood_of_partial_labels(kind):
    known = RNG.random((B, T)) < 0.5
    several = RNG.random((B, T, C)) < 0.6
    several[:, :, 1] = True
    labels = np.where(known, TAGS, -1) if kind == "unlabelled" else several.astype("float32")

    def fits(row, t, y):
        if kind == "several":
            return several[row, t, y]
        return not known[row, t] or TAGS[row, t] == y

    own = of_rows(CRFLoss(True, normalise=None), labels)
    np.testing.assert_allclose(own, log_odds(free) - log_odds(fits), atol=1e-5)


def test_without_partial_an_unlabelled_step_is_no_step():
    labels = np.where(np.arange(T) == 2, -1, TAGS)
    mask = MASK & (labels >= 0)
    expected = log_odds(free, mask) - log_odds(lambda row, t, y: TAGS[row, t] == y, mask)
    np.testing.assert_allclose(of_rows(CRFLoss(normalise=None), labels), expected, atol=1e-5)


def test_normalised():
    whole = of_rows(CRFLoss(normalise=None), TAGS)
    np.testing.assert_allclose(
        of_rows(CRFLoss(normalise="tokens"), TAGS), whole / np.maximum(LENGTHS, 1), rtol=1e-6
    )
    assert float(CRFLoss()(TAGS, PACKED)) == pytest.approx(whole.sum() / MASK.sum(), rel=1e-5)
    weights = np.array([2.0, 0.0, 1.0, 0.5], "float32")
    assert float(CRFLoss()(TAGS, PACKED, sample_weight=weights)) == pytest.approx(
        (weights * whole).sum() / MASK.sum(), rel=1e-5
    )


@pytest.mark.parametrize("partial", [False, True])
def test_padding_alone_is_harmless(partial):
    nothing = PACKED.copy()
    nothing[:, 2 + C :, C] = 0
    loss = CRFLoss(partial)
    value, (gradient,), _ = value_and_gradients(lambda p: loss(TAGS, p), [nothing])
    assert float(value) == 0
    assert not gradient.any()


def test_zero_scores_are_the_softmax():
    """With no score for moves a CRF is a softmax over each step."""
    crf = layers.CRF(C)
    labels = np.where(MASK, TAGS, -1)
    value = float(CRFLoss()(labels, crf(E, mask=MASK)))
    assert value == pytest.approx(float(TokenCrossentropy()(labels, E)), rel=1e-5)


def test_labels_of_several_tags_need_partial():
    with pytest.raises(ValueError, match=r"need `partial=True`. Received: labels of shape"):
        CRFLoss()(np.ones((B, T, C)), PACKED)


# -- the softmax


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_token_crossentropy_counts_tokens(smoothing):
    labels = np.where(MASK, TAGS, -1)
    keras_loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    expected = float(keras_loss(np.eye(C, dtype="float32")[TAGS[MASK]], E[MASK]))
    assert float(TokenCrossentropy(smoothing)(labels, E)) == pytest.approx(expected, rel=1e-5)


def by_log_softmax(logits, labels, smoothing):
    """Losses of sentences, token by token: `-sum_c q_c log p_c`, q smoothed over all tags."""
    losses = np.zeros(len(logits))
    for b, t in zip(*np.nonzero(labels >= 0), strict=True):
        row = logits[b, t].astype("float64")
        log_p = row - np.logaddexp.reduce(row)
        q = np.full(C, smoothing / C) + (1 - smoothing) * (np.arange(C) == labels[b, t])
        losses[b] -= q @ log_p
    return losses


@pytest.mark.parametrize("filler", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("normalise", ["batch_tokens", "tokens", None])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_token_crossentropy_is_that_of_the_log_softmax(smoothing, normalise, filler):
    labels = np.where(MASK, TAGS, -1)
    logits = np.where(MASK[:, :, None], 20 * E, np.float32(filler))
    expected, tokens = by_log_softmax(logits, labels, smoothing), MASK.sum(axis=1)
    if normalise is not None:
        expected /= tokens.mean() if normalise == "batch_tokens" else np.maximum(tokens, 1)
    own = of_rows(TokenCrossentropy(smoothing, normalise=normalise), labels, logits)
    np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_token_crossentropy_gradient(smoothing):
    """`p - q` for each token, over the number of tokens; none for padding."""
    labels = np.where(MASK, TAGS, -1)
    loss = TokenCrossentropy(smoothing)
    _, (gradient,), _ = value_and_gradients(lambda x: loss(labels, x), [E])
    p = np.exp(E - np.logaddexp.reduce(E, axis=-1, keepdims=True))
    q = smoothing / C + (1 - smoothing) * np.eye(C)[np.maximum(labels, 0)]
    expected = np.where(MASK[:, :, None], p - q, 0) / MASK.sum()
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_weights_of_sentences_and_of_tokens():
    labels = np.where(MASK, TAGS, -1)
    each = of_rows(TokenCrossentropy(normalise=None), labels, E)
    weights = np.array([1.0, 0.0, 3.0, 2.0], "float32")
    expected = (weights * each).sum() / MASK.sum()
    by_token = np.repeat(weights[:, None], T, axis=1)
    for sample_weight in (weights, by_token):
        loss = TokenCrossentropy()(labels, E, sample_weight=sample_weight)
        assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_a_mask_on_the_logits_counts():
    """As an embedding with `mask_zero` leaves it, with labels of 0 for padding."""
    ids = np.array([[3, 1, 2], [2, 0, 0]])
    model = keras.Sequential([keras.layers.Embedding(5, 4, mask_zero=True), keras.layers.Dense(C)])
    model.compile("sgd", TokenCrossentropy())
    labels = np.array([[0, 1, 2], [1, 0, 0]])
    loss = model.evaluate(ids, labels, verbose=0)
    logits = keras.ops.convert_to_numpy(model(ids))[ids > 0]
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels[ids > 0], logits)
    assert loss == pytest.approx(float(expected), rel=1e-5)


def test_what_stands_where_no_label_is_is_harmless():
    labels = np.where(MASK, TAGS, -1)
    spoilt = np.where(MASK[:, :, None], E, np.float32(np.nan))
    loss = TokenCrossentropy(0.1)
    value, (gradient,), _ = value_and_gradients(lambda x: loss(labels, x), [spoilt])
    assert float(value) == float(loss(labels, E))
    assert np.isfinite(gradient).all()
    assert float(loss(np.full((B, T), -1), E)) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CRFLoss(normalise="sum"), "Received: normalise='sum'"),
        (lambda: TokenCrossentropy(1), r"in \[0, 1\). Received: smoothing=1"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()

"""Accuracy and perplexity of tokens against counting them in NumPy."""

import keras
import numpy as np
import pytest

from seqkit.layers import chain as chains
from seqkit.training import Perplexity, TokenAccuracy

B, T, C = 8, 6, 4
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(B, T, C)).astype("float32")
MASK = np.arange(T) < RNG.integers(0, T + 1, (B, 1))
TAGS = np.where(MASK, RNG.integers(0, C, (B, T)), -1)
CHAIN = chains.Chain(LOGITS, MASK, 3 * RNG.normal(size=(C, C)), *RNG.normal(size=(2, C)))
PACKED = keras.ops.convert_to_numpy(chains.pack(CHAIN))
BEST = keras.ops.convert_to_numpy(chains.viterbi(CHAIN)[0])


@pytest.mark.parametrize("crf", [False, True])
@pytest.mark.parametrize("batch", [3, B])
def test_counts_tokens_whatever_the_batches(crf, batch):
    metric, predicted = TokenAccuracy(crf), PACKED if crf else LOGITS
    for k in range(0, B, batch):
        metric.update_state(TAGS[k : k + batch].astype("float32"), predicted[k : k + batch])
    answers = BEST if crf else LOGITS.argmax(axis=-1)
    assert float(metric.result()) == pytest.approx(np.mean(answers[MASK] == TAGS[MASK]))
    metric.reset_state()
    assert float(metric.result()) == 0


def test_the_best_path_is_not_the_best_tag_of_each_step():
    assert (BEST[MASK] != LOGITS.argmax(axis=-1)[MASK]).any()


def test_padding_packed_is_left_out_whatever_its_labels():
    metric = TokenAccuracy(crf=True)
    metric.update_state(np.where(MASK, TAGS, 0), PACKED)
    assert float(metric.result()) == pytest.approx(np.mean(BEST[MASK] == TAGS[MASK]))


@pytest.mark.parametrize("kind", ["sentences", "tokens"])
def test_weights_of_zero_leave_out(kind):
    weights = np.arange(B) % 2 if kind == "sentences" else (np.arange(T) > 1) * np.ones((B, 1))
    metric = TokenAccuracy()
    metric.update_state(TAGS, LOGITS, sample_weight=weights)
    counts = MASK & (weights.reshape(B, -1) > 0)
    expected = np.mean(LOGITS.argmax(axis=-1)[counts] == TAGS[counts])
    assert float(metric.result()) == pytest.approx(expected)


def log_probabilities(logits):
    shifted = logits.astype("float64") - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


OWN = np.take_along_axis(log_probabilities(LOGITS), np.maximum(TAGS, 0)[..., None], -1)[..., 0]


@pytest.mark.parametrize("batch", [3, B])
def test_perplexity_counts_tokens_whatever_the_batches(batch):
    metric = Perplexity()
    for k in range(0, B, batch):
        metric.update_state(TAGS[k : k + batch].astype("float32"), LOGITS[k : k + batch])
    assert float(metric.result()) == pytest.approx(np.exp(-OWN[MASK].mean()), rel=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 1


@pytest.mark.parametrize("kind", ["sentences", "tokens"])
def test_perplexity_leaves_out_weights_of_zero(kind):
    weights = np.arange(B) % 2 if kind == "sentences" else (np.arange(T) > 1) * np.ones((B, 1))
    metric = Perplexity()
    metric.update_state(TAGS, LOGITS, sample_weight=weights)
    counts = MASK & (weights.reshape(B, -1) > 0)
    assert float(metric.result()) == pytest.approx(np.exp(-OWN[counts].mean()), rel=1e-5)


@pytest.mark.parametrize("junk", [np.nan, np.inf])
def test_perplexity_does_not_read_logits_of_padding(junk):
    metric = Perplexity()
    metric.update_state(TAGS, np.where(MASK[..., None], LOGITS, np.float32(junk)))
    assert float(metric.result()) == pytest.approx(np.exp(-OWN[MASK].mean()), rel=1e-5)


def test_perplexity_of_large_and_of_even_logits():
    metric = Perplexity()
    metric.update_state([[0, 1]], np.full((1, 2, 7), 100, "float16"))
    assert float(metric.result()) == pytest.approx(7, rel=1e-5)
    metric.update_state(np.full((B, T), -1), LOGITS)  # no token at all
    assert float(metric.result()) == pytest.approx(7, rel=1e-5)

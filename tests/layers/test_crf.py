"""The CRF layer: what it packs, what it learns, in a model and under every policy."""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers, training
from seqkit.layers import chain as chains
from seqkit.testing.examples import BIO
from seqkit.testing.gradients import value_and_gradients

B, T, C = 6, 5, 3
X = np.random.default_rng(0).normal(size=(B, T, C)).astype("float32")
MASK = np.arange(T) < np.array([[5], [3], [0], [1], [4], [2]])
TAGS = np.random.default_rng(1).integers(0, C, (B, T))


def numpy(x):
    return ops.convert_to_numpy(x)


def built(**options):
    crf = layers.CRF(C, **options)
    crf.build((None, None, C))
    rng = np.random.default_rng(2)
    crf.set_weights([rng.normal(size=w.shape) for w in crf.get_weights()])
    return crf


def test_packs_its_weights_and_input():
    crf = built()
    chain = chains.unpack(crf(X, mask=MASK))
    for name in ("transitions", "start", "end"):
        np.testing.assert_array_equal(numpy(getattr(chain, name)), numpy(getattr(crf, name)))
    np.testing.assert_array_equal(numpy(chain.mask), MASK)
    assert numpy(chains.unpack(crf(X)).mask).all()
    assert tuple(crf.compute_output_shape((None, None, C))) == (None, None, C + 1)
    assert tuple(crf(keras.Input((T, C))).shape) == (None, 2 + C + T, C + 1)


def test_reads_the_packed_tensor():
    crf = built()
    packed = crf(X, mask=MASK)
    chain = chains.unpack(packed)
    np.testing.assert_array_equal(numpy(crf.decode(packed)), numpy(chains.viterbi(chain)[0]))
    np.testing.assert_array_equal(numpy(crf.marginals(packed)), numpy(chains.marginals(chain)))
    several, logs = map(numpy, crf.k_best(packed, C**T))
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, rtol=1e-4)  # all paths there are
    np.testing.assert_array_equal(several[:, 0], numpy(crf.decode(packed)))


def test_a_scheme_holds_and_is_not_learned():
    crf = built(allowed=BIO)
    start, moves, _ = map(np.array, BIO)
    x = X.copy()
    x[:, :, 2] += 10  # I everywhere, by the emissions
    best = numpy(crf.decode(crf(x)))
    assert start[best[:, 0]].all()
    assert moves[best[:, :-1], best[:, 1:]].all()

    def loss(x):
        return training.CRFLoss()(TAGS, crf(x))  # some labels break the scheme

    value, gradients, by_weight = value_and_gradients(loss, [x], crf.trainable_variables)
    assert 100 < float(value) < 1e5
    assert all(np.isfinite(g).all() for g in gradients + by_weight)
    assert not by_weight[0][~moves].any()
    assert not by_weight[1][~start].any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_float32_under_any_policy(policy):
    crf = built(dtype=policy)
    half = ops.cast(X, policy.removeprefix("mixed_"))
    packed = crf(half, mask=MASK)
    assert keras.backend.standardize_dtype(packed.dtype) == "float32"
    assert {str(w.dtype) for w in crf.weights} == {"float32"}
    exact = built()(ops.cast(half, "float32"), mask=MASK)
    np.testing.assert_array_equal(numpy(packed), numpy(exact))


def tagger(jit, dtype=None):
    """Nothing but the CRF sees more than one word."""
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(20, 8, mask_zero=True, dtype=dtype)(inputs)
    x = keras.layers.Dense(7, dtype=dtype)(x)
    model = keras.Model(inputs, layers.CRF(7, name="crf", dtype=dtype)(x))
    model.compile(
        keras.optimizers.Adam(0.1),
        training.CRFLoss(),
        metrics=[training.TokenAccuracy(crf=True)],
        jit_compile=jit,
    )
    return model


def sentences(rows=64, length=9):
    """Words below 10 tell their tag; the tag of others is that of the word before, plus 1."""
    rng = np.random.default_rng(0)
    ids, tags = rng.integers(1, 20, (rows, length)), np.zeros((rows, length), int)
    for t in range(length):
        follows = (tags[:, t - 1] + 1) % 7 if t else 0
        tags[:, t] = np.where(ids[:, t] < 10, ids[:, t] % 7, follows)
    padding = np.arange(length) >= rng.integers(0, length + 1, (rows, 1))
    return np.where(padding, 0, ids), np.where(padding, -1, tags)


# JAX compiles by XLA alone; TensorFlow takes long to.
BY_XLA = pytest.param(True, marks=[pytest.mark.slow] * (keras.backend.backend() != "jax"))


@pytest.mark.parametrize("jit", [False, BY_XLA])
def test_a_functional_model_learns(jit):
    model, (ids, tags) = tagger(jit), sentences()
    history = model.fit(ids, tags, epochs=40, batch_size=64, verbose=0).history
    assert history["loss"][0] == pytest.approx(np.log(7), abs=0.2)  # per token
    assert history["loss"][-1] < 0.2
    best = numpy(model.get_layer("crf").decode(model(ids)))
    assert np.mean(best[ids > 0] == tags[ids > 0]) > 0.97
    assert history["accuracy"][-1] > 0.95


def test_mixed_precision_trains():
    model, (ids, tags) = tagger(False, "mixed_float16"), sentences()
    history = model.fit(ids, tags, epochs=40, batch_size=64, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < 0.3


NO_END = (BIO[0], BIO[1], [False] * 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.CRF(0), "Received: tags=0"),
        (lambda: layers.CRF(True), "Received: tags=True"),
        (lambda: layers.CRF(4, allowed=BIO), r"of shapes \(4,\), \(4, 4\), \(4,\). Received"),
        (lambda: layers.CRF(3, allowed="bio"), "bool, of shapes .* Received: 'bio'"),
        (lambda: layers.CRF(3, allowed=NO_END), "no path .* 0 at the end"),
        (lambda: layers.CRF(4)(X), r"\(B, T, 4\). Received: input of shape \(6, 5, 3\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""Every dtype policy: the dtype it promises, and values near those of float32."""

import functools

import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import MASKS, POOLINGS, RECURRENT, STACKS, states_of
from seqkit.testing.gradients import outcome

ALL = {**RECURRENT, **STACKS, **POOLINGS}
# Policy: (dtype of results, dtype of weights, tolerance).
# What rounding costs: layer norm over four units that lie close divides by little, and processors
# differ in how they sum products of bfloat16.
POLICIES = {
    "bfloat16": ("bfloat16", "bfloat16", 0.2),
    "float16": ("float16", "float16", 0.02),
    "mixed_bfloat16": ("bfloat16", "float32", 0.2),
    "mixed_float16": ("float16", "float32", 0.02),
}


def build(name, **options):
    everything = {} if name in POOLINGS else {"return_sequences": True, "return_state": True}
    return ALL[name].build(**everything, **options)


@functools.cache
def in_float32(name):
    """Weights, arguments of the call, and what comes out."""
    exact, (x,) = build(name), ALL[name].arguments
    call = {"mask": MASKS["holes"], "states": states_of(exact, len(x))}
    return exact.get_weights(), call, outcome(exact, x, **call)


# Those whose sums and scales differ most; mixed ones for all.
SOME = ("LSTM", "LSTM layer_norm", "GRU", "MUT1", "Jordan", "Leaky learned", *STACKS, *POOLINGS)


@pytest.mark.parametrize(
    ("name", "policy"),
    [(n, p) for n in ALL for p in POLICIES if n in SOME or p.startswith("mixed")],
)
def test_policy(name, policy):
    results, weights, tolerance = POLICIES[policy]
    start, call, expected = in_float32(name)
    layer, (x,) = build(name, dtype=policy), ALL[name].arguments
    layer.set_weights(start)
    assert {str(w.dtype) for w in layer.trainable_variables} <= {weights}
    got = outcome(layer, x.astype(results), **call)
    assert got.keys() == expected.keys()
    for what, value in got.items():
        if what.startswith("result"):
            assert str(value.dtype) == results
        scale = np.abs(expected[what]).max()
        error = np.abs(value.astype("float64") - expected[what]).max()
        assert error <= tolerance * scale + 1e-3, f"{what}: {error} of {scale}"


@pytest.mark.parametrize("name", [*STACKS, *POOLINGS, "LSTM", "LSTM layer_norm", "IRNN", "MUT1"])
def test_long_and_padded_in_half_precision(name):
    """40 steps stay finite, and NaN under the mask stays there."""
    layer = build(name, dtype="mixed_float16")
    width = ALL[name].arguments[0].shape[-1]
    x = np.random.default_rng(0).normal(size=(2, 40, width)).astype("float16")
    mask = np.ones((2, 40), bool)
    mask[1, 3:] = False
    x[1, 3:] = np.nan
    results = layer(0.1 * x, mask=mask)
    for result in results if isinstance(results, tuple) else [results]:
        assert np.isfinite(ops.convert_to_numpy(result)).all()

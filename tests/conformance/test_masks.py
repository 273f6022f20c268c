"""Padding changes nothing: neither values nor gradients, whatever stands in it."""

import functools

import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import MASKS, POOLINGS, RECURRENT, STACKS, states_of
from seqkit.testing.gradients import outcome

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
SEQUENCES = {**RECURRENT, **STACKS}
ALL = {**SEQUENCES, **POOLINGS}
FULL = {"return_sequences": True, "return_state": True}


def build(name, **options):
    """The layer, with everything returned where there is a choice."""
    return ALL[name].build(**(FULL if name in SEQUENCES else {}), **options)


def assert_same(one, other, **close):
    assert one.keys() == other.keys()
    for what in other:
        np.testing.assert_allclose(one[what], other[what], **(close or CLOSE), err_msg=what)


@functools.cache
def seen(name, mask):
    """The layer, and what comes of its example with the mask of that name."""
    layer, (x,) = build(name), ALL[name].arguments
    return layer, outcome(layer, x, states=states_of(layer, len(x)), mask=MASKS[mask])


# Which steps are masked concerns what all layers share: all kinds of mask on some of them.
SOME = ("LSTM", "IRNN", "Stack both ways", *POOLINGS)
SOME_SEQUENCES = [name for name in SOME if name in SEQUENCES]


def cross(every, some):
    """(name, *case): the cases in `every` for all names, those in `some` for a few."""
    return [(name, *case) for name in ALL for case in (*every, *(some if name in SOME else ()))]


@pytest.mark.parametrize(
    ("name", "mask"), cross([("empty rows",)], [("holes",), ("right",), ("left",)])
)
def test_masked_equals_unpadded(name, mask):
    """Each row of the batch against its valid steps alone, in a batch of one."""
    (layer, batch), mask = seen(name, mask), MASKS[mask]
    (x,) = ALL[name].arguments
    states = states_of(layer, len(x))
    d_weights = [batch[f"d weight {k}"] for k in range(len(layer.trainable_variables))]
    outputs = layer(x, mask=mask, **given(states))
    outputs = [ops.convert_to_numpy(o) for o in (outputs if name in SEQUENCES else [outputs])]
    for b, valid in enumerate(mask):
        alone = layer(x[b : b + 1, valid], **given([s[b : b + 1] for s in states]))
        alone = [ops.convert_to_numpy(a) for a in (alone if name in SEQUENCES else [alone])]
        results = [o[b : b + 1] for o in outputs]
        if name in SEQUENCES:  # every step's output
            results[0] = results[0][:, valid]
        for k, (padded, bare) in enumerate(zip(results, alone, strict=True)):
            np.testing.assert_allclose(padded, bare, **CLOSE, err_msg=f"row {b}, result {k}")
        assert not batch["d input"][b][~valid].any(), "gradient of padding"
    assert all(np.isfinite(d).all() for d in d_weights)


def given(states):
    return {"initial_state": states} if states else {}


@pytest.mark.parametrize("name", SOME_SEQUENCES)
def test_gradient_of_a_batch_is_the_sum_over_unpadded_rows(name):
    layer = ALL[name].build(return_sequences=False, return_state=True)
    mask = MASKS["holes"]
    (x,) = ALL[name].arguments
    states = states_of(layer, len(x))

    def total(x, states, mask):
        # One factor for all rows, so that the losses of the rows add up.
        return outcome(Repeated(layer), x, states=states, mask=mask, weights=variables)

    variables = layer.trainable_variables
    batch = total(x, states, mask)
    rows = [
        total(x[b : b + 1, valid], [s[b : b + 1] for s in states], None)
        for b, valid in enumerate(mask)
    ]
    for k in range(len(variables)):
        expected = sum(row[f"d weight {k}"] for row in rows)
        np.testing.assert_allclose(batch[f"d weight {k}"], expected, **CLOSE)
    for b, valid in enumerate(mask):
        np.testing.assert_allclose(batch["d input"][b, valid], rows[b]["d input"][0], **CLOSE)


class Repeated:
    """Sums the results of a layer over the batch, squared so that gradients depend on them."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x, **call):
        results = self.layer(x, **call)
        return [ops.sum(ops.square(r), axis=0) for r in results]


@pytest.mark.parametrize("name", ALL)
def test_batch_of_one_equals_batch_of_many(name):
    layer = build(name)
    (x,) = ALL[name].arguments
    states = states_of(layer, len(x))
    many = layer(x, **given(states))
    many = [ops.convert_to_numpy(m) for m in (many if name in SEQUENCES else [many])]
    for b in range(len(x)):
        one = layer(x[b : b + 1], **given([s[b : b + 1] for s in states]))
        for m, o in zip(many, one if name in SEQUENCES else [one], strict=True):
            np.testing.assert_allclose(m[b : b + 1], ops.convert_to_numpy(o), **CLOSE)


@pytest.mark.parametrize(
    ("name", "mask", "filler"),
    cross(
        [("empty rows", np.nan)],
        [("right", np.nan), ("left", np.nan), ("holes", np.inf), ("holes", 1e30)],
    ),
)
def test_what_stands_in_padding_is_harmless(name, mask, filler):
    (layer, expected), mask = seen(name, mask), MASKS[mask]
    (x,) = ALL[name].arguments
    filled = np.where(mask[:, :, None], x, np.float32(filler))
    found = outcome(layer, filled, states=states_of(layer, len(x)), mask=mask)
    assert_same(found, expected, rtol=0, atol=1e-6)


# Layer norm on weights that are all alike multiplies gradients by 30 at valid steps too.
@pytest.mark.parametrize("name", [name for name in RECURRENT if "layer_norm" not in name])
def test_a_short_row_does_not_explode_behind_its_end(name):
    """Its state would grow a millionfold at each padded step, if padding were steps."""
    example = ALL[name]
    layer, steps = example.make(activation="relu"), 10  # 2 ** (20 * 8) is no float32
    x = np.ones((2, steps, example.arguments[0].shape[-1]), "float32")
    layer.build(x.shape)
    for weight in layer.trainable_variables:
        if weight.path.endswith("recurrent_kernel"):
            gates = weight.shape[-1] // layer.units
            growth = 2.0**20 * np.eye(weight.shape[0], layer.units)
            weight.assign(np.tile(growth, (1, gates)) if len(weight.shape) == 2 else growth.sum(0))
        else:
            zero = "bias" in weight.path or "initial" in weight.path
            weight.assign(np.full(weight.shape, float(not zero)))
    x[1] = -1  # relu keeps this row at zero
    mask = np.ones((2, steps), bool)
    mask[0, 1:] = False
    seen = outcome(layer, x, mask=mask)
    assert all(np.isfinite(array).all() for array in seen.values()), seen


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize("batch", [0, 2])
@pytest.mark.parametrize("name", ALL)
def test_empty_input_is_defined(name, batch, masked):
    """No steps: states stay, outputs of no step, zeros for the last output. No rows: no rows."""
    x = np.zeros((batch, 0 if batch else 5, ALL[name].arguments[0].shape[-1]), "float32")
    mask = np.ones(x.shape[:2], bool) if masked else None
    layer = build(name)
    if name not in SEQUENCES:
        pooled = ops.convert_to_numpy(layer(x, mask=mask))
        assert pooled.shape == (batch, x.shape[-1])
        assert not pooled.any()
        return
    states = states_of(layer, batch)
    outputs, *ends = layer(x, mask=mask, initial_state=states)
    width = outputs.shape[-1]
    assert tuple(outputs.shape) == (batch, x.shape[1], width)
    if batch:
        for end, state in zip(ends, states, strict=True):
            np.testing.assert_array_equal(ops.convert_to_numpy(end), state)
    layer = ALL[name].build(return_sequences=False)
    last = layer(x, mask=mask, initial_state=states)
    assert tuple(last.shape) == (batch, width)
    assert not ops.convert_to_numpy(last).any()

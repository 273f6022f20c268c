"""A long sequence in chunks, the states carried on, equals the whole."""

import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import MASKS, RECURRENT, STACKS, states_of

CLOSE = {"rtol": 1e-5, "atol": 1e-6}
ONE_WAY = {name: e for name, e in {**RECURRENT, **STACKS}.items() if "both ways" not in name}
CHUNKS = (slice(0, 2), slice(2, 3), slice(3, 5))


def arrays(results):
    return [ops.convert_to_numpy(r) for r in results]


@pytest.mark.parametrize("name", ONE_WAY)
def test_states_carried_by_hand(name):
    (x,) = ONE_WAY[name].arguments
    layer = ONE_WAY[name].build(return_sequences=True, return_state=True)
    mask = MASKS["holes"]
    states = states_of(layer, len(x))
    whole, *ends = arrays(layer(x, mask=mask, initial_state=states))
    outputs = []
    for chunk in CHUNKS:
        output, *states = layer(x[:, chunk], mask=mask[:, chunk], initial_state=states)
        outputs.append(ops.convert_to_numpy(output))
    for end, state in zip(ends, arrays(states), strict=True):
        np.testing.assert_allclose(state, end, **CLOSE)
    np.testing.assert_allclose(np.concatenate(outputs, axis=1)[mask], whole[mask], **CLOSE)


@pytest.mark.parametrize("name", [name for name in RECURRENT if name != "Recurrent initial"])
def test_states_carried_by_the_layer(name):
    """`stateful=True`."""
    (x,) = RECURRENT[name].arguments
    mask = MASKS["empty rows"]
    whole = RECURRENT[name].build(return_sequences=True)(x, mask=mask)
    layer = RECURRENT[name].build(return_sequences=True, stateful=True)
    for _ in range(2):  # a reset makes the second round equal the first
        outputs = [ops.convert_to_numpy(layer(x[:, c], mask=mask[:, c])) for c in CHUNKS]
        joined = np.concatenate(outputs, axis=1)
        np.testing.assert_allclose(joined[mask], ops.convert_to_numpy(whole)[mask], **CLOSE)
        layer.reset_state()


@pytest.mark.parametrize("name", RECURRENT)
def test_a_row_starts_afresh(name):
    """`reset`: rows for which the given states do not count."""
    layer = RECURRENT[name].build(return_sequences=True, return_state=True)
    (x,) = RECURRENT[name].arguments
    states, reset = states_of(layer, len(x)), np.array([True, False, True, False])
    mixed = arrays(layer(x, initial_state=states, reset=reset))
    fresh = arrays(layer(x))
    carried = arrays(layer(x, initial_state=states))
    for m, f, c in zip(mixed, fresh, carried, strict=True):
        np.testing.assert_allclose(m[reset], f[reset], **CLOSE)
        np.testing.assert_allclose(m[~reset], c[~reset], **CLOSE)
    assert np.abs(fresh[0] - carried[0]).max() > 1e-3

"""What a stack adds to its layers: shortcuts and widths.

Shapes: B batch, T time, D features.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import random

B, T, D = 3, 6, 4


@pytest.mark.parametrize("time", [None, T])
def test_residual_in_a_graph(time):
    """Every layer adds what it reads, whether or not the graph knows how many steps there are."""
    stack = layers.Stack("gru", D, layers=3, residual=True, seed=1)
    model = keras.Sequential([keras.Input((time, D)), stack])
    x = read = random(B, T, D)
    for (layer,) in stack.recurrent:
        read = read + layer(read)[0]
    np.testing.assert_allclose(model.predict(x, verbose=0), ops.convert_to_numpy(read), atol=1e-5)
    assert model.output_shape == (None, time, D)


@pytest.mark.parametrize(
    ("cell", "options", "widths"),
    [
        ("jordan", {}, [6, 3]),
        ("jordan", {"outputs": 5}, [5, 5]),
        ("projected_lstm", {}, [3, 1]),
        ("projected_lstm", {"projection": 2}, [2, 2]),
        ("lstm", {}, [6, 3]),
    ],
)
def test_each_layer_has_its_own_width(cell, options, widths):
    stack = layers.Stack(cell, [6, 3], **options)
    assert stack(random(B, T, D)).shape == (B, T, widths[-1])
    assert [layer.cell.output_size for (layer,) in stack.recurrent] == widths

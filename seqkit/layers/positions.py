"""What tells attention where a step stands: added, turned into queries and keys, or scored.

A position is a step's place among the steps of its row that the mask leaves: padding on the
left, or in between, moves nothing. Without a mask it is the index.

Shapes: B batch, T time, D features, H heads, d features of a head.
"""

import inspect

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.layers.precision import product, wide
from seqkit.layers.registry import construct, resolve

__all__ = [
    "POSITIONS",
    "AlibiPositions",
    "LearnedPositions",
    "LogSpacedPositions",
    "Positions",
    "RotaryPositions",
    "SinusoidalPositions",
    "get",
    "places",
]


class Positions(Configured, keras.layers.Layer):
    """What a kind of positions may do; each does one of the three.

    Called on `(B, T, D)` with `mask` `(B, T)`, it gives what `add` gives.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x, mask=None):
        return self.add(x, places(x, mask))

    def add(self, x, places):
        """`(B, T, D)` with the positions added; places are int `(B, T)` or `(1, T)`."""
        return x

    def rotation(self, places, size):
        """`(cos, sin)`, each `(B, 1, T, d / 2)`, to turn queries and keys by; or None."""
        return None

    def bias(self, query_places, key_places, heads):
        """`(B, H, T, S)`, to be added to the scores; or None."""
        return None

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("seqkit")
class SinusoidalPositions(Positions):
    """Adds `PE(pos, 2i) = sin(pos / base^(2i/D))`, `PE(pos, 2i + 1) = cos(pos / base^(2i/D))`.

    Source: Vaswani et al. 2017, section 3.5. Of any length.

    Args:
        base: float, of the wavelengths.

    Example:
        >>> SinusoidalPositions()(keras.ops.zeros((1, 2, 4)))[0, 0].numpy().tolist()
        [0.0, 1.0, 0.0, 1.0]
    """

    def __init__(self, *, base=10_000.0, **kwargs):
        super().__init__(**kwargs)
        self.base = base

    def add(self, x, places):
        width = x.shape[-1]
        angles = angle(places, (width + 1) // 2, width, self.base, x.dtype)
        waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
        batch, time = ops.shape(angles)[0], ops.shape(angles)[1]
        waves = ops.reshape(waves, (batch, time, 2 * angles.shape[-1]))
        return x + ops.cast(waves[:, :, :width], x.dtype)


@keras.saving.register_keras_serializable("seqkit")
class LearnedPositions(Positions):
    """Adds a learned vector for each position: Gehring et al. 2017.

    Args:
        length: int, how many positions there are.

    Raises:
        ValueError: more steps than positions. Where a compiled graph cannot know the number
            of steps, those past the end take the last position.

    Example:
        >>> LearnedPositions(10)(keras.ops.zeros((1, 2, 4))).shape
        TensorShape([1, 2, 4])
    """

    def __init__(self, length=512, **kwargs):
        super().__init__(**kwargs)
        self.length = positive_int("length", length)

    def build(self, input_shape):
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.table = self.add_weight((self.length, input_shape[-1]), start, name="table")

    def add(self, x, places):
        if x.shape[1] is not None and x.shape[1] > self.length:
            raise ValueError(
                f"The input has more steps than there are positions. Expected: at most "
                f"{self.length}. Received: {x.shape[1]}. Give `LearnedPositions` a larger "
                '`length`, or take "sinusoidal", "rotary" or "alibi", which have no end'
            )
        table = ops.convert_to_tensor(self.table)
        return x + ops.cast(ops.take(table, ops.minimum(places, self.length - 1), axis=0), x.dtype)


@keras.saving.register_keras_serializable("seqkit")
class RotaryPositions(Positions):
    """Turns queries and keys by `pos / base^(2i/d)`, so that scores depend on distance alone.

    Source: Su et al. 2021, "RoFormer", equation 34. Of any length.

    Args:
        base: float, of the wavelengths.

    Raises:
        ValueError: heads of odd width.

    Example:
        >>> cos, sin = RotaryPositions().rotation(keras.ops.arange(5)[None], 8)
        >>> cos.shape
        TensorShape([1, 1, 5, 4])
    """

    def __init__(self, *, base=10_000.0, **kwargs):
        super().__init__(**kwargs)
        self.base = base

    def rotation(self, places, size):
        if size % 2:
            raise ValueError(
                "Rotary positions turn pairs of features: the width of a head, units / heads, "
                f"must be even. Received: {size}"
            )
        angles = angle(places, size // 2, size, self.base, self.compute_dtype)[:, None]
        return ops.cos(angles), ops.sin(angles)


@keras.saving.register_keras_serializable("seqkit")
class AlibiPositions(Positions):
    """Takes `slope * distance` from each score, with a slope of its own for each head.

    Source: Press et al. 2022, "Train Short, Test Long", section 3, where only what comes
    before is read; here the distance counts alike in both directions. Of any length.

    Example:
        >>> AlibiPositions.slopes(4).tolist()
        [0.25, 0.0625, 0.015625, 0.00390625]
    """

    @staticmethod
    def slopes(heads):
        """`2^(-8/H), 2^(-16/H), ...`; between powers of two, every other one of twice as many.

        The latter is what the authors' code does where H is no power of two.
        """
        whole = 2 ** int(np.log2(heads))
        exact = 2.0 ** (-8.0 / whole * np.arange(1, whole + 1))
        finer = 2.0 ** (-4.0 / whole * np.arange(1, 2 * whole + 1))
        return np.concatenate([exact, finer[::2][: heads - whole]])

    def bias(self, query_places, key_places, heads):
        dtype = wide(self.compute_dtype)
        distance = ops.abs(query_places[:, None, :, None] - key_places[:, None, None, :])
        slopes = ops.convert_to_tensor(self.slopes(heads)[:, None, None], dtype)
        return -slopes * ops.cast(distance, dtype)


@keras.saving.register_keras_serializable("seqkit")
class LogSpacedPositions(Positions):
    """Adds `B = G(sign(d) log(1 + |d|))` to the scores, with d the distance and G learned.

    Source: Liu et al. 2022, "Swin Transformer V2", equations 3 and 4; G is two layers with a
    ReLU between them and an output for each head. Distances longer than any in training lie
    close to known ones on this scale, where a table of them would have no entry. d is positive
    for what comes before. Of any length.

    Args:
        heads: int H, of the attention; `get` and the encoders fill it in.
        hidden: int, width of the inner layer.

    Raises:
        ValueError: an argument that is no positive int, or attention with other heads.

    Example:
        >>> layer = LogSpacedPositions(2)
        >>> layer.build((None, None, 8))
        >>> layer.bias(keras.ops.arange(5)[None], keras.ops.arange(7)[None], 2).shape
        TensorShape([1, 2, 5, 7])
    """

    def __init__(self, heads=4, *, hidden=32, **kwargs):
        super().__init__(**kwargs)
        self.heads = positive_int("heads", heads)
        self.hidden = positive_int("hidden", hidden)

    def build(self, input_shape):
        # Of one input: Glorot's fan-in would make the first layer as small as one of many.
        spread = keras.initializers.RandomUniform(-1.0, 1.0)
        self.inner_kernel = self.add_weight((1, self.hidden), spread, name="inner_kernel")
        self.inner_bias = self.add_weight((self.hidden,), spread.clone(), name="inner_bias")
        shape = (self.hidden, self.heads)
        self.outer_kernel = self.add_weight(shape, "glorot_uniform", name="outer_kernel")
        self.built = True

    def bias(self, query_places, key_places, heads):
        if heads != self.heads:
            raise ValueError(
                "Log-spaced positions have an output for each head of the attention. "
                f"Expected: heads={self.heads}. Received: heads={heads}"
            )
        dtype = wide(self.compute_dtype)
        distance = ops.cast(query_places[:, :, None] - key_places[:, None, :], dtype)
        spaced = ops.sign(distance) * ops.log1p(ops.abs(distance))
        inner = spaced[..., None] * ops.cast(self.inner_kernel[0], dtype)
        inner = ops.relu(inner + ops.cast(self.inner_bias, dtype))
        outer = product(inner, self.outer_kernel)  # (B, T, S, H)
        return ops.transpose(outer, (0, 3, 1, 2))


POSITIONS = {
    "sinusoidal": SinusoidalPositions,
    "learned": LearnedPositions,
    "rotary": RotaryPositions,
    "alibi": AlibiPositions,
    "log_spaced": LogSpacedPositions,
}


def get(identifier, *, heads=None, **options):
    """Positions from a name, a class, a saved config, a layer, or None for none.

    Args:
        identifier: a name of `POSITIONS`, a subclass of `Positions`, a config, a `Positions`,
            or `None`.
        heads: int, of the attention; for those made here that ask for it.
        **options: arguments of the constructor, with a name or a class.

    Raises:
        ValueError: an unknown name.
        TypeError: anything else that is not positions, or options for what is made already.

    Example:
        >>> get("learned", length=64).length
        64
    """
    found = resolve(identifier, Positions, POSITIONS, "positions", optional=True)
    asks = inspect.isclass(found) and "heads" in inspect.signature(found.__init__).parameters
    if asks and heads is not None:
        options["heads"] = heads
    return construct(found, "positions", options)


def places(x, mask=None):
    """Int `(B, T)`: how many steps that count come before each; `(1, T)` without a mask."""
    if mask is None:
        return ops.arange(ops.shape(x)[1], dtype="int32")[None]
    return ops.maximum(ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1, 0)


def angle(places, count, width, base, dtype):
    """`pos / base^(2i / width)` for i below `count`: `(B, T, count)`, float32 at least."""
    rates = float(base) ** (-2.0 * np.arange(count) / width)
    dtype = wide(dtype)
    return ops.cast(places, dtype)[:, :, None] * ops.convert_to_tensor(rates, dtype)

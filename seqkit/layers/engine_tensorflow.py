"""The tools of `loop` on TensorFlow, and what else is done in its own way there.

Shapes: T time, B batch, N units.
"""

import functools

import tensorflow as tf

from seqkit.layers.loop import ONCE
from seqkit.layers.precision import wide

__all__ = [
    "at",
    "compiled",
    "differentiable",
    "draw",
    "pullback",
    "put",
    "repeat",
    "reserve",
    "stack",
]


def differentiable(forward, backward, sources, constants, training):
    """`forward`, whose gradient is `backward`. What is saved is saved while `training`."""

    @tf.custom_gradient
    def run(*tensors):
        given = tf.nest.pack_sequence_as(sources, tensors)
        outputs, saved = forward(given, constants, save=training)

        def gradient(*upstream):
            def walk(*upstream):
                kept = saved if training else forward(given, constants, save=True)[1]
                return tf.nest.flatten(backward(given, constants, kept, upstream))

            return once(walk, upstream, tensors)

        return outputs, gradient

    # A custom gradient takes tensors; a variable that it met inside would be an error.
    return run(*map(tf.convert_to_tensor, tf.nest.flatten(sources)))


def once(walk, upstream, sources):
    """`walk(*upstream)`, whose gradient is an error: it would leave out what was saved."""

    @tf.custom_gradient
    def run(*tensors):
        def gradient(*_):
            raise NotImplementedError(ONCE)

        return walk(*tensors[: len(upstream)]), gradient

    return run(*upstream, *sources)


def repeat(steps, body, carry, backwards=False):
    """`carry = body(t, carry)` for `t` from 0 to `steps - 1`, or back from there."""
    start, by = (tf.convert_to_tensor(steps) - 1, -1) if backwards else (tf.constant(0), 1)
    return tf.while_loop(
        lambda t, _: t >= 0 if backwards else t < steps,
        lambda t, carry: (t + by, body(t, carry)),
        (start, carry),
    )[1]


def at(tensors, t):
    """The values of one step. A slice of the first axis shares memory with the whole."""
    return {name: tensor[t] for name, tensor in tensors.items()}


def pullback(function, arguments, upstream):
    """The gradient of each argument, from those of what the function gives."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        results = function(*arguments)
    return tape.gradient(results, arguments, upstream, unconnected_gradients="zero")


def reserve(like, *width, more=0):
    """A list of `(B, *width)` for each step; with an axis of gates they are normed, and wide."""
    return tf.raw_ops.TensorListReserve(
        element_shape=[tf.shape(like)[1], *width],
        num_elements=tf.shape(like)[0] + more,
        element_dtype=dtype_of(like, width),
    )


def dtype_of(like, width):
    return like.dtype if len(width) == 1 else wide(like.dtype)


def put(items, t, value):
    return tf.raw_ops.TensorListSetItem(input_handle=items, index=t, item=value)


def stack(items, like, *width, more=0):
    """A list of `(B, *width)` as one `(T + more, ...)`; what was never written is zero."""
    stacked = tf.raw_ops.TensorListStack(
        input_handle=items,
        element_shape=[tf.shape(like)[1], *width],
        element_dtype=dtype_of(like, width),
    )
    time = like.shape[0]  # known or not
    stacked.set_shape((None if time is None else time + more, like.shape[1], *width))
    return stacked


def compiled(function, variables):
    """A graph in which the sizes of all axes are open; the variables are read where they are."""
    traced = []

    def run(*tensors):
        tensors = [tf.convert_to_tensor(tensor) for tensor in tensors]
        if not traced:
            specs = [tf.TensorSpec([None] * len(x.shape), x.dtype) for x in tensors]
            # TensorFlow counts traces by code, and warns of closures over the same lines.
            own = functools.partial(function)
            traced.append(tf.function(own, input_signature=specs, autograph=False))
        return traced[0](*tensors)

    return run


def draw(shape, chance, seed):
    """Two numbers from each 32 random bits.

    The algorithm is named: the one that XLA chooses for a CPU is up to 80 times slower.
    """
    *rows, width = shape
    pairs = (width + 1) // 2
    bits = tf.random.stateless_uniform(
        (*rows, pairs), seed.next(), None, None, tf.int32, alg="philox"
    )
    numbers = tf.reshape(tf.bitcast(bits, tf.uint16), (*rows, 2 * pairs))[..., :width]
    return numbers < tf.constant(min(round(chance * 2**16), 2**16 - 1), tf.uint16)

"""The loop over time on TensorFlow, with the weight gradients taken after it.

Forward keeps the states, the recurrent products and what each product read. Backward
walks back through the vector-Jacobian product of one step, in which every product is
replaced by its saved value and passes `dp U^T` on; `dU` is one matrix product over all
steps once the loop is done. Of a product with layer norm the normalised value is saved.

Shapes: T time, B batch, N units, K gates of one product.
"""

import functools

import keras
import tensorflow as tf

from seqkit.layers.normalise import apart, back, side_by_side, standardised
from seqkit.layers.precision import wide, widened

__all__ = ["compiled", "draw", "scan"]


def scan(
    advance, inputs, noise, states, products, loop_weights, *, steps, keep, with_start, training
):
    """Runs `advance` over time.

    Args:
        advance: callable `(inputs, noise, product, states) -> states`, one step, where
            `product(name, state)` is the product of that name, with its norm and bias.
        inputs: dict of `(T, B, N)`; gradients flow to them.
        noise: dict of `(T, B, N)`, constants.
        states: list of `(B, N)`.
        products: dict, name -> `Product`.
        loop_weights: list of Keras variables that `advance` reads.
        steps: int or scalar, how many of the T steps to run.
        keep: list of bool, for each state, whether all its values are asked for.
        with_start: bool. Let those values begin with the initial state.
        training: bool. Without it a gradient, should one be asked for, runs the loop again.

    Returns:
        The history `(T, B, N)` of each state that is kept, `(T + 1, B, N)` with its start,
        None for the others; and the list of last states.
    """
    # A custom gradient takes tensors; a variable that it met inside would be an error.
    products = {name: p.ready().each(tf.convert_to_tensor) for name, p in products.items()}
    matrices = {name: p.matrix for name, p in products.items()}
    biases = {name: p.bias for name, p in products.items() if p.bias is not None}
    gains = {name: p.gain for name, p in products.items() if p.gain is not None}
    # Gradients of these are summed over time, which half precision would not survive.
    weights = [widened(weight.value) for weight in loop_weights]
    sources = (inputs, states, matrices, biases, gains, weights)
    loop = _Loop(advance, noise, loop_weights, steps, keep, with_start)

    @tf.custom_gradient
    def run(*tensors):
        sources_ = tf.nest.pack_sequence_as(sources, tensors)
        history, last, saved = loop.forward(*sources_, save=training)

        def gradient(*upstream):
            def walk(*upstream):
                kept = history, saved
                if not training:
                    again, _, products_ = loop.forward(*sources_, save=True)
                    kept = again, products_
                return tf.nest.flatten(loop.backward(*sources_, *kept, list(upstream)))

            return once(walk, upstream, tensors)

        kept = [history[k] for k, wanted in enumerate(keep) if wanted]
        if training and not with_start:
            kept = [h[1:] for h in kept]
        return kept + last, gradient

    outputs = run(*tf.nest.flatten(sources))
    last = outputs[sum(keep) :]
    kept = iter(outputs)
    return [next(kept) if wanted else None for wanted in keep], list(last)


def once(walk, upstream, sources):
    """`walk(*upstream)`, whose gradient is an error: it would leave out what was saved."""

    @tf.custom_gradient
    def run(*tensors):
        def gradient(*_):
            raise NotImplementedError(
                "The loop over time has no second derivatives on TensorFlow. Use `unroll=True`, or "
                "`keras.layers.RNN` around the cell."
            )

        return walk(*tensors[: len(upstream)]), gradient

    return run(*upstream, *sources)


class _Loop:
    def __init__(self, advance, noise, loop_weights, steps, keep, with_start):
        self.advance, self.noise, self.loop_weights = advance, noise, loop_weights
        self.steps, self.keep, self.with_start = steps, keep, with_start
        # For each product, what it reads: the index of a state, or the name under which
        # `forward` saved it. Filled in while the first step is traced.
        self.reads = {}

    def step(self, inputs, noise, product, states, weights):
        """One step, with the loop's own tensors in place of the layer's variables."""
        scope = keras.StatelessScope(list(zip(self.loop_weights, weights, strict=True)))
        with scope:
            return self.advance(inputs, noise, product, states)

    def forward(self, inputs, states, matrices, biases, gains, weights, save):
        first = next(iter(inputs.values()))
        # Backward reads the state before each step, so that it needs the start as well.
        start = int(save or self.with_start)

        def body(t, states, histories, values, scales, reads):
            values, scales, reads, seen, named = dict(values), dict(scales), dict(reads), {}, set()

            def product(name, state):
                if name in named:  # what is saved of a step has one place for each product
                    raise ValueError(
                        f"The gates {name!r} of one product must read one state. Received: two in "
                        "one step; `recurrent` of the cell needs a space between such gates"
                    )
                named.add(name)
                value = tf.matmul(state, matrices[name])
                gain, bias = gains.get(name), biases.get(name)
                if gain is not None:
                    value, scale = standardised(apart(value, gain))
                elif bias is not None:
                    value = tf.nn.bias_add(value, bias)
                if save:
                    self.reads[name] = self._slot(name, state, states, seen)
                    if self.reads[name] == name:
                        reads[name] = put(reads[name], t, state)
                    values[name] = put(values[name], t, value)
                    if gain is not None:
                        scales[name] = put(scales[name], t, scale)
                return value if gain is None else finished(value, gain, bias)

            new = self.step(at(inputs, t), at(self.noise, t), product, states, weights)
            histories = {k: put(history, t + start, new[k]) for k, history in histories.items()}
            return t + 1, new, histories, values, scales, reads

        histories = {
            k: put(reserve(first, state.shape[-1], more=1), 0, state)
            if start
            else reserve(first, state.shape[-1])
            for k, state in enumerate(states)
            if save or self.keep[k]
        }
        values, scales, reads = {}, {}, {}
        if save:
            for name, matrix in matrices.items():
                shape = gains[name].shape if name in gains else matrix.shape[1:]
                values[name] = reserve(first, *shape)
                reads[name] = reserve(first, matrix.shape[0])
                if name in gains:
                    scales[name] = reserve(first, shape[0], 1)
        _, last, histories, values, scales, reads = tf.while_loop(
            lambda t, *_: t < self.steps,
            body,
            (tf.constant(0), list(states), histories, values, scales, reads),
        )
        history = {
            k: stack(h, first, states[k].shape[-1], more=start) for k, h in histories.items()
        }
        return history, last, (values, scales, reads)

    def _slot(self, name, state, states, seen):
        for k, known in enumerate(states):
            if state is known:
                return k
        return seen.setdefault(id(state), name)

    def backward(self, inputs, states, matrices, biases, gains, weights, history, saved, upstream):
        first = next(iter(inputs.values()))
        values, scales, reads = saved
        shapes = {n: gains[n].shape if n in gains else m.shape[1:] for n, m in matrices.items()}
        values = {n: stack(v, first, *shapes[n]) for n, v in values.items()}
        scales = {n: stack(s, first, shapes[n][0], 1) for n, s in scales.items()}
        transposed = {name: tf.transpose(matrix) for name, matrix in matrices.items()}
        wanted = [k for k, kept in enumerate(self.keep) if kept]
        d_history = dict(zip(wanted, upstream[: len(wanted)], strict=True))
        d_last = upstream[len(wanted) :]
        shared, start = {}, int(self.with_start)

        def body(t, d_states, d_weights, d_inputs, d_products, d_normed):
            now, value, scale = at(inputs, t), at(values, t), at(scales, t)
            d_product, d_norm = {}, {}
            before = [history[k][t] for k in range(len(states))]
            with tf.GradientTape() as tape:
                tape.watch([now, before, weights])

                def product(name, state):
                    gain = gains.get(name)

                    @tf.custom_gradient
                    def replay(state):
                        def gradient(d):
                            d_product[name] = d
                            if gain is not None:
                                wide_d = apart(d, gain) * widened(gain)
                                d = side_by_side(back(wide_d, value[name], scale[name]), d.dtype)
                                d_norm[name] = d
                            return tf.matmul(d, transposed[name])

                        if gain is not None:
                            return finished(value[name], gain, biases.get(name)), gradient
                        return tf.identity(value[name]), gradient

                    return replay(state)

                new = self.step(now, at(self.noise, t), product, before, weights)
            d_new = [
                d + d_history[k][t + start] if k in d_history else d for k, d in enumerate(d_states)
            ]
            d_now, d_before, d_step = tape.gradient(
                new, [now, before, weights], d_new, unconnected_gradients="zero"
            )
            for name, d in d_product.items():
                # In most cells `W x` and `U s` are added, so that one gradient is both.
                shared[name] = d_now.get(name) is d
            d_inputs = {n: put(stacked, t, d_now[n]) for n, stacked in d_inputs.items()}
            d_products = {
                # A gate behind which nothing has a gradient is not met at all.
                n: stacked if shared.get(n, True) else put(stacked, t, d_product[n])
                for n, stacked in d_products.items()
            }
            d_normed = {
                n: put(stacked, t, d_norm[n]) if n in d_norm else stacked
                for n, stacked in d_normed.items()
            }
            d_weights = [a + b for a, b in zip(d_weights, d_step, strict=True)]
            return t - 1, d_before, d_weights, d_inputs, d_products, d_normed

        d_inputs = {name: reserve(first, x.shape[-1]) for name, x in inputs.items()}
        d_products = {name: reserve(first, m.shape[1]) for name, m in matrices.items()}
        d_normed = {name: reserve(first, matrices[name].shape[1]) for name in gains}
        _, d_states, d_weights, d_inputs, d_products, d_normed = tf.while_loop(
            lambda t, *_: t >= 0,
            body,
            (
                tf.convert_to_tensor(self.steps) - 1,
                list(d_last),
                [tf.zeros_like(weight) for weight in weights],
                d_inputs,
                d_products,
                d_normed,
            ),
        )
        d_inputs = {n: stack(d, first, inputs[n].shape[-1]) for n, d in d_inputs.items()}
        d_matrices, d_biases, d_gains = {}, {}, {}
        for name, matrix in matrices.items():
            if name not in shared:  # no gradient came through, or run eagerly, and no step to run
                d_matrices[name] = tf.zeros_like(matrix)
                if name in biases:
                    d_biases[name] = tf.zeros_like(biases[name])
                if name in gains:
                    d_gains[name] = tf.zeros_like(gains[name])
                continue
            d = d_inputs[name] if shared[name] else None
            if d is None:
                d = stack(d_products[name], first, matrix.shape[1])
            slot = self.reads[name]
            if isinstance(slot, int):
                read = history[slot][:-1]
            else:
                read = stack(reads[slot], first, matrix.shape[0])
            if name in biases:
                d_biases[name] = total(widened(d), biases[name])
            if name in gains:
                d_gains[name] = total(apart(d, gains[name]) * flat(values[name]), gains[name])
                d = stack(d_normed[name], first, matrix.shape[1])
            d_matrices[name] = tf.matmul(flat(read), flat(d), transpose_a=True)
        if start:
            d_states = [
                d + d_history[k][0] if k in d_history else d for k, d in enumerate(d_states)
            ]
        return d_inputs, d_states, d_matrices, d_biases, d_gains, d_weights


def finished(value, gain, bias):
    """A normalised `(B, K, N)` with gain and bias, as `(B, K * N)` in their dtype."""
    value = side_by_side(value * widened(gain), gain.dtype)
    return value if bias is None else tf.nn.bias_add(value, bias)


def flat(x):
    """`(T, B, ...)` as `(T * B, ...)`"""
    return tf.reshape(x, (-1, *x.shape[2:]))


def total(d, source):
    """The sum over all rows but the last axes, which are those of `source`, in its dtype."""
    return tf.cast(tf.reduce_sum(tf.reshape(d, (-1, *source.shape)), axis=0), source.dtype)


def at(tensors, t):
    """The values of one step. A slice of the first axis shares memory with the whole."""
    return {name: tensor[t] for name, tensor in tensors.items()}


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

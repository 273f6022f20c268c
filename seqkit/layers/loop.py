"""The loop over time and its gradient, for every backend that has the tools for it.

Forward keeps the states, the recurrent products and what each product read. Backward
walks back through the vector-Jacobian product of one step, in which every product is
replaced by its saved value and passes `dp U^T` on; `dU` is one matrix product over all
steps once the loop is done. Of a product with layer norm the normalised value is saved.

The tools of a backend are a module (`engine_tensorflow`, `engine_jax`) with

    differentiable(forward, backward, sources, constants, training)
    repeat(steps, body, carry, backwards)   body: (t, carry) -> carry
    reserve(like, *width, more), put(items, t, value), stack(items, like, *width, more)
    at(tensors, t)                          the values of one step
    pullback(function, arguments, upstream)

Shapes: T time, B batch, N units, K gates of one product.
"""

from typing import NamedTuple

import keras
from keras import ops

from seqkit.layers.normalise import apart, back, side_by_side, standardised
from seqkit.layers.precision import widened

__all__ = ["ONCE", "scan"]

ONCE = (
    "The loop over time has no second derivatives. Use `unroll=True`, or `keras.layers.RNN` around "
    "the cell."
)


def scan(
    tools,
    advance,
    inputs,
    noise,
    states,
    products,
    loop_weights,
    *,
    steps,
    keep,
    with_start,
    training,
    differentiable=True,
):
    """Runs `advance` over time.

    Args:
        tools: what the backend brings, see above.
        advance: callable `(inputs, noise, product, states) -> states`, one step, where
            `product(name, state)` is the product of that name, with its norm and bias.
            No gradient flows to other tensors that it reads.
        inputs: dict of `(T, B, N)`; gradients flow to them.
        noise: pair of dicts, of constants for each step, `(T, B, N)`, and for all steps.
        states: list of `(B, N)`.
        products: dict, name -> `Product`.
        loop_weights: list of Keras variables that `advance` reads.
        steps: int or scalar, how many of the T steps to run.
        keep: list of bool, for each state, whether all its values are asked for.
        with_start: bool. Let those values begin with the initial state.
        training: bool, whether a gradient is expected. On TensorFlow one that was not runs the
            loop again.
        differentiable: bool. Without it there is no gradient of ours: the backend goes back
            through the loop, where it can.

    Returns:
        The history `(T, B, N)` of each state that is kept, `(T + 1, B, N)` with its start,
        None for the others; and the list of last states.
    """
    products = {name: p.ready().each(ops.convert_to_tensor) for name, p in products.items()}
    sources = Sources(
        inputs,
        list(states),
        {name: p.matrix for name, p in products.items()},
        {name: p.bias for name, p in products.items() if p.bias is not None},
        {name: p.gain for name, p in products.items() if p.gain is not None},
        # Gradients of these are summed over time, which half precision would not survive.
        [widened(weight.value) for weight in loop_weights],
    )
    empty = next(iter(inputs.values())).shape[0] == 0
    known = 0 if empty else steps if isinstance(steps, int) else None
    loop = Loop(tools, advance, loop_weights, known, keep, with_start)
    constants = Constants(*noise, steps if known is None else None)
    if differentiable:
        outputs = tools.differentiable(loop.forward, loop.backward, sources, constants, training)
    else:
        outputs, _ = loop.forward(sources, constants, save=False)
    last, kept = outputs[sum(keep) :], iter(outputs)
    return [next(kept) if wanted else None for wanted in keep], list(last)


class Sources(NamedTuple):
    """What gradients flow to."""

    inputs: dict
    states: list
    matrices: dict
    biases: dict
    gains: dict
    weights: list

    def width(self, name):
        """The axes behind rows of what is saved of a product."""
        return self.gains[name].shape if name in self.gains else self.matrices[name].shape[1:]


class Constants(NamedTuple):
    each: dict  # noise of each step
    common: dict  # noise for all steps
    steps: object  # None where the number is known: an argument, it would no longer be


class Saved(NamedTuple):
    """What backward reads: all states, and of products the values, norms' factors and reads."""

    history: dict
    values: dict
    scales: dict
    reads: dict


class Loop:
    def __init__(self, tools, advance, loop_weights, steps, keep, with_start):
        self.tools, self.advance, self.loop_weights = tools, advance, loop_weights
        self.steps, self.keep, self.with_start = steps, keep, with_start
        # For each product, what it reads: the index of a state, or the name under which
        # `forward` saved it. Filled in while the first step is traced.
        self.slots = {}

    def repeat(self, constants, body, carry, backwards=False):
        steps = self.steps if constants.steps is None else constants.steps
        if self.steps == 0:  # there is no step of which a graph could be made
            return carry
        return self.tools.repeat(steps, body, carry, backwards)

    def step(self, t, inputs, constants, product, states, weights):
        """One step, with the loop's own tensors in place of the layer's variables."""
        noise = {**self.tools.at(constants.each, t), **constants.common}
        with keras.StatelessScope(list(zip(self.loop_weights, weights, strict=True))):
            return self.advance(inputs, noise, product, states)

    def forward(self, sources, constants, save):
        """The histories that are kept and the last states; and what is `Saved`, or None."""
        inputs, states, matrices, biases, gains, weights = sources
        reserve, put, stack = self.tools.reserve, self.tools.put, self.tools.stack
        first = next(iter(inputs.values()))
        # Backward reads the state before each step, so that it needs the start as well.
        start = int(save or self.with_start)

        def body(t, carry):
            states, (histories, values, scales, reads) = carry
            values, scales, reads, seen, named = dict(values), dict(scales), dict(reads), {}, set()

            def product(name, state):
                if name in named:  # what is saved of a step has one place for each product
                    raise ValueError(
                        f"The gates {name!r} of one product must read one state. Received: two in "
                        "one step; `recurrent` of the cell needs a space between such gates"
                    )
                named.add(name)
                value = ops.matmul(state, matrices[name])
                gain, bias = gains.get(name), biases.get(name)
                if gain is not None:
                    value, scale = standardised(apart(value, gain))
                elif bias is not None:
                    value = value + bias
                if save:
                    self.slots[name] = slot(name, state, states, seen)
                    if self.slots[name] == name:
                        reads[name] = put(reads[name], t, state)
                    values[name] = put(values[name], t, value)
                    if gain is not None:
                        scales[name] = put(scales[name], t, scale)
                return value if gain is None else finished(value, gain, bias)

            new = self.step(t, self.tools.at(inputs, t), constants, product, states, weights)
            histories = {k: put(history, t + start, new[k]) for k, history in histories.items()}
            return new, Saved(histories, values, scales, reads)

        histories = {
            k: put(reserve(first, state.shape[-1], more=1), 0, state)
            if start
            else reserve(first, state.shape[-1])
            for k, state in enumerate(states)
            if save or self.keep[k]
        }
        empty = Saved(histories, {}, {}, {})
        if save:
            for name, matrix in matrices.items():
                empty.values[name] = reserve(first, *sources.width(name))
                empty.reads[name] = reserve(first, matrix.shape[0])
                if name in gains:
                    empty.scales[name] = reserve(first, gains[name].shape[0], 1)
        last, saved = self.repeat(constants, body, (states, empty))
        history = {
            k: stack(h, first, states[k].shape[-1], more=start) for k, h in saved.history.items()
        }
        kept = [history[k] for k, wanted in enumerate(self.keep) if wanted]
        if start and not self.with_start:
            kept = [h[1:] for h in kept]
        return [*kept, *last], saved._replace(history=history) if save else None

    def backward(self, sources, constants, saved, upstream):
        """The gradient of each source, from those of what `forward` gave."""
        inputs, states, matrices, biases, gains, weights = sources
        at, reserve, put, stack = (
            getattr(self.tools, name) for name in ("at", "reserve", "put", "stack")
        )
        first, history = next(iter(inputs.values())), saved.history
        values = {n: stack(v, first, *sources.width(n)) for n, v in saved.values.items()}
        scales = {n: stack(s, first, gains[n].shape[0], 1) for n, s in saved.scales.items()}
        transposed = {name: ops.transpose(matrix) for name, matrix in matrices.items()}
        wanted = [k for k, kept in enumerate(self.keep) if kept]
        d_history = dict(zip(wanted, upstream[: len(wanted)], strict=True))
        d_last = list(upstream[len(wanted) :])
        shared, start = {}, int(self.with_start)
        # Nothing reads them: their gradients are what comes back to a product, and what goes on
        # from its norm.
        none, no_norm = (
            {n: ops.zeros((ops.shape(first)[1], m.shape[1]), m.dtype) for n, m in chosen.items()}
            for chosen in (matrices, {name: matrices[name] for name in gains})
        )

        def body(t, carry):
            d_states, d_weights, d_inputs, d_products, d_normed = carry
            value, scale = at(values, t), at(scales, t)

            def step(now, before, weights, none, no_norm):
                def product(name, state):
                    gain = gains.get(name)

                    @ops.custom_gradient
                    def replay(state, *_):
                        def gradient(d):
                            if gain is None:
                                return ops.matmul(d, transposed[name]), d
                            wide_d = apart(d, gain) * widened(gain)
                            d_norm = back(wide_d, value[name], scale[name])
                            d_norm = side_by_side(d_norm, d.dtype)
                            return ops.matmul(d_norm, transposed[name]), d, d_norm

                        if gain is None:
                            return value[name], gradient
                        return finished(value[name], gain, biases.get(name)), gradient

                    if gain is None:
                        return replay(state, none[name])
                    return replay(state, none[name], no_norm[name])

                return self.step(t, now, constants, product, before, weights)

            d_here = at(d_history, t + start)
            d_new = [d + d_here[k] if k in d_here else d for k, d in enumerate(d_states)]
            before = at(history, t)
            d_now, d_before, d_step, d_product, d_norm = self.tools.pullback(
                step,
                (at(inputs, t), [before[k] for k in range(len(states))], weights, none, no_norm),
                d_new,
            )
            for name, d in d_product.items():
                # Of a gate for which `W x` and `U s` are added, one gradient is both.
                shared[name] = d_now.get(name) is d
            d_inputs = {n: put(stacked, t, d_now[n]) for n, stacked in d_inputs.items()}
            d_products = {
                n: stacked if shared[n] else put(stacked, t, d_product[n])
                for n, stacked in d_products.items()
            }
            d_normed = {n: put(stacked, t, d_norm[n]) for n, stacked in d_normed.items()}
            d_weights = [a + b for a, b in zip(d_weights, d_step, strict=True)]
            return d_before, d_weights, d_inputs, d_products, d_normed

        d_inputs = {name: reserve(first, x.shape[-1]) for name, x in inputs.items()}
        d_products = {name: reserve(first, m.shape[1]) for name, m in matrices.items()}
        d_normed = {name: reserve(first, matrices[name].shape[1]) for name in gains}
        d_weights = [ops.zeros_like(weight) for weight in weights]
        d_states, d_weights, d_inputs, d_products, d_normed = self.repeat(
            constants,
            body,
            (d_last, d_weights, d_inputs, d_products, d_normed),
            backwards=True,
        )
        d_inputs = {n: stack(d, first, inputs[n].shape[-1]) for n, d in d_inputs.items()}
        d_matrices, d_biases, d_gains = {}, {}, {}
        for name, matrix in matrices.items():
            if name not in self.slots:  # no step reads it, or there is none to run
                d_matrices[name] = ops.zeros_like(matrix)
                if name in biases:
                    d_biases[name] = ops.zeros_like(biases[name])
                if name in gains:
                    d_gains[name] = ops.zeros_like(gains[name])
                continue
            d = d_inputs[name] if shared[name] else stack(d_products[name], first, matrix.shape[1])
            read = self.slots[name]
            if isinstance(read, int):
                read = history[read][:-1]
            else:
                read = stack(saved.reads[read], first, matrix.shape[0])
            if name in biases:
                d_biases[name] = total(widened(d), biases[name])
            if name in gains:
                d_gains[name] = total(apart(d, gains[name]) * flat(values[name]), gains[name])
                d = stack(d_normed[name], first, matrix.shape[1])
            d_matrices[name] = ops.matmul(ops.transpose(flat(read)), flat(d))
        if start:
            d_states = [
                d + d_history[k][0] if k in d_history else d for k, d in enumerate(d_states)
            ]
        return Sources(d_inputs, d_states, d_matrices, d_biases, d_gains, d_weights)


def slot(name, state, states, seen):
    """Where backward finds what a product reads: among the states, or saved under a name."""
    for k, known in enumerate(states):
        if state is known:
            return k
    return seen.setdefault(id(state), (name, state))[0]  # held: an id may be given again


def finished(value, gain, bias):
    """A normalised `(B, K, N)` with gain and bias, as `(B, K * N)` in their dtype."""
    value = side_by_side(value * widened(gain), gain.dtype)
    return value if bias is None else value + bias


def flat(x):
    """`(T, B, ...)` as `(T * B, ...)`"""
    return ops.reshape(x, (-1, *x.shape[2:]))


def total(d, source):
    """The sum over all rows but the last axes, which are those of `source`, in its dtype."""
    return ops.cast(ops.sum(ops.reshape(d, (-1, *source.shape)), axis=0), source.dtype)

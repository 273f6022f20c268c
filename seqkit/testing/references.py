"""Every cell once more, over a sequence, in NumPy: slow, in float64, one step after the other.

It exists to be compared with, so it shares nothing with `seqkit.layers`.
Shapes: B batch, T time, D features, N units, M outputs (N unless the cell projects).
"""

import numpy as np

from seqkit.testing.equations import CELLS, Products

__all__ = ["run", "state_sizes", "step"]


def state_sizes(name, weights):
    """Sizes of the states of cell `name`, the output first, read off its weights."""
    columns = np.shape(weights["recurrent_kernel"])[-1]
    units = columns // len(CELLS[name][2])
    outputs = {"jordan": "output_kernel", "projected_lstm": "projection"}.get(name)
    first = np.shape(weights[outputs])[-1] if outputs else units
    return (first, units)[: len(CELLS[name][4])]


def step(name, weights, x, *states, options=None, **noise):
    """One step of the cell `name`.

    Args:
        name: A key of `CELLS`.
        weights: Dict of arrays, see `Products`.
        x: Input, (B, D).
        *states: The states before the step, the output first.
        options: Dict of what the equation leaves open (`activation` of `elman`).
        **noise: Masks and normalisation, see `Products`.

    Returns:
        Tuple of the states after the step, in float64, the output first.

    Example:
        >>> import numpy as np
        >>> weights = {"kernel": np.eye(2), "recurrent_kernel": np.eye(2)}
        >>> step("irnn", weights, np.array([[1.0, -3.0]]), np.array([[1.0, 2.0]]))[0]
        array([[2., 0.]])
    """
    equation, inputs, recurrent, biased, _ = CELLS[name]
    units = np.shape(weights["recurrent_kernel"])[-1] // len(recurrent)
    if np.shape(weights["kernel"])[-1] < units * len(inputs):
        inputs = inputs.replace("x", "")
    w = Products(weights, inputs, recurrent, biased, **noise)
    states = [np.asarray(s, "float64") for s in states]
    return equation(w, np.asarray(x, "float64"), *states, **(options or {}))


def run(
    name,
    weights,
    x,
    initial_states=None,
    *,
    mask=None,
    go_backwards=False,
    zero_output_for_mask=False,
    input_mask=1.0,
    update_masks=None,
    cell_masks=None,
    zoneout=0.0,
    options=None,
    **noise,
):
    """The cell `name` over a sequence, step after step.

    A masked step leaves every state as it was, and its output repeats the one before it
    (zeros before the first valid step, and everywhere with `zero_output_for_mask`).

    Args:
        name: A key of `CELLS`.
        weights: Dict of arrays, see `Products`.
        x: Inputs, (B, T, D).
        initial_states: The states to start from, or None for zeros.
        mask: (B, T), true where a step counts.
        go_backwards: Read the last step first; outputs come in the order of reading.
        zero_output_for_mask: Masked outputs are zero.
        input_mask: Multiplies every input: dropout with one mask, (B, D).
        update_masks: One candidate mask per step read, (T, B, N).
        cell_masks: One cell-state mask per step read, (T, B, N).
        zoneout: What share of the old state stays: a number for the output alone, or one
            entry per state; an entry is a rate (the expectation) or masks (T, B, N) of
            ones where the old value stays.
        options: See `step`.
        **noise: See `Products`.

    Returns:
        Outputs (B, T, M), and the tuple of final states.

    Example:
        >>> import numpy as np
        >>> weights = {"kernel": np.eye(1), "recurrent_kernel": np.eye(1)}
        >>> outputs, states = run("irnn", weights, np.ones((1, 3, 1)))
        >>> outputs[0, :, 0]
        array([1., 2., 3.])
    """
    x = np.asarray(x, "float64")
    batch, time = x.shape[:2]
    mask = np.ones((batch, time), bool) if mask is None else np.asarray(mask, bool)
    if go_backwards:
        x, mask = x[:, ::-1], mask[:, ::-1]
    sizes = state_sizes(name, weights)
    states = [np.zeros((batch, n)) for n in sizes] if initial_states is None else initial_states
    states = [np.asarray(s, "float64") for s in states]
    rates = list(zoneout) if isinstance(zoneout, (tuple, list)) else [zoneout]
    rates += [0.0] * (len(states) - len(rates))

    output, outputs = np.zeros((batch, sizes[0])), np.zeros((batch, time, sizes[0]))
    for t in range(time):
        if update_masks is not None:
            noise["update_mask"] = update_masks[t]
        if cell_masks is not None:
            noise["cell_mask"] = cell_masks[t]
        new = step(name, weights, x[:, t] * input_mask, *states, options=options, **noise)
        stays = [rate if np.ndim(rate) == 0 else rate[t] for rate in rates]
        new = [z * old + (1 - z) * s for z, old, s in zip(stays, states, new, strict=True)]
        valid = mask[:, t, None]
        output = np.where(valid, new[0], output)
        states = [np.where(valid, s, old) for s, old in zip(new, states, strict=True)]
        outputs[:, t] = np.where(valid, output, 0.0) if zero_output_for_mask else output
    return outputs, tuple(states)

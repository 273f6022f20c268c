"""Weights of `torch.nn.RNN`, `LSTM` and `GRU`, without torch.

Shapes: D input features, N units, G gates.
"""

import re

import numpy as np

from seqkit.layers import cells
from seqkit.layers.stack import Stack

__all__ = ["from_torch", "load_torch"]

# Gates of torch, in its order, and of the cell here, in its own.
GATES = {1: ("h", "h"), 3: ("rzn", "zrn"), 4: ("ifgo", "ifgo")}
CELL_OF = {1: "elman", 3: "gru_reset_after", 4: "lstm"}


def from_torch(state_dict, **options):
    """A `Stack` with the weights of a `torch.nn.RNN`, `LSTM` or `GRU`.

    Layers, directions, sizes and the kind of cell are read off the shapes.

    Args:
        state_dict: what `module.state_dict()` returns; tensors or arrays.
        **options: arguments of `Stack`, such as `return_state=True`, or
            `activation="relu"` for an `RNN` with relu.

    Returns:
        A built `Stack`.

    Raises:
        ValueError: not the weights of one of the three.
    """
    arrays = as_arrays(state_dict)
    _, units, width = shape_of(arrays)
    found = [re.match(r"(?:weight|bias)_\w\w_l(\d+)", name) for name in arrays]
    layers = 1 + max(int(match[1]) for match in found if match)
    if "weight_hr_l0" in arrays:
        options["projection"] = width
    stack = Stack(
        cell_of(arrays),
        units,
        layers=layers,
        bidirectional="weight_ih_l0_reverse" in arrays,
        use_bias="bias_ih_l0" in arrays,
        **options,
    )
    stack.build((None, None, arrays["weight_ih_l0"].shape[1]))
    load_torch(stack, arrays)
    return stack


def load_torch(stack, state_dict):
    """Puts the weights of a torch module into a built `Stack` of the same shape.

    Raises:
        ValueError: the cells of the stack are others; a weight that is missing, one too much, or
            of another shape, by name.
    """
    arrays = as_arrays(state_dict)
    gates, _, _ = shape_of(arrays)
    theirs, ours = GATES[gates]
    order = [theirs.index(gate) for gate in ours]
    expected = cells.CELLS[cell_of(arrays)]
    left = dict(arrays)

    def take(name):
        if name not in left:
            raise ValueError(f"The torch weights lack {name!r}. Received: {sorted(arrays)}")
        return left.pop(name)

    def sorted_gates(name):
        blocks = np.split(take(name), gates, axis=0)
        return np.concatenate([blocks[k] for k in order], axis=0)

    pairs = []
    for depth, directions in enumerate(stack.recurrent):
        for layer in directions:
            suffix = f"l{depth}{'_reverse' if layer.go_backwards else ''}"
            cell = layer.cell
            if type(cell) is not expected:
                raise ValueError(
                    f"The torch weights are those of a {expected.__name__}. "
                    f"Received: a stack of {type(cell).__name__}"
                )
            pairs.append((cell.kernel, sorted_gates(f"weight_ih_{suffix}").T, suffix))
            pairs.append((cell.recurrent_kernel, sorted_gates(f"weight_hh_{suffix}").T, suffix))
            if cell.use_bias:
                pair = [sorted_gates(f"bias_{part}_{suffix}") for part in ("ih", "hh")]
                bias = np.stack(pair) if cell.recurrent_bias else pair[0] + pair[1]
                pairs.append((cell.bias, bias, suffix))
            if "weight_hr_l0" in arrays:
                pairs.append((cell.projection_kernel, take(f"weight_hr_{suffix}").T, suffix))
    if left:
        raise ValueError(f"The stack has no place for these torch weights: {sorted(left)}")
    for pair in pairs:  # only now, so that a stack that does not fit stays as it is
        assign(*pair)


def as_arrays(state_dict):
    return {
        name: np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        for name, value in state_dict.items()
    }


def cell_of(arrays):
    """The name of the cell with these weights."""
    return "projected_lstm" if "weight_hr_l0" in arrays else CELL_OF[shape_of(arrays)[0]]


def shape_of(arrays):
    """Gates, units and the width of the state that the gates read."""
    try:
        rows, width = arrays["weight_hh_l0"].shape
    except KeyError:
        raise ValueError(
            "Expected the state dict of a torch.nn.RNN, LSTM or GRU, with 'weight_hh_l0'. "
            f"Received: {sorted(arrays)}"
        ) from None
    units = arrays["weight_hr_l0"].shape[1] if "weight_hr_l0" in arrays else width
    if rows % units or rows // units not in GATES:
        raise ValueError(
            f"Expected 1, 3 or 4 gates of {units} units in 'weight_hh_l0'. Received: {rows} rows"
        )
    return rows // units, units, width


def assign(weight, value, suffix):
    if tuple(weight.shape) != value.shape:
        raise ValueError(
            f"The torch weights for {suffix} do not fit {weight.path!r}. "
            f"Expected: {tuple(weight.shape)}. Received: {value.shape}"
        )
    weight.assign(value)

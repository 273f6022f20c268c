"""The cells by name, and `get`, which finds one."""

import inspect

from seqkit.layers.cell import Cell
from seqkit.layers.gated_cells import (
    GRUCell,
    GRUResetAfterCell,
    MGUCell,
    MUT1Cell,
    MUT2Cell,
    MUT3Cell,
    UGRNNCell,
)
from seqkit.layers.lstm_cells import (
    CoupledLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
)
from seqkit.layers.registry import construct, resolve
from seqkit.layers.simple_cells import ElmanCell, IndRNNCell, IRNNCell, JordanCell, LeakyCell

__all__ = ["CELLS", "get"]

CELLS = {
    "elman": ElmanCell,
    "jordan": JordanCell,
    "irnn": IRNNCell,
    "indrnn": IndRNNCell,
    "leaky": LeakyCell,
    "lstm_1997": LSTM1997Cell,
    "lstm": LSTMCell,
    "peephole_lstm": PeepholeLSTMCell,
    "coupled_lstm": CoupledLSTMCell,
    "projected_lstm": ProjectedLSTMCell,
    "gru": GRUCell,
    "gru_reset_after": GRUResetAfterCell,
    "mut1": MUT1Cell,
    "mut2": MUT2Cell,
    "mut3": MUT3Cell,
    "mgu": MGUCell,
    "ugrnn": UGRNNCell,
}


def get(identifier, units=None, **options):
    """A cell from a name, a class, a saved config or a cell.

    Args:
        identifier: a name of `CELLS`, a subclass of `Cell`, a config, or a `Cell`.
        units: int, needed with a name or a class.
        **options: arguments of the cell's constructor, with a name or a class.

    Raises:
        ValueError: an unknown name, no `units`, or `units` other than the cell's own.
        TypeError: anything else that is not a cell, or an option the cell does not take.

    Example:
        >>> get("mut1", 8).units
        8
    """
    hint = "; run other Keras cells with keras.layers.RNN"
    found = resolve(identifier, Cell, CELLS, "cell", hint=hint)
    if inspect.isclass(found):
        if units is None:
            raise ValueError(f"`units` is needed to make a {found.__name__}. Received: units=None")
        return found(units, **options)
    if units not in (None, found.units):
        raise ValueError(
            f"`units` differs from the cell's own. Expected: {found.units}. Received: units={units}"
        )
    return construct(found, "cell", options)

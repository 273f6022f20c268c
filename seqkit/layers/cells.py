"""The cells by name, and `get`, which finds one."""

import inspect

import keras

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
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, Cell):
        if options:
            raise TypeError(
                f"Options go to the constructor of a cell, and {identifier.name!r} is made "
                f"already. Received: {sorted(options)}"
            )
        if units not in (None, identifier.units):
            raise ValueError(
                f"`units` differs from the cell's own. Expected: {identifier.units}. "
                f"Received: units={units}"
            )
        return identifier
    if isinstance(identifier, str):
        if identifier not in CELLS:
            raise ValueError(
                f"Unknown cell. Expected one of {', '.join(sorted(CELLS))}. "
                f"Received: cell={identifier!r}"
            )
        identifier = CELLS[identifier]
    if not (inspect.isclass(identifier) and issubclass(identifier, Cell)):
        raise TypeError(
            "`cell` must be a name, a subclass of seqkit.layers.Cell, or a cell; run other "
            f"Keras cells with keras.layers.RNN. Received: cell={identifier!r}"
        )
    if units is None:
        raise ValueError(f"`units` is needed to make a {identifier.__name__}. Received: units=None")
    return identifier(units, **options)

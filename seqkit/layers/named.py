"""The recurrent layers by their familiar names: a cell each, and `Recurrent` does the rest."""

import keras

from seqkit.layers import gated_cells, lstm_cells, simple_cells
from seqkit.layers.recurrent import Recurrent

__all__ = [
    "GRU",
    "IRNN",
    "LSTM",
    "LSTM1997",
    "MGU",
    "MUT1",
    "MUT2",
    "MUT3",
    "UGRNN",
    "CoupledLSTM",
    "Elman",
    "IndRNN",
    "Jordan",
    "Leaky",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "SimpleRNN",
]

register = keras.saving.register_keras_serializable("seqkit")


class Named(Recurrent):
    """A base: `Recurrent` around the class of cell that a subclass names."""

    cell_class = None

    def __init__(self, units, **options):
        options.pop("use_cudnn", None)  # by which Keras chooses a kernel; here is one for all
        super().__init__(self.cell_class, units, **options)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        return {**config, **{name: cell[name] for name in self.cell.argument_names()}}


@register
class SimpleRNN(Named):
    """`h = tanh(W x + U h + b)`. In place of `keras.layers.SimpleRNN`; see `ElmanCell`."""

    cell_class = simple_cells.ElmanCell


Elman = SimpleRNN


@register
class Jordan(Named):
    """A recurrent net whose context is its last output; see `JordanCell`."""

    cell_class = simple_cells.JordanCell


@register
class IRNN(Named):
    """Relu units whose recurrent weights start from the identity; see `IRNNCell`."""

    cell_class = simple_cells.IRNNCell


@register
class IndRNN(Named):
    """Units that each see only their own last state; see `IndRNNCell`."""

    cell_class = simple_cells.IndRNNCell


@register
class Leaky(Named):
    """Leaky units; see `LeakyCell`."""

    cell_class = simple_cells.LeakyCell


@register
class LSTM1997(Named):
    """An LSTM without forget gate; see `LSTM1997Cell`."""

    cell_class = lstm_cells.LSTM1997Cell


@register
class LSTM(Named):
    """In place of `keras.layers.LSTM`, with its weights; see `LSTMCell`."""

    cell_class = lstm_cells.LSTMCell


@register
class PeepholeLSTM(Named):
    """An LSTM whose gates see the cell; see `PeepholeLSTMCell`."""

    cell_class = lstm_cells.PeepholeLSTMCell


@register
class CoupledLSTM(Named):
    """An LSTM with one gate for input and forget; see `CoupledLSTMCell`."""

    cell_class = lstm_cells.CoupledLSTMCell


@register
class ProjectedLSTM(Named):
    """An LSTM with a narrow output; see `ProjectedLSTMCell`."""

    cell_class = lstm_cells.ProjectedLSTMCell


@register
class GRU(Named):
    """In place of `keras.layers.GRU`, with its weights; see `GRUCell`, `GRUResetAfterCell`.

    Args:
        units: int, size N of the state.
        reset_after: bool. Reset after the product, as Keras and cuDNN do, or before it, as
            Cho et al. 2014 do.
        **options: arguments of `Recurrent` and of the cell.
    """

    def __init__(self, units, *, reset_after=True, **options):
        self.cell_class = gated_cells.GRUResetAfterCell if reset_after else gated_cells.GRUCell
        super().__init__(units, **options)
        self.reset_after = reset_after


@register
class MUT1(Named):
    """Jozefowicz's first mutation; see `MUT1Cell`."""

    cell_class = gated_cells.MUT1Cell


@register
class MUT2(Named):
    """Jozefowicz's second mutation; see `MUT2Cell`."""

    cell_class = gated_cells.MUT2Cell


@register
class MUT3(Named):
    """Jozefowicz's third mutation; see `MUT3Cell`."""

    cell_class = gated_cells.MUT3Cell


@register
class MGU(Named):
    """The minimal gated unit; see `MGUCell`."""

    cell_class = gated_cells.MGUCell


@register
class UGRNN(Named):
    """The update-gate RNN; see `UGRNNCell`."""

    cell_class = gated_cells.UGRNNCell

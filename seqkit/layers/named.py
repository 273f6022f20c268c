"""The recurrent layers by their familiar names: a cell each, and `Recurrent` does the rest."""

import inspect

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

# By which Keras chooses how to compute the same; here is one way for all.
KERNELS = ("use_cudnn", "implementation")

register = keras.saving.register_keras_serializable("seqkit")


class Named(Recurrent):
    """A base: `Recurrent` around the class of cell that a subclass names.

    Attributes:
        cell_class: class of the cell, whose arguments are the layer's attributes, too.
        keras_layer: class of Keras's layer in whose place it stands, if any: arguments that are
            given by place are in the order of that one's.
    """

    cell_class = None
    keras_layer = None

    def __init__(self, units, *placed, **options):
        options = dict(**self.by_name(placed), **options)
        for name in KERNELS:
            options.pop(name, None)
        super().__init__(self.cell_class, units, **options)

    def by_name(self, placed):
        names = inspect.signature(self.keras_layer).parameters if self.keras_layer else ["units"]
        names = list(names)[1:]
        if len(placed) > len(names):
            raise TypeError(
                f"{type(self).__name__} takes by place: {', '.join(['units', *names])}; all else "
                f"by name. Received: {', '.join(map(repr, placed))} after `units`"
            )
        return dict(zip(names, placed, strict=False))

    def __getattr__(self, name):
        if name in self.cell_class.argument_names():
            return getattr(self.cell, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        return {**config, **{name: cell[name] for name in self.cell.argument_names()}}


@register
class SimpleRNN(Named):
    """`h = tanh(W x + U h + b)`. In place of `keras.layers.SimpleRNN`; see `ElmanCell`."""

    cell_class = simple_cells.ElmanCell
    keras_layer = keras.layers.SimpleRNN


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
    keras_layer = keras.layers.LSTM


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

    keras_layer = keras.layers.GRU

    def __init__(self, units, *placed, reset_after=True, **options):
        placed = self.by_name(placed)
        reset_after = placed.pop("reset_after", reset_after)
        self.cell_class = gated_cells.GRUResetAfterCell if reset_after else gated_cells.GRUCell
        super().__init__(units, **placed, **options)
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

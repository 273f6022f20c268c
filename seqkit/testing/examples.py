"""One table of examples of all that seqkit offers to be trained or saved.

The conformance tests loop over it, and a test fails when something public is missing. Add a
line here for a cell, layer, loss or metric, and it is held to everything in
`tests/conformance`.

Shapes: B batch, T time, D features, N units, C classes.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from keras import ops

from seqkit import decoding, layers, training
from seqkit.layers.pooling import Pooling
from seqkit.testing import decoder_examples, series_examples, text_examples

__all__ = [
    "ATTENTIONS",
    "CELLS",
    "CHAINS",
    "DATA",
    "DECODERS",
    "ENCODERS",
    "FORECASTERS",
    "HEADS",
    "LAYERS",
    "LOSSES",
    "MASKS",
    "METRICS",
    "MODELS",
    "POOLINGS",
    "RECURRENT",
    "SCHEDULES",
    "SEARCHES",
    "STACKS",
    "WRITERS",
    "Example",
    "random",
    "states_of",
]

B, T, D, N, C = 4, 5, 3, 4, 3

# What a mask may look like; each with at least one row unlike the others.
MASKS = {
    "right": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 0]],
    "left": [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 1, 1, 1, 1]],
    "holes": [[1, 0, 1, 1, 0], [0, 1, 0, 1, 1], [1, 1, 0, 0, 1], [0, 0, 1, 0, 0]],
    "empty rows": [[1, 1, 1, 0, 0], [0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]],
}
MASKS = {name: np.array(mask, bool) for name, mask in MASKS.items()}


def random(*shape, seed=0):
    """Normal float32 numbers that depend on the seed alone."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@dataclasses.dataclass(frozen=True)
class Example:
    """How to make one object, and what to call it with.

    Attributes:
        make: Callable `(**options)` that returns a new object.
        arguments: Arrays that it is called with.
    """

    make: Callable
    arguments: tuple = dataclasses.field(default_factory=lambda: (random(B, T, D),))

    def build(self, **options):
        """The object with weights drawn from a fixed seed, for layers and cells."""
        made = self.make(**options)
        if not made.built:
            made.build(*[argument.shape for argument in self.arguments])
        for k, weight in enumerate(made.trainable_variables):
            weight.assign(0.6 * random(*weight.shape, seed=100 + k))
        return made


def states_of(layer, batch):
    """Random initial states of a recurrent layer or a stack; none for other layers."""
    if isinstance(layer, layers.Stack):
        cells = [one.cell for directions in layer.recurrent for one in directions]
    else:
        cells = [layer.cell] if hasattr(layer, "cell") else []
    sizes = [size for cell in cells for size in cell.state_size]
    return [random(batch, size, seed=50 + k) for k, size in enumerate(sizes)]


def square(make):
    """An example with D = N, for the cells that then read the input unweighted."""
    return Example(make, (random(B, T, N),))


def recurrent(name, **options):
    return Example(functools.partial(getattr(layers, name), N, **options))


def recurrent_stack(*args, **options):
    return Example(functools.partial(layers.Stack, *args, **options))


# Cells by themselves: x (B, D).
CELLS = {
    name: Example(functools.partial(cell, N), (random(B, D),))
    for name, cell in layers.CELLS.items()
}

# Layers (B, T, D) -> (B, N) that carry states, without noise.
RECURRENT = {
    "SimpleRNN": recurrent("SimpleRNN"),
    "SimpleRNN relu": recurrent("SimpleRNN", activation="relu"),
    "Jordan": recurrent("Jordan", outputs=N - 1),
    "IRNN": recurrent("IRNN"),
    "IndRNN": recurrent("IndRNN"),
    "Leaky": recurrent("Leaky"),
    "Leaky learned": recurrent("Leaky", learn_alpha=True),
    "LSTM1997": recurrent("LSTM1997"),
    "LSTM": recurrent("LSTM"),
    "PeepholeLSTM": recurrent("PeepholeLSTM"),
    "CoupledLSTM": recurrent("CoupledLSTM"),
    "ProjectedLSTM": recurrent("ProjectedLSTM", projection=N - 1),
    "GRU": recurrent("GRU"),
    "GRU reset before": recurrent("GRU", reset_after=False),
    "MUT1": recurrent("MUT1"),
    "MUT1 square": square(functools.partial(layers.MUT1, N)),
    "MUT2": recurrent("MUT2"),
    "MUT2 square": square(functools.partial(layers.MUT2, N)),
    "MUT3": recurrent("MUT3"),
    "MGU": recurrent("MGU"),
    "UGRNN": recurrent("UGRNN"),
    "LSTM layer_norm": recurrent("LSTM", layer_norm=True),
    "GRU layer_norm": recurrent("GRU", layer_norm=True),
    "MUT1 layer_norm": recurrent("MUT1", layer_norm=True),
    "LSTM zoneout": recurrent("LSTM", zoneout=(0.1, 0.3)),
    "Recurrent initial": Example(
        functools.partial(layers.Recurrent, "mut3", N, trainable_initial_state=True)
    ),
}

# Several of them as one layer.
STACKS = {
    "Stack both ways": recurrent_stack("gru", N, layers=2, bidirectional=True),
    "Stack skip": recurrent_stack("lstm", [N, D], skip=True),
    "Stack residual": recurrent_stack("mut1", D, layers=2, residual=True),
}


def encoder(**options):
    return Example(functools.partial(layers.TransformerEncoder, N, heads=2, **options))


# Layers (B, T, D) -> (B, T, N) without states.
ENCODERS = {
    "MultiHeadAttention": square(functools.partial(layers.MultiHeadAttention, 2)),
    "MultiHeadAttention cosine": square(
        functools.partial(layers.MultiHeadAttention, 2, scores="cosine", causal=True)
    ),
    "TransformerBlock": square(functools.partial(layers.TransformerBlock, 2, activation="relu")),
    "TransformerEncoder rotary": encoder(),
    "TransformerEncoder sinusoidal": encoder(norm="post", positions="sinusoidal", layers=1),
    "TransformerEncoder learned": encoder(norm="residual", positions="learned", scores="cosine"),
    "TransformerEncoder alibi": encoder(positions="alibi", causal=True, feed_forward=3),
    "TransformerEncoder log_spaced": encoder(norm="residual", positions="log_spaced", layers=1),
    "TransformerEncoder none": encoder(positions=None),
}

# Layers (B, T, *) and a memory (B, S, N); see `decoder_examples.py`.
ATTENTIONS = decoder_examples.attentions(Example, random(B, T - 1, N), random(B, T, N, seed=1))
WRITERS = decoder_examples.writers(Example, random(B, T - 1, D), random(B, T, N, seed=1))

# Layers (B, T, D) -> (B, D).
POOLINGS = {
    mode: Example(functools.partial(Pooling, mode)) for mode in ("last", "mean", "max", "attention")
}

# O, B, I: no I at the start or after O.
BIO = ([True, True, False], [[True, True, False], [True] * 3, [True] * 3], [True] * 3)


def crf(**options):
    return layers.CRF(C, allowed=BIO, **options)


# Layers (B, T, C) -> the packed tensor of a chain.
CHAINS = {"CRF": Example(functools.partial(layers.CRF, C)), "CRF scheme": Example(crf)}

# Layers on ids (B, T) and what else is no sequence of vectors.
LAYERS = {
    "WordDropout": Example(
        functools.partial(layers.WordDropout, 0.3), (np.array([[5, 3, 0], [2, 2, 7]]),)
    ),
    **{
        f"CharacterEncoder {kind}": Example(
            functools.partial(layers.CharacterEncoder, 9, N, kind=kind),
            (np.array([[[5, 3, 0, 0], [0, 0, 0, 0]], [[2, 2, 7, 8], [1, 0, 0, 0]]]),),
        )
        for kind in ("cnn", "rnn")
    },
}


def packed():
    """What a CRF with random scores gives for random emissions, some of them padding."""
    chain = layers.chain.Chain(random(B, T, C), MASKS["holes"], random(C, C), *random(2, C))
    return ops.convert_to_numpy(layers.chain.pack(chain))


TAGS = np.array([[0, 2, 1, 1, 0], [1, 0, -1, 2, 0], [0, 0, 1, 2, -1], [2, 1, 1, -1, -1]])

for name, positions in layers.positions.POSITIONS.items():
    LAYERS[f"{name} positions"] = Example(positions)

# (labels, logits) -> number.
LOSSES = {
    "Crossentropy": Example(
        functools.partial(training.Crossentropy, smoothing=0.1),
        (np.array([0, 2, 1, 1]), random(B, C)),
    ),
    "CRFLoss": Example(training.CRFLoss, (TAGS, packed())),
    "CRFLoss partial": Example(
        functools.partial(training.CRFLoss, partial=True, normalise=None), (TAGS, packed())
    ),
    "TokenCrossentropy": Example(
        functools.partial(training.TokenCrossentropy, smoothing=0.1), (TAGS, random(B, T, C))
    ),
}
METRICS = {
    "Perplexity": Example(training.Perplexity, (TAGS, random(B, T, C))),
    "MacroF1": Example(
        functools.partial(training.MacroF1, C), (np.array([0, 2, 1, 1]), random(B, C))
    ),
    "TokenAccuracy": Example(training.TokenAccuracy, (TAGS, random(B, T, C))),
    "TokenAccuracy crf": Example(
        functools.partial(training.TokenAccuracy, crf=True), (TAGS, packed())
    ),
}

# Learning rates: of the number of updates.
SCHEDULES = {
    "InverseSquareRoot": Example(functools.partial(training.InverseSquareRoot, warmup=3), (7,)),
    "CosineWithWarmup": Example(
        functools.partial(training.CosineWithWarmup, steps=20, warmup=3, last=1e-5), (7,)
    ),
}

# How to look for an answer.
SEARCHES = {
    "Search": Example(functools.partial(decoding.Search, 3, no_repeat=2), ()),
    "Sampling": Example(functools.partial(decoding.Sampling, 2, top_p=0.5), ()),
}

# Token units, preprocessors and models on texts; see `text_examples.py`.
DATA = text_examples.readers(Example)
MODELS = text_examples.tasks(Example)

# What forecasts; see `series_examples.py`.
HEADS = series_examples.heads(Example)
DECODERS = series_examples.decoders(Example)
FORECASTERS = series_examples.forecasters(Example)
LAYERS |= series_examples.maps(Example)
LOSSES |= series_examples.losses(Example, np.array([0, 2, 1, 1]), random(B, 3))
METRICS |= series_examples.metrics(Example, np.array([0, 2, 1, 1]), random(B, 3))
DATA["Forecasting"] = Example(
    functools.partial(series_examples.numbers, scaling="all"), (random(2, 12, 1),)
)

"""The network of a forecaster: from scaled windows to parameters of what comes next.

Shapes: B windows, L look-back, H horizon, C targets, F features known in advance, P numbers or
parameters of each value, Q levels.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.layers import distributions, heads
from seqkit.layers.linear import DecompositionLinear, LinearForecast
from seqkit.layers.precision import wide, widened
from seqkit.layers.reversible import ReversibleNorm
from seqkit.models.autoregressive import Autoregressive
from seqkit.models.direct import Direct
from seqkit.models.task import Task

__all__ = ["ForecastNetwork", "get_head"]

HEADS = {
    "mse": lambda: heads.Point("mse"),
    "mae": lambda: heads.Point("mae"),
    "huber": lambda: heads.Point("huber"),
    "quantiles": heads.Quantiles,
    "gaussian": distributions.Gaussian,
    "student_t": distributions.StudentT,
    "negative_binomial": distributions.NegativeBinomial,
    "mixture": distributions.Mixture,
}
LINEAR = {"linear": LinearForecast, "decomposition": DecompositionLinear}
# Levels at which held-back data sets the quantiles right; between them straight lines.
LEVELS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)


def get_head(head):
    """A head by its name, or as it is."""
    if isinstance(head, heads.Head):
        return head
    if head not in HEADS:
        raise ValueError(f"`head` must be a Head or one of {', '.join(HEADS)}. Received: {head!r}")
    return HEADS[head]()


class ForecastNetwork(Task):
    """What `Forecaster` computes; its arguments are explained there."""

    def __init__(
        self,
        preprocessor,
        encoder=None,
        *,
        head="quantiles",
        decoder="direct",
        linear=None,
        norm="standard",
        channels="independent",
        patch=1,
        dropout=0.0,
        paths=100,
        seed=None,
        **kwargs,
    ):
        super().__init__(preprocessor, seed=seed, **kwargs)
        self.autocast = False  # values stay as they are until they are normalised
        self.head = get_head(head)
        checks = (
            ("decoder", decoder, ("direct", "autoregressive")),
            ("channels", channels, ("independent", "joint")),
            ("norm", norm, (*ReversibleNorm.modes, None)),
        )
        for name, value, known in checks:
            if value not in known:
                raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}")
        if not (linear is None or linear in LINEAR or isinstance(linear, keras.layers.Layer)):
            raise ValueError(
                f"`linear` must be one of {', '.join(LINEAR)}, a layer or None. "
                f"Received: {linear!r}"
            )
        if encoder is None and linear is None:
            raise ValueError("A forecaster needs an `encoder` or `linear`. Received: neither")
        if decoder == "autoregressive" and (linear is not None or encoder is None):
            raise ValueError(
                "decoder='autoregressive' needs an `encoder`, and has no place for `linear`. "
                f"Received: encoder={encoder!r}, linear={linear!r}"
            )
        if not self.head.signed and (norm in ("standard", "last") or preprocessor.scaling):
            raise ValueError(
                "A head for counts needs norm='scale' or None, and data with scaling=None. "
                f"Received: norm={norm!r}, scaling={preprocessor.scaling!r}"
            )
        if decoder == "autoregressive" and preprocessor.columns["past"]:
            raise ValueError(
                "decoder='autoregressive' cannot read past covariates, which end where it begins. "
                f"Received: past={preprocessor.columns['past']}"
            )
        paths = positive_int("paths", paths)
        longest = preprocessor.lookback
        if not isinstance(patch, int) or not 1 <= patch <= longest:
            raise ValueError(
                f"`patch` must be an int from 1 to the lookback, {longest}. "
                f"Received: patch={patch!r}"
            )
        self.encoder, self.decoder, self.linear, self.norm = encoder, decoder, linear, norm
        self.channels, self.patch, self.dropout, self.paths = channels, patch, dropout, paths
        horizon, size = preprocessor.horizon, self.head.size
        # What scales and adds up numbers is float32 at least; the policy is for what is deep.
        exact, part = {"dtype": wide(self.compute_dtype)}, {"dtype": self.dtype_policy}
        self.normalise = norm and ReversibleNorm(norm, affine=norm == "standard", **exact)
        self.straight = LINEAR[linear](horizon, **exact) if linear in LINEAR else linear
        self.deep = None
        if decoder == "autoregressive":
            self.deep = Autoregressive(horizon, size, encoder, **part)
        elif encoder is not None:
            self.deep = Direct(horizon, size, encoder, patch=patch, dropout=dropout, **part)

    @property
    def answering(self):
        """The head that reads what `predict` computes: paths, for an autoregressive model."""
        return heads.Paths(self.paths) if self.decoder == "autoregressive" else self.head

    # --- what it computes -----------------------------------------------------

    def build(self, input_shape=None):
        """The sizes are the preprocessor's, whatever the input."""
        numbers = self.preprocessor
        columns, lookback = numbers.columns, numbers.lookback
        targets = len(columns["target"])
        own = 1 if self.channels == "independent" else targets
        if self.normalise is not None:
            self.normalise.build((None, lookback, targets))
        exact = {"initializer": "zeros", "dtype": wide(self.variable_dtype), "autocast": False}
        if self.straight is not None:
            self.straight.build((None, lookback, targets))
            # The line says where each step is; how sure it is there is learned step by step.
            self.spreads = self.add_weight(
                (numbers.horizon, 1, self.head.size), name="spreads", **exact
            )
        past, static = len(columns["past"]), len(columns["static"])
        future = len(columns["future"]) + 2 * len(numbers.calendar)
        if self.deep is not None:
            if self.decoder == "autoregressive":
                known = future + static
                total = lookback + numbers.horizon
                shapes = [(None, total, known) if known else None]
            else:
                beside = past + static + future
                shapes = [
                    (None, lookback, beside) if beside else None,
                    (None, numbers.horizon, future) if future else None,
                ]
            self.deep.build((None, lookback, own), *shapes)
        self.margins = self.add_weight(
            (len(LEVELS), numbers.horizon, targets), trainable=False, name="margins", **exact
        )

    def get_build_config(self):
        return {"sizes": "the preprocessor's"}  # Keras builds nothing from an empty config

    def build_from_config(self, config):
        self.build()

    def call(self, inputs, training=False):
        """Inputs of a batch -> parameters `(B, H, C, P)` of the scaled targets."""
        values = inputs["values"]
        location, scale = self.statistics(values)
        x = (values - location) / scale
        if self.decoder == "autoregressive":
            if "teacher" not in inputs:
                return self.sampled(x, inputs, location, scale)
            known = self.folded(self.beside(inputs, whole=True))
            teacher = self.fold((inputs["teacher"] - location) / scale)
            raw = self.unfold(self.deep(self.fold(x), known, teacher, training=training))
            return self.head.rescale(self.head.constrain(raw), location, scale)
        raw = 0.0 if self.straight is None else self.spread_out(widened(self.straight(x)))
        if self.deep is not None:
            ahead = (
                inputs["future"][:, -self.preprocessor.horizon :] if "future" in inputs else None
            )
            beside = self.folded(self.beside(inputs))
            deep = self.deep(self.fold(x), beside, self.folded(ahead), training=training)
            raw = raw + widened(self.unfold(deep))
        return self.head.rescale(self.head.constrain(raw), location, scale)

    def spread_out(self, line):
        """`(B, H, C)` -> raw numbers `(B, H, C, P)`; a layer of the user's may give them itself."""
        if len(line.shape) == 4:
            return line
        places = np.isin(np.arange(self.head.size), self.head.location).astype("float32")
        return line[..., None] * ops.convert_to_tensor(places, line.dtype) + self.spreads

    def statistics(self, values):
        """Location and scale of the windows, `(B, 1, C)` each."""
        if self.normalise is None:
            return ops.zeros_like(values[:, :1]), ops.ones_like(values[:, :1])
        return self.normalise.statistics(values)

    def beside(self, inputs, whole=False):
        """Covariates of each step that was read, and of those to come if `whole`."""
        lookback = self.preprocessor.lookback
        steps = lookback + self.preprocessor.horizon if whole else lookback
        found = [inputs["past"]] if "past" in inputs else []
        if "future" in inputs:
            found.append(inputs["future"][:, :steps])
        if "static" in inputs:
            found.append(ops.repeat(inputs["static"][:, None], steps, axis=1))
        return ops.concatenate(found, axis=-1) if found else None

    def fold(self, x):
        """`(B, T, C)` -> `(B C, T, 1)`, where every channel is by itself."""
        if self.channels == "joint":
            return x
        return ops.reshape(ops.swapaxes(x, 1, 2), (-1, x.shape[1], 1))

    def folded(self, x):
        """Covariates, once for each channel."""
        if x is None or self.channels == "joint":
            return x
        return ops.repeat(x, len(self.preprocessor.columns["target"]), axis=0)

    def unfold(self, raw):
        """`(B C, H, 1, P)` -> `(B, H, C, P)`"""
        if self.channels == "joint":
            return raw
        targets = len(self.preprocessor.columns["target"])
        raw = ops.reshape(raw, (-1, targets, *raw.shape[1:2], raw.shape[3]))
        return ops.swapaxes(raw, 1, 2)

    def sampled(self, x, inputs, location, scale):
        """Paths `(B, H, C, P)`, the same whenever it is asked the same."""
        location, scale = (
            ops.repeat(self.fold(part)[:, 0], self.paths, axis=0) for part in (location, scale)
        )
        rows = self.fold(x)
        known = self.folded(self.beside(inputs, whole=True))
        shape = (self.preprocessor.horizon, ops.shape(rows)[0] * self.paths, rows.shape[-1])
        chance = keras.random.uniform(shape, 1e-4, 1 - 1e-4, seed=self.seed or 0)

        def decide(k, raw):
            parameters = self.head.rescale(self.head.constrain(raw), location, scale)
            value = self.head.at(parameters, ops.take(chance, k, axis=0))
            return (value - location) / scale

        drawn = self.deep.roll_out(rows, known, decide, self.paths)  # (B' paths, H, C')
        drawn = drawn * scale[:, None] + location[:, None]
        drawn = ops.reshape(drawn, (-1, self.paths, *drawn.shape[1:]))
        return self.unfold(ops.transpose(drawn, (0, 2, 3, 1)))

    def quantiles(self, values, parameters, levels):
        """Quantiles as held-back data has set them right.

        Args:
            values: scaled windows `(B, L, C)`.
            parameters: what `call` makes of them.
            levels: list of Q levels, ascending.

        Returns:
            `(B, H, C, Q)`, scaled.
        """
        levels = heads.checked_levels(levels)
        found = self.answering.quantile(parameters, levels)
        grid = np.stack([np.interp(levels, LEVELS, row) for row in np.eye(len(LEVELS))])
        margins = ops.tensordot(
            self.margins, ops.convert_to_tensor(grid, "float32"), axes=[[0], [0]]
        )
        spread = self.spread(values, parameters)[..., None]
        found = found + spread * ops.cast(margins, found.dtype)
        return ops.sort(found, axis=-1) if len(levels) > 1 else found

    def spread(self, values, parameters):
        """The unit of the margins: how unsure the head is, or how much the window moves."""
        spread = self.answering.spread(parameters)
        if spread is None:
            spread = ops.std(values, axis=1, keepdims=True) + 1e-3
        return spread

    def compute_output_shape(self, input_shape):
        numbers = self.preprocessor
        shape = (numbers.horizon, len(numbers.columns["target"]), self.answering.size)
        return (None, *shape)

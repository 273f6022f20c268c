"""What a translator computes: an encoder, a decoder, and the search over both.

Shapes: B texts, S steps of the source, T of the target, D features, M width of the memory, V ids of
the target, K beams, R = B * K rows, L steps of the answer.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.decoding import Forbidden, NoRepeat, Prefix, Required, Search, search
from seqkit.decoding.beam import BLOCK, LOW
from seqkit.layers.decoder import Decoder
from seqkit.layers.precision import product
from seqkit.models.raw import is_raw_beside_dicts
from seqkit.models.task import Task

__all__ = ["Seq2SeqNetwork"]


class Seq2SeqNetwork(Task):
    """The network of `Translator`, which has the arguments."""

    batch_size = 64  # of `translate`; training goes by `batch_tokens`
    is_raw = staticmethod(is_raw_beside_dicts)

    def __init__(
        self,
        preprocessor,
        encoder,
        decoder,
        *,
        embedding=256,
        tied=True,
        dropout=0.0,
        reverse_source=False,
        longest_ratio=3.0,
        batch_tokens=2048,
        search=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(preprocessor, seed=seed, **kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.embedding = positive_int("embedding", embedding)
        self.tied, self.reverse_source = tied, reverse_source
        self.dropout = rate("dropout", dropout)
        if not longest_ratio > 0:
            raise ValueError(f"`longest_ratio` must be positive. Received: {longest_ratio!r}")
        self.longest_ratio = float(longest_ratio)
        self.batch_tokens = positive_int("batch_tokens", batch_tokens)
        self.search = Search(beams=5) if search is None else search
        for name, value, kind in (("decoder", decoder, Decoder), ("search", self.search, Search)):
            if not isinstance(value, kind):
                raise ValueError(f"`{name}` must be a {kind.__name__}. Received: {value!r}")

        check_coverage(self.search, decoder)
        # Their own policy would be that of the process that loads the model.
        part = {"dtype": self.dtype_policy}

        def embed(size, name):
            # Of unit variance once it is scaled, and small enough to be the output layer.
            start = keras.initializers.RandomNormal(stddev=embedding**-0.5)
            return keras.layers.Embedding(size, embedding, start, name=name, **part)

        self.embed_target = embed(preprocessor.target_size, "embed_target")
        self.embed_source = self.embed_target
        if not (tied and preprocessor.shared):
            self.embed_source = embed(preprocessor.source_size, "embed_source")
        self.drop = keras.layers.Dropout(dropout, **part)
        self.drop_output = keras.layers.Dropout(dropout, **part)
        self.exit = None

    # --- the parts --------------------------------------------------------------------

    def build(self, input_shape=None):
        for layer in (self.embed_target, self.embed_source):
            if not layer.built:
                layer.build((None, None))
        source = keras.KerasTensor((None, None, self.embedding), dtype=self.compute_dtype)
        memory, *states = keras.tree.flatten(self.encoder(source))
        shapes = [state.shape for state in states] or None
        if not self.decoder.built:
            self.decoder.build((None, None, self.embedding), memory.shape, shapes)
        width = self.decoder.compute_output_shape((None, None, self.embedding))[-1]
        if self.tied and width != self.embedding:
            self.exit = keras.layers.Dense(self.embedding, name="exit", dtype=self.dtype_policy)
            self.exit.build((None, None, width))
        size = self.preprocessor.target_size
        if not self.tied:
            self.head = self.add_weight((width, size), name="head")
        self.head_bias = self.add_weight((size,), "zeros", name="head_bias")
        self.built = True

    def get_build_config(self):
        return {"built": True}  # the preprocessor knows every shape

    def build_from_config(self, config):
        self.build()

    def embed(self, layer, ids, training=False):
        x = layer(ids) * self.embedding**0.5
        return self.drop(x, training=training)

    def encode(self, source, training=False):
        """Ids `(B, S)` to the memory `(B, S, M)`, its mask and the last states, or None."""
        if self.reverse_source:
            source = ops.flip(source, axis=1)
        mask = ops.not_equal(source, 0)
        x = self.embed(self.embed_source, source, training)
        read = self.encoder(x, training=training, **self.masked(self.encoder, mask))
        memory, *states = read if isinstance(read, (tuple, list)) else (read,)
        return memory, mask, states or None

    def output_layer(self):
        """Matrix `(D, V)` and bias `(V,)`."""
        if self.tied:
            # Not its weights: of a quantized layer these are no embeddings.
            every = ops.arange(self.preprocessor.target_size, dtype="int32")
            quantized = self.embed_target.quantization_mode is not None
            table = self.embed_target(every) if quantized else self.embed_target.embeddings
            return ops.transpose(ops.convert_to_tensor(table)), self.head_bias
        return ops.convert_to_tensor(self.head), self.head_bias

    def logits(self, x, matrix, bias):
        """`(..., N) -> (..., V)` float32: a softmax in float16 loses the unlikely ids."""
        x = x if self.exit is None else self.exit(x)
        logits = product(x, matrix)
        return ops.cast(logits, "float32") + ops.cast(bias, "float32")

    def call(self, batch, training=False, return_weights=False):
        """A batch of ids -> logits `(B, T, V)`; with `return_weights` also `(B, T, S)`."""
        memory, mask, states = self.encode(batch["source"], training)
        y = self.embed(self.embed_target, batch["target"], training)
        options = {"return_weights": True} if return_weights else {}
        y = self.decoder(y, memory, memory_mask=mask, states=states, training=training, **options)
        y, weights = y if return_weights else (y, None)
        logits = self.logits(self.drop_output(y, training=training), *self.output_layer())
        return (logits, weights) if return_weights else logits

    def compute_output_shape(self, input_shape):
        return (*input_shape["target"], self.preprocessor.target_size)

    def parts(self):
        """What the model is made of, for `inspect.facts`: plain values and layers."""
        return {
            "source vocabulary": self.preprocessor.source_size,
            "target vocabulary": self.preprocessor.target_size,
            "encoder": self.encoder,
            "decoder": self.decoder,
            "tied": self.tied,
        }

    def batching(self, batch_size):
        if batch_size is None:
            return {"tokens": self.batch_tokens}
        return super().batching(batch_size)

    # --- the search -------------------------------------------------------------------

    def find(
        self, source, how, limit=None, *, forbidden=(), prefix=None, required=None, draws=None
    ):
        """Ids `(B, S)` -> ids `(B, K, L)` and scores `(B, K)`, as `decoding.search` gives them."""
        memory, mask, states = self.encode(source)
        read, state = self.decoder.begin(memory, mask, states=states, rows=how.beams)
        lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
        own = ops.cast(self.longest_ratio * ops.cast(lengths, "float32"), "int32") + 20
        own = own if limit is None else ops.minimum(own, limit)
        constraints = [NoRepeat(how.no_repeat)] if how.no_repeat else []
        if forbidden:
            constraints.append(Forbidden(forbidden, self.preprocessor.target.spelling))
        if prefix is not None:
            constraints.append(Prefix(prefix))
            own = own + filled(prefix)[:, 0]
        if required is not None:
            own = own + filled(required)[:, 0]
            required = Required(required)
        text = self.preprocessor
        return search(
            Stepper(self, never=(0, 1, text.start)),
            read,
            state,
            limit=own,
            how=how,
            start=text.start,
            end=text.end,
            longest=self.longest(ops.shape(source)[1], prefix, required),
            source=mask,
            constraints=constraints,
            required=required,
            draws=draws,
        )

    def longest(self, steps, prefix=None, required=None):
        """Most ids for a source of that many steps; nobody asks where shapes are open."""
        if not isinstance(steps, int):
            return 0
        more = 0 if prefix is None else prefix.shape[1]
        more += 0 if required is None else required.own.shape[1] * required.own.shape[2]
        # In float32, as the limit of each source: one step less, and none of them could end.
        return int(np.float32(self.longest_ratio) * np.float32(steps)) + 20 + more

    def respond(self, source, how=None, limit=None, *, forbidden=(), **tensors):
        """A batch of ids -> dict: `ids` `(B, K, L)` int32, `scores` `(B, K)` float32.

        `find` as a graph of its own for each way to search; `tensors` are `prefix`, `required`
        and `draws`, see there.
        """
        how = self.search if how is None else how
        tensors = {name: value for name, value in tensors.items() if value is not None}
        phrases = tensors["required"].shape[1:] if "required" in tensors else None

        def find(source, *values):
            given = dict(zip(tensors, values, strict=True))
            if phrases is not None:  # the search unrolls what a graph of open shapes forgets
                given["required"] = ops.reshape(given["required"], (-1, *phrases))
            ids, scores = self.find(source, how, limit, forbidden=forbidden, **given)
            # Of nothing the translation is nothing, whatever a model makes of what it never met,
            # where nothing else is asked for.
            blank = filled(source) <= 1  # the end alone
            for name in given.keys() & {"prefix", "required"}:
                blank = ops.logical_and(blank, filled(given[name]) == 0)
            others = LOW if isinstance(how, Search) else 0.0
            alone = ops.convert_to_tensor([[0.0] + [others] * (how.beams - 1)], scores.dtype)
            return ops.where(blank[..., None], 0, ids), ops.where(blank, alone, scores)

        graph = self.graphs.get((how, limit, forbidden, tuple(tensors), phrases), find)
        ids, scores = graph(source, *tensors.values())
        return {"ids": ids, "scores": scores}


def blind(decoder):
    """Whether a decoder reads nothing of the source but its last state."""
    return getattr(decoder, "attention", decoder) is None


def check_coverage(how, decoder):
    if how.coverage_penalty and blind(decoder):
        raise ValueError(
            "`coverage_penalty` needs a decoder with attention. "
            f"Received: coverage_penalty={how.coverage_penalty}"
        )


def filled(ids):
    """How many ids of each row `(B, ...)` are none of padding: `(B, 1)`."""
    counts = ops.cast(ops.not_equal(ids, 0), "int32")
    return ops.sum(counts, axis=tuple(range(1, len(ids.shape))))[:, None]


class Stepper:
    """The decoder and what stands round it, as `decoding.search` asks for it."""

    def __init__(self, model, never):
        self.model, self.decoder = model, model.decoder
        self.grow, self.reorder = model.decoder.grow, model.decoder.reorder
        # Outside the loop: transposing the matrix at each step costs as much as the product. Ids
        # that are none, to whole blocks, save `highest` a copy of all logits.
        matrix, bias = model.output_layer()
        self.last = bias.shape[0] - 1
        more = -bias.shape[0] % BLOCK
        self.matrix = ops.pad(matrix, ((0, 0), (0, more)))
        barred = np.zeros(bias.shape[0] + more, "float32")
        barred[[*never, *range(bias.shape[0], len(barred))]] = LOW
        self.bias = ops.pad(ops.cast(bias, "float32"), (0, more)) + barred

    def step(self, ids, read, state, at, weights=False):
        # Where there are fewer ids than beams, an impossible sequence may hold one that is none.
        ids = ops.minimum(ids, self.last)
        x = self.model.embed(self.model.embed_target, ids)
        y, state, seen = self.decoder.advance(x, read, state, at, weights=weights)
        return self.model.logits(y, self.matrix, self.bias), state, seen

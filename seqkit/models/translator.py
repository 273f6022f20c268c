"""A sequence to another sequence: what reads, what writes, and how the two are asked.

Shapes: B texts, S steps of the source, T of the target, D features, V ids of the target, K beams,
R = B * K rows, L steps of the answer.
"""

import keras
import numpy as np
from keras import ops

from seqkit.decoding import Search, search
from seqkit.layers import engine
from seqkit.layers.cell_weights import positive_int
from seqkit.layers.noise import rate
from seqkit.models.task import Task
from seqkit.models.translated import Attention, Translation, TranslationReport, Translations

__all__ = ["Translator"]


@keras.saving.register_keras_serializable("seqkit")
class Translator(Task):
    """Embeddings, an encoder, a decoder, and a logit for each id that may come next.

    Called on a batch it gives logits `(B, T, V)` for the targets in it (teacher forcing);
    `translate` answers.

    Args:
        preprocessor: `seqkit.data.Translation`; holds the vocabularies.
        encoder: layer `(B, S, D) -> (B, S, M)`, or to that and its last states; gets the mask
            where it takes one.
        decoder: `seqkit.layers.Decoder`.
        embedding: int D, size of the embeddings.
        tied: whether the output layer is the embedding of the target, transposed (Press & Wolf
            2017), and the embedding of the source too where there is one vocabulary.
        dropout: on the embeddings, and on what the decoder gives.
        reverse_source: whether the source is read from its end (Sutskever et al. 2014).
        longest_ratio: float r; a source of n ids gets at most `r n + 20` in its translation.
        search: `seqkit.decoding.Search`, how to translate where nothing else is said, in the
            export too.
        seed: for the order of the pairs in training.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> from seqkit import data, layers, training
        >>> pairs = [("a dog", "ein Hund"), ("a cat", "eine Katze")]
        >>> words = data.Translation.learn(pairs, tokens="words")
        >>> model = Translator(
        ...     words, layers.TransformerEncoder(8), layers.TransformerDecoder(8), embedding=8
        ... )
        >>> model.compile("adam", training.TokenCrossentropy())
        >>> history = model.fit(pairs, verbose=0)
        >>> type(model.translate(["a dog"])[0].text)
        <class 'str'>
    """

    batch_size = 64

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
        self.search = Search(beams=5) if search is None else Search.get(search)

        def embed(size, name):
            # Of unit variance once it is scaled, and small enough to be the output layer.
            start = keras.initializers.RandomNormal(stddev=embedding**-0.5)
            return keras.layers.Embedding(size, embedding, start, name=name)

        self.embed_target = embed(preprocessor.target_size, "embed_target")
        self.embed_source = self.embed_target
        if not (tied and preprocessor.shared):
            self.embed_source = embed(preprocessor.source_size, "embed_source")
        self.drop = keras.layers.Dropout(dropout)
        self.drop_output = keras.layers.Dropout(dropout)
        self.exit = None
        self._compiled = {}

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
            self.exit = keras.layers.Dense(self.embedding, name="exit")
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
            return ops.transpose(ops.convert_to_tensor(self.embed_target.embeddings)), self.head_bias
        return ops.convert_to_tensor(self.head), self.head_bias

    def logits(self, x, matrix, bias):
        """`(..., N) -> (..., V)` float32: a softmax in float16 loses the unlikely ids."""
        x = x if self.exit is None else self.exit(x)
        logits = ops.matmul(x, ops.cast(matrix, x.dtype))
        return ops.cast(logits, "float32") + ops.cast(bias, "float32")

    def call(self, batch, training=False, return_weights=False):
        """A batch of ids -> logits `(B, T, V)`; with `return_weights` also `(B, T, S)`."""
        memory, mask, states = self.encode(batch["source"], training)
        y = self.embed(self.embed_target, batch["target"], training)
        options = {"return_weights": True} if return_weights else {}
        y = self.decoder(
            y, memory, memory_mask=mask, states=states, training=training, **options
        )
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

    # --- the search -------------------------------------------------------------------

    def find(self, source, how, limit=None, constraints=()):
        """Ids `(B, S)` -> ids `(B, K, L)` and scores `(B, K)`, as `decoding.search` gives them."""
        memory, mask, states = self.encode(source)
        read, state = self.decoder.begin(memory, mask, states=states, rows=how.beams)
        lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
        own = ops.cast(self.longest_ratio * ops.cast(lengths, "float32"), "int32") + 20
        text = self.preprocessor
        return search(
            Stepper(self, never=(0, 1, text.start)),
            read,
            state,
            limit=own if limit is None else ops.minimum(own, limit),
            how=how,
            start=text.start,
            end=text.end,
            longest=self.longest(ops.shape(source)[1]),
            source=ops.shape(source)[1],
            constraints=constraints,
        )

    def longest(self, steps):
        """Most ids for a source of that many; nobody asks where shapes are open."""
        return int(self.longest_ratio * steps) + 20 if isinstance(steps, int) else 0

    def compiled(self, name, function):
        """The function of tensors as a graph of its own, made at the first call."""
        if name not in self._compiled:
            self._compiled[name] = engine.compiled(function, self.variables)
        return self._compiled[name]

    def respond(self, source):
        """A batch of ids -> dict: `ids` `(B, K, L)`, `scores` `(B, K)`, as `self.search` says."""
        ids, scores = self.compiled(
            self.search, lambda source: self.find(source, self.search)
        )(source)
        return {"ids": ids, "scores": scores}

"""A sequence to another sequence: what reads, what writes, and how the two are asked.

Shapes: B texts, S steps of the source, T of the target, D features, V ids of the target, K beams,
R = B * K rows, L steps of the answer.
"""

import dataclasses
import functools
import math

import keras
import numpy as np
from keras import ops

from seqkit.decoding import Search, search
from seqkit.decoding.beam import LOW
from seqkit.layers import engine
from seqkit.layers.cell_weights import positive_int
from seqkit.layers.noise import rate
from seqkit.models.raw import is_raw_beside_dicts
from seqkit.models.task import Task
from seqkit.models.translated import Attention, Translation, TranslationReport, Translations

__all__ = ["Translator"]

END = "</s>"
READ = 8192  # texts whose ids are looked up at a time


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
        batch_tokens: int, most ids of a batch in training, on the wider of its two sides.
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
            return ops.transpose(
                ops.convert_to_tensor(self.embed_target.embeddings)
            ), self.head_bias
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

    def respond(self, source, how=None, limit=None, constraints=()):
        """A batch of ids -> dict: `ids` `(B, K, L)` int32, `scores` `(B, K)` float32."""
        how = self.search if how is None else how
        if constraints:  # they hold tensors of their own
            found = self.find(source, how, limit, constraints)
            return dict(zip(("ids", "scores"), found, strict=True))
        graph = self.graphs.get((how, limit), lambda source: self.find(source, how, limit))
        return dict(zip(("ids", "scores"), graph(source), strict=True))

    @functools.cached_property
    def graphs(self):
        return Graphs(self)

    # --- answers ----------------------------------------------------------------------

    def translate(
        self,
        texts,
        *,
        beams=None,
        n_best=1,
        length_penalty=None,
        coverage_penalty=None,
        max_length=None,
        attention=False,
        batch_size=None,
    ):
        """Translations, for people.

        Args:
            texts: list of str, or one; or other raw data.
            beams: int K, how many sequences to follow at a time; 1 is greedy. This and the next
                two default to what `self.search` says, see `seqkit.decoding.Search`.
            n_best: int, how many translations of each text to give, up to K.
            length_penalty: float, how much longer translations are favoured.
            coverage_penalty: float, what it costs to leave parts of the source unread.
            max_length: int, most ids of a translation; by default as many as the length of the
                source allows, see `longest_ratio`.
            attention: whether to say what each piece of the translation read.
            batch_size: texts that are translated at a time; default 64.

        Returns:
            `Translations`, a list of `Translation`: `.text`, `.score`, `.alternatives`,
            `.attention`.

        Raises:
            ValueError: an argument out of range.
        """
        asked = {
            "beams": beams,
            "length_penalty": length_penalty,
            "coverage_penalty": coverage_penalty,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        how = dataclasses.replace(self.search, **asked)
        if not isinstance(n_best, int) or not 1 <= n_best <= how.beams:
            raise ValueError(
                f"`n_best` must be an int from 1 to the number of beams. "
                f"Received: n_best={n_best!r}, beams={how.beams}"
            )
        if max_length is not None:
            # The end of a translation counts as an id.
            max_length = positive_int("max_length", max_length) + 1
        if isinstance(texts, (list, tuple)) and not len(texts):
            return Translations()
        texts = [texts] if isinstance(texts, str) else texts
        sources = self.examples(texts, None, "texts").sources
        found = [None] * len(sources)
        for rows, ids in self.by_length(sources, batch_size or self.batch_size):
            answer = self.respond(ids, how, max_length)
            best = ops.convert_to_numpy(answer["ids"])[:, :n_best]
            scores = ops.convert_to_numpy(answer["scores"])[:, :n_best]
            words = self.preprocessor.text(best.reshape(-1, best.shape[-1])).numpy()
            words = [[text.decode() for text in each] for each in words.reshape(best.shape[:2])]
            seen = self.attention(ids, best[:, 0]) if attention else [None] * len(rows)
            for k, row in enumerate(rows):
                pairs = zip(words[k], map(float, scores[k]), strict=True)
                first, *others = [pair for pair in pairs if pair[1] > LOW / 2]
                found[row] = Translation(sources[row], *first, others, seen[k])
        return Translations(found)

    def by_length(self, texts, batch_size):
        """Batches of texts of like length: which they are, and their ids `(B, S)`."""
        for start in range(0, len(texts), READ):
            ids = np.asarray(self.preprocessor.encode(texts[start : start + READ]))
            lengths = (ids != 0).sum(axis=1)
            order = np.argsort(lengths, kind="stable")
            for at in range(0, len(order), batch_size):
                rows = order[at : at + batch_size]
                yield rows + start, ids[rows, : lengths[rows[-1]]]

    def attention(self, source, ids):
        """What each piece of a translation `(B, L)` read: list of `Attention`."""
        text, batch = self.preprocessor, len(ids)
        target = np.concatenate([np.full((batch, 1), text.start, "int32"), ids], axis=1)

        def forward(source, target):
            batch = {"source": source, "target": target}
            return self.call(batch, return_weights=True)[1]

        weights = self.graphs.get("attention", forward)(source, target)
        if weights is None:
            raise ValueError("This decoder has no attention to show. Received: attention=True")
        weights, seen = ops.convert_to_numpy(weights), []
        if self.reverse_source:
            weights = weights[:, :, ::-1]
        for read, written, share in zip(source, ids, weights, strict=True):
            read, written = read[read != 0], written[written != 0]
            share = share[: len(written) + 1, : len(read)]
            read = [text.source.symbols[i] for i in read[:-1]]
            written = [text.target.symbols[i] for i in written]
            seen.append(Attention([*read, END], [*written, END], share))
        return seen

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """The best translations as a NumPy array of str; of ready batches the logits."""
        if not self.is_raw(x):
            return super().predict(x, batch_size, verbose, **kwargs)
        texts = self.examples(x, None, "data").bare()
        return np.array([str(t) for t in self.translate(texts, batch_size=batch_size)])

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", **kwargs):
        """Loss and metrics; of raw pairs with `return_dict` also BLEU and chrF, see `report`."""
        results = super().evaluate(x, y, batch_size, verbose, **kwargs)
        if self.is_raw(x) and isinstance(results, dict):
            report = self.report(x, y)
            results |= {"bleu": report.bleu, "chrf": report.chrf, "perplexity": report.perplexity}
        return results

    def report(self, x, y=None, **how):
        """BLEU, chrF and perplexity on pairs.

        Args:
            x: pairs (source, target). y: the targets, where `x` holds none.
            **how: as `translate` takes it: `beams=1`, `length_penalty=0.6`.

        Returns:
            `TranslationReport`; prints as a table.
        """
        pairs = self.examples(x, y, "evaluation data", labelled=True)
        answers = [t.text for t in self.translate(pairs.bare(), **how)]
        return TranslationReport.of(answers, pairs.targets, self.perplexity(pairs))

    def perplexity(self, pairs):
        """`exp` of the mean negative log-likelihood of a target's ids, the end included."""

        def losses(source, target, labels):
            logits = self.call({"source": source, "target": target})
            own = ops.take_along_axis(logits, ops.maximum(labels, 0)[..., None], axis=-1)[..., 0]
            lost = ops.logsumexp(logits, axis=-1) - own
            return ops.sum(ops.where(labels >= 0, lost, 0.0))

        graph, total, count = self.graphs.get("losses", losses), 0.0, 0
        batches = self.preprocessor.batches(pairs, **self.batching(None)).dataset
        for batch, labels in batches.as_numpy_iterator():
            total += float(graph(batch["source"], batch["target"], labels))
            count += int((labels >= 0).sum())
        return math.exp(total / count)


class Stepper:
    """The decoder and what stands round it, as `decoding.search` asks for it."""

    def __init__(self, model, never):
        self.model, self.decoder = model, model.decoder
        self.grow, self.reorder = model.decoder.grow, model.decoder.reorder
        # Outside the loop: transposing the matrix at each step costs as much as the product.
        self.matrix, bias = model.output_layer()
        barred = np.zeros(bias.shape, "float32")
        barred[list(never)] = LOW
        self.bias = ops.cast(bias, "float32") + barred

    def step(self, ids, read, state, at, weights=False):
        x = self.model.embed(self.model.embed_target, ids)
        y, state, seen = self.decoder.advance(x, read, state, at, weights=weights)
        return self.model.logits(y, self.matrix, self.bias), state, seen


class Graphs:
    """The compiled functions of a model, by name: nothing of it that would be saved."""

    def __init__(self, model):
        self.model, self.made = model, {}

    def get(self, name, function):
        """The graph of that name, of `function` where there is none yet."""
        if name not in self.made:
            self.made[name] = engine.compiled(function, self.model.variables)
        return self.made[name]

"""What a translator does to pairs of texts: the same code in training and in the exported graph.

Shapes: B texts, S source ids, T target ids, N translations of a text.
"""

import weakref

import keras
import numpy as np
import tensorflow as tf

from seqkit.configured import Configured
from seqkit.data.examples import DataError
from seqkit.data.graphed import graphed
from seqkit.data.pair_batches import PairBatches
from seqkit.data.preprocessor import CHUNK, get_tokens
from seqkit.data.raw_pairs import as_pairs
from seqkit.data.tokens import PADDING, Tokens

__all__ = ["Translation"]


@keras.saving.register_keras_serializable("seqkit")
class Translation(Configured):
    """Pairs of texts to batches of ids, and ids back to texts.

    Each vocabulary has two ids more than its units: `start`, with which a target begins, and
    `end`, with which sources and targets end. A batch is `{"source": (B, S), "target": (B, T)}`
    int32, padded with 0, and labels (B, T) int32, padded with -1: a source is its ids and `end`,
    a target `start` and its ids, its labels the ids and `end`.

    Args:
        source: `Tokens` of the source texts.
        target: `Tokens` of the target texts; `None` takes those of the source.

    Raises:
        ValueError: One of them is no `Tokens`.

    Example:
        >>> pairs = as_pairs([("a dog", "ein Hund"), ("", "")])
        >>> translation = Translation.learn(pairs, "words")
        >>> translation.encode(["a dog", ""]).numpy().tolist()
        [[2, 3, 5], [5, 0, 0]]
        >>> translation.text([[4, 2, 3, 5, 2]]).numpy().tolist()
        [b'Hund ein']
    """

    def __init__(self, source, target=None):
        for name, tokens in (("source", source), ("target", target)):
            if not (isinstance(tokens, Tokens) or (name == "target" and tokens is None)):
                raise ValueError(f"`{name}` must be a Tokens instance. Received: {tokens!r}")
        self.source = source
        self.target = source if target is None else target
        self._cache = weakref.WeakKeyDictionary()

    @property
    def shared(self):
        """Whether both sides have one vocabulary."""
        return self.target is self.source

    @property
    def source_size(self):
        """Number of source ids, `start` and `end` included."""
        return self.source.size + 2

    @property
    def target_size(self):
        """Number of target ids, `start` and `end` included."""
        return self.target.size + 2

    @property
    def start(self):
        """The id before the first of a target."""
        return self.target.size

    @property
    def end(self):
        """The id behind the last of a target; of a source it is `source_size - 1`."""
        return self.target.size + 1

    def get_config(self):
        # One vocabulary is saved once.
        config = super().get_config()
        return {**config, "target": None} if self.shared else config

    @classmethod
    def learn(cls, pairs, tokens="pieces", *, size=8000, shared=None, **options):
        """Learns the units of both sides from training data; they keep case.

        Args:
            pairs: Pairs with targets, anything `as_pairs` takes.
            tokens: "pieces", from which texts come back exactly, "words", "characters",
                "subwords", or a `Tokens` instance; or a pair of these for source and target.
            size: Most ids of a vocabulary, `start` and `end` not included.
            shared: Whether one vocabulary is learned from both sides; `None` means so for
                "pieces" alone. A single `Tokens` instance always is for both.
            **options: Handed to the units' `learn` (`min_count`, `max_length`, ...).

        Returns:
            `Translation`.

        Raises:
            DataError: There is no pair, or there are no targets.
            ValueError: `tokens` is none of these, or two of them are to be shared.
        """
        pairs = as_pairs(pairs, name="training data")
        check_pairs(pairs)
        if pairs.targets is None:
            raise DataError(
                f"{pairs.name}: expected {pairs.labelled_form}. "
                f"Received: {len(pairs)} sources alone"
            )
        if isinstance(tokens, Tokens):
            return cls(get_tokens(tokens, **options))
        two = isinstance(tokens, (tuple, list))
        if two and (len(tokens) != 2 or shared):
            raise ValueError(
                "`tokens` must be one for both sides, or a pair of which nothing is shared. "
                f"Received: tokens={tokens!r}, shared={shared!r}"
            )
        options = {"size": size, "lowercase": False, **options}
        if shared or (shared is None and not two and tokens == "pieces"):
            return cls(get_tokens(tokens, pairs.sources + pairs.targets, **options))
        sides = zip(
            tokens if two else (tokens, tokens), (pairs.sources, pairs.targets), strict=True
        )
        return cls(
            *(
                kind if isinstance(kind, Tokens) else get_tokens(kind, texts, **options)
                for kind, texts in sides
            )
        )

    # How raw data of any form is read.
    examples = staticmethod(as_pairs)

    @graphed(tf.TensorSpec([None], tf.string))
    def encode(self, texts):
        """Padded ids of source texts, in graph operations.

        Args:
            texts: String tensor (B,), or what converts to one.

        Returns:
            int32 (B, S): ids and `end`, padded with 0 on the right. S is at least 1.
        """
        ids = self.source.ids(texts)
        ends = tf.fill(tf.stack([ids.nrows(tf.int32), 1]), self.source_size - 1)
        return tf.concat([ids, tf.RaggedTensor.from_tensor(ends)], axis=1).to_tensor()

    @graphed(tf.TensorSpec([None, None], tf.int32))
    def text(self, ids):
        """Target ids back to texts, in graph operations.

        Args:
            ids: Integers (B, T): all from the first `end` on is left out, so are padding and
                `start` wherever they stand.

        Returns:
            String tensor (B,).
        """
        ids = tf.cast(tf.convert_to_tensor(ids), tf.int32)
        ended = tf.cumsum(tf.cast(ids == self.end, tf.int32), axis=-1) > 0
        return self.target.joined(tf.where(ended | (ids == self.start), PADDING, ids))

    def batches(
        self,
        examples,
        batch_size=None,
        *,
        tokens=None,
        shuffle=False,
        seed=None,
        class_weight=None,
        weights=None,
        buckets=16,
    ):
        """Batches of pairs bucketed by both lengths; their ids are looked up once and kept.

        Args:
            examples: Anything `as_pairs` takes; without targets the batches are sources alone.
            batch_size: Most pairs of a batch; `None` sets no limit if `tokens` does, else 32.
            tokens: Most ids of a batch, padding included, on the wider of its two sides: pairs
                times width. `None` sets no limit.
            shuffle: Whether the order is new every epoch.
            seed: Makes the sequence of epochs reproducible.
            class_weight: For `Task.fit`; there are no classes to weigh.
            weights: One weight per pair, or `None`.
            buckets: Most pairs of widths that occur.

        Returns:
            `PairBatches`.

        Raises:
            DataError: There is no pair.
            ValueError: An argument is out of range.
        """
        if class_weight is not None:
            raise ValueError(
                f"Texts have no classes to weigh. Received: class_weight={class_weight!r}"
            )
        pairs = as_pairs(examples)
        check_pairs(pairs)
        return PairBatches(
            *self._rows(pairs),
            weights,
            batch_size=batch_size,
            tokens=tokens,
            shuffle=shuffle,
            seed=seed,
            buckets=buckets,
        )

    def signatures(self, respond):
        """What an exported translator offers: name -> (list of `tf.TensorSpec`, function).

        Args:
            respond: Callable, source ids (B, S) -> dict: `ids` int32 (B, N, T), the best first,
                and their `scores` (B, N).
        """

        def n_best(texts):
            answer = respond(self.encode(texts))
            shape = tf.shape(answer["ids"])
            flat = self.text(tf.reshape(answer["ids"], (-1, shape[2])))
            return {"translations": tf.reshape(flat, shape[:2]), "scores": answer["scores"]}

        def serve(texts):
            answer = respond(self.encode(texts))
            return {
                "translations": self.text(answer["ids"][:, 0]),
                "scores": answer["scores"][:, 0],
            }

        texts = [tf.TensorSpec((None,), tf.string, name="texts")]
        return {"serving_default": (texts, serve), "n_best": (texts, n_best)}

    def samples(self, texts=None):
        """For each signature, inputs that are easy to get wrong, or the texts given."""
        if texts is None:
            units = [unit.lstrip("\u2581") or unit for unit in self.source.vocabulary]
            short, long = " ".join(units[:5]), " ".join(units[:30])
            texts = ["", " ", units[0], short, long, "\u00fc\u4e00\U0001f600", f"{short} qqqqq"]
        return {name: [tf.constant(texts)] for name in ("serving_default", "n_best")}

    def lengths(self, pairs):
        """How many ids each source and each target has, `end` included: two int arrays."""
        source, target = self._rows(as_pairs(pairs))
        # The rows of targets also hold `start`.
        return np.diff(source[1]), None if target is None else np.diff(target[1]) - 1

    def _rows(self, pairs):
        """Flat ids and offsets of sources and targets, from the cache after the first time."""
        if pairs not in self._cache:
            source = framed(self.source, pairs.sources, end=self.source_size - 1)
            target = None
            if pairs.targets is not None:
                target = framed(self.target, pairs.targets, start=self.start, end=self.end)
            self._cache[pairs] = (source, target)
        return self._cache[pairs]


def check_pairs(pairs):
    if not len(pairs):
        raise DataError(f"{pairs.name}: expected at least one pair. Received: none")


def framed(tokens, texts, *, start=None, end):
    """Ids of texts between `start` and `end`: flat int32, and offsets of the rows."""
    flat, lengths = [], []
    for at in range(0, len(texts), CHUNK):
        ids = tokens.ids(texts[at : at + CHUNK])
        flat.append(ids.flat_values.numpy())
        lengths.append(ids.row_lengths().numpy())
    before = 0 if start is None else 1
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths) + before + 1)])
    framed = np.full(offsets[-1], end, np.int32)
    inner = np.ones(len(framed), bool)
    inner[offsets[1:] - 1] = False
    if before:
        inner[offsets[:-1]] = False
        framed[offsets[:-1]] = start
    framed[inner] = np.concatenate(flat)
    return framed, offsets

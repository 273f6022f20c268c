"""What a text classifier does to raw data: the same code in training and in the exported graph.

Shapes: B texts, T tokens.
"""

import weakref

import keras
import numpy as np
import tensorflow as tf

from seqkit.configured import Configured
from seqkit.data.bucketing import batches, column
from seqkit.data.contents import shortened
from seqkit.data.examples import DataError
from seqkit.data.graphed import graphed
from seqkit.data.pieces import Pieces
from seqkit.data.raw import as_examples
from seqkit.data.subwords import Subwords
from seqkit.data.tokens import Characters, Tokens, Words

__all__ = ["TextClassification", "class_weights", "get_tokens"]

TOKENS = {"words": Words, "characters": Characters, "subwords": Subwords, "pieces": Pieces}
CHUNK = 8192
FEW_LABELS = 20  # as many may each occur once


def get_tokens(identifier, texts=None, **options):
    """Token units by name (learned from the texts), or an instance as it is.

    Args:
        identifier: "words", "characters", "subwords", "pieces", or a `Tokens` instance.
        texts: The training texts, where `identifier` is a name.
        **options: Handed to `learn`: `size`, `min_count`, `lowercase`, `max_length`.

    Returns:
        A `Tokens` instance.

    Raises:
        ValueError: The name is not known, or options come with an instance.

    Example:
        >>> get_tokens("words", ["good fun"]).vocabulary
        ('fun', 'good')
    """
    if isinstance(identifier, Tokens):
        if options:
            raise ValueError(
                f"`tokens` as an instance takes no options. Received: {', '.join(options)}"
            )
        return identifier
    if not isinstance(identifier, str) or identifier not in TOKENS:
        raise ValueError(
            f"`tokens` must be one of {', '.join(TOKENS)}, or a Tokens instance. "
            f"Received: {identifier!r}"
        )
    return TOKENS[identifier].learn(texts, **options)


def class_weights(labels, names, class_weight):
    """Weight of each example from the weight of its class.

    Args:
        labels: int array (examples,) of positions in `names`.
        names: The label names.
        class_weight: `None`, "balanced" (each class weighs the same in total, the mean weight is
            1), or a dict from label name, or else its position, to weight (1 where left out).

    Returns:
        float32 array (examples,), or `None`.

    Raises:
        ValueError: `class_weight` is something else, or names a label that does not exist.

    Example:
        >>> class_weights([0, 1, 1], ("no", "yes"), "balanced").tolist()
        [1.5, 0.75, 0.75]
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(labels, minlength=len(names))
        table = len(labels) / (np.maximum(counts, 1) * max(1, np.count_nonzero(counts)))
    elif isinstance(class_weight, dict):
        places = {place: name for place, name in enumerate(names) if str(place) not in names}
        class_weight = {str(places.get(key, key)): value for key, value in class_weight.items()}
        unknown = sorted(set(class_weight) - set(names))
        if unknown:
            raise ValueError(
                f"`class_weight` must name labels among {', '.join(names)}. Received: {unknown[0]}"
            )
        table = np.array([float(class_weight.get(name, 1)) for name in names])
        if not (np.isfinite(table) & (table >= 0)).all():
            raise ValueError(f"`class_weight` must not be negative. Received: {class_weight}")
    else:
        raise ValueError(
            f'`class_weight` must be None, "balanced" or a dict. Received: {class_weight!r}'
        )
    return table.astype(np.float32)[labels]


@keras.saving.register_keras_serializable("seqkit")
class TextClassification(Configured):
    """Raw texts and labels to batches of ids, and back to label names.

    Args:
        tokens: A `Tokens` instance.
        labels: The label names, a sequence of two or more distinct str; a label's id is its place.

    Raises:
        ValueError: `tokens` is no `Tokens`, or there are fewer than two distinct labels.

    Example:
        >>> examples = as_examples([("good fun", "positive"), ("a mess", "negative")])
        >>> texts = TextClassification.learn(examples)
        >>> texts.labels, texts.encode(["fun", ""]).shape
        (('negative', 'positive'), TensorShape([2, 1]))
    """

    def __init__(self, tokens, labels):
        if not isinstance(tokens, Tokens):
            raise ValueError(f"`tokens` must be a Tokens instance. Received: {tokens!r}")
        labels = tuple(str(label) for label in labels)
        if len(set(labels)) != len(labels) or len(labels) < 2:
            raise ValueError(f"`labels` must be two or more distinct names. Received: {labels}")
        self.tokens, self.labels = tokens, labels
        self._cache = weakref.WeakKeyDictionary()

    @classmethod
    def learn(cls, examples, tokens="words", *, labels=None, **options):
        """Learns the token units and the label names from training data.

        Args:
            examples: Labelled data, anything `as_examples` takes.
            tokens: "words", "characters", "subwords", "pieces", or a `Tokens` instance.
            labels: The label names in the order of their ids; `None` sorts those in the data.
            **options: Handed to the units' `learn` (`size`, `min_count`, `max_length`, ...).

        Returns:
            `TextClassification`.

        Raises:
            DataError: The data has no labels, or only one, or seems to hold labels for texts.
        """
        examples = as_examples(examples)
        if examples.labels is None:
            received = "texts only" if len(examples) else "nothing"
            raise DataError(f"{examples.name}: expected labelled examples. Received: {received}")
        if labels is None:
            labels = examples.label_names
            often = max(FEW_LABELS, len(examples) // 2)
            if len(labels) > often and len(set(examples.texts)) < len(labels):
                raise DataError(
                    f"{examples.name}: expected labels that come back; are texts and labels "
                    f"exchanged? Received: {len(labels)} labels of {len(examples)} examples, such "
                    f"as {shortened(labels[0])}"
                )
            if len(labels) < 2:
                raise DataError(
                    f"{examples.name}: expected two or more distinct labels. "
                    f"Received: {', '.join(labels) or 'none'}"
                )
        return cls(get_tokens(tokens, examples, **options), labels)

    # How raw data of any form is read.
    examples = staticmethod(as_examples)

    @graphed(tf.TensorSpec([None], tf.string))
    def encode(self, texts):
        """Padded ids of texts, in graph operations.

        Args:
            texts: String tensor (B,), or what converts to one.

        Returns:
            int32 (B, T), padded with 0 on the right; T is at least 1, so that a text without
            tokens is a row of padding.
        """
        ids = self.tokens.ids(texts)
        width = tf.maximum(ids.bounding_shape(1), 1)
        return ids.to_tensor(shape=tf.stack([ids.nrows(), width]))

    def label_ids(self, labels, *, name="labels"):
        """Ids of label names.

        Args:
            labels: Sequence of str or int.
            name: What messages call the data.

        Returns:
            int32 array (len(labels),).

        Raises:
            DataError: A label is none of `self.labels`.
        """
        table = {label: i for i, label in enumerate(self.labels)}
        ids = [table.get(str(label), -1) for label in labels]
        if -1 in ids:
            at = ids.index(-1)
            raise DataError(
                f"{name}: expected labels among {', '.join(self.labels)}. "
                f"Received: {str(labels[at])!r} (example {at})"
            )
        return np.array(ids, np.int32)

    def batches(
        self,
        examples,
        batch_size=32,
        *,
        shuffle=False,
        seed=None,
        class_weight=None,
        weights=None,
        buckets=16,
        drop_remainder=False,
    ):
        """Bucketed batches of examples; they are tokenised once and kept.

        Args:
            examples: Anything `as_examples` takes; without labels the batches are ids alone.
            batch_size: Examples of a batch.
            shuffle: Whether the order is new every epoch.
            seed: Makes the sequence of epochs reproducible.
            class_weight: `None`, "balanced" or a dict from label name to weight.
            weights: One weight per example, or `None`; multiplied with those of the classes.
            buckets: Most widths that occur.
            drop_remainder: Whether to leave out a short last batch.

        Returns:
            `Batches` of ids (B, T) int32, label (B,) int32, and weight (B,) float32 if there are
            weights.

        Raises:
            DataError: There is no example, or a label is unknown.
            ValueError: An argument is out of range.
        """
        examples = as_examples(examples)
        if not len(examples):
            raise DataError(f"{examples.name}: expected at least one example. Received: none")
        labels = None
        if examples.labels is not None:
            labels = self.label_ids(examples.labels, name=examples.name)
            weights = column(weights, "weights", len(labels))
            by_class = class_weights(labels, self.labels, class_weight)
            if by_class is not None:
                weights = by_class if weights is None else by_class * weights
        elif class_weight is not None:
            raise DataError(f"{examples.name}: `class_weight` needs labels. Received: texts only")
        return batches(
            self._rows(examples),
            labels,
            weights,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            buckets=buckets,
            drop_remainder=drop_remainder,
        )

    def signatures(self, respond):
        """What an exported classifier offers: name -> (list of `tf.TensorSpec`, function).

        Args:
            respond: Callable, a batch of ids -> dict: `best` (B,), `probabilities` (B, C).
        """

        def serve(texts):
            answer = respond(self.encode(texts))
            labels = tf.constant(self.labels)
            # A row for each text in every output, as row-wise serving expects.
            return {
                "label": tf.gather(labels, answer["best"]),
                "labels": tf.repeat(labels[None], tf.shape(texts)[0], axis=0),
                "probabilities": answer["probabilities"],
            }

        return {"serving_default": ([tf.TensorSpec((None,), tf.string, name="texts")], serve)}

    def samples(self, texts=None):
        """For each signature, inputs that are easy to get wrong, or the texts given."""
        if texts is None:
            units = list(self.tokens.vocabulary)
            short, long = " ".join(units[:5]), " ".join(units[:60])
            texts = ["", " ", units[0], short, long, "\u00fc\u4e00\U0001f600"]
            texts += [f"{short} qqqqq", long * 2]
        return {"serving_default": [tf.constant(texts)]}

    def _rows(self, examples):
        """Flat ids and offsets of all examples, from the cache after the first time."""
        if examples not in self._cache:
            flat, lengths = [], []
            for start in range(0, len(examples), CHUNK):
                ids = self.tokens.ids(examples.texts[start : start + CHUNK])
                flat.append(ids.flat_values.numpy())
                lengths.append(ids.row_lengths().numpy())
            offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
            self._cache[examples] = (np.concatenate(flat), offsets)
        return self._cache[examples]

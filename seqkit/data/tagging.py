"""What a tagger does to sentences: the same code in training and in the exported graph.

Shapes: B sentences, T words, K characters of a word, F distinct words, C tags.
"""

import functools
import weakref

import keras
import numpy as np
import tensorflow as tf

from seqkit.configured import Configured
from seqkit.data.bucketing import batches
from seqkit.data.distinct import looked_up, numbered_words
from seqkit.data.examples import DataError
from seqkit.data.forms import Forms, Prefixes, Shapes, Suffixes
from seqkit.data.graphed import as_it_is, graphed
from seqkit.data.preprocessor import class_weights
from seqkit.data.raw_sentences import as_sentences
from seqkit.data.tag_signatures import samples, signatures
from seqkit.data.tokens import Characters, Tokens

__all__ = ["Tagging"]

# Longer words are rare and mostly addresses; their ends tell little.
LONGEST = 20


@keras.saving.register_keras_serializable("seqkit")
class Tagging(Configured):
    """Sentences of words and their tags to batches of ids, and back to tag names.

    A batch is a dict of int32: `words` `(B, T)`, and as asked for `prefixes`, `suffixes`,
    `shapes` `(B, T)` and `characters` `(B, T, K)`; 0 is padding, 1 unknown. Tags are int32
    `(B, T)`, -1 where there is none.

    Args:
        words: `Forms`, or any units that give one id for each word.
        labels: The tags, a sequence of two or more distinct str; a tag's id is its place.
        characters: `Characters`, or `None` to leave them out.
        prefixes: `Prefixes`, or `None`.
        suffixes: `Suffixes`, or `None`.
        shapes: `Shapes`, or `None`.
        column: The column of CoNLL-U files that holds the tags.
        splitter: How raw strings are cut into words: "whitespace", "words", or `None`, which
            takes no raw strings.

    Raises:
        ValueError: There are fewer than two distinct tags, or units of another kind.

    Example:
        >>> sentences = as_sentences([(["a", "dog", "barks"], ["DET", "NOUN", "VERB"])])
        >>> tagging = Tagging.learn(sentences)
        >>> tagging.labels, tagging.encode([["a", "cat"], []])["words"].shape
        (('DET', 'NOUN', 'VERB'), TensorShape([2, 2]))
    """

    def __init__(
        self,
        words,
        labels,
        *,
        characters=None,
        prefixes=None,
        suffixes=None,
        shapes=None,
        column="upos",
        splitter=None,
    ):
        labels = tuple(str(label) for label in labels)
        if len(set(labels)) != len(labels) or len(labels) < 2:
            raise ValueError(f"`labels` must be two or more distinct tags. Received: {labels}")
        self.words, self.labels = words, labels
        self.characters, self.prefixes = characters, prefixes
        self.suffixes, self.shapes = suffixes, shapes
        self.column, self.splitter = column, splitter
        for name, units in self.features.items():
            if not isinstance(units, Tokens):
                raise ValueError(f"`{name}` must be a Tokens instance. Received: {units!r}")
        self._cache = weakref.WeakKeyDictionary()

    @property
    def features(self):
        """The units in use by name; `characters`, of which a word has many, come last."""
        names = ("words", "prefixes", "suffixes", "shapes", "characters")
        return {name: units for name in names if (units := getattr(self, name)) is not None}

    @classmethod
    def learn(
        cls,
        train,
        *,
        vocabulary=50_000,
        min_count=1,
        also=(),
        characters=True,
        prefixes=False,
        suffixes=False,
        shapes=False,
        column="upos",
        splitter=None,
        labels=None,
    ):
        """Learns units and tags from training data.

        Args:
            train: Tagged sentences, anything `as_sentences` takes.
            vocabulary: How many different words to know, at most.
            min_count: A word seen less often is unknown.
            also: Words to know beside those of the data, as word vectors bring them.
            characters: Whether to read the characters of each word.
            prefixes: Whether to know words by their first three characters.
            suffixes: Whether to know words by their last three characters.
            shapes: Whether to know how words are written.
            column: Of CoNLL-U files, which holds the tags.
            splitter: As in the constructor.
            labels: The tags in the order of their ids; `None` sorts those in the data.

        Returns:
            `Tagging`.

        Raises:
            DataError: The data has no tags, or only one.
        """
        sentences = as_sentences(train, column=column, splitter=splitter, name="training data")
        labels = sentences.label_names if labels is None else labels
        if len(labels) < 2:
            raise DataError(
                f"{sentences.name}: expected two or more distinct tags. "
                f"Received: {', '.join(labels) or 'none'}"
            )
        every = [word for words in sentences.words for word in words]
        learned = {}
        if characters:
            learned["characters"] = Characters.learn(
                every, size=1000, lowercase=False, max_length=LONGEST
            )
        kinds = (("prefixes", prefixes, Prefixes), ("suffixes", suffixes, Suffixes))
        for name, wanted, kind in (*kinds, ("shapes", shapes, Shapes)):
            if wanted:
                # Once is unknown, so that training meets the unknown; of a few words all count.
                often = 2 if len(every) > 1000 else 1
                learned[name] = kind.learn(every, size=5000, min_count=often)
        words = Forms.learn(every, size=vocabulary, min_count=min_count)
        if len(also):
            words = Forms(dict.fromkeys((*words.vocabulary, *Forms.cleaned(also))))
        return cls(words, labels, column=column, splitter=splitter, **learned)

    def examples(self, x, y=None, *, name="data"):
        """Sentences in any form as `Sentences`."""
        return as_sentences(x, y, column=self.column, splitter=self.splitter, name=name)

    # --- words to ids -----------------------------------------------------------

    def encode(self, words):
        """Padded ids of sentences, in graph operations.

        Args:
            words: Ragged strings (B, None), or lists of lists of str.

        Returns:
            Dict of int32, a batch. T is at least 1, so that a sentence without words is a row
            of padding.
        """
        if not isinstance(words, tf.RaggedTensor):
            words = tf.ragged.constant(list(map(list, words)), tf.string, ragged_rank=1)
        return self.encode_ragged(words)

    @graphed(tf.RaggedTensorSpec([None, None], tf.string, ragged_rank=1))
    def encode_ragged(self, words):
        """`encode` of ragged strings alone."""
        return self.padded(words, self.word_ids(words.values))

    def padded(self, words, ids):
        """Ids of the flat words of sentences as a batch."""
        width = tf.maximum(tf.cast(words.bounding_shape(1), tf.int32), 1)
        rows = tf.cast(words.nrows(), tf.int32)
        return {
            name: words.with_values(flat).to_tensor(shape=[rows, width, *flat.shape[1:]])
            for name, flat in ids.items()
        }

    @property
    def word_width(self):
        """Characters that are read of a word."""
        return self.characters.max_length or LONGEST

    def word_ids(self, words):
        """Ids of words (N,): dict of int32 (N,), and (N, K) for characters."""
        found = {}
        for name, units in self.features.items():
            ids = units.ids(words)
            found[name] = (
                ids.to_tensor(shape=(None, self.word_width))
                if name == "characters"
                else ids.flat_values
            )
        return found

    def label_ids(self, sentences, *, strict=True):
        """Ids of all tags one after the other, -1 where there is none: int32 (words,).

        Args:
            sentences: `Sentences` with tags.
            strict: Whether a tag that is none of `self.labels` raises; else it gets -2.

        Raises:
            DataError: See `strict`.
        """
        table = {None: -1, **{label: i for i, label in enumerate(self.labels)}}
        for row, (words, tags) in enumerate(sentences):
            for word, tag in zip(words, tags, strict=True):
                if strict and tag not in table:
                    raise DataError(
                        f"{sentences.name}: expected tags among {', '.join(self.labels)}. "
                        f"Received: {tag!r} (sentence {row}, word {word!r})"
                    )
        return np.array([table.get(tag, -2) for tags in sentences.labels for tag in tags], np.int32)

    def batches(
        self,
        sentences,
        batch_size=32,
        *,
        shuffle=False,
        seed=None,
        class_weight=None,
        weights=None,
        buckets=16,
        strict=True,
    ):
        """Bucketed batches of sentences; their words are looked up once and kept.

        Args:
            sentences: Anything `as_sentences` takes; without tags the batches are ids alone.
            batch_size: Sentences of a batch.
            shuffle: Whether the order is new every epoch.
            seed: Makes the sequence of epochs reproducible.
            class_weight: `None`, "balanced" or a dict from tag to weight. A sentence weighs as
                much as its words on average, since a CRF scores it as a whole.
            weights: One weight per sentence, or `None`; multiplied with those of the tags.
            buckets: Most widths that occur.
            strict: Whether a tag that is none of `self.labels` raises; else it gets -2, which
                losses leave out and `TokenAccuracy` counts as answered wrong.

        Returns:
            `Batches` of (ids, tags), with weights (ids, tags, weight (B,) float32).

        Raises:
            DataError: There is no sentence, or a tag is unknown.
            ValueError: An argument is out of range.
        """
        sentences = self.examples(sentences)
        if not len(sentences):
            raise DataError(f"{sentences.name}: expected at least one sentence. Received: none")
        if sentences not in self._cache:
            self._cache[sentences] = numbered_words(sentences, self.word_ids)
        flat, offsets, table = self._cache[sentences]
        targets = None
        if sentences.labels is not None:
            targets = self.label_ids(sentences, strict=strict)
            by_tag = self.sentence_weights(targets, offsets, class_weight)
            if by_tag is not None:
                weights = by_tag if weights is None else by_tag * np.asarray(weights)
        elif class_weight is not None:
            raise DataError(f"{sentences.name}: `class_weight` needs tags. Received: words only")
        made = batches(
            (flat, offsets),
            None,
            weights,
            targets=targets,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            buckets=buckets,
        )
        made.dataset = made.dataset.map(as_it_is(functools.partial(looked_up, table))).prefetch(8)
        return made

    def sentence_weights(self, targets, offsets, class_weight):
        """Mean weight of the tags of each sentence, 1 where it has none; or `None`."""
        tagged = targets >= 0
        by_word = class_weights(targets[tagged], self.labels, class_weight)
        if by_word is None:
            return None
        row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[tagged]
        count = np.bincount(row, minlength=len(offsets) - 1)
        total = np.bincount(row, by_word, minlength=len(offsets) - 1)
        return np.where(count > 0, total / np.maximum(count, 1), 1).astype(np.float32)

    # --- the export ---------------------------------------------------------------

    def signatures(self, respond):
        """What an exported tagger offers, see `tag_signatures.signatures`."""
        return signatures(self, respond)

    def samples(self, rows=None):
        """For each signature, inputs that are easy to get wrong, or the sentences given."""
        return samples(self, rows)

"""Sentences to a tag for each word.

Shapes: B sentences, T words, K characters, D features, C tags.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.layers import chain
from seqkit.layers.characters import KINDS, CharacterEncoder
from seqkit.layers.crf import CRF
from seqkit.layers.word_dropout import WordDropout
from seqkit.models.raw import is_raw_beside_dicts
from seqkit.models.tag_report import TagReport
from seqkit.models.tagged import Tagged, TaggedSentence
from seqkit.models.task import Task

__all__ = ["Tagger"]


@keras.saving.register_keras_serializable("seqkit")
class Tagger(Task):
    """Word and character vectors, an encoder over the sentence, a tag for each word.

    With a CRF the output is its packed potentials, without one logits `(B, T, C)`; `predict`
    gives probabilities, `tag` answers. Tags of a CRF are the best path through the sentence,
    its probabilities the marginals of each word.

    Args:
        preprocessor: `seqkit.data.Tagging`; holds the vocabulary and the tags.
        encoder: layer `(B, T, D) -> (B, T, D)`, or `None`. Gets the mask where it takes one.
        embedding: size of the word vectors.
        characters: "cnn", "rnn", or a layer `(B, T, K) -> (B, T, N)`; for a preprocessor that
            reads characters.
        character_units: size of the vector that stands for a word's characters.
        feature_embedding: size of the vectors of prefixes, suffixes and shapes.
        crf: whether neighbouring tags are scored together, or a `seqkit.layers.CRF`.
        dropout: on the word and character vectors, and on what the encoder gives.
        word_dropout: share of the words that count as unknown in training.
        seed: for the order of the sentences in training.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> from seqkit import data, layers, training
        >>> sentences = [(["a", "dog", "barks"], ["DET", "NOUN", "VERB"])]
        >>> encoder = layers.Stack("gru", 8, bidirectional=True)
        >>> model = Tagger(data.Tagging.learn(sentences), encoder, crf=False)
        >>> model.compile("adam", training.TokenCrossentropy())
        >>> history = model.fit(sentences, verbose=0)
        >>> len(model.tag([["a", "dog"]])[0].tags)
        2
    """

    def __init__(
        self,
        preprocessor,
        encoder=None,
        *,
        embedding=100,
        characters="cnn",
        character_units=64,
        feature_embedding=32,
        crf=True,
        dropout=0.0,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(preprocessor, seed=seed, **kwargs)
        self.encoder, self.embedding = encoder, positive_int("embedding", embedding)
        if isinstance(characters, str) and characters not in KINDS:
            raise ValueError(
                f"`characters` must be one of {', '.join(KINDS)}, a layer or None. "
                f"Received: {characters!r}"
            )
        if characters is None and "characters" in preprocessor.features:
            raise ValueError(
                "`characters` must say what reads the characters that the preprocessor gives: "
                f"{', '.join(KINDS)} or a layer. Received: None"
            )
        self.characters, self.character_units = characters, character_units
        self.feature_embedding = positive_int("feature_embedding", feature_embedding)
        self.crf = crf
        self.dropout, self.word_dropout = rate("dropout", dropout), word_dropout

        part = {"dtype": self.dtype_policy}
        self.drop_words = WordDropout(word_dropout)
        self.embed = {}
        for name, units in preprocessor.features.items():
            if name != "characters":
                size = embedding if name == "words" else feature_embedding
                self.embed[name] = keras.layers.Embedding(
                    units.size, size, name=f"embed_{name}", **part
                )
            elif isinstance(characters, str):
                self.embed[name] = CharacterEncoder(
                    units.size, character_units, kind=characters, name="characters", **part
                )
            else:
                self.embed[name] = characters
        self.drop = keras.layers.Dropout(dropout, **part)
        self.drop_encoded = keras.layers.Dropout(dropout, **part)
        # float32 under any policy: what follows are sums of exponentials.
        self.head = keras.layers.Dense(len(self.labels), dtype="float32", name="head")
        self.chain = CRF(len(self.labels), name="crf") if crf is True else crf or None

    is_raw = staticmethod(is_raw_beside_dicts)

    @property
    def labels(self):
        """The tags, in the order of the probabilities."""
        return self.preprocessor.labels

    def build(self, input_shape=None):
        wide = {"words": (None, None)}
        if "characters" in self.embed:
            longest = self.preprocessor.word_width
            wide["characters"] = (None, None, longest)
        size = 0
        for name, layer in self.embed.items():
            shape = wide.get(name, (None, None))
            if not layer.built:  # a layer of the user's own comes back built from a file
                layer.build(shape)
            size += layer.compute_output_shape(shape)[-1]
        shape = (None, None, size)
        if self.encoder is not None:
            shape = self.encoder(keras.KerasTensor(shape, dtype=self.compute_dtype)).shape
        if len(shape) != 3:
            raise ValueError(f"`encoder` must return a vector for each word. Received: {shape}")
        self.head.build(shape)
        if self.chain is not None and not self.chain.built:
            self.chain.build((None, None, len(self.labels)))
        self.built = True

    def get_build_config(self):
        return {"built": True}  # the preprocessor knows every shape

    def build_from_config(self, config):
        self.build()

    def call(self, ids, training=False):
        """A batch of ids -> logits `(B, T, C)`, or the potentials of the CRF."""
        mask = ops.not_equal(ids["words"], 0)
        read = {**ids, "words": self.drop_words(ids["words"], training=training)}
        x = ops.concatenate(
            [
                layer(read[name], training=training) if name == "characters" else layer(read[name])
                for name, layer in self.embed.items()
            ],
            axis=-1,
        )
        x = self.drop(x, training=training)
        if self.encoder is not None:
            x = self.encoder(x, training=training, **self.masked(self.encoder, mask))
            # The mask goes with it: one that Keras finds on logits is multiplied into the loss.
            x = ops.where(mask[..., None], x, 0)
        logits = self.head(self.drop_encoded(x, training=training))
        return logits if self.chain is None else self.chain(logits, mask=mask)

    def parts(self):
        """What the model is made of, for `inspect.facts`: plain values and layers."""
        sizes = {name: units.size for name, units in self.preprocessor.features.items()}
        return {
            "column": self.preprocessor.column,
            "vocabulary": sizes.pop("words"),
            **sizes,
            "encoder": self.encoder,
            "crf": self.chain is not None,
        }

    def compute_output_shape(self, input_shape):
        shape = (*input_shape["words"], len(self.labels))
        return shape if self.chain is None else self.chain.compute_output_shape(shape)

    def measuring(self, batch_size):
        # Rare tags that only the data to measure on has: no answer is right there.
        return self.batching(batch_size) | {"strict": False}

    # --- answers --------------------------------------------------------------------

    def respond(self, ids, probabilities=False):
        """A batch of ids -> dict: `best` `(B, T)` int32, and `probabilities` `(B, T, C)`."""
        outputs = self(ids, training=False)
        if self.chain is None:
            found = {"best": ops.cast(ops.argmax(outputs, axis=-1), "int32")}
            return {**found, "probabilities": ops.softmax(outputs)} if probabilities else found
        potentials = chain.unpack(outputs)
        found = {"best": chain.viterbi(potentials)[0]}
        return {**found, "probabilities": chain.marginals(potentials)} if probabilities else found

    def responded(self, ids, probabilities):
        """`respond`, compiled once for batches of all sizes, as NumPy arrays."""

        names = tuple(ids)

        def respond(*tensors):
            batch = dict(zip(names, tensors, strict=True))
            if "characters" in batch:  # as many of each word, which an open graph forgets
                longest = self.preprocessor.word_width
                shape = (*ops.shape(batch["words"]), longest)
                batch["characters"] = ops.reshape(batch["characters"], shape)
            return self.respond(batch, probabilities)

        answers = self.graphs.get((probabilities, *names), respond)(*ids.values())
        return keras.tree.map_structure(ops.convert_to_numpy, answers)

    def responses(self, sentences, batch_size=None, *, probabilities=False):
        """Arrays of each sentence, cut to its length: a list of dicts as `respond` gives."""
        batch_size = self.size_of(batch_size)
        if len(sentences) <= batch_size:  # no pipeline for a handful
            alone = keras.tree.map_structure(np.asarray, self.preprocessor.encode(sentences.words))
            batches, order = [alone], range(len(sentences))
        else:
            made = self.preprocessor.batches(sentences, batch_size=batch_size)
            batches, order = made.dataset.as_numpy_iterator(), made.order
        found = [None] * len(sentences)
        places = iter(order)
        for batch in batches:
            answers = self.responded(batch, probabilities)
            for k in range(len(answers["best"])):
                row = next(places)
                length = len(sentences.words[row])
                found[row] = {name: values[k, :length] for name, values in answers.items()}
        return found

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """Probabilities of the tags of each word.

        Args:
            x: sentences in any form (tags in them are not looked at), or ready batches.
            batch_size: sentences in a batch; default 32.
            verbose: for ready batches, as in Keras.
            **kwargs: for ready batches, as in Keras.

        Returns:
            List with an array `(words, C)` for each sentence; of ready batches what the model
            puts out.
        """
        if not self.is_raw(x):
            return super().predict(x, batch_size, verbose, **kwargs)
        sentences = self.examples(x, None, "data").bare()
        rows = self.responses(sentences, batch_size, probabilities=True)
        return [row["probabilities"] for row in rows]

    def tag(self, sentences, *, probabilities=False, batch_size=256):
        """Words with their tags, for people.

        Args:
            sentences: list of lists of words, or other raw data; strings where the model was
                made with a `splitter`. One sentence counts as a list of one.
            probabilities: whether to say how probable each tag is.
            batch_size: sentences in a batch.

        Returns:
            `Tagged`, a list of `TaggedSentence`: `.words`, `.tags`, `.probabilities`.
        """
        if isinstance(sentences, (list, tuple)):
            if not len(sentences):
                return Tagged()
            if self.preprocessor.splitter is None and isinstance(sentences[0], str):
                sentences = [list(sentences)]
        elif isinstance(sentences, str) and self.preprocessor.splitter is not None:
            from seqkit.data.raw_sentences import is_text  # TensorFlow comes with it

            sentences = [sentences] if is_text(sentences) else sentences
        sentences = self.examples(sentences, None, "sentences").bare()
        tagged = Tagged()
        rows = self.responses(sentences, batch_size, probabilities=probabilities)
        for words, row in zip(sentences.words, rows, strict=True):
            tags = [self.labels[best] for best in row["best"]]
            odds = None
            if probabilities:
                odds = [
                    dict(zip(self.labels, map(float, word), strict=True))
                    for word in row["probabilities"]
                ]
            tagged.append(TaggedSentence(list(words), tags, odds))
        return tagged

    def report(self, x, y=None):
        """Accuracy, also on unknown words, a row for each tag, spans, the worst mistakes.

        Args:
            x: tagged sentences. y: their tags, where `x` holds none.

        Returns:
            `TagReport`; prints as a table. A tag unknown to the model counts as answered wrong.
        """
        sentences = self.examples(x, y, "evaluation data", labelled=True)
        answers = [
            [self.labels[best] for best in row["best"]]
            for row in self.responses(sentences.bare(), 256)
        ]
        return TagReport.of(sentences, answers, labels=self.labels, known=self.knows)

    def knows(self, words):
        """Which of the words (a list of str) were in the training data: bool array."""
        return self.preprocessor.words.ids(words).flat_values.numpy() > 1 if words else np.zeros(0)

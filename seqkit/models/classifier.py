"""Text to one of several labels.

Shapes: B batch, T time, D features, C classes.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.layers.pooling import Pooling
from seqkit.layers.word_dropout import WordDropout
from seqkit.models.answers import Answer, Answers
from seqkit.models.report import Report
from seqkit.models.task import Task

__all__ = ["TextClassifier"]


@keras.saving.register_keras_serializable("seqkit")
class TextClassifier(Task):
    """Embedding, encoder, pooling, and a logit for each label.

    The model's outputs are logits; `predict` gives probabilities and `classify` answers.

    Args:
        preprocessor: `seqkit.data.TextClassification`; holds the vocabulary and the labels.
        encoder: layer `(B, T, D) -> (B, T, D)`, or `-> (B, D)`, which leaves nothing to pool;
            `None` pools the embeddings themselves. Gets the mask where it takes one.
        embedding: size of the embeddings, or a layer `(B, T) -> (B, T, D)`.
        pooling: "last", "mean", "max", "attention", or a layer `(B, T, D) -> (B, D)`.
        dropout: on the pooled vector.
        embedding_dropout: on the embeddings.
        word_dropout: share of the words that count as unknown in training.
        seed: for the order of the examples in training.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> from seqkit import data, layers
        >>> reviews = [("a joy", "positive"), ("a bore", "negative")]
        >>> text = data.TextClassification.learn(data.as_examples(reviews))
        >>> model = TextClassifier(text, layers.Stack("gru", 8), embedding=16)
        >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> history = model.fit(reviews, verbose=0)
        >>> model.predict(["joy"], verbose=0).shape
        (1, 2)
    """

    def __init__(
        self,
        preprocessor,
        encoder=None,
        *,
        embedding=128,
        pooling="max",
        dropout=0.0,
        embedding_dropout=0.0,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(preprocessor, seed=seed, **kwargs)
        made = isinstance(embedding, keras.layers.Layer)
        self.encoder = encoder
        self.embedding = embedding if made else positive_int("embedding", embedding)
        self.pooling = pooling
        self.dropout = rate("dropout", dropout)
        self.embedding_dropout = rate("embedding_dropout", embedding_dropout)
        self.word_dropout = word_dropout

        part = {"dtype": self.dtype_policy}
        self.drop_words = WordDropout(word_dropout)
        self.embed = embedding
        if not made:
            self.embed = keras.layers.Embedding(preprocessor.tokens.size, self.embedding, **part)
        self.drop_embeddings = keras.layers.Dropout(embedding_dropout, **part)
        self.pool = Pooling(pooling, **part) if isinstance(pooling, str) else pooling
        self.drop = keras.layers.Dropout(dropout, **part)
        # float32 under any policy: a softmax in float16 loses the unlikely classes.
        self.head = keras.layers.Dense(len(self.labels), dtype="float32", name="head")

    @property
    def labels(self):
        """Names of the classes, in the order of the probabilities."""
        return self.preprocessor.labels

    def build(self, input_shape):
        self.embed.build(input_shape)
        shape = (*input_shape, self.embed.compute_output_shape(input_shape)[-1])
        if self.encoder is not None:
            # A symbolic call builds any layer and tells its shape, whatever methods it has.
            shape = self.encoder(keras.KerasTensor(shape, dtype=self.compute_dtype)).shape
        if len(shape) == 3:
            if self.pool is None:
                raise ValueError(
                    "`pooling=None` needs an encoder that returns one vector for each text. "
                    f"Received: an encoder that returns shape {shape}"
                )
            self.pool.build(shape)
        self.head.build((shape[0], shape[-1]))

    def encode(self, ids, training=False):
        """The encoder's outputs and the mask: ids `(B, T)` -> `(B, T, D)`, bool `(B, T)`."""
        mask = ops.not_equal(ids, 0)
        x = self.embed(self.drop_words(ids, training=training))
        x = self.drop_embeddings(x, training=training)
        if self.encoder is None:
            return x, mask
        return self.encoder(x, training=training, **self.masked(self.encoder, mask)), mask

    def call(self, ids, training=False):
        """ids `(B, T)`, 0 for padding -> logits `(B, C)`."""
        x, mask = self.encode(ids, training=training)
        if len(x.shape) == 3:
            x = self.pool(x, **self.masked(self.pool, mask))
        return self.head(self.drop(x, training=training))

    def parts(self):
        """What the model is made of, for `inspect.facts`: plain values and layers."""
        tokens = self.preprocessor.tokens
        return {
            "tokens": type(tokens).__name__.lower(),
            "vocabulary": tokens.size,
            "encoder": self.encoder,
            "pooling": self.pooling,
        }

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.labels))

    def respond(self, ids):
        """A batch of ids -> dict: `best` `(B,)` int32 and `probabilities` `(B, C)` float32."""
        logits = ops.cast(self(ids, training=False), "float32")
        best = ops.cast(ops.argmax(logits, axis=-1), "int32")
        return {"best": best, "probabilities": ops.softmax(logits)}

    def answer(self, outputs):
        """Logits to probabilities, NumPy `(N, C)`."""
        odds = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        return odds / odds.sum(axis=-1, keepdims=True)

    def classify(self, texts):
        """Answers for people.

        Args:
            texts: a list of str, or other raw data; one str counts as a list of one.

        Returns:
            `Answers`, a list of `Answer`: `.text`, `.label`, `.probability`, `.probabilities`.
        """
        texts = [texts] if isinstance(texts, str) else texts
        if isinstance(texts, list) and not texts:
            return Answers()
        texts = self.examples(texts, bare=True).texts
        rows = self.predict(texts, verbose=0).tolist()
        answers = Answers()
        for text, row in zip(texts, rows, strict=True):
            named = dict(zip(self.labels, row, strict=True))
            label = max(named, key=named.get)
            answers.append(Answer(text, label, named[label], named))
        return answers

    def report(self, x, y=None):
        """Accuracy, macro-F1 and a table of the classes on labelled raw data.

        Args:
            x: raw data. y: its labels, where `x` holds none.

        Returns:
            `Report`; prints as a table.
        """
        examples = self.examples(x, y, "evaluation data", labelled=True)
        truth = self.preprocessor.label_ids(examples.labels)
        answers = self.predict(examples.texts, verbose=0).argmax(axis=-1)
        return Report.of(self.labels, truth, answers)

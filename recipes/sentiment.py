"""Sentiment, or any other label of a whole text: raw strings to a classifier."""

import functools

import keras

from recipes._unread import refuse_unread
from seqkit.data import TextClassification
from seqkit.layers import encoders
from seqkit.models import TextClassifier
from seqkit.training import Crossentropy, MacroF1

__all__ = ["sentiment"]


def sentiment(
    train,
    *,
    cell="lstm",
    units=64,
    layers=1,
    bidirectional=True,
    encoder="recurrent",
    pooling="attention",
    embedding=128,
    tokens="words",
    vocabulary=20_000,
    max_length=4096,
    dropout=0.3,
    word_dropout=0.1,
    seed=None,
    **options,
):
    """A compiled text classifier: learns words and labels from `train`, not yet trained.

    Embedding -> encoder -> pooling over time -> a logit for each label.

    Args:
        train: labelled texts in any form that `seqkit.data.as_examples` takes. Vocabulary
            and labels are learned from it; two labels or many.
        cell: recurrent cell by name ("lstm", "gru", "mut1", ...), class or instance.
        units: of each layer and direction, or of the transformer.
        layers: how many.
        bidirectional: whether each layer also reads from the end.
        encoder: "recurrent", "transformer", or any layer `(B, T, D) -> (B, T, D)` or `(B, D)`.
        pooling: "last" (the states after the last word), "mean", "max" or "attention".
        embedding: size of the word vectors, or a layer that makes them.
        tokens: "words", "characters", "subwords", or a `seqkit.data.Tokens` of your own.
        vocabulary: how many different tokens to know, at most.
        max_length: how many tokens of a text to read, at most; None reads all. A batch takes
            memory for its longest text, in training and where the model serves.
        dropout: on the word vectors and on the pooled vector.
        word_dropout: share of the words that count as unknown in training.
        seed: makes weights, noise and the order of the examples reproducible.
        **options: for the recurrent layers: `zoneout=0.1`, `recurrent_dropout=0.2`,
            `layer_norm=True`, ... as `seqkit.layers.Recurrent` takes them; or for the
            transformer: `heads=8`, `positions="alibi"`, ... as `TransformerEncoder` does.

    Returns:
        `seqkit.models.TextClassifier`, compiled; `compile` again for another optimizer, loss
        or metric.

    Raises:
        ValueError: if `train` has no labels, only one, or nothing in it; or an argument is
            out of range, or one that nothing would read.

    Example:
        >>> reviews = [("a joy", "positive"), ("a bore", "negative")]
        >>> model = sentiment(reviews, cell="gru", units=8)
        >>> history = model.fit(reviews, epochs=2, verbose=0)
        >>> model.classify(["a joy"])[0].label in model.labels
        True
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    recurrent = isinstance(encoder, str) and encoder == "recurrent"
    refuse = functools.partial(refuse_unread, sentiment)
    refuse(dict(cell=cell, bidirectional=bidirectional), recurrent, '`encoder` to be "recurrent"')
    refuse(dict(units=units, layers=layers), isinstance(encoder, str), "`encoder` to be a name")
    refuse(
        dict(vocabulary=vocabulary, max_length=max_length),
        isinstance(tokens, str),
        "`tokens` to be a name",
    )
    learned = dict(size=vocabulary, max_length=max_length) if isinstance(tokens, str) else {}
    preprocessor = TextClassification.learn(train, tokens, **learned)
    # A recurrent layer knows where each direction ends; one position cannot hold both.
    ends = pooling == "last" and recurrent
    encoder = encoders.get(
        encoder,
        cell=cell,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        dropout=dropout,
        return_sequences=not ends,
        **options,
    )
    model = TextClassifier(
        preprocessor,
        encoder,
        embedding=embedding,
        pooling=None if ends else pooling,
        dropout=dropout,
        embedding_dropout=dropout,
        word_dropout=word_dropout,
        seed=seed,
        name="sentiment",
    )
    model.build((None, None))
    pooled = ends or model.pool is None or model.pool.built
    refuse(dict(pooling=pooling), pooled, "an `encoder` with a vector for each word")
    model.compile(
        keras.optimizers.AdamW(1e-3, global_clipnorm=1.0),
        Crossentropy(smoothing=0.1),
        metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            MacroF1(len(model.labels)),
        ],
    )
    return model

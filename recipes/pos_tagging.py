"""Parts of speech, chunks, entities: any label of each word, raw sentences to a tagger."""

import functools

import keras
import numpy as np

from recipes._unread import refuse_unread
from seqkit.data import DataError, Tagging, as_sentences, read_vectors, schemes
from seqkit.layers import CRF, encoders
from seqkit.models import Tagger
from seqkit.training import CRFLoss, TokenAccuracy, TokenCrossentropy

__all__ = ["pos_tagging"]


def pos_tagging(
    train,
    *,
    column="upos",
    cell="lstm",
    units=128,
    layers=1,
    bidirectional=True,
    encoder="recurrent",
    embedding=100,
    characters="cnn",
    affixes=True,
    shapes=True,
    vectors=None,
    crf=True,
    scheme="auto",
    vocabulary=50_000,
    min_count=1,
    splitter=None,
    dropout=0.4,
    word_dropout=0.1,
    seed=None,
    **options,
):
    """A compiled tagger: learns words and tags from `train`, not yet trained.

    Word and character vectors -> encoder -> a score for each tag -> CRF.

    Args:
        train: tagged sentences in any form that `seqkit.data.as_sentences` takes. Words
            without a tag are read and not learned from.
        column: of CoNLL-U files, which holds the tags: "upos", "xpos", "feats", "deprel", ...
        cell: recurrent cell by name ("lstm", "gru", "mut1", ...), class or instance.
        units: of each layer and direction, or of the transformer.
        layers: how many.
        bidirectional: whether each layer also reads from the end.
        encoder: "recurrent", "transformer", or any layer `(B, T, D) -> (B, T, D)`.
        embedding: size of the word vectors.
        characters: "cnn", "rnn", a layer `(B, T, K) -> (B, T, N)`, or `None`.
        affixes: whether to know words by their first and by their last three characters.
        shapes: whether to know how words are written: capitals, digits.
        vectors: text file of word vectors (word2vec or GloVe) to start from; their words are
            known then, and their size takes the place of `embedding`.
        crf: whether to score neighbouring tags together.
        scheme: "BIO", "IOB1", "IOBES", "BILOU" or `None`; transitions that it forbids are never
            answered by a CRF. "auto" reads it off `train`, and forbids nothing where `train`
            itself breaks it, as an `I-` without a `B-` does.
        vocabulary: how many different words to know, at most.
        min_count: a word seen less often is unknown.
        splitter: "whitespace" or "words": how raw strings are cut into words; `None` takes
            lists of words alone.
        dropout: on word and character vectors and on what the encoder gives.
        word_dropout: share of the words that count as unknown in training.
        seed: makes weights, noise and the order of the sentences reproducible.
        **options: for the recurrent layers: `zoneout=0.1`, `recurrent_dropout=0.2`,
            `layer_norm=True`, ... as `seqkit.layers.Recurrent` takes them; or for the
            transformer: `heads=8`, `positions="alibi"`, ... as `TransformerEncoder` does.

    Returns:
        `seqkit.models.Tagger`, compiled; `compile` again for another optimizer or loss.

    Raises:
        ValueError: if `train` has no tags, or only one, or breaks the `scheme` that is named;
            or an argument is out of range.

    Example:
        >>> sentences = [(["a", "dog", "barks"], ["DET", "NOUN", "VERB"])]
        >>> model = pos_tagging(sentences, units=8, seed=1)
        >>> history = model.fit(sentences, epochs=2, verbose=0)
        >>> model.tag([["a", "dog"]])[0].words
        ['a', 'dog']
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    recurrent = isinstance(encoder, str) and encoder == "recurrent"
    refuse = functools.partial(refuse_unread, pos_tagging)
    refuse(dict(cell=cell, bidirectional=bidirectional), recurrent, '`encoder` to be "recurrent"')
    refuse(dict(units=units, layers=layers), isinstance(encoder, str), "`encoder` to be a name")
    refuse(dict(scheme=scheme), crf, "`crf`")
    sentences = as_sentences(train, column=column, splitter=splitter, name="training data")
    known, table = read_vectors(vectors) if vectors is not None else ((), None)
    preprocessor = Tagging.learn(
        sentences,
        vocabulary=vocabulary,
        min_count=min_count,
        also=known,
        characters=characters is not None,
        prefixes=affixes,
        suffixes=affixes,
        shapes=shapes,
        column=column,
        splitter=splitter,
    )
    encoder = encoders.get(
        encoder,
        cell=cell,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        dropout=dropout,
        **options,
    )
    labels = preprocessor.labels
    if crf:
        scheme = kept_scheme(sentences) if scheme == "auto" else scheme
        if scheme is not None:
            schemes.check(sentences, scheme)  # what is forbidden cannot be learned from
        crf = CRF(len(labels), allowed=scheme and schemes.allowed(labels, scheme), name="crf")
    model = Tagger(
        preprocessor,
        encoder,
        embedding=embedding if table is None else table.shape[1],
        characters=characters,
        crf=crf,
        dropout=dropout,
        word_dropout=word_dropout,
        seed=seed,
        name="pos_tagging",
    )
    model.build()
    if table is not None:
        start_from(model, known, table)
    partial = any(None in tags for tags in sentences.labels)
    # A fifth less after each epoch: what a tagger learns late is rare words, one by one. Of a few
    # hundred sentences an epoch is short, and the rate would be gone before anything is learned.
    steps = max(-(-len(sentences) // model.batch_size), 200)
    rate = keras.optimizers.schedules.ExponentialDecay(2e-3, steps, 0.8)
    model.compile(
        keras.optimizers.AdamW(rate, global_clipnorm=1.0),
        CRFLoss(partial=partial) if crf else TokenCrossentropy(),
        metrics=[TokenAccuracy(crf=bool(crf), name="accuracy")],
    )
    return model


def kept_scheme(sentences):
    """The scheme of the tags, if there is one and nothing breaks it."""
    scheme = schemes.detect(sentences)
    if scheme is not None:
        try:
            schemes.check(sentences, scheme)
        except DataError:
            return None
    return scheme


def start_from(model, words, vectors):
    """Puts word vectors (V, D) in the place of the random ones; of two spellings the first."""
    weights = model.embed["words"].embeddings
    ids, first = np.unique(model.preprocessor.words.ids(words).flat_values, return_index=True)
    started = weights.numpy()
    started[ids[ids > 1]] = vectors[first[ids > 1]]
    weights.assign(started)

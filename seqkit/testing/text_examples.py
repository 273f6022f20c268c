"""Examples of what reads raw texts: token units, preprocessors, models. `examples.py` holds them.

Shapes: D size of embeddings, N units.
"""

import functools

from seqkit import decoding, layers

__all__ = ["readers", "tasks"]

D, N = 3, 4

TEXTS = ("a joyless mess", "a joy", "", "no mess at all")
LABELS = ("negative", "positive", "negative", "positive")


def tokens(name):
    """Token units by the name of their class, learned from a few texts."""
    from seqkit import data

    return getattr(data, name).learn(TEXTS)


def preprocessor():
    """Texts and labels to batches."""
    from seqkit import data

    return data.TextClassification(tokens("Words"), ("negative", "positive"))


def classifier(encoder=None):
    """A small text classifier."""
    from seqkit import models

    encoder = encoder or layers.GRU(N, return_sequences=True)
    return models.TextClassifier(preprocessor(), encoder, embedding=D, word_dropout=0.1)


# As long as one another, so that they fit an array.
SENTENCES = (("a", "joyless", "mess"), ("no", "mess", "here"), ("Joy", "helps", "a"))
SENTENCE_TAGS = (("DET", "ADJ", "NOUN"), ("DET", "NOUN", "ADV"), ("NOUN", "VERB", "DET"))


def tagging():
    """Sentences and tags to batches, with all that a tagger can read of a word."""
    from seqkit import data

    pairs = list(zip(SENTENCES, SENTENCE_TAGS, strict=True))
    return data.Tagging.learn(pairs, prefixes=True, suffixes=True, shapes=True)


def tagger(crf=True):
    """A small tagger."""
    from seqkit import models

    encoder = layers.GRU(N, return_sequences=True)
    return models.Tagger(tagging(), encoder, embedding=D, character_units=D, crf=crf)


TARGETS = ("ein freudloses Chaos", "Freude", "", "gar kein Chaos")


def translation(tokens="pieces"):
    """Pairs of texts to batches and back."""
    from seqkit import data

    return data.Translation.learn(list(zip(TEXTS, TARGETS, strict=True)), tokens)


def translator():
    """A small translator of words."""
    from seqkit import models

    return models.Translator(
        translation("words"),
        layers.Stack("gru", N, return_state=True),
        layers.RecurrentDecoder("gru", N),
        embedding=N,
        longest_ratio=1.0,
        search=decoding.Search(beams=2),
    )


def readers(example):
    """Called by `ids` or `encode` on texts."""
    names = (
        "Words",
        "Characters",
        "Subwords",
        "Pieces",
        "Forms",
        "Prefixes",
        "Suffixes",
        "Shapes",
    )
    return {
        **{name: example(functools.partial(tokens, name), (TEXTS,)) for name in names},
        "TextClassification": example(preprocessor, (TEXTS,)),
        "Tagging": example(tagging, (SENTENCES,)),
        "Translation": example(translation, (TEXTS,)),
        "Translation separate": example(functools.partial(translation, "words"), (TEXTS,)),
    }


def tasks(example):
    """Models on raw data, with inputs and answers."""
    return {
        "TextClassifier": example(classifier, (TEXTS, LABELS)),
        "Tagger": example(tagger, (SENTENCES, SENTENCE_TAGS)),
        "Tagger softmax": example(functools.partial(tagger, crf=False), (SENTENCES, SENTENCE_TAGS)),
        "Translator": example(translator, (TEXTS, TARGETS)),
    }

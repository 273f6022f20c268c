"""The recipe: every option reaches the model, and the model learns more than words."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from seqkit import data, layers, models

REVIEWS = [("a joy to watch", "good"), ("a dull mess", "bad"), ("great fun", "good"), ("", "bad")]
SMALL = {"units": 4, "embedding": 4}


def small(train=REVIEWS, **options):
    own = isinstance(options.get("encoder"), keras.layers.Layer)  # has units of its own
    return recipes.sentiment(train, **{**({"embedding": 4} if own else SMALL), **options})


@pytest.mark.slow
def test_beats_a_bag_of_words_on_reviews_where_order_counts():
    reviews = data.samples.reviews(2000)
    model = recipes.sentiment(reviews.train, cell="gru", units=32, embedding=32, seed=1)
    model.fit(reviews.train, validation_data=reviews.validation, epochs=8, verbose=0)
    accuracy = model.report(reviews.test).accuracy
    assert accuracy > data.samples.bag_of_words_accuracy(reviews) + 0.1


OPTIONS = {
    "class": {"cell": layers.MUT1Cell},
    "instance": {"cell": layers.LSTMCell(4)},
    "two layers": {"layers": 2},
    "one direction": {"bidirectional": False},
    "last": {"pooling": "last"},
    "last, one direction": {"pooling": "last", "bidirectional": False},
    "mean": {"pooling": "mean"},
    "attention": {"pooling": "attention"},
    "characters": {"tokens": "characters"},
    "subwords": {"tokens": "subwords", "vocabulary": 60},
    "tokens": {"tokens": data.Words(["joy", "dull"])},
    "noise": {"cell": "gru", "zoneout": 0.2, "recurrent_dropout": 0.2, "weight_drop": 0.3,
              "layer_norm": True},
    "transformer": {"encoder": "transformer", "heads": 2, "positions": "alibi"},
    "transformer, last": {"encoder": "transformer", "heads": 1, "pooling": "last"},
    "own encoder": {"encoder": keras.layers.GRU(3, return_sequences=True)},
    "own encoder, last": {"encoder": keras.layers.GRU(3, return_sequences=True),
                          "pooling": "last"},
}  # fmt: skip

# Whose objects a file holds differently.
SAVED = ("instance", "tokens", "own encoder", "transformer")


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name, tmp_path):
    options = OPTIONS[name]
    model = small(**options)
    model.run_eagerly = True
    model.fit(REVIEWS, verbose=0)
    rows = model.predict(["a joy", ""], verbose=0)
    assert rows.shape == (2, 2)
    assert np.isfinite(rows).all()
    if name not in SAVED:
        return
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(["a joy", ""], verbose=0), rows, atol=1e-5)


# Keras says that the mask ends there, as it does.
@pytest.mark.filterwarnings("ignore:(?s).*does not support masking")
def test_a_pooling_layer_that_takes_no_mask():
    model = small(pooling=keras.layers.GlobalMaxPooling1D())
    model.run_eagerly = True
    model.fit(REVIEWS, verbose=0)
    assert model.predict(["a joy", ""], verbose=0).shape == (2, 2)


def test_cell_options_reach_the_layers():
    config = small(zoneout=0.25, layers=2, cell="mut3", units=7).encoder.get_config()
    assert (config["zoneout"], config["layers"]) == (0.25, 2)
    assert "MUT3" in str(config["cell"])


def test_the_rest_of_a_very_long_text_is_not_read():
    long = " ".join(["joy"] * 6000)
    assert small().preprocessor.encode([long]).shape == (1, 4096)
    assert small(max_length=3).preprocessor.encode([long, "joy"]).shape == (2, 3)
    assert small(max_length=None).preprocessor.encode([long]).shape == (1, 6000)


def test_default_compile():
    model = small()
    assert model.optimizer.global_clipnorm == 1
    assert set(model.evaluate(REVIEWS, verbose=0, return_dict=True)) == {
        "loss", "accuracy", "macro_f1",
    }  # fmt: skip


def test_the_seed_makes_weights_and_training_repeat():
    def run(seed):
        model = small(seed=seed)
        model.run_eagerly = True
        model.fit(REVIEWS * 4, batch_size=4, epochs=1, verbose=0)
        return np.concatenate([w.ravel() for w in model.get_weights()])

    first = run(1)
    np.testing.assert_allclose(first, run(1), atol=1e-6)
    assert np.abs(first - run(2)).max() > 1e-3


def test_learns_labels_in_every_form_of_data():
    stream = tf.data.Dataset.from_tensor_slices(list(map(list, zip(*REVIEWS, strict=True))))
    with pytest.raises(data.DataError):
        small(stream)  # one tensor of shape (2, 4): not pairs
    pairs = tf.data.Dataset.from_tensor_slices(tuple(map(list, zip(*REVIEWS, strict=True))))
    assert small(pairs).labels == ("bad", "good")
    assert small([(text, int(label == "good")) for text, label in REVIEWS]).labels == ("0", "1")
    three = [*REVIEWS, ("so so", "meh")]
    assert small(three).predict(["so"], verbose=0).shape == (1, 3)


BAD = {
    "nothing": ([], {}, "expected two or more distinct labels|labelled|at least one"),
    "no labels": (["a", "b"], {}, "expected labelled examples"),
    "one class": ([("a", "x"), ("b", "x")], {}, "two or more distinct labels. Received: x"),
    "not texts": ([(1, "x"), (2, "y")], {}, "expected a str. Received: 1"),
    "a label is missing": ([("a", "x"), ("b", None)], {}, "Received: None"),
    "no such file": ("nowhere.tsv", {}, "nowhere.tsv"),
    "cell": (REVIEWS, {"cell": "lstn"}, "lstn"),
    "units": (REVIEWS, {"units": 0}, "units"),
    "layers": (REVIEWS, {"layers": 0}, "layers"),
    "pooling": (REVIEWS, {"pooling": "sum"}, "one of last, mean, max, attention"),
    "embedding": (REVIEWS, {"embedding": -1}, "Received: embedding=-1"),
    "tokens": (REVIEWS, {"tokens": "letters"}, "words, characters, subwords"),
    "vocabulary": (REVIEWS, {"vocabulary": 1}, "`size of a vocabulary` must be an int from 3 up"),
    "dropout": (REVIEWS, {"dropout": 1.0}, "dropout"),
    "word dropout": (REVIEWS, {"word_dropout": -1}, "Received: rate=-1"),
    "zoneout": (REVIEWS, {"zoneout": 2.0}, "zoneout"),
    "encoder": (REVIEWS, {"encoder": "transfomer"}, "recurrent, transformer"),
    "heads": (REVIEWS, {"encoder": "transformer", "heads": 3}, "heads=3, units=4"),
    "cell of a transformer": (
        REVIEWS, {"encoder": "transformer", "cell": "gru"}, '`cell` needs `encoder` to be "recurr'),
    "units of a layer": (
        REVIEWS, {"encoder": keras.layers.GRU(3), "units": 8}, "`units` needs `encoder`"),
    "nothing left to pool": (
        REVIEWS, {"encoder": keras.layers.GRU(3), "pooling": "mean"}, "`pooling` needs an `enc"),
    "vocabulary of tokens": (
        REVIEWS, {"tokens": data.Words(["a"]), "vocabulary": 9}, "`vocabulary` needs `tokens`"),
    "length": (REVIEWS, {"max_length": 0}, "`max_length` must be a positive int"),
    "encoder and options": (
        REVIEWS, {"encoder": keras.layers.GRU(3), "zoneout": 0.1}, "Received: zoneout"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    train, options, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        small(train, **options)


def test_an_unknown_option_is_named():
    with pytest.raises((TypeError, ValueError), match="zoneuot"):
        small(zoneuot=0.1)

"""Figures hold what they are given; how they look was looked at."""

import io

import keras
import numpy as np
import pytest

import recipes
from seqkit import inspect
from seqkit.models import Report

HISTORY = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.6, 0.5, 0.55], "accuracy": [0.5, 0.7, 0.8]}
REVIEWS = [("a joy to watch", "good"), ("a dull mess", "bad")]


@pytest.fixture(scope="module")
def attending():
    return recipes.sentiment(REVIEWS, units=4, embedding=4, pooling="attention", seed=1)


def lines(panel):
    return {line.get_label(): line.get_ydata().tolist() for line in panel.lines}


def test_learning_curves_draw_every_figure_and_mark_the_best():
    figure = inspect.learning_curves(HISTORY)
    assert [panel.get_title() for panel in figure.axes] == ["loss", "accuracy"]
    drawn = lines(figure.axes[0])
    assert drawn["training"] == HISTORY["loss"]
    assert drawn["validation"] == HISTORY["val_loss"]
    assert drawn["best"] == [0.5]


def test_learning_curves_take_a_history():
    history = keras.callbacks.History()
    history.history = HISTORY
    assert len(inspect.learning_curves(history).axes) == 2


def test_learning_curves_with_validation_every_second_epoch():
    figure = inspect.learning_curves({"loss": [4, 3, 2, 1], "val_loss": [3, 2]})
    validation = figure.axes[0].lines[1]
    assert validation.get_xdata().tolist() == [2, 4]


def test_learning_curves_where_two_frequencies_would_fit():
    history = {"loss": [8, 7, 6, 5, 4, 3, 2, 1], "val_loss": [3, 2]}  # every third or fourth
    with pytest.raises(ValueError, match="`validation_freq` must be given as `fit` had it"):
        inspect.learning_curves(history)
    figure = inspect.learning_curves(history, validation_freq=3)
    assert figure.axes[0].lines[1].get_xdata().tolist() == [3, 6]
    with pytest.raises(ValueError, match="`validation_freq` must be given"):  # at some of eight
        inspect.learning_curves({"loss": [8, 7, 6, 5, 4, 3, 2, 1], "val_loss": [3, 2, 1]})
    broken_off = inspect.learning_curves({"loss": [3, 2, 1], "val_loss": [3, 2]})
    assert broken_off.axes[0].lines[1].get_xdata().tolist() == [1, 2]


def test_learning_curves_of_what_only_validation_tells():
    history = {"perplexity": [9, 5, 6], "val_perplexity": [8, 4, 5], "val_bleu": [1, 7, 30]}
    figure = inspect.learning_curves(history)
    assert [panel.get_title() for panel in figure.axes] == ["perplexity", "bleu"]
    assert lines(figure.axes[0])["best"] == [4]
    assert lines(figure.axes[1]) == {"validation": [1, 7, 30], "best": [30]}


@pytest.mark.parametrize("labels", [("bad", "good"), ("one", "a rather long name", "three", "4")])
def test_confusion_matrix_shows_counts(labels):
    counts = np.arange(len(labels) ** 2).reshape(len(labels), -1)
    figure = inspect.confusion_matrix(Report(labels, counts))
    panel = figure.axes[0]
    assert [text.get_text() for text in panel.texts] == [str(n) for n in counts.ravel()]
    assert tuple(tick.get_text() for tick in panel.get_yticklabels()) == labels


def test_attention_weights_are_the_layers_own(attending):
    figure = inspect.attention_weights(attending, "a zebra to watch")
    panel = figure.axes[0]
    heights = [bar.get_height() for bar in panel.patches]
    ids = np.asarray(attending.preprocessor.encode(["a zebra to watch"]))
    x = np.asarray(attending.encode(ids)[0], "float64")[0, :4]
    kernel, bias, query = (np.asarray(w, "float64") for w in attending.pool.get_weights())
    scores = np.exp(np.tanh(x @ kernel + bias) @ query)[:, 0]
    np.testing.assert_allclose(heights, scores / scores.sum(), rtol=1e-4)
    assert len(set(np.round(heights, 6))) == 4
    names = [tick.get_text() for tick in panel.get_xticklabels()]
    assert names == ["a", "[zebra]", "to", "watch"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda model: inspect.learning_curves(HISTORY),
        lambda model: inspect.confusion_matrix(Report(("a", "b"), [[1, 2], [3, 4]])),
        lambda model: inspect.attention_weights(model, "a joy"),
    ],
    ids=["curves", "confusion", "attention"],
)
def test_figures_save_without_a_display(draw, attending):
    file = io.BytesIO()
    draw(attending).savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


BAD = {
    "no epoch": (lambda model: inspect.learning_curves({}), "at least one epoch"),
    "empty epochs": (lambda model: inspect.learning_curves({"loss": []}), "at least one epoch"),
    "no words": (lambda model: inspect.attention_weights(model, "  "), "at least one word"),
    "several texts": (lambda model: inspect.attention_weights(model, ["a"]), "must be a str"),
    "no attention": (
        lambda model: inspect.attention_weights(
            recipes.sentiment(REVIEWS, units=2, embedding=2, pooling="max"), "a joy"),
        'with pooling="attention". Received: pooling=\'max\''),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, attending):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call(attending)


def test_labels_with_dollar_signs_are_no_formulas(tmp_path):
    report = Report(("under_$10_or_$20", "more"), [[1, 0], [0, 1]])
    inspect.confusion_matrix(report).savefig(tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").exists()

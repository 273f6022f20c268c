"""Translations while training: their figure, what is shown, and when."""

import collections
import io
import math

import keras
import numpy as np
import pytest
from rich.console import Console

from seqkit.data import Pairs
from seqkit.training import KeepBest, Preview
from seqkit.training.guard import guarded

X = np.ones((4, 2), "float32")
PAIRS = Pairs(
    ["one", "two", "", "four", "five"],
    ["a b c d e", "f g h i", "", "a b c d f g", "k l m n o"],
)


class Parrot(keras.Sequential):
    """Says the next of its answers each time, but for a first trial."""

    answers = ()
    asked = ()

    def translate(self, texts, **options):
        self.asked = [*self.asked, (texts, options)]
        return [*self.answers, ["a trial"]][len(self.asked) - 2]


def run(preview, *answers, callbacks=(), validated=False):
    model = Parrot([keras.layers.Dense(1)])
    model.answers = answers
    model.compile("sgd", "mse", run_eagerly=True)
    with guarded([*callbacks, preview], validated=validated) as ready:
        history = model.fit(X, X[:, :1], epochs=len(answers), callbacks=ready, verbose=0)
    return model, history


def bleu(answers, targets):
    """Papineni et al. 2002 over a corpus, for words with spaces between them."""
    right, all_of, lengths = [0] * 4, [0] * 4, [0, 0]
    for answer, target in zip(answers, targets, strict=True):
        words = answer.split(), target.split()
        lengths = [n + len(w) for n, w in zip(lengths, words, strict=True)]
        for n in range(4):
            said, given = (
                collections.Counter(tuple(w[k : k + n + 1]) for k in range(len(w) - n))
                for w in words
            )
            right[n] += sum((said & given).values())
            all_of[n] += sum(said.values())
    brevity = min(1.0, math.exp(1 - lengths[1] / lengths[0]))
    return 100 * brevity * math.exp(sum(map(math.log, map(lambda r, a: r / a, right, all_of))) / 4)


NEAR = ["a b c d", "f g h i", "", "a b c d e f g", "k l m n n"]


def test_bleu_is_in_the_history():
    _, history = run(Preview(PAIRS), NEAR, PAIRS.targets, [""] * 5)
    expected = [bleu(NEAR, PAIRS.targets), 100.0, 0.0]
    np.testing.assert_allclose(history.history["val_bleu"], expected, rtol=1e-6)


def test_the_best_epoch_goes_by_it():
    """Though the preview is given last."""
    best = KeepBest("val_bleu", patience=9)
    run(Preview(PAIRS), NEAR, PAIRS.targets, [""] * 5, callbacks=[best], validated=True)
    assert best.describe() == "epoch 2, val_bleu 100.0000"


@pytest.mark.parametrize(
    ("count", "asked"), [(2, ["one", ""]), (5, PAIRS.sources), (100, PAIRS.sources)]
)
def test_what_is_translated(count, asked):
    answers = dict(zip(PAIRS.sources, NEAR, strict=True))
    model, _ = run(Preview(PAIRS, count=count, beams=3), [answers[s] for s in asked])
    assert model.asked == [(texts, {"beams": 3}) for texts in (asked[:1], asked)]


def test_wrong_options_show_before_training():
    class Strict(Parrot):
        def translate(self, texts, beams=5):
            return ["" for _ in texts]

        def train_step(self, data):
            raise AssertionError("it trained")

    model = Strict([keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(TypeError, match="'beam'"):
        model.fit(X, X[:, :1], callbacks=[Preview(PAIRS, beam=1)], verbose=0)


def test_pairs_in_other_forms():
    pairs = [tuple(pair) for pair in PAIRS]
    assert run(Preview(pairs), NEAR)[1].history.keys() == {"loss", "val_bleu"}


def shown(terminal, **options):
    said = io.StringIO()
    console = Console(file=said, force_terminal=terminal, color_system=None, width=60)
    run(Preview(PAIRS, console=console, **options), NEAR, PAIRS.targets)
    return [line.rstrip() for line in said.getvalue().splitlines()]


def test_three_are_shown_as_they_improve():
    assert shown(True, shown=2) == [
        f"after epoch 1: BLEU {bleu(NEAR, PAIRS.targets):.1f}",
        "  one",
        "    a b c d",
        "    a b c d e",
        "  two",
        "    f g h i",
        "after epoch 2: BLEU 100.0",
        "  one",
        "    a b c d e",
        "  two",
        "    f g h i",
    ]
    sources = [line.strip() for line in shown(True) if line.startswith("  ") and line[2] != " "]
    assert sources == ["one", "two", "four"] * 2


def test_shown_in_a_notebook(monkeypatch):
    said = []
    monkeypatch.setattr("rich.jupyter.display", lambda segments, text: said.append(text))
    run(Preview(PAIRS, console=Console(force_jupyter=True, width=60)), NEAR)
    assert f"after epoch 1: BLEU {bleu(NEAR, PAIRS.targets):.1f}" in "".join(said)


def test_quiet_where_nobody_watches():
    assert shown(False) == []


def test_brackets_are_no_markup():
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, color_system=None)
    run(Preview([("[red]x[/]", "[b]y")], console=console), ["[/i]z"])
    assert "[red]x[/]" in said.getvalue()
    assert "[/i]z" in said.getvalue()


BAD = {
    "none": (lambda: Preview([]), r"pairs with targets.*Received: none"),
    "sources": (lambda: Preview(["one", "two"]), r"Received: 2 sources alone"),
    "count": (lambda: Preview(PAIRS, count=0), r"positive int. Received: count=0"),
    "shown": (lambda: Preview(PAIRS, shown=-1), r"from 0 up. Received: shown=-1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_a_model_without_translations():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match=r"can `translate`. Received: Sequential"):
        model.fit(X, X[:, :1], callbacks=[Preview(PAIRS)], verbose=0)

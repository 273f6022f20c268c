"""Whatever holds texts gives the same examples."""

import gc
import pathlib

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data import DataError

TEXTS, LABELS = ["good fun", "a mess", "", "crème"], ["pos", "neg", "neg", "pos"]
PAIRS = list(zip(TEXTS, LABELS, strict=True))


def stream(*columns):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0])


LABELLED = {
    "examples": lambda: data.Examples(TEXTS, LABELS),
    "pairs": lambda: PAIRS,
    "generator": lambda: iter(PAIRS),
    "frame": lambda: pd.DataFrame({"label": LABELS, "text": TEXTS}),
    "stream": lambda: stream(TEXTS, LABELS),
    "batched stream": lambda: stream(TEXTS, LABELS).batch(3),
    "column stream": lambda: stream([[t] for t in TEXTS], [[x] for x in LABELS]).batch(3),
    "own stream": lambda: data.Examples(TEXTS, LABELS).dataset(),
}
BARE = {
    "list": lambda: TEXTS,
    "tuple": lambda: tuple(TEXTS),
    "bytes": lambda: [text.encode() for text in TEXTS],
    "str array": lambda: np.array(TEXTS),
    "object array": lambda: np.array(TEXTS, object),
    "column array": lambda: np.array(TEXTS)[:, None],
    "tensor": lambda: tf.constant(TEXTS),
    "series": lambda: pd.Series(TEXTS),
    "frame": lambda: pd.DataFrame({"text": TEXTS}),
    "stream": lambda: stream(TEXTS),
    "batched stream": lambda: stream(TEXTS).batch(2),
}


@pytest.mark.parametrize("kind", LABELLED)
def test_labelled_data_of_every_kind(kind):
    assert list(data.as_examples(LABELLED[kind]())) == PAIRS


@pytest.mark.parametrize("kind", BARE)
def test_bare_texts_of_every_kind(kind):
    bare = data.as_examples(BARE[kind]())
    assert bare.texts == TEXTS
    assert bare.labels is None
    assert list(data.as_examples(BARE[kind](), LABELS)) == PAIRS


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], np.array([0, 1, 1, 0]), pd.Series([0, 1, 1, 0])])
def test_integer_labels_are_kept_as_str(labels):
    assert data.as_examples(TEXTS, labels).labels == ["0", "1", "1", "0"]


def test_half_a_surrogate_pair_is_replaced():
    """JSON that was cut has such text; no tensor takes it."""
    texts = data.as_examples(["cut off \ud83d", "whole \ud83d\ude00", "caf\u00e9"]).texts
    assert list(texts) == ["cut off \ufffd", "whole \U0001f600", "caf\u00e9"]


def test_a_long_text_alone_is_no_path():
    with pytest.raises(DataError, match="expected"):
        data.as_examples("a long review " * 400)


def test_paths_are_read_as_str_and_path(tmp_path):
    path = tmp_path / "r.tsv"
    path.write_text("text\tlabel\ngood\tpos\n")
    for given in (str(path), pathlib.Path(path)):
        assert list(data.as_examples(given)) == [("good", "pos")]


def test_a_dataset_made_of_examples_gives_them_back_unread():
    examples = data.Examples(TEXTS, LABELS)
    made = examples.dataset()
    assert data.as_examples(made) is examples
    assert int(made.cardinality()) == 4
    assert [(t.decode(), x.decode()) for t, x in made.as_numpy_iterator()] == PAIRS
    # A stream derived from it is another stream.
    assert data.as_examples(made.take(1)).texts == TEXTS[:1]


def test_examples_go_with_their_last_user():
    from seqkit.data import examples as module

    before = len(module._SOURCES)
    made = data.Examples(TEXTS).dataset()
    assert len(module._SOURCES) == before + 1
    del made
    gc.collect()
    assert len(module._SOURCES) == before


def test_a_long_stream_keeps_its_order():
    texts = [f"text {i}" for i in range(10_000)]
    assert data.as_examples(stream(texts)).texts == texts


@pytest.mark.parametrize(("texts", "labels"), [([], []), ([], None), (["a"], ["b"])])
def test_small_examples_become_datasets(texts, labels):
    made = data.Examples(texts, labels).dataset()
    assert int(made.cardinality()) == len(texts)


class Unknown:
    pass


BAD = {
    "one str": (lambda: data.as_examples("good"), "Received: the one str 'good'"),
    "one text": (lambda: data.from_lists("good"), "Received: the one text 'good'"),
    "None in list": (
        lambda: data.as_examples(["a", None]),
        "data: text 1: expected a str. Received: None (NoneType)",
    ),
    "number in list": (
        lambda: data.as_examples([1.5]),
        "data: text 0: expected a str. Received: 1.5 (float)",
    ),
    "label NaN among str": (
        lambda: data.as_examples(["a", "b"], ["x", float("nan")]),
        "data: label 1: expected a label, a str or an int. Received: nan (float)",
    ),
    "label NaN of a series": (
        lambda: data.as_examples(["a", "b"], pd.Series(["x", None], name="y")),
        "data: expected a value in column 'y', row 1. Received: nothing",
    ),
    "label None": (
        lambda: data.as_examples([("a", None)]),
        "data: label 0: expected a label, a str or an int. Received: None (NoneType)",
    ),
    "label float": (
        lambda: data.from_lists(["a"], [0.5]),
        "lists: label 0: expected a label, a str or an int. Received: 0.5 (float)",
    ),
    "label empty": (
        lambda: data.from_lists(["a"], [" "]),
        "lists: label 0: expected a label, a str or an int. Received: an empty str",
    ),
    "lengths": (
        lambda: data.from_lists(["a", "b"], ["x"]),
        "lists: expected one label per text. Received: 2 texts, 1 labels",
    ),
    "labels twice": (
        lambda: data.as_examples(PAIRS, LABELS),
        "expected labels once. Received: in the data and in `y`",
    ),
    "other object": (lambda: data.as_examples(Unknown()), "Received: Unknown"),
    "matrix": (
        lambda: data.as_examples(np.array([["a", "b"]])),
        "expected values of shape (B,) or (B, 1). Received: shape (1, 2)",
    ),
    "NaN text": (
        lambda: data.as_examples(pd.DataFrame({"text": ["a", np.nan]}, index=["x", "y"])),
        "expected a value in column 'text', row 'y'. Received: nothing",
    ),
    "missing label": (
        lambda: data.from_pandas(pd.DataFrame({"text": ["a"], "label": [None]})),
        "frame: expected a value in column 'label', row 0. Received: nothing",
    ),
    "missing column": (
        lambda: data.from_pandas(pd.DataFrame({"body": ["a"]})),
        "frame: expected a column 'text'. Received: body",
    ),
    "infinite": (
        lambda: data.as_examples(stream(TEXTS).repeat()),
        "expected a finite dataset (`take(n)`). Received: an infinite one",
    ),
    "stream of numbers": (
        lambda: data.as_examples(tf.data.Dataset.range(3)),
        "expected elements text or (text, label). Received: TensorSpec",
    ),
    "stream of dicts": (
        lambda: data.as_examples(stream({"text": TEXTS})),
        "expected elements text or (text, label). Received: {'text'",
    ),
    "stream of float labels": (
        lambda: data.as_examples(stream(TEXTS, [0.0, 1.0, 1.0, 0.0])),
        "expected labels of str or int. Received: TensorSpec",
    ),
}


MISSING = {
    "pairs": lambda folder: [("a", None), ("b", "x")],
    "frame": lambda folder: pd.DataFrame({"text": ["a", "b"], "label": [None, "x"]}),
    "stream": lambda folder: stream(["a", "b"], [0.5, 1.0]),
    "table": lambda folder: folder / "labels.tsv",
    "objects": lambda folder: folder / "labels.jsonl",
}


@pytest.mark.parametrize("name", MISSING)
def test_labels_are_not_looked_at_where_texts_are_wanted(tmp_path, name):
    (tmp_path / "labels.tsv").write_text("text\tlabel\na\t\nb\tx\n")
    (tmp_path / "labels.jsonl").write_text('{"text": "a"}\n{"text": "b", "label": "x"}\n')
    raw = MISSING[name](tmp_path)
    examples = data.as_examples(raw, bare=True)
    assert (examples.texts, examples.labels) == (["a", "b"], None)
    with pytest.raises(DataError):
        data.as_examples(raw)


def test_streams_of_unknown_rank():
    def rows():
        yield from zip(["a", "b"], [1, 0], strict=True)

    unknown = tf.data.Dataset.from_generator(rows, output_types=(tf.string, tf.int32))
    assert list(data.as_examples(unknown)) == [("a", "1"), ("b", "0")]
    assert list(data.as_examples(unknown.batch(2))) == [("a", "1"), ("b", "0")]


def test_whole_numbers_are_sorted_as_such():
    labels = [str(n) for n in (10, 9, -1, 2, 11)]
    examples = data.as_examples(["a"] * 5, labels)
    assert examples.label_names == ("-1", "2", "9", "10", "11")
    assert data.Splits({"train": examples}).labels == examples.label_names


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_was_expected_and_received(case):
    call, message = BAD[case]
    with pytest.raises(DataError) as error:
        call()
    assert message in str(error.value)

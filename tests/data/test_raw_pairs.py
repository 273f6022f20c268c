"""Pairs from whatever a user holds: the same pairs from each form, and errors that say where."""

import gzip

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from seqkit.data import DataError, Pairs, as_pairs, read_pairs, read_pairs_tsv

SOURCES, TARGETS = ["a dog", "", "a \u00fc"], ["ein Hund", "", "\u65e5 x"]
PAIRS = list(zip(SOURCES, TARGETS, strict=True))
FRAME = pd.DataFrame({"source": SOURCES, "target": TARGETS})


def dataset(*columns):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0])


FORMS = {
    "pairs": lambda: as_pairs(Pairs(SOURCES, TARGETS)),
    "tuples": lambda: as_pairs(PAIRS),
    "lists": lambda: as_pairs(list(map(list, PAIRS))),
    "lists, y": lambda: as_pairs(SOURCES, TARGETS),
    "arrays": lambda: as_pairs(np.array(SOURCES), np.array(TARGETS, object)),
    "tensors": lambda: as_pairs(tf.constant(SOURCES), tf.constant(TARGETS)),
    "series": lambda: as_pairs(FRAME["source"], FRAME["target"]),
    "frame": lambda: as_pairs(FRAME),
    "dataset": lambda: as_pairs(dataset(SOURCES, TARGETS)),
    "batched dataset": lambda: as_pairs(dataset(SOURCES, TARGETS).batch(2)),
    "dataset, y": lambda: as_pairs(dataset(SOURCES), TARGETS),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same(form):
    assert list(FORMS[form]()) == PAIRS


@pytest.mark.parametrize("x", [SOURCES, np.array(SOURCES), FRAME[["source"]], dataset(SOURCES)])
def test_sources_alone(x):
    assert list(as_pairs(x)) == [(source, None) for source in SOURCES]


def test_pairs_stay_what_they_are():
    pairs = Pairs(SOURCES)
    assert as_pairs(pairs) is pairs


def test_nothing_at_all():
    assert len(as_pairs([])) == 0


@pytest.fixture
def files(tmp_path):
    """Writes texts under names, compressed where the name ends in `.gz`."""

    def write(**texts):
        paths = []
        for name, text in texts.items():
            path = tmp_path / name.replace("_", ".")
            content = text.encode() if isinstance(text, str) else text
            path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
            paths.append(path)
        return paths

    return write


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_two_files_line_by_line(files, end, last):
    # A line separator of Unicode ends no line, an empty line is a text.
    rows = (["a\u2028b", "", " c\x85"], ["x", "", "y"])
    text = [end.join(row) + end * last for row in rows]
    source, target = files(train_en="\ufeff" + text[0], train_de_gz=text[1])
    pairs = read_pairs(source, target)
    assert (pairs.sources, pairs.targets) == rows
    assert pairs.name == f"{source}, train.de.gz"
    assert read_pairs(source).targets is None


def test_an_empty_line_at_the_end_is_a_text(files):
    source, target = files(a="x\n\n", b="y\n\n")
    assert list(read_pairs(source, target)) == [("x", "y"), ("", "")]


def test_pairs_of_a_table(files):
    (plain,) = files(plain_tsv='a\t"b\t1\nc\td"\t2\n')
    assert list(read_pairs_tsv(plain)) == [("a", '"b'), ("c", 'd"')]
    assert list(as_pairs(plain)) == list(as_pairs(str(plain))) == list(read_pairs_tsv(plain))
    assert list(read_pairs_tsv(plain, 2, 0)) == [("1", "a"), ("2", "c")]
    assert list(read_pairs_tsv(plain, target=None)) == [("a", None), ("c", None)]
    (named,) = files(named_tsv_gz='id\tde\ten\n1\t"x\ty\n')
    assert list(read_pairs_tsv(named, "en", "de", header=True)) == [("y", '"x')]
    (quoted,) = files(quoted_tsv='"a\tb"\t"c\nd"\n')
    assert list(read_pairs_tsv(quoted, quoted=True)) == [("a\tb", "c\nd")]


ERRORS = {
    "a pair that is none": (
        lambda files: as_pairs([("a", "b"), ("a", "b", "c")], name="mine"),
        "mine: expected pairs (source, target). Received: ('a', 'b', 'c') (pair 1)",
    ),
    "two lists": (
        lambda files: as_pairs((["a", "b", "c"], ["d", "e", "f"]), name="mine"),
        "mine: expected pairs (source, target). Received: ['a', 'b', 'c'] (pair 0); "
        "list(zip(sources, targets)) makes pairs of two lists",
    ),
    "a folder": (
        lambda files: read_pairs(files(a="b")[0].parent),
        "{}: expected a file. Received: a folder",
    ),
    "a text among pairs": (
        lambda files: as_pairs([("a", "b"), "c"], name="mine"),
        "mine: expected pairs (source, target). Received: 'c' (pair 1)",
    ),
    "a target that is none": (
        lambda files: as_pairs([("a", "b"), ("a", None)], name="mine"),
        "mine: target 1: expected a str. Received: None (NoneType)",
    ),
    "targets twice": (
        lambda files: as_pairs([("a", "b")], ["c"], name="mine"),
        "mine: expected targets once. Received: in the data and in `y`",
    ),
    "targets too few": (
        lambda files: as_pairs(["a", "b"], ["c"], name="mine"),
        "mine: expected one target per source. Received: 2 sources, 1 targets",
    ),
    "one text": (
        lambda files: as_pairs("a dog", name="mine"),
        "mine: expected a list of texts. Received: the one text 'a dog'",
    ),
    "one target": (
        lambda files: as_pairs(["a dog"], "ein Hund", name="mine"),
        "mine, targets: expected a list of texts. Received: the one text 'ein Hund'",
    ),
    "columns": (
        lambda files: as_pairs(FRAME[["target"]], name="mine"),
        "mine: expected columns 'source' and 'target'. Received: target",
    ),
    "a gap": (
        lambda files: as_pairs(pd.DataFrame({"source": ["a"], "target": [None]}), name="mine"),
        "mine: expected a text in column 'target', row 0. Received: nothing",
    ),
    "labels of another kind": (
        lambda files: as_pairs(dataset(["a"], [1]), name="mine"),
        "mine: target 0: expected a str. Received: 1 (int)",
    ),
    "endless": (
        lambda files: as_pairs(dataset(["a"], ["b"]).repeat(), name="mine"),
        "mine: expected a finite dataset (`take(n)`). Received: an infinite one",
    ),
    "no texts": (
        lambda files: as_pairs(7, name="mine"),
        "mine: expected texts: Examples, a list, an array, pandas, tf.data or a path. "
        "Received: int",
    ),
    "more sources": (
        lambda files: read_pairs(*files(a_en="x\ny\nz\n", a_de="u\nv\n")),
        "{0}/a.en and {0}/a.de: expected as many lines in both. Received: 3 and 2; "
        "{0}/a.en, line 3, has no partner: 'z'",
    ),
    "more targets": (
        lambda files: read_pairs(*files(a_en="x\n", a_de="u\nv\n")),
        "{0}/a.en and {0}/a.de: expected as many lines in both. Received: 1 and 2; "
        "{0}/a.de, line 2, has no partner: 'v'",
    ),
    "an empty file": (
        lambda files: read_pairs(*files(a_en="x\n", a_de="")),
        "{0}/a.de: expected at least one line. Received: an empty file",
    ),
    "another encoding": (
        lambda files: read_pairs(*files(a_en=b"x\n\xfc\n")),
        "{0}/a.en, line 2: expected utf-8 text. "
        "Received: byte 0xfc (pass `encoding` if it is another)",
    ),
    "an empty table": (
        lambda files: read_pairs_tsv(*files(a_tsv="")),
        "{0}/a.tsv: expected at least one pair. Received: 0 lines",
    ),
    "a header alone": (
        lambda files: read_pairs_tsv(*files(a_tsv="en\tde\n"), header=True),
        "{0}/a.tsv: expected at least one pair. Received: 1 lines",
    ),
    "a short row": (
        lambda files: read_pairs_tsv(*files(a_tsv="a\tb\nc d\n")),
        "{0}/a.tsv, line 2: expected at least 2 columns, tabs between them. Received: 1 in 'c d'",
    ),
    "no such column": (
        lambda files: read_pairs_tsv(*files(a_tsv="en\tde\nx\ty\n"), "fr", header=True),
        "{0}/a.tsv, line 1: expected a column named 'fr'. Received: en, de",
    ),
    "no such position": (
        lambda files: read_pairs_tsv(*files(a_tsv="x\ty\n"), 0, 2),
        "{0}/a.tsv, line 1: expected at least 3 columns, the last of them `target`. Received: 2",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_bad_input_says_where_and_what(case, files, tmp_path):
    make, message = ERRORS[case]
    with pytest.raises(DataError) as error:
        make(files)
    assert str(error.value) == message.format(tmp_path)


def test_pairs_that_come_one_by_one():
    for given in (zip(SOURCES, TARGETS, strict=True), (pair for pair in PAIRS)):
        pairs = as_pairs(given)
        assert (pairs.sources, pairs.targets) == (as_pairs(PAIRS).sources, as_pairs(PAIRS).targets)

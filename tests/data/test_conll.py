"""CoNLL files, written by hand and read by others."""

import gzip
import os
import pathlib

import pytest

from seqkit.data import DataError, fill_conllu, read_conll, read_conllu

ROOT = os.environ.get("SEQKIT_DATA")
# The example of the format's own page in its essentials: a range, empty nodes, comments.
VAMOS = """\
# sent_id = 1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\tV\tMood=Imp\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\tE\t_\t5\tcase\t_\t_
4\tel\tel\tDET\tD\t_\t5\tdet\t_\t_
5\tmar\tmar\tNOUN\tN\t_\t1\tobl\t_\tSpaceAfter=No

# sent_id = 2
0.1\t_\t_\t_\t_\t_\t_\t_\t_\t_
1\tSue\tSue\tPROPN\t_\t_\t2\tnsubj\t_\t_
2\tlikes\tlike\tVERB\t_\t_\t0\troot\t_\t_
2.1\tgone\tgo\tVERB\t_\t_\t_\t_\t_\t_
2.2\tgone\tgo\tVERB\t_\t_\t_\t_\t_\t_
3\t_\t_\t_\tHYPH\t_\t2\tobj\t_\t_
4\tNew York\tNew York\tPROPN\tN\t_\t2\tobj\t_\t_
"""
WORDS = [["vamos", "nos", "a", "el", "mar"], ["Sue", "likes", "_", "New York"]]
UPOS = [["VERB", "PRON", "ADP", "DET", "NOUN"], ["PROPN", "VERB", None, "PROPN"]]
# The same content in other writings of a text file.
WRITINGS = {
    "as it is": VAMOS,
    "with an end": VAMOS + "\n",
    "blank lines": VAMOS + "\n\n\n",
    "no newline": VAMOS.rstrip("\n"),
    "crlf": VAMOS.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + VAMOS,
    "blank lines between": "\n\n" + VAMOS.replace("\n\n", "\n\n\n"),
    "comment of its own": "# licence\n\n" + VAMOS,
}


def write(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.conllu", "a.conllu.gz"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_words_and_tags(tmp_path, writing, name):
    sentences = read_conllu(write(tmp_path / name, WRITINGS[writing]))
    assert (sentences.words, sentences.labels) == (WORDS, UPOS)
    assert sentences.name == str(tmp_path / name)


COLUMNS = {
    "lemma": ["ir", "nosotros", "a", "el", "mar"],
    "xpos": ["V", None, "E", "D", "N"],
    "feats": ["Mood=Imp", None, None, None, None],
    "head": ["0", "1", "5", "5", "1"],
    "deprel": ["root", "obj", "case", "det", "obl"],
    "misc": [None, None, None, None, "SpaceAfter=No"],
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("writing", ["as it is", "crlf"])
def test_columns_by_name(tmp_path, column, writing):
    sentences = read_conllu(write(tmp_path / "a.conllu", WRITINGS[writing]), column)
    assert sentences.labels[0] == COLUMNS[column]


def test_the_lemma_of_an_underscore_is_one(tmp_path):
    assert read_conllu(write(tmp_path / "a", VAMOS), "lemma").labels[1][2] == "_"


def test_a_column_without_tags_gives_words_alone(tmp_path):
    assert read_conllu(write(tmp_path / "a", VAMOS), "deps").labels is None


def row(*start):
    return "\t".join([*start, *"_" * (10 - len(start))]) + "\n"


BROKEN = {
    "columns missing": (
        row("1", "a") + "2\tb\t_\n",
        "line 2: expected 10 columns between tabs. Received: 3 in '2\\tb\\t_'",
    ),
    "columns too many": (row("1", "a") + "2" + "\ta" * 10, "line 2: ", "Received: 11 in"),
    "spaces": (row("1", "a").replace("\t", "  "), "Received: 1 in", "(spaces in place of tabs)"),
    "id no number": (row("x", "a"), 'line 1: expected an id like "7", "7-8" or "7.1". Received: '),
    "id empty": (row("", "a"), "Received: ''"),
    "id negative": (row("-1", "a"), "Received: '-1'"),
    "id in other digits": (row("\u0661", "a"), "expected an id like"),
    "starts at two": (row("2", "a"), "line 1: expected the ids of a sentence in order, 1 after 0"),
    "twice": (row("1", "a") + row("1", "b"), "line 2: expected the ids", "Received: 1"),
    "gap": (row("1", "a") + row("3", "b"), "2 after 1. Received: 3"),
    "no blank line": (row("1", "a") + row("2", "b") + row("1", "c"), "line 3: expected the ids"),
    "range too late": (row("1", "a") + row("1-2", "ab") + row("2", "b"), "line 2", "Received: 1-2"),
    "range backwards": (row("2-1", "ab"), "Received: 2-1"),
    "range in a range": (row("1-3", "x") + row("1", "a") + row("2-3", "y"), "line 3"),
    "range without words": (
        row("1-3", "abc") + row("1", "a") + row("2", "b") + "\n" + row("1", "a"),
        "line 4: expected words up to 3, as a range says. Received: 2 words",
    ),
    "range at the end": (row("1-2", "ab") + row("1", "a"), "expected words up to 2"),
    "empty node too early": (row("1.1", "a"), "Received: 1.1"),
    "empty nodes out of order": (row("1", "a") + row("1.2", "b"), "line 2", "Received: 1.2"),
    "no form": (row("1", ""), "line 1: expected a form in column 2. Received: nothing"),
    "wrong byte": (b"# ok\n1\t\xff\n", "line 2: expected utf-8 text. Received: byte 0xff"),
    "nothing": ("", "expected at least one sentence. Received: an empty file"),
    "comments only": ("# a\n\n# b\n", "expected at least one sentence"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_name_file_and_line(tmp_path, case):
    text, *messages = BROKEN[case]
    path = write(tmp_path / "a.conllu", text)
    with pytest.raises(DataError) as error:
        read_conllu(path)
    assert str(error.value).startswith(str(path))
    for message in messages:
        assert message in str(error.value)


@pytest.mark.parametrize("column", ["pos", "id", "form", 3])
def test_a_column_that_is_not_there(tmp_path, column):
    path = write(tmp_path / "a.conllu", VAMOS)
    for call in (read_conllu, lambda p, c: fill_conllu(p, p, UPOS, c)):
        with pytest.raises(DataError, match="expected a column among lemma, upos, xpos"):
            call(path, column)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="expected a file"):
        read_conllu(tmp_path / "none.conllu")


# --- filled ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b.conllu", "b.conllu.gz"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_filled_with_its_own_tags_a_file_is_the_same(tmp_path, writing, name):
    source, out = write(tmp_path / "a.conllu", WRITINGS[writing]), tmp_path / "new" / name
    fill_conllu(source, out, UPOS)
    data = out.read_bytes()
    data = gzip.decompress(data) if out.suffix == ".gz" else data
    assert data == source.read_bytes()


@pytest.mark.parametrize("column", ["upos", "misc"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_one_column_is_filled_and_no_other_byte(tmp_path, writing, column):
    path = write(tmp_path / "a.conllu", WRITINGS[writing])
    tags = [[f"T{i}" for i in range(len(row))] for row in WORDS]
    tags[0][2] = None
    fill_conllu(path, path, tags, column)
    assert read_conllu(path, column).labels == tags
    at, count = {"upos": 3, "misc": 9}[column], 0
    before = WRITINGS[writing].split("\n")
    after = path.read_bytes().decode().split("\n")
    for old, new in zip(before, after, strict=True):
        if old != new:
            count += 1
            old, new = old.split("\t"), new.split("\t")
            assert old[:at] + old[at + 1 :] == new[:at] + new[at + 1 :]
            assert old[at].endswith("\r") == new[at].endswith("\r")
    assert count == (9 if column == "upos" else 8)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (UPOS[:1], "expected tags for 2 sentences. Received: 1"),
        ([UPOS[0], ["X"]], "sentence 1 (line 13): expected a tag for each of 4 words. Received: 1"),
        ([UPOS[0], ["X", "X", "a\tb", "X"]], "line 17: expected a tag without tabs"),
        ([UPOS[0], ["X", "X", "", "X"]], "Received: ''"),
        ([UPOS[0], ["X", "X", 3, "X"]], "Received: 3"),
    ],
)
def test_tags_that_do_not_fit_leave_no_file(tmp_path, tags, message):
    path = write(tmp_path / "a.conllu", VAMOS)
    with pytest.raises(DataError) as error:
        fill_conllu(path, tmp_path / "b.conllu", tags)
    assert message in str(error.value)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(
    not ROOT or not pathlib.Path(ROOT, "ud_english_ewt").is_dir(),
    reason="SEQKIT_DATA holds no ud_english_ewt",
)
def test_a_treebank_is_read_as_others_read_it_and_filled_again(tmp_path):
    source = pathlib.Path(ROOT, "ud_english_ewt", "en_ewt-ud-test.conllu.gz")
    ours = read_conllu(source)
    out = tmp_path / "out.conllu"
    fill_conllu(source, out, ours.labels)
    assert out.read_bytes() == gzip.decompress(source.read_bytes())
    conllu = pytest.importorskip("conllu")
    theirs = [
        [word for word in sentence if isinstance(word["id"], int)]
        for sentence in conllu.parse(gzip.decompress(source.read_bytes()).decode())
    ]
    assert ours.words == [[word["form"] for word in words] for words in theirs]
    assert ours.labels == [[word["upos"] for word in words] for words in theirs]


# --- columns -----------------------------------------------------------------------------

CONLL = """\
-DOCSTART- -X- -X- O

U.N. NNP I-NP I-ORG
official NN I-NP O

Ekeus NNP I-NP I-PER
"""


@pytest.mark.parametrize("text", [CONLL, CONLL.replace("\n", "\r\n"), CONLL + "\n\n"])
@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({}, [["I-ORG", "O"], ["I-PER"]]),
        ({"tag": 1}, [["NNP", "NN"], ["NNP"]]),
        ({"tag": None}, None),
        ({"word": -4, "tag": 2, "separator": " "}, [["I-NP", "I-NP"], ["I-NP"]]),
    ],
)
def test_columns(tmp_path, text, options, tags):
    sentences = read_conll(write(tmp_path / "a.conll", text), **options)
    assert sentences.words == [["U.N.", "official"], ["Ekeus"]]
    assert sentences.labels == tags


def test_words_with_spaces_between_tabs(tmp_path):
    path = write(tmp_path / "a.tsv", "New York\tB-LOC\n")
    assert list(read_conll(path, separator="\t")) == [(["New York"], ["B-LOC"])]


BROKEN_COLUMNS = {
    "column missing": ("a X\nb\n", {}, "line 2: expected 2 columns. Received: 1 columns in 'b'"),
    "one column": ("a\n", {}, "line 1: expected a word and a tag. Received: 1 columns in 'a'"),
    "position too far": ("a X\n", {"tag": 2}, "line 1: expected `tag` in column 2. Received: 2"),
    "tag empty": ("a\t\n", {"separator": "\t"}, "line 1: expected a tag. Received: nothing"),
    "word empty": ("\tX\n", {"separator": "\t"}, "line 1: expected a word. Received: nothing"),
    "nothing": ("-DOCSTART- X\n\n", {}, "expected at least one sentence"),
}


@pytest.mark.parametrize("case", BROKEN_COLUMNS)
def test_broken_columns_name_file_and_line(tmp_path, case):
    text, options, message = BROKEN_COLUMNS[case]
    path = write(tmp_path / "a.conll", text)
    with pytest.raises(DataError) as error:
        read_conll(path, **options)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)

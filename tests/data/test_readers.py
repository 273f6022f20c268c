"""Files in, examples out; every broken row is an error with its place."""

import csv
import gzip
import json

import pytest

from seqkit import data
from seqkit.data import DataError

ROWS = [("good fun", "positive"), ('a "mess", truly', "negative"), ("crème brûlée ☂", "positive")]


def write(path, text, encoding="utf-8"):
    payload = text if isinstance(text, bytes) else text.encode(encoding)
    path.write_bytes(gzip.compress(payload) if path.suffix == ".gz" else payload)
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_tsv_takes_quotation_marks_as_they_are(tmp_path, suffix):
    text = "sentence\tlabel\n" + "".join(f"{t}\t{label}\n" for t, label in ROWS)
    read = data.read_tsv(write(tmp_path / f"r.tsv{suffix}", text))
    assert list(read) == ROWS


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_csv_reads_what_the_csv_module_wrote(tmp_path, suffix):
    rows = [*ROWS, ("two\nlines, and a ''quote\"", "negative"), ("x" * 300_000, "negative")]
    plain = tmp_path / "plain"
    with plain.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("label", "text"), *((label, t) for t, label in rows)])
    path = write(tmp_path / f"r.csv{suffix}", plain.read_bytes())
    limit = csv.field_size_limit()
    assert list(data.read_csv(path, "text", "label")) == rows
    assert csv.field_size_limit() == limit


COLUMNS = {  # header, row, options -> text, label
    "text, label": ("text,label", "fun,1", {}, ("fun", "1")),
    "label, text": ("label,text", "1,fun", {}, ("fun", "1")),
    "capitals and spaces": (" Label ,TEXT", "1,fun", {}, ("fun", "1")),
    "no such names": ("sentence,class", "fun,1", {}, ("fun", "1")),
    "one such name": ("label,review", "1,fun", {}, ("fun", "1")),
    "among others": ("id,text,label", "7,fun,1", {}, ("fun", "1")),
    "one is told": ("class,review", "1,fun", {"text": "review"}, ("fun", "1")),
    "positions are told": ("label,text", "a,b", {"text": 0, "label": 1}, ("a", "b")),
    "no header": (None, "fun,1,7", {"header": False}, ("fun", "1")),
    "texts alone": ("label,text", "1,fun", {"label": None}, ("fun", None)),
    "texts of another name alone": ("label,review", "1,fun", {"label": None}, ("fun", None)),
    "all is text": ("review,label", "fun,1", {"label": None}, ("fun", None)),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_go_by_their_names(tmp_path, name):
    header, row, options, expected = COLUMNS[name]
    content = "\n".join(line for line in (header, row) if line)
    assert list(data.read_csv(write(tmp_path / "r.csv", content), **options)) == [expected]


@pytest.mark.parametrize("header", ["id,review,class", "id,text,class"])
def test_columns_among_others_are_not_guessed(tmp_path, header):
    path = write(tmp_path / "r.csv", f"{header}\n1,fun,good")
    with pytest.raises(DataError, match=f"columns named text and label.*Received: {header[:2]}"):
        data.read(path)


def test_a_first_row_that_is_no_header_is_not_lost(tmp_path):
    rows = "good fun\tpositive\na mess\tnegative\nfine\tpositive\n"
    path = write(tmp_path / "r.tsv", rows)
    with pytest.raises(DataError, match=r"line 1: expected the names .*'positive' is a label of"):
        data.read(path)
    assert len(data.read_tsv(path, header=False)) == 3
    named = write(tmp_path / "named.tsv", "text\tlabel\na\tlabel\nb\tother\n")
    assert list(data.read(named)) == [("a", "label"), ("b", "other")]


def test_quoted_tsv_holds_tabs_and_newlines(tmp_path):
    path = write(tmp_path / "r.tsv", 'text\tlabel\n"a\tb\nc"\tpositive\n')
    assert list(data.read_tsv(path, quoted=True)) == [("a\tb\nc", "positive")]


def test_jsonl_reads_what_json_wrote(tmp_path):
    lines = [json.dumps({"body": t, "stars": i, "more": None}) for i, (t, _) in enumerate(ROWS)]
    read = data.read_jsonl(write(tmp_path / "r.jsonl", "\n".join(lines)), "body", "stars")
    assert list(read) == [(t, str(i)) for i, (t, _) in enumerate(ROWS)]


def test_a_folder_per_label(tmp_path):
    for i, (text, label) in enumerate(ROWS):
        (tmp_path / label).mkdir(exist_ok=True)
        write(tmp_path / label / f"{i}.txt{'.gz' * (i % 2)}", text)
    assert list(data.read_folder(tmp_path)) == sorted(ROWS, key=lambda row: row[1])
    assert len(data.read_folder(tmp_path, ["negative"])) == 1


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ({"header": False}, "good\tpositive\n"),
        ({"text": 2, "label": 0}, "label\tid\ttext\npositive\t7\tgood\n"),
        ({"text": "text", "label": "label"}, "label\tid\ttext\npositive\t7\tgood\n"),
        ({}, "text\tlabel\r\ngood\tpositive\r\n"),
        ({}, "text\tlabel\ngood\tpositive"),
        ({}, "text\tlabel\ngood\tpositive\n\n\n"),
        ({"text": "text"}, "\ufefftext\tlabel\ngood\tpositive\n"),
    ],
    ids=["headless", "positions", "names", "crlf", "no end", "blank end", "byte order mark"],
)
def test_layouts_of_a_table(tmp_path, options, content):
    assert list(data.read_tsv(write(tmp_path / "r.tsv", content), **options)) == [
        ("good", "positive")
    ]


def test_line_separators_that_are_no_newlines_end_no_row(tmp_path):
    text = "a\u2028b\x85c\x0bd\x0ce\x00f"
    assert data.read_tsv(write(tmp_path / "r.tsv", f"text\tlabel\n{text}\t1\n")).texts == [text]


def test_other_encodings_are_an_argument(tmp_path):
    path = write(tmp_path / "r.tsv", "text\tlabel\ncafé\t1\n", "latin-1")
    assert data.read_tsv(path, encoding="latin-1").texts == ["café"]


def test_texts_without_labels(tmp_path):
    path = write(tmp_path / "r.csv", "text\ngood\nbad\n")
    assert data.read_csv(path, label=None).labels is None


H = "text\tlabel\n"
BROKEN = {
    "empty file": ("r.tsv", "", "r.tsv: expected at least one row. Received: an empty file"),
    "header only": ("r.tsv", H, "r.tsv: expected rows below the header. Received: only the header"),
    "column missing": (
        "r.tsv",
        H + "good\t1\nbad\n",
        "r.tsv, line 3: expected 2 columns. Received: 1 columns in 'bad'",
    ),
    "columns too many": (
        "r.tsv",
        H + "good\t1\tx\n",
        "r.tsv, line 2: expected 2 columns. Received: 3 columns in 'good | 1 | x'",
    ),
    "blank line between": (
        "r.tsv",
        H + "good\t1\n\nbad\t0\n",
        "r.tsv, line 3: expected 2 columns. Received: 1 columns in ''",
    ),
    "text missing": (
        "r.tsv",
        H + " \t1\n",
        "r.tsv, line 2: expected a text in column 'text'. Received: nothing",
    ),
    "label missing": (
        "r.tsv",
        H + "good\t1\nbad\t\n",
        "r.tsv, line 3: expected a label in column 'label'. Received: nothing",
    ),
    "wrong byte": (
        "r.tsv",
        b"text\tlabel\ngood\t1\nb\xffad\t0\n",
        "r.tsv, line 3: expected utf-8 text. Received: byte 0xff (pass `encoding`",
    ),
    "no gzip": ("r.tsv.gz", None, "r.tsv.gz: expected gzip content. Received: Not a gzipped file"),
    "quotation without end": (
        "r.csv",
        'text,label\nfine,1\n"good,1\nbad,0\n',
        "r.csv, line 3: expected quoted fields. Received: unexpected end of data",
    ),
    "row after a row of two lines": (
        "r.csv",
        'text,label\n"two\nlines",1\nbad\n',
        "r.csv, line 4: expected 2 columns. Received: 1 columns in 'bad'",
    ),
    "bad JSON": (
        "r.jsonl",
        '{"text": "a", "label": 1}\n{"text": "b",\n',
        'r.jsonl, line 2: expected a JSON object. Received: \'{"text": "b",\'',
    ),
    "JSON list": (
        "r.jsonl",
        '["a", 1]\n',
        "r.jsonl, line 1: expected a JSON object. Received: '[\"a\", 1]'",
    ),
    "key missing": (
        "r.jsonl",
        '{"text": "a"}\n',
        "r.jsonl, line 1: expected the key 'label'. Received: text",
    ),
    "label null": (
        "r.jsonl",
        '{"text": "a", "label": null}\n',
        "r.jsonl, line 1: expected a string or an integer under 'label'. Received: 'null'",
    ),
    "text a number": (
        "r.jsonl",
        '{"text": 3, "label": 1}\n',
        "r.jsonl, line 1: expected a string under 'text'. Received: '3'",
    ),
    "text empty": (
        "r.jsonl",
        '{"text": "", "label": 1}\n',
        "r.jsonl, line 1: expected a string under 'text'. Received: nothing",
    ),
    "suffix": ("r.xml", "<a>", "r.xml: expected a folder or a file ending in .tsv, .csv, .jsonl"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_name_file_line_and_fault(tmp_path, case):
    name, content, message = BROKEN[case]
    path = tmp_path / name
    if content is None:
        path.write_bytes(b"plain text")
    else:
        write(path, content)
    with pytest.raises(DataError) as error:
        data.read(path)
    assert str(tmp_path / message) in str(error.value)


CALLS = {
    "no file": (
        lambda root: data.read_tsv(root / "none.tsv"),
        "none.tsv: expected a file. Received: no such file",
    ),
    "unknown column": (
        lambda root: data.read_tsv(root / "r.tsv", text="body"),
        "r.tsv, line 1: expected a column named 'body'. Received: text, label",
    ),
    "position too far": (
        lambda root: data.read_tsv(root / "r.tsv", label=2),
        "r.tsv, line 1: expected at least 3 columns, the last of them `label`. Received: 2",
    ),
    "position from the end": (
        lambda root: data.read_tsv(root / "r.tsv", label=-1),
        "r.tsv: expected `label` as a position from 0 up. Received: label=-1",
    ),
    "name without header": (
        lambda root: data.read_tsv(root / "r.tsv", text="text", header=False),
        "expected `text` as a position, as there is no header. Received: text='text'",
    ),
    "empty folder": (
        lambda root: data.read_folder(root / "empty"),
        "empty: expected one sub-folder per label. Received: an empty folder",
    ),
    "stray file": (
        lambda root: data.read_folder(root),
        "expected only sub-folders, one per label (pass `labels` to choose them). "
        "Received also: r.tsv",
    ),
    "label without texts": (
        lambda root: data.read_folder(root, ["empty"]),
        "empty: expected files *.txt. Received: none",
    ),
    "empty text file": (
        lambda root: data.read_folder(root, ["blank"]),
        "1.txt, line 1: expected a text. Received: an empty file",
    ),
    "folder that is none": (
        lambda root: data.read_folder(root / "r.tsv"),
        "r.tsv: expected a folder with one sub-folder per label. It is none",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_calls_that_do_not_fit_the_files(tmp_path, case):
    write(tmp_path / "r.tsv", H + "good\t1\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").mkdir()
    write(tmp_path / "blank" / "1.txt", " \n")
    call, message = CALLS[case]
    with pytest.raises(DataError) as error:
        call(tmp_path)
    assert message in str(error.value)


def test_a_truncated_gzip_file_is_an_error(tmp_path):
    path = write(tmp_path / "r.tsv.gz", H + "good\t1\n" * 1000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="expected gzip content"):
        data.read_tsv(path)

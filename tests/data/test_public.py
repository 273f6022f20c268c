"""Public sets: found by name, checked by content, explained when absent."""

import collections
import gzip
import hashlib
import os
import pathlib

import pytest

from seqkit import data
from seqkit.data import DataError, public

ROOT = os.environ.get("SEQKIT_DATA")


def needs(name):
    held = ROOT and pathlib.Path(ROOT, name).is_dir()
    return pytest.mark.skipif(not held, reason=f"SEQKIT_DATA holds no {name}")


FILES = {
    "train.tsv": 'sentence\tlabel\ngood fun\t1\na "mess\t0\n',
    "dev.tsv": "sentence\tlabel\nfine\t1\n",
    "test.tsv": "sentence\tlabel\ndull\t0\n",
    "train_sentences.tsv": "sentence\tlabel\nWhole.\t1\n",
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A set of four lines in the layout of sst2, pinned like it."""

    def part(file):
        return public.Part(file, hashlib.sha256(FILES[file].encode()).hexdigest())

    source = public.SOURCES["sst2"]
    pinned = public.Source(
        source.page,
        source.layout,
        {name: part(own.file) for name, own in source.parts.items()},
        source.read,
        {name: part(own.file) for name, own in source.variants.items()},
    )
    monkeypatch.setitem(public.SOURCES, "sst2", pinned)
    monkeypatch.setenv("SEQKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def place(folder, compress):
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("folder", ["data/sst2", "cache/seqkit/sst2"])
@pytest.mark.parametrize("compress", [True, False])
def test_a_set_is_found_in_both_places_compressed_or_not(small, folder, compress):
    place(small / folder, compress)
    splits = data.load("sst2")
    assert list(splits.examples["train"]) == [("good fun", "positive"), ('a "mess', "negative")]
    assert (splits.name, splits.labels) == ("sst2", ("negative", "positive"))
    for part, size in (("train", 2), ("validation", 1), ("test", 1)):
        stream = getattr(splits, part)
        assert int(stream.cardinality()) == size
        pairs = [(t.decode(), label.decode()) for t, label in stream.as_numpy_iterator()]
        assert pairs == list(splits.examples[part])


def test_whole_sentences_in_place_of_phrases(small):
    place(small / "data/sst2", True)
    splits = data.load("sst2", train="sentences")
    assert list(splits.examples["train"]) == [("Whole.", "positive")]
    assert len(splits.examples["validation"]) == 1


def test_a_folder_of_ones_own(small):
    assert len(data.load("sst2", directory=place(small / "mine", False)).examples["train"]) == 2


def test_an_absent_set_says_where_to_get_it_and_where_to_put_it(small):
    with pytest.raises(DataError) as error:
        data.load("sst2")
    for part in ("train.tsv", "gluebenchmark.com", str(small / "cache/seqkit/sst2"), "SEQKIT_DATA"):
        assert part in str(error.value)


def test_altered_content_is_refused(small):
    folder = place(small / "data/sst2", False)
    (folder / "dev.tsv").write_text(FILES["dev.tsv"].replace("fine", "fime"))
    with pytest.raises(DataError, match=r"dev.tsv: expected content with sha256 \w{64}. Received"):
        data.load("sst2")


def test_a_broken_archive_is_refused(small):
    folder = place(small / "data/sst2", True)
    path = folder / "dev.tsv.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"dev.tsv.gz: expected gzip content"):
        data.load("sst2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"name": "sst9"},
            f"data.load: expected a name among {', '.join(sorted(public.SOURCES))}. "
            "Received: 'sst9'",
        ),
        (
            {"name": "sst2", "train": "words"},
            "data.load: expected `train` of sst2 among sentences. Received: 'words'",
        ),
    ],
)
def test_unknown_names_list_the_known(arguments, message):
    with pytest.raises(DataError) as error:
        data.load(**arguments)
    assert str(error.value) == message


def test_splits_name_the_parts_they_have():
    splits = data.Splits({"train": data.Examples(["a"], ["x"])}, name="mine")
    with pytest.raises(AttributeError, match=r"mine has no part 'test'. It has: train"):
        _ = splits.test


@needs("sst2")
def test_sst2_has_its_published_sizes():
    splits = data.load("sst2")
    sizes = {part: len(rows) for part, rows in splits.examples.items()}
    assert sizes == {"train": 67_349, "validation": 872, "test": 1_821}
    counts = collections.Counter(splits.examples["train"].labels)
    assert counts == {"positive": 37_569, "negative": 29_780}
    assert collections.Counter(splits.examples["test"].labels)["positive"] == 909
    assert len(data.load("sst2", train="sentences").examples["train"]) == 6_920


@needs("sst2")
def test_bucketing_wastes_less_than_a_tenth_of_sst2():
    train = data.load("sst2").examples["train"]
    texts = data.TextClassification.learn(train)
    report = texts.batches(train, 32, shuffle=True, seed=0).report()
    assert report.waste_after < 0.10
    assert report.waste_before > 0.5
    assert report.shapes <= 17


@needs("ud_english_ewt")
def test_ewt_has_its_published_sizes_and_floor():
    splits = data.load("ud_english_ewt")
    sizes = {part: (len(rows), rows.tokens) for part, rows in splits.examples.items()}
    assert sizes == {
        "train": (12_544, 204_577),
        "validation": (2_001, 25_147),
        "test": (2_077, 25_094),
    }
    assert splits.train is splits.examples["train"]
    assert len(splits.labels) == 17
    assert round(100 * data.samples.most_frequent_tag_accuracy(splits), 2) == 86.20


@needs("ud_english_ewt")
def test_another_column_of_ewt():
    tags = data.load("ud_english_ewt", column="xpos").labels
    assert "NNP" in tags
    assert "NOUN" not in tags


@needs("multi30k")
def test_multi30k_has_its_published_sizes():
    splits = data.load("multi30k")
    sizes = {part: len(pairs) for part, pairs in splits.examples.items()}
    assert sizes == {"train": 29_000, "validation": 1_014, "test": 1_000}
    assert next(iter(splits.test)) == (
        "A man in an orange hat starring at something.",
        "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt.",
    )
    back = data.load("multi30k", source="de", target="en")
    assert back.validation.sources == splits.validation.targets
    assert back.validation.targets == splits.validation.sources
    with pytest.raises(DataError, match=r"Received: 'en' and 'fr'"):
        data.load("multi30k", target="fr")


@needs("tatoeba_fra_eng")
def test_tatoeba_has_each_english_sentence_in_one_part():
    splits = data.load("tatoeba")
    sizes = {part: len(pairs) for part, pairs in splits.examples.items()}
    assert sizes == {"train": 53_989, "validation": 3_049, "test": 2_962}
    english = [set(pairs.sources) for pairs in splits.examples.values()]
    assert sum(map(len, english)) == len(set.union(*english)) == 38_520
    assert ("Go.", "Va !") in {pair for pairs in splits.examples.values() for pair in pairs}


@needs("multi30k")
def test_bucketing_wastes_less_than_an_eighth_of_multi30k():
    train = data.load("multi30k").train
    batches = data.Translation.learn(train.subset(range(4000))).batches(train, tokens=4096)
    report = batches.report()
    assert report.waste_after < 0.12
    assert report.waste_before > 0.5
    assert len(batches.widths) <= 16
    assert report.shapes <= 32


def test_options_that_a_set_has_not():
    with pytest.raises(TypeError, match=r"sst2 takes no further options. Received: column"):
        data.load("sst2", column="upos")
    with pytest.raises(TypeError, match=r"ud_english_ewt takes column. Received: columns"):
        data.load("ud_english_ewt", columns="upos")

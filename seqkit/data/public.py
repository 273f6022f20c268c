"""Public data sets by name: found on disk, checked against their pinned content, never shipped."""

import dataclasses
import hashlib
import os
import pathlib

from seqkit.data import public_pairs, public_series
from seqkit.data.conll import read_conllu
from seqkit.data.contents import file_bytes
from seqkit.data.examples import DataError, Splits
from seqkit.data.readers import read_tsv

__all__ = ["load"]


@dataclasses.dataclass(frozen=True)
class Part:
    """One file of a set: its name and the sha256 of its content, decompressed."""

    file: str
    sha256: str


@dataclasses.dataclass(frozen=True)
class Source:
    """A data set: its files by part, the page to get it from, and how a file is read.

    `variants` are files that may stand in for "train", by name; `options` are those that `load`
    hands to `read`. `folder` is where the files lie, if not in one of the set's own name; `split`
    makes the parts of what the only file holds, `join` those that files make together: it takes
    the paths of all parts, and the options.
    """

    page: str
    layout: str
    parts: dict
    read: object
    variants: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    folder: str | None = None
    split: object = None
    join: object = None


def _sst2(path):
    examples = read_tsv(path, "sentence", "label")
    names = {"0": "negative", "1": "positive"}
    examples.labels = [names[label] for label in examples.labels]
    return examples


SOURCES = {
    "sst2": Source(
        page="https://gluebenchmark.com/tasks (SST-2); test labels and whole sentences: "
        "https://nlp.stanford.edu/sentiment",
        layout="tab-separated `sentence`, `label` (0 or 1) with a header, gzipped or not",
        parts={
            "train": Part(
                "train.tsv", "c75796b01672b41c38cd4b35f4ff1ade88ca79b7577f3926e01ff69739d85ec9"
            ),
            "validation": Part(
                "dev.tsv", "f7271f7a919ea884ca8563e13ed03028aa44296d1f738c003af3142b9a2188f8"
            ),
            "test": Part(
                "test.tsv", "1da6e04ccd65c1ade32864afa62129b3b3d5df0f1b314961ec345af304274093"
            ),
        },
        read=_sst2,
        variants={
            "sentences": Part(
                "train_sentences.tsv",
                "f95f4e7a31594b0c1a15581ec7b2b5225b8b43707d20a481ab3c4e817169325d",
            )
        },
    ),
    "ud_english_ewt": Source(
        page="https://github.com/UniversalDependencies/UD_English-EWT (release 2.16)",
        layout="CoNLL-U, gzipped or not",
        parts={
            "train": Part(
                "en_ewt-ud-train.conllu",
                "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
            ),
            "validation": Part(
                "en_ewt-ud-dev.conllu",
                "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
            ),
            "test": Part(
                "en_ewt-ud-test.conllu",
                "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
            ),
        },
        read=read_conllu,
        options=("column",),
    ),
}


def _one_file(file, sha256, folder, page, layout, read, split):
    parts = {"all": Part(file, sha256)}
    return Source(page, layout, parts, read, folder=folder, split=split)


SOURCES |= {
    "etth1": _one_file(
        "ETTh1.csv",
        "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
        "ett",
        "https://github.com/zhouhaoyi/ETDataset (ETT-small)",
        "comma-separated `date` and seven columns, hourly",
        public_series.etth1,
        public_series.split_etth1,
    ),
    "airline": _one_file(
        "airline-passengers.csv",
        "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621",
        "ts_small",
        "https://github.com/jbrownlee/Datasets",
        "comma-separated `Month`, `Passengers`",
        public_series.airline,
        public_series.split_airline,
    ),
    "sunspots": _one_file(
        "monthly-sunspots.csv",
        "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3",
        "ts_small",
        "https://github.com/jbrownlee/Datasets",
        "comma-separated `Month`, `Sunspots`",
        public_series.sunspots,
        public_series.split_sunspots,
    ),
    "tatoeba": _one_file(
        "fra_first60000.tsv",
        "07112839c18734f6bcc917e3d0fa6840aa3d53dddcc9e65091f34d2904f1c57c",
        "tatoeba_fra_eng",
        "https://www.manythings.org/anki (fra-eng.zip of 2017-09-29, its first 60,000 lines)",
        "English, a tab, French; no header",
        public_pairs.tatoeba,
        public_pairs.split_tatoeba,
    ),
    "multi30k": Source(
        page="https://github.com/multi30k/dataset (data/task1/raw)",
        layout="one sentence a line, line by line with the other language, gzipped or not",
        parts={
            "train.en": Part(
                "train.en", "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6"
            ),
            "train.de": Part(
                "train.de", "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72"
            ),
            "validation.en": Part(
                "val.en", "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227"
            ),
            "validation.de": Part(
                "val.de", "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660"
            ),
            "test.en": Part(
                "test_2016_flickr.en",
                "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
            ),
            "test.de": Part(
                "test_2016_flickr.de",
                "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
            ),
        },
        read=None,
        options=("source", "target"),
        join=public_pairs.multi30k,
    ),
}


def load(name, *, train=None, directory=None, **options):
    """A public data set, from `$SEQKIT_DATA/<name>` or the local cache.

    Sets with no stable publisher's address are not downloaded: the error says where to get them.

    Args:
        name: "sst2" (GLUE SST-2: 67,349 phrases to train on, 872 sentences to validate, 1,821 to
            test, labels "negative" and "positive"), or "ud_english_ewt" (Universal Dependencies
            English EWT 2.16: 12,544, 2,001 and 2,077 sentences, 17 universal parts of speech).
            Series: "etth1" (Zhou et al. 2021: seven hourly columns; 8,640 steps to train on,
            2,880 to validate, 2,880 to test), "airline" (passengers of 144 months, the last 24
            to test, the 24 before to validate), "sunspots" (2,820 months, 240 to test, 240 to
            validate).
            Pairs: "multi30k" (Elliott et al. 2016: 29,000 captions in English and German, 1,014,
            and 1,000, those of test_2016_flickr), "tatoeba" (the 60,000 shortest of English and
            French; a hash of the English sentence, of which there may be several translations,
            puts it in one part: 53,989 pairs, 3,049 and 2,962).
        train: Another file to train on; for "sst2" "sentences", its 6,920 whole sentences.
        directory: The folder with the files, in place of the usual ones.
        **options: For "ud_english_ewt" `column`, the tags to read, as in `read_conllu`; for
            "multi30k" `source` and `target`, "en" or "de".

    Returns:
        `Splits`: `.train`, `.validation`, `.test` are `tf.data` of (text, label) strings, and
        `.examples["train"]` the same as lists. Of tagged sets both are `Sentences`, of sets of
        pairs `Pairs`, of sets of series `Series`.

    Raises:
        DataError: The name is not known, a file is absent, or its content is not the pinned one.
        TypeError: The set has no such option.

    Example:
        >>> try:
        ...     load("sst3")
        ... except DataError as error:
        ...     print(str(error).partition(" among ")[0])
        data.load: expected a name
    """
    if name not in SOURCES:
        raise DataError(
            f"data.load: expected a name among {', '.join(sorted(SOURCES))}. Received: {name!r}"
        )
    source = SOURCES[name]
    unknown = sorted(set(options) - set(source.options))
    if unknown:
        raise TypeError(
            f"data.load: {name} takes {', '.join(source.options) or 'no further options'}. "
            f"Received: {', '.join(unknown)}"
        )
    parts = dict(source.parts)
    if train is not None:
        if train not in source.variants:
            known = ", ".join(source.variants) or "none"
            raise DataError(
                f"data.load: expected `train` of {name} among {known}. Received: {train!r}"
            )
        parts["train"] = source.variants[train]
    folders = [pathlib.Path(directory)] if directory else _folders(source.folder or name)
    paths = {part: _find(name, source, file.file, folders) for part, file in parts.items()}
    for part, path in paths.items():
        _check(path, parts[part].sha256)
    if source.join is not None:
        return source.join(paths, **options)
    if source.split is not None:
        return source.split(source.read(paths["all"]))
    return Splits({part: source.read(path, **options) for part, path in paths.items()}, name=name)


def _folders(name):
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    roots = [os.environ.get("SEQKIT_DATA"), pathlib.Path(cache) / "seqkit"]
    return [pathlib.Path(root) / name for root in roots if root]


def _find(name, source, file, folders):
    for folder in folders:
        for path in (folder / f"{file}.gz", folder / file):
            if path.is_file():
                return path
    raise DataError(
        f"data.load: {name} needs {file} (or {file}.gz): {source.layout}. Get it from "
        f"{source.page} and put it in {folders[-1]}, or set SEQKIT_DATA to the folder that holds "
        f"{source.folder or name}/. Looked in: {', '.join(map(str, folders))}"
    )


def _check(path, expected):
    # The content is pinned, not its compression: gzip files differ by tool and date.
    received = hashlib.sha256(file_bytes(path)).hexdigest()
    if received != expected:
        raise DataError(f"{path}: expected content with sha256 {expected}. Received: {received}")

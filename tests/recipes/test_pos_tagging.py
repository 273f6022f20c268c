"""The recipe: what it learns from, what it builds, what it refuses."""

import numpy as np
import pytest

import recipes
from seqkit import data, layers
from seqkit.data import schemes

CHUNKS = [
    (["The", "big", "dog", "barks"], ["B-NP", "I-NP", "I-NP", "O"]),
    (["A", "cat", "saw", "it"], ["B-NP", "I-NP", "O", "B-NP"]),
    (["It", "ran"], ["B-NP", "O"]),
] * 3


def small(train=CHUNKS, **options):
    sizes = {"units": 6, "embedding": 6, "seed": 1}
    model = recipes.pos_tagging(train, **{**sizes, **options})
    model.run_eagerly = True  # a step or two take less than compiling them
    return model


OPTIONS = {
    "default": {},
    "mut1": {"cell": "mut1", "layers": 2, "zoneout": 0.1},
    "softmax": {"crf": False, "characters": None},
    "spelled": {"characters": "rnn", "affixes": False, "shapes": False},
    "transformer": {"encoder": "transformer", "units": 8, "heads": 2},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_trains_and_answers(name):
    model = small(**OPTIONS[name])
    history = model.fit(CHUNKS, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    answers = model.tag([["The", "dog"], []])
    assert [len(answer) for answer in answers] == [2, 0]


# The others: `tests/export/test_tagger.py`.
@pytest.mark.parametrize(
    "name", ["transformer", *(pytest.param(n, marks=pytest.mark.slow) for n in ("mut1", "spelled"))]
)
def test_exports_with_equal_answers(name, tmp_path):
    parity = small(**OPTIONS[name]).export(tmp_path / "served")
    assert parity.names_equal == 1
    assert parity.difference < 1e-4


def test_a_scheme_is_told_by_the_tags_and_held_to():
    model = small()
    start, moves, _ = schemes.allowed(model.labels, "BIO")
    inside, outside = model.labels.index("I-NP"), model.labels.index("O")
    assert not moves[outside, inside]
    assert not start[inside]
    model.head.bias.assign(np.where(np.arange(3) == inside, 5.0, 0.0))
    for answer in model.tag([["q"], ["The", "dog", "q"]]):
        schemes.check([answer.tags], "BIO")
    free = small(scheme=None)
    assert free.chain.allowed is None


# Tags of one type each: IOB1, where only a span next to one of its type begins with B; and BIO
# with an I that no B begins.
IOB1 = [(["a", "b", "c", "d"], ["I-X", "I-X", "B-X", "O"]), (["c", "a"], ["O", "I-X"])]
BROKEN = [(["a", "b", "c"], ["B-X", "I-X", "O"]), (["c", "b", "q"], ["O", "I-X", "B-X"])]


@pytest.mark.parametrize(
    ("train", "scheme", "spans"),
    [(IOB1, "IOB1", 3), (BROKEN, None, 3), (CHUNKS, "BIO", 12)],
)
def test_training_data_never_break_what_is_held_to(train, scheme, spans):
    model = small(train)
    expected = scheme and schemes.allowed(model.labels, scheme)
    if scheme is None:
        assert model.chain.allowed is None
    else:
        for own, part in zip(model.chain.allowed, expected, strict=True):
            np.testing.assert_array_equal(own, part)
    losses = model.fit(train, epochs=1, verbose=0).history["loss"]
    assert losses[0] < 20  # a forbidden move costs 10,000
    assert model.report(train).spans["all"][3] == spans


def test_words_without_tags_are_not_learned_from():
    train = [(["a", "b"], ["X", None]), (["b", "a"], ["Y", "X"])] * 3
    model = small(train)
    assert model.loss.partial
    assert np.isfinite(model.fit(train, verbose=0).history["loss"]).all()
    assert not small().loss.partial


def test_starts_from_word_vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("dog 1 2 3\nzebra 4 5 6\nDog 7 8 9\n")
    model = small(vectors=path)
    table = model.embed["words"].embeddings.numpy()
    assert table.shape[1] == 3
    dog, zebra = model.preprocessor.words.ids(["dog", "zebra"]).flat_values.numpy()
    np.testing.assert_array_equal(table[[dog, zebra]], [[1, 2, 3], [4, 5, 6]])
    assert not model.knows(["quagga"]).any()


def test_reproducible():
    def run(seed):
        model = small(seed=seed)
        model.fit(CHUNKS, verbose=0)
        return model.predict([["The", "dog"]])[0]

    first, again, other = run(1), run(1), run(2)
    np.testing.assert_allclose(first, again, atol=1e-6)
    assert np.abs(first - other).max() > 1e-4


@pytest.mark.parametrize("column", ["upos", "xpos"])
def test_columns_of_a_file(tmp_path, column):
    rows = ["Dogs\tdog\tNOUN\tNNS", "bark\tbark\tVERB\tVBP", ".\t.\tPUNCT\t."]
    text = "".join(f"{i}\t{row}\t_\t_\t_\t_\t_\n" for i, row in enumerate(rows, 1))
    path = tmp_path / "train.conllu"
    path.write_text(f"# text = Dogs bark.\n{text}\n")
    model = small(path, column=column)
    expected = {"upos": ("NOUN", "PUNCT", "VERB"), "xpos": (".", "NNS", "VBP")}
    assert model.labels == expected[column]
    model.fit(path, verbose=0)
    assert model.report(str(path)).words.examples == 3


BAD = {
    "nothing": ([], {}, "two or more distinct tags. Received: none"),
    "no tags": ([["a", "b"]], {}, "two or more distinct tags. Received: none"),
    "one tag": ([(["a"], ["X"])], {}, "two or more distinct tags. Received: X"),
    "lengths": ([(["a", "b"], ["X"])], {}, "2 words, 1 tags"),
    "strings": ([("a dog", ["X", "Y"])], {}, "needs a `splitter`"),
    "no such file": ("nowhere.conllu", {}, "nowhere.conllu"),
    "column": (CHUNKS, {"column": "tag of mine", "train_file": True}, "column"),
    "cell": (CHUNKS, {"cell": "lstn"}, "lstn"),
    "units": (CHUNKS, {"units": 0}, "units"),
    "characters": (CHUNKS, {"characters": "lstm"}, "one of cnn, rnn"),
    "embedding": (CHUNKS, {"embedding": -1}, "embedding"),
    "dropout": (CHUNKS, {"dropout": 1.0}, "dropout"),
    "word dropout": (CHUNKS, {"word_dropout": 2}, "Received: rate=2"),
    "scheme": (CHUNKS, {"scheme": "BOI"}, "BOI"),
    "I without B": (
        BROKEN, {"scheme": "BIO"},
        "sentence 1, word 1: expected a tag that may stand after 'O' in BIO. Received: 'I-X'"),
    "scheme of other tags": ([(["a", "b"], ["X", "Y"])], {"scheme": "BIO"}, "a tag of BIO"),
    "vocabulary": (CHUNKS, {"vocabulary": 1}, "`size of a vocabulary` must be an int from 3 up"),
    "splitter": (CHUNKS, {"splitter": "spaces"}, "`splitter` must be"),
    "vectors": (CHUNKS, {"vectors": "nowhere.txt"}, "nowhere.txt: expected a file"),
    "scheme without CRF": (CHUNKS, {"crf": False, "scheme": "BIO"}, "`scheme` needs `crf`"),
    "encoder and cell": (
        CHUNKS, {"encoder": "transformer", "cell": "gru"}, '`cell` needs `encoder` to be "rec'),
    "encoder and options": (
        CHUNKS, {"encoder": layers.GRU(3, return_sequences=True), "units": 128, "zoneout": 0.1},
        "Received: zoneout"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, tmp_path):
    train, options, message = BAD[name]
    options = dict(options)
    if options.pop("train_file", False):
        path = tmp_path / "train.conllu"
        path.write_text("1\tDogs\tdog\tNOUN\tNNS\t_\t_\t_\t_\t_\n\n")
        train = path
    with pytest.raises(ValueError, match=message):
        small(train, **options)


def test_an_unseen_tag_in_validation_is_answered_wrong():
    history = small().fit(CHUNKS, validation_data=[(["a"], ["B-VP"])], verbose=0).history
    assert history["val_accuracy"] == [0.0]
    with pytest.raises(data.DataError, match="Received: 'B-VP'"):
        small().fit([(["a"], ["B-VP"])], verbose=0)

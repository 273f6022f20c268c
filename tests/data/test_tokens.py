"""Token units against Python: what is cut, counted, looked up, saved and served."""

import collections
import json
import subprocess
import sys
import unicodedata

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data import Characters, Subwords, Words

SUFFIXES = ("'s", "'m", "'d", "'ll", "'re", "'ve")
REVIEWS = [
    "The acting is dull, but the film isn't.",
    "It's a joyless mess -- 10,000 clichés!",
    "A delight; the acting is a delight.",
    "",
]


def python_words(text):
    """The rules of `Words`, one character at a time, for cleaned text."""

    def letter(c):
        return unicodedata.category(c)[0] in "LMN"

    for old, new in (("``", '"'), ("''", '"'), ("\u201c", '"'), ("\u201d", '"'), ("\u2019", "'")):
        text = text.replace(old, new)
    for old, new in (("`", "'"), ("-lrb-", "("), ("-rrb-", ")"), ("…", "...")):
        text = text.replace(old, new)
    words = []
    for chunk in text.split():
        i = 0
        while i < len(chunk):
            rest = chunk[i:]
            ending = next((s for s in SUFFIXES if rest.startswith(s)), None)
            if ending and (len(rest) == len(ending) or not letter(rest[len(ending)])):
                end = len(ending)
            elif rest.startswith("n't") and not letter(rest[3:4] or " "):
                end = 3
            elif rest.startswith(("..", "--")):
                end = len(rest) - len(rest.lstrip(rest[0]))
            elif letter(rest[0]):
                end = 1
                while end < len(rest) and letter(rest[end]):
                    tail = rest[end:]
                    if tail.startswith("n't") and not letter(tail[3:4] or " "):
                        break
                    end += 1
                number = rest[:end].isnumeric()
                while number and rest[end : end + 1] in (".", ",") and rest[end + 1 : end + 2]:
                    if not rest[end + 1].isnumeric():
                        break
                    end += 1
                    while end < len(rest) and rest[end].isnumeric():
                        end += 1
                # "don't": the n belongs to the contraction.
                if rest[end - 1 : end + 2] == "n't" and not letter(rest[end + 2 : end + 3] or " "):
                    end -= 1
            else:
                end = 1
            words.append("..." if rest[:2] == ".." else rest[:end])
            i += end
    return words


SENTENCES = {
    "typed": "I don't think it's the actors' best; they'd have won't've-ed. 'Tis so",
    "treebank": "you do n't `` get '' it 's a -lrb- good -rrb- 10,000 dollar film ... and so on",
    "curly": "\u201cIt\u2019s fine,\u201d she\u2019d say\u2026 isn\u2019t it?",
    "numbers": "3.5 stars, 10,000 times, 1930s, 3d, $5.99! 50% 7. 8,x",
    "hyphens": "revenge-of-the-nerds -- well---done",
    "symbols": "a+b=c #tag @me http://x.y/z?q=1 <br/> ***",
    "emoji": "love 👍👍 it ☂!",
    "accents": unicodedata.normalize("NFD", "crème brûlée naïve"),
    "hebrew": unicodedata.normalize("NFD", "שָׁלוֹם עולם!"),
    "marks alone": "\u0301 a",
    "contractions alone": "n't 's 'd 'so n'ts",
}


@pytest.mark.parametrize("case", SENTENCES)
def test_words_against_a_scanner(case):
    text = SENTENCES[case].lower()
    got = [unit.decode() for unit in Words.cut(tf.constant([text])).to_list()[0]]
    assert got == python_words(text)


def test_typed_and_treebank_text_meet():
    typed = "“I don't like it,” she said (it's awful)…"
    corpus = "`` I do n't like it , '' she said -LRB- it 's awful -RRB- ..."
    for lowercase in (True, False):
        units = Words.cut(tf.constant([typed, corpus]), lowercase=lowercase).to_list()
        assert units[0] == units[1]
        assert b"n't" in units[0]
        assert b"'s" in units[0]


def test_chinese_is_cut_into_characters():
    assert Words(["x"]).units(["我爱film你"]) == [["我", "爱", "film", "你"]]


@pytest.mark.parametrize("size", [4, 6, 50])
@pytest.mark.parametrize("min_count", [1, 2])
def test_learning_takes_the_most_frequent(size, min_count):
    counts = collections.Counter(w for t in REVIEWS for w in python_words(t.lower()))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    expected = [word for word in ranked if counts[word] >= min_count][: size - 2]
    words = Words.learn(REVIEWS, size=size, min_count=min_count)
    assert words.vocabulary == tuple(expected)
    assert words.size == len(expected) + 2


def test_ids_are_places_in_the_vocabulary():
    words = Words.learn(REVIEWS, min_count=2)
    place = {word: i + 2 for i, word in enumerate(words.vocabulary)}
    texts = [*REVIEWS, "an unseen thing"]
    expected = [[place.get(w, 1) for w in python_words(t.lower())] for t in texts]
    got = words.ids(texts)
    assert got.dtype == tf.int32
    assert got.to_list() == expected
    assert words.text(expected[0]) == "the acting is \ufffd \ufffd \ufffd the \ufffd is \ufffd ."


def test_many_words_are_all_found():
    vocabulary = [f"w{i}" for i in range(50_000)]
    words = Words(vocabulary)
    got = words.ids([" ".join(vocabulary), "w50000 w"]).to_list()
    assert got == [list(range(2, 50_002)), [1, 1]]


def test_characters_are_letters_with_their_accents():
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "Café\t\u200b Ñandú ")
        characters = Characters.learn([text])
        assert sorted(characters.vocabulary) == sorted(set("café ñandú"))
        assert characters.units([text]) == [list("café ñandú")]
        assert characters.text(characters.ids([text])) == ["café ñandú"]


LEARN = {
    "words": Words.learn(REVIEWS),
    "characters": Characters.learn(REVIEWS),
    "subwords": Subwords.learn(REVIEWS, size=60),
    "cased": Words.learn(REVIEWS, lowercase=False, max_length=5),
}
KINDS = pytest.mark.parametrize("tokens", LEARN.values(), ids=LEARN)


@KINDS
@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x00\n\t", "\u3000"])
def test_a_text_without_visible_characters_has_no_tokens(tokens, text):
    assert tokens.ids([text, "the film"]).row_lengths().numpy()[0] == 0
    assert tokens.text([[], [0, 0]]) == ["", ""]


@KINDS
def test_forms_of_one_text_have_the_same_ids(tokens):
    text = "Clichés \u00a0 é\u0323"
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    forms.append(f"\ufeff{text}\u200b\n")
    rows = tokens.ids(forms).to_list()
    assert rows[0] == rows[1] == rows[2]
    assert rows[0]


@KINDS
def test_wrong_bytes_and_unseen_scripts_are_unknown(tokens):
    for text in (b"\xff", "ж".encode(), "👍".encode()):
        assert tokens.ids(tf.constant([text])).to_list()[0][-1] == 1


@KINDS
@pytest.mark.parametrize("max_length", [1, 7])
def test_the_head_of_a_very_long_text_is_kept(tokens, max_length):
    text = "the acting is dull , " * 5_000
    whole = type(tokens)(tokens.vocabulary, lowercase=tokens.lowercase)
    head = type(tokens)(tokens.vocabulary, lowercase=tokens.lowercase, max_length=max_length)
    rows = whole.ids([text, "the", ""]).to_list()
    assert len(text) > 100_000
    assert len(rows[0]) >= 25_000
    assert head.ids([text, "the", ""]).to_list() == [row[:max_length] for row in rows]
    assert [len(row) for row in head.units([text, ""])] == [max_length, 0]


@KINDS
def test_no_texts_have_no_rows(tokens):
    assert tokens.ids(tf.constant([], tf.string)).to_list() == []


@KINDS
def test_the_same_in_maps_and_functions_whole_and_alone(tokens):
    expected = tokens.ids(REVIEWS).to_list()
    assert tf.function(tokens.ids)(tf.constant(REVIEWS)).to_list() == expected
    mapped = tf.data.Dataset.from_tensor_slices(REVIEWS).batch(3).map(tokens.ids)
    assert [row for batch in mapped for row in batch.to_list()] == expected
    assert [tokens.ids([text]).to_list()[0] for text in REVIEWS] == expected


def test_a_first_call_inside_a_graph_leaves_nothing_behind():
    for cls, kind in ((Words, "words"), (Subwords, "subwords"), (Characters, "characters")):
        fresh = cls(LEARN[kind].vocabulary)
        inside = tf.function(fresh.ids)(tf.constant(REVIEWS)).to_list()
        assert fresh.ids(REVIEWS).to_list() == inside == LEARN[kind].ids(REVIEWS).to_list()


@KINDS
def test_config_round_trip(tokens):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(tokens)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(tokens)
    assert again.get_config() == tokens.get_config()
    assert again.vocabulary == tokens.vocabulary
    assert again.ids(REVIEWS).to_list() == tokens.ids(REVIEWS).to_list()


FRESH = """
import json, sys
import keras, tensorflow as tf
import seqkit.data
rows = []
for config in json.load(open(sys.argv[1])):
    tokens = keras.saving.deserialize_keras_object(config)
    rows.append(tokens.ids(tf.constant(json.load(open(sys.argv[2])))).to_list())
print(json.dumps(rows))
"""
PLAIN = """
import json, sys
for name in ("seqkit", "keras", "keras_hub", "tensorflow_text", "tokenizers"):
    sys.modules[name] = None
import tensorflow as tf
module = tf.saved_model.load(sys.argv[1])
texts = tf.constant(json.load(open(sys.argv[2])))
print(json.dumps([getattr(module, name)(texts).to_list() for name in sys.argv[3:]]))
"""


def test_equal_in_a_fresh_process_and_in_a_plain_tensorflow(tmp_path):
    texts = [*REVIEWS, "don't", "café 👍 \u200b", "x" * 100, "שלום 10,000.5"]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    configs = [keras.saving.serialize_keras_object(tokens) for tokens in LEARN.values()]
    (tmp_path / "configs.json").write_text(json.dumps(configs))
    expected = [tokens.ids(texts).to_list() for tokens in LEARN.values()]

    module = tf.Module()
    spec = tf.TensorSpec([None], tf.string)
    for name, tokens in LEARN.items():
        setattr(module, name, tf.function(tokens.ids, input_signature=[spec]))
    tf.saved_model.save(module, str(tmp_path / "saved"))

    for script, arguments in ((FRESH, ["configs.json"]), (PLAIN, ["saved"])):
        paths = [str(tmp_path / name) for name in (*arguments, "texts.json")]
        names = list(LEARN) if script is PLAIN else []
        done = subprocess.run(
            [sys.executable, "-c", script, *paths, *names], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == expected


def test_text_takes_ids_in_every_form():
    words = Words(["good", "fun"])
    for ids in ([[2, 3], [3, 0]], np.array([[2, 3], [3, 0]]), tf.ragged.constant([[2, 3], [3]])):
        assert words.text(ids) == ["good fun", "fun"]
    assert words.text(np.array([1, 2, 0])) == "\ufffd good"


BAD = {
    "no vocabulary": (lambda: Words([]), "non-empty str. Received: an empty one"),
    "number": (lambda: Words(["a", 1]), "`vocabulary` must be a sequence of one or more"),
    "empty unit": (lambda: Words(["a", ""]), "non-empty str. Received: ''"),
    "twice": (lambda: Words(["a", "b", "a"]), "must not repeat a unit. Received twice: 'a'"),
    "twice in two forms": (lambda: Words(["é", "e\u0301"]), "must not repeat a unit"),
    "length 0": (
        lambda: Words(["a"], max_length=0),
        "`max_length` must be a positive int. Received: max_length=0",
    ),
    "size": (
        lambda: Words.learn(["a"], size=2),
        "`size of a vocabulary` must be an int from 3 up. Received",
    ),
    "min_count": (
        lambda: Subwords.learn(["a"], min_count=0),
        "`min_count` must be a positive int. Received: min_count=0",
    ),
    "no words": (
        lambda: Words.learn(["", " "]),
        "seen `min_count` times. Received: 0 distinct units, min_count=1",
    ),
    "no subwords": (lambda: Subwords.learn([" "]), "at least one word. Received: none"),
    "all rare": (lambda: Words.learn(["a b"], min_count=2), "Received: 2 distinct units"),
    "id out of range": (
        lambda: Words(["a"]).text([2, 3]),
        "`ids` must lie in [0, 3). Received: 3",
    ),
    "negative id": (lambda: Words(["a"]).text([-1]), "`ids` must lie in [0, 3). Received: -1"),
    "unknown name": (
        lambda: data.get_tokens("syllables", ["a"]),
        "must be one of words, characters, subwords, pieces, or a Tokens instance. "
        "Received: 'syllables'",
    ),
    "options for an instance": (
        lambda: data.get_tokens(Words(["a"]), size=5),
        "`tokens` as an instance takes no options. Received: size",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_was_expected_and_received(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call()
    assert message in str(error.value)

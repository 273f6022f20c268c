"""Sentences to batches of ids, the same in training and in the exported graph."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from seqkit.data import Characters, DataError, Forms, Sentences, Tagging

SENTENCES = Sentences(
    [["The", "dog", "barks"], ["Dogs"], [], ["the", "cat", "sat", "on", "Mat"]],
    [["DET", "NOUN", "VERB"], ["NOUN"], [], ["DET", "NOUN", "VERB", None, "NOUN"]],
)


@pytest.fixture(scope="module")
def tagging():
    return Tagging.learn(SENTENCES, suffixes=True, shapes=True, prefixes=True)


def test_learns_words_tags_and_characters(tagging):
    assert tagging.labels == ("DET", "NOUN", "VERB")
    assert set(tagging.words.vocabulary) == {
        "the", "dog", "barks", "dogs", "cat", "sat", "on", "mat",
    }  # fmt: skip
    assert "T" in tagging.characters.vocabulary
    assert list(tagging.features) == ["words", "prefixes", "suffixes", "shapes", "characters"]


def test_encode_looks_each_word_up_in_its_place(tagging):
    batch = tagging.encode(SENTENCES.words)
    assert {name: tuple(ids.shape) for name, ids in batch.items()} == {
        "words": (4, 5), "prefixes": (4, 5), "suffixes": (4, 5), "shapes": (4, 5),
        "characters": (4, 5, 20),
    }  # fmt: skip
    vocabulary = ("", "?", *tagging.words.vocabulary)
    letters = ("", "?", *tagging.characters.vocabulary)
    for row, words in enumerate(SENTENCES.words):
        for at in range(5):
            word = words[at] if at < len(words) else ""
            assert vocabulary[int(batch["words"][row, at])] == word.lower()
            spelled = "".join(letters[i] for i in batch["characters"][row, at].numpy())
            assert spelled == word
            assert (int(batch["shapes"][row, at]) > 0) == bool(word)


def test_batches_hold_what_encode_gives(tagging):
    made = tagging.batches(SENTENCES, batch_size=2)
    rows = iter(made.order)
    seen = 0
    for batch, tags in made.dataset.as_numpy_iterator():
        for k in range(len(tags)):
            row = next(rows)
            words, gold = SENTENCES.words[row], SENTENCES.labels[row]
            alone = tagging.encode([words])
            for name, ids in batch.items():
                np.testing.assert_array_equal(
                    ids[k, : len(words)], alone[name][0, : len(words)], err_msg=name
                )
                assert (ids[k, len(words) :] == 0).all()
            expected = [-1 if tag is None else tagging.labels.index(tag) for tag in gold]
            assert tags[k].tolist() == expected + [-1] * (tags.shape[1] - len(words))
            seen += 1
    assert seen == len(SENTENCES)


def test_without_tags_batches_are_ids_alone(tagging):
    (batch,) = tagging.batches(SENTENCES.bare())
    assert set(batch) == set(tagging.features)


def test_long_words_lose_their_end(tagging):
    ids = tagging.encode([["t" * 50]])["characters"]
    assert ids.shape == (1, 1, 20)
    assert int(tf.math.count_nonzero(ids)) == 20


def test_sentence_weights_are_means_over_tagged_words(tagging):
    weights = {"DET": 3.0, "NOUN": 1.0, "VERB": 2.0}
    made = tagging.batches(SENTENCES, class_weight=weights, weights=[1, 1, 1, 10])
    ((_, _, received),) = made.dataset.as_numpy_iterator()
    expected = [2.0, 1.0, 1.0, 10 * (3 + 1 + 2 + 1) / 4]
    np.testing.assert_allclose(received, np.array(expected)[made.order])


def test_words_without_a_tag_are_of_no_class():
    words = [["x"] * 18 + ["a", "b"]] * 2 + [["a", "b", "b"]]
    tags = [[None] * 18 + ["A", "B"]] * 2 + [["A", "B", "B"]]
    sentences = Sentences(words, tags)
    tagging = Tagging.learn(sentences)
    ((_, _, received),) = tagging.batches(sentences, class_weight="balanced").dataset
    share = {"A": 7 / (2 * 3), "B": 7 / (2 * 4)}  # of seven tags, as scikit-learn balances them
    plain = (share["A"] + share["B"]) / 2
    short = (share["A"] + 2 * share["B"]) / 3
    np.testing.assert_allclose(sorted(received), sorted([plain, plain, short]), rtol=1e-6)


def test_config_round_trip(tagging):
    again = Tagging.from_config(tagging.get_config())
    for name, ids in again.encode(SENTENCES.words).items():
        np.testing.assert_array_equal(ids, tagging.encode(SENTENCES.words)[name])
    assert again.labels == tagging.labels


def test_words_of_vectors_are_known_too():
    tagging = Tagging.learn(SENTENCES, also=["Zebra", "dog", "zebra", "\u200b"])
    assert tagging.words.vocabulary[-1] == "zebra"
    assert len(tagging.words.vocabulary) == 9


def responding(tagging):
    """A stand-in for a model: the tag is the word's id modulo the number of tags."""

    def respond(batch, probabilities=False):
        best = tf.cast(batch["words"] % len(tagging.labels), tf.int32)
        found = {"best": best}
        if probabilities:
            found["probabilities"] = tf.one_hot(best, len(tagging.labels))
        return found

    return respond


def test_signatures_agree_with_one_another():
    tagging = Tagging.learn(SENTENCES, characters=False, splitter="whitespace")
    offered = tagging.signatures(responding(tagging))
    words = tf.ragged.constant(SENTENCES.words, ragged_rank=1)
    expected = [
        [tagging.labels[int(i) % 3] for i in tagging.words.ids(row).flat_values] if row else []
        for row in SENTENCES.words
    ]
    wide = tf.concat([words.to_tensor(), tf.fill((4, 2), "")], axis=1)
    for padded in (words.to_tensor(), wide):
        tags = offered["serving_default"][1](padded)["tags"]
        assert tags.shape == padded.shape
        rows = [[tag.decode() for tag in row if tag] for row in tags.numpy()]
        assert rows == expected
        answer = offered["probabilities"][1](padded)
        assert answer["probabilities"].shape == (*padded.shape, 3)
        np.testing.assert_array_equal(answer["tags"], tags)
    flat = offered["ragged"][1](words.values, words.row_splits)["tags"]
    assert [tag.decode() for tag in flat.numpy()] == list(itertools.chain(*expected))
    answer = offered["texts"][1](tf.constant([" ".join(row) for row in SENTENCES.words]))
    np.testing.assert_array_equal(
        answer["tags"], offered["serving_default"][1](answer["words"])["tags"]
    )


TWO = "expected two or more distinct tags. "
BAD = {
    "one tag": (lambda: Tagging.learn([(["a"], ["X"])]), f"{TWO}Received: X"),
    "no tags": (lambda: Tagging.learn([["a"]]), f"{TWO}Received: none"),
    "units": (
        lambda: Tagging("words", ["A", "B"]),
        "`words` must be a Tokens instance. Received: 'words'",
    ),
    "same tags": (
        lambda: Tagging(Forms(["a"]), ["A", "A"]),
        "`labels` must be two or more distinct",
    ),
    "characters": (
        lambda: Tagging(Forms(["a"]), ["A", "B"], characters=True),
        "`characters` must be a Tokens instance. Received: True",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call()
    assert message in str(error.value)


def test_unseen_tag_names_sentence_and_word(tagging):
    other = Sentences([["a"], ["big", "dog"]], [["DET"], ["ADJ", "NOUN"]], name="test")
    with pytest.raises(DataError) as error:
        tagging.batches(other)
    assert str(error.value) == (
        "test: expected tags among DET, NOUN, VERB. Received: 'ADJ' (sentence 1, word 'big')"
    )


def test_nothing_to_batch(tagging):
    with pytest.raises(DataError, match="expected at least one sentence"):
        tagging.batches([])
    with pytest.raises(DataError, match="`class_weight` needs tags"):
        tagging.batches(SENTENCES.bare(), class_weight="balanced")


def test_characters_of_ones_own_are_taken():
    tagging = Tagging(Forms(["a"]), ["A", "B"], characters=Characters(["a"], max_length=5))
    assert tagging.encode([["aa", "b"]])["characters"].numpy().tolist() == [
        [[2, 2, 0, 0, 0], [1, 0, 0, 0, 0]]
    ]

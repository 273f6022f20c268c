"""Our own tagged sentences: repeatable, apart, and beyond remembering words."""

import collections
import re

import pytest

from seqkit.data import samples, schemes
from seqkit.data.samples.grammar import MADE, RULES, WORDS

UPOS = {"ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN"}
UPOS |= {"NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "VERB"}


@pytest.fixture(scope="module")
def splits():
    return samples.tagged(3000, seed=1)


def words_of(sentences):
    return {word for words in sentences.words for word in words}


def test_sizes_and_tags(splits):
    sizes = {part: len(rows) for part, rows in splits.examples.items()}
    assert sizes == {"train": 2400, "validation": 300, "test": 300}
    assert set(splits.labels) == UPOS
    assert set(splits.train.label_names) == UPOS
    assert max(map(len, splits.train.words)) <= 30


def test_no_sentence_stands_twice(splits):
    texts = [" ".join(words) for rows in splits.examples.values() for words in rows.words]
    assert len(set(texts)) == len(texts) == 3000


def test_the_seed_decides():
    first, again, other = samples.tagged(50), samples.tagged(50), samples.tagged(50, seed=1)
    assert list(first.test) == list(again.test)
    assert first.test.words != other.test.words


@pytest.mark.parametrize("part", ["validation", "test"])
def test_unknown_words_are_new_and_tell_their_tag(splits, part):
    known = {word.lower() for word in words_of(splits.train)}
    known |= {word.lower() for words, _ in WORDS.values() for word in words.split()}
    rows = splits.examples[part]
    new = [
        (word if i else word.lower(), tag)
        for words, tags in rows
        for i, (word, tag) in enumerate(zip(words, tags, strict=True))
        if word.lower() not in known and (i or tag != "PROPN")
    ]
    assert 0.05 < len(new) / rows.tokens < 0.12
    told = (
        (r"[\d,]+", "NUM"),
        (r"[A-Z].*", "PROPN"),
        (r".*(ness|er|ment|ers|ments)", "NOUN"),
        (r".*(ize|ify|izes|ifies|ized|ified|izing|ifying)", "VERB"),
        (r".*ly", "ADV"),
        (r".*(ous|ful|able)", "ADJ"),
    )
    seen = collections.Counter()
    for word, tag in new:
        assert next(kind for end, kind in told if re.fullmatch(end, word)) == tag, word
        seen[tag] += 1
    assert set(seen) == {"NUM", "NOUN", "VERB", "ADV", "ADJ", "PROPN"}


def test_words_stand_in_several_roles(splits):
    roles = collections.defaultdict(collections.Counter)
    for words, tags in splits.train:
        for word, tag in zip(words, tags, strict=True):
            roles[word][tag] += 1
    for word, tags in {
        "light": {"NOUN", "VERB", "ADJ"},
        "walk": {"NOUN", "VERB"},
        "works": {"NOUN", "VERB"},
        "painted": {"ADJ", "VERB"},
        "green": {"ADJ", "NOUN"},
        "that": {"PRON", "SCONJ", "DET", "ADV"},
        "like": {"VERB", "ADP"},
        "to": {"PART", "ADP"},
        "'s": {"PART", "AUX"},
        "have": {"AUX", "VERB"},
        "since": {"ADP", "SCONJ"},
        "up": {"ADP", "ADV"},
        "fast": {"ADJ", "ADV"},
    }.items():
        assert set(roles[word]) == tags, word
        assert min(roles[word].values()) >= 2, word


def test_remembering_words_is_not_enough(splits):
    assert 0.80 < samples.most_frequent_tag_accuracy(splits) < 0.88


def test_context_and_endings_are_enough(splits):
    """A reader of neighbours and endings that shares no code with the grammar gets far higher."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import SGDClassifier

    def features(words, i):
        lower = ["<"] * 2 + [word.lower() for word in words] + [">"] * 2
        own = {f"{k}": lower[i + 2 + k] for k in (-2, -1, 0, 1, 2)}
        pairs = {f"{k},{k + 1}": f"{own[str(k)]} {own[str(k + 1)]}" for k in (-2, -1, 0, 1)}
        ends = {f"end {k}": lower[i + 2 + k][-3:] for k in (-1, 0, 1)}
        return {**own, **pairs, **ends, "capital": words[i][0].isupper() and i > 0}

    def table(sentences, transform):
        x = [features(words, i) for words in sentences.words for i in range(len(words))]
        x = transform(x)
        # Some versions of scikit-learn make 64-bit indices that others of its parts refuse.
        x.indices, x.indptr = x.indices.astype("int32"), x.indptr.astype("int32")
        return x, [tag for tags in sentences.labels for tag in tags]

    vectors = DictVectorizer()
    model = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=8, tol=None, random_state=0)
    model.fit(*table(splits.train, vectors.fit_transform))
    assert model.score(*table(splits.test, vectors.transform)) > 0.93


def test_chunks_are_the_same_sentences_in_sound_bio():
    tagged, chunked = samples.tagged(300, seed=3), samples.chunks(300, seed=3)
    for part in ("train", "validation", "test"):
        assert tagged.examples[part].words == chunked.examples[part].words
        schemes.check(chunked.examples[part], "BIO")
    assert schemes.detect(chunked.train) == "BIO"
    count = 0
    for (words, tags), chunks in zip(tagged.train, chunked.train.labels, strict=True):
        for _, start, end in schemes.spans(chunks):
            count += 1
            # What ends a noun phrase is a noun, a name, or stands for one.
            assert tags[end - 1] in {"NOUN", "PROPN", "PRON"}, words[start:end]
        outside = {tag for tag, chunk in zip(tags, chunks, strict=True) if chunk == "O"}
        assert not outside & {"NOUN", "PROPN", "DET", "NUM"}
    assert count > 500


def test_the_grammar_names_only_what_there_is():
    used = {kind for rule in RULES.values() for kind in rule.replace("|", " ").split()}
    known = set(RULES) | set(WORDS) | set(MADE) | {"[", "]", "NEW_NUM", "NEW_NAME"}
    assert used <= known
    assert known - used <= {"S", "[", "]"}


@pytest.mark.parametrize("write", [samples.tagged, samples.chunks])
@pytest.mark.parametrize("n", [19, 50_001, 100.0, True])
def test_sizes_out_of_range(write, n):
    with pytest.raises(ValueError, match=rf"`n` must be an int from 20 to 50000. Received: n={n}"):
        write(n)


def test_words_without_a_tag_count_nowhere():
    from seqkit.data import Sentences, Splits

    train = Sentences([["a", "b", "b"]], [["X", "Y", "Y"]])
    test = Sentences([["a", "b", "new", "a"]], [["X", None, "Y", "Y"]])
    splits = Splits({"train": train, "test": test})
    assert samples.most_frequent_tag_accuracy(splits) == pytest.approx(2 / 3)

"""Translators answer as their network says: against a loop that runs the whole model again.

Shapes: B texts, T steps of the target, V ids.
"""

import json
import re

import keras
import numpy as np
import pytest
import sacrebleu
from keras import ops

import recipes
from seqkit import layers, models, training
from seqkit.data import as_pairs, samples
from seqkit.data.examples import DataError
from seqkit.decoding import Sampling, Search

PAIRS = as_pairs([("a dog barks", "ein Hund bellt"), ("a cat", "eine Katze"), ("", "")] * 4)
TEXTS = ["a dog barks", "", "a cat barks at a dog", "dog", "\u4e00 cat"]
KINDS = {
    "transformer": {"heads": 2, "layers": 1},
    "rotary post-norm": {"heads": 2, "layers": 1, "positions": "rotary", "norm": "post"},
    "attention": {"encoder": "recurrent", "attention": "general"},
    "no attention": {"encoder": "recurrent", "attention": None, "reverse_source": True},
    "input feeding": {
        "encoder": "recurrent", "cell": "lstm", "input_feeding": True, "layers": 2,
        "reverse_source": True, "tied": False,
    },
    "recurrent on transformer": {"decoder": "recurrent", "heads": 2, "layers": 1},
    "transformer on recurrent": {"encoder": "recurrent", "decoder": "transformer", "heads": 2},
}  # fmt: skip
# The others by `-m slow`: `tests/conformance/test_decoders.py` has every decoder step by step.
KEPT = ("transformer", "input feeding")
PARAMETERS = [pytest.param(kind, marks=[pytest.mark.slow] * (kind not in KEPT)) for kind in KINDS]


@pytest.fixture(scope="module", params=PARAMETERS)
def model(request):
    model = recipes.seq2seq(
        PAIRS, units=8, tokens="words", dropout=0.2, seed=1, **KINDS[request.param]
    )
    # As drawn, a model says the same to everything.
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.3 * rng.normal(size=weight.shape))
    return model


def again_and_again(model, text, steps):
    """Greedy translation by running the whole model once for each id; of nothing it is nothing."""
    if not text:
        return ""
    translation = model.preprocessor
    source = np.asarray(translation.encode([text]))
    ids = [translation.start]
    for step in range(steps):
        batch = {"source": source, "target": np.array([ids], "int32")}
        logits = ops.convert_to_numpy(model(batch))[0, -1].astype("float64")
        logits[[0, 1, translation.start]] = -np.inf
        best = int(np.argmax(logits)) if step < steps - 1 else translation.end
        if best == translation.end:
            break
        ids.append(best)
    return translation.text([[*ids[1:], translation.end]]).numpy()[0].decode()


def test_greedy_is_the_model_run_again_and_again(model):
    steps = 4
    answers = model.translate(TEXTS, beams=1, max_length=steps - 1)
    assert [str(a) for a in answers] == [again_and_again(model, t, steps) for t in TEXTS]


def test_an_answer_does_not_depend_on_its_neighbours(model):
    together = model.translate(TEXTS, beams=3, n_best=2)
    for text, expected in zip(TEXTS, together, strict=True):
        alone = model.translate(text, beams=3, n_best=2)[0]
        assert (alone.text, alone.source) == (expected.text, text)
        np.testing.assert_allclose(alone.score, expected.score, atol=1e-4)


def test_attention_is_of_what_was_read(model):
    if getattr(model.decoder, "attention", True) is None:
        with pytest.raises(ValueError, match="no attention to show"):
            model.translate(TEXTS, attention=True)
        return
    for answer in model.translate(TEXTS, beams=2, max_length=5, attention=True):
        seen = answer.attention
        assert len(seen.source) == len(model.preprocessor.source.units([answer.source])[0]) + 1
        assert seen.weights.shape == (len(seen.target), len(seen.source))
        np.testing.assert_allclose(seen.weights.sum(axis=1), 1, atol=1e-5)


FILED = [pytest.param(k, marks=[pytest.mark.slow] * (k != "input feeding")) for k in KINDS]


@pytest.mark.parametrize("model", FILED, indirect=True)
def test_a_file_holds_all_of_it(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.search == model.search
    question = {"beams": 1, "max_length": 5}
    answers = model.translate(TEXTS, **question), loaded.translate(TEXTS, **question)
    for a, b in zip(*answers, strict=True):
        assert (a.text, round(a.score, 4)) == (b.text, round(b.score, 4))


# --- one model is enough for the rest ---------------------------------------------


@pytest.fixture(scope="module")
def translator():
    model = recipes.seq2seq(PAIRS, units=8, heads=2, layers=1, tokens="words", seed=1)
    model.fit(PAIRS, epochs=1, verbose=0)
    return model


def test_wishes_are_kept(translator):
    options = {"beams": 4, "max_length": 6}
    prefixes = ["ein", "", "Hund", "", "eine Katze"]
    how = {"prefix": prefixes, "forbidden": ["bellt", "Katze Katze"], "n_best": 4}
    answers = translator.translate(TEXTS, **how, **options)
    for answer, prefix in zip(answers, prefixes, strict=True):
        for text in (answer.text, *(t for t, _ in answer.alternatives)):
            assert text.startswith(prefix)
            assert "bellt" not in text.split()
            assert "Katze Katze" not in text
    required = [["Hund bellt"], [], ["Katze", "bellt"], [], ["ein"]]
    answers = translator.translate(TEXTS, required=required, **options)
    assert all(p in a.text for a, r in zip(answers, required, strict=True) for p in r)
    for answer in translator.translate(TEXTS, no_repeat=1, **options):
        assert len(set(answer.text.split())) == len(answer.text.split())


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_no_translation_is_longer_than_its_source_allows(translator, monkeypatch, ratio):
    monkeypatch.setattr(translator, "longest_ratio", ratio)
    monkeypatch.setattr(translator.graphs, "made", {})
    endless = np.where(
        np.arange(translator.head_bias.shape[0]) == translator.preprocessor.end, -50, 0
    )
    kept = translator.head_bias.numpy()
    translator.head_bias.assign(endless)
    try:
        text = translator.translate("a dog barks", beams=1)[0].text
    finally:
        translator.head_bias.assign(kept)
    assert len(text.split()) == int(ratio * 4) + 20 - 1  # three words and the end; its own end


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="graphs with open shapes")
def test_a_way_to_search_is_compiled_once_for_all_sizes(translator, monkeypatch):
    traced, find = [], translator.find
    monkeypatch.setattr(translator, "find", lambda *a, **o: traced.append(a) or find(*a, **o))
    how = {"beams": 3, "length_penalty": 0.37}
    for texts in (TEXTS[:1], TEXTS, ["dog " * 30], TEXTS[:2]):
        translator.translate(texts, **how)
    assert len(traced) == 1


def test_of_pieces_no_cut_of_a_forbidden_word_slips_through():
    pairs, small = [("a dog", "(Hund)")] * 40, {"units": 16, "heads": 2, "layers": 1}
    model = recipes.seq2seq(pairs, **small, vocabulary=270, learning_rate=0.02, seed=1)
    model.fit(pairs, epochs=20, verbose=0)
    assert model.translate("a dog", beams=1)[0].text == "(Hund)"
    answer = model.translate("a dog", forbidden=["Hund"], beams=5, n_best=5, max_length=12)[0]
    for text in (answer.text, *(t for t, _ in answer.alternatives)):
        assert not re.search(r"\bHund\b", text)


def test_samples_are_seeded_and_independent_of_the_batch(translator):
    how = {"sampling": Sampling(3), "n_best": 3, "seed": 5}
    together = translator.translate(TEXTS, **how)
    again = translator.translate(TEXTS, batch_size=2, **how)
    texts, same = (
        [t for a in answers for t in (a.text, *(t for t, _ in a.alternatives))]
        for answers in (together, again)
    )
    assert texts == same
    assert len(set(texts)) > 5
    other = translator.translate(TEXTS, **{**how, "seed": 6})
    assert [a.text for a in other] != [a.text for a in together]


def test_one_sample_is_as_independent_of_the_batch(translator):
    how = {"sampling": Sampling(top_p=0.9), "seed": 5}
    together, again = (
        [a.text for a in translator.translate(TEXTS, batch_size=size, **how)] for size in (5, 2)
    )
    assert together == again
    assert len(set(together)) > 2


def test_a_seed_without_draws_is_refused(translator):
    with pytest.raises(ValueError, match="`seed` needs `sampling`"):
        translator.translate(TEXTS, seed=1)


def test_bytes_have_names_where_attention_is_shown():
    """A byte of a character that no piece holds is no character: nothing could draw it."""
    model = recipes.seq2seq(PAIRS, units=8, heads=2, layers=1, vocabulary=300, seed=1)
    seen = model.translate(["it\u2019s"], beams=1, max_length=3, attention=True)[0].attention
    assert [n for n in seen.source if n.startswith("<0x")] == ["<0xE2>", "<0x80>", "<0x99>"]
    "".join([*seen.source, *seen.target]).encode()


HALF = {
    "mixed_bfloat16": {"heads": 2, "layers": 1},
    "mixed_float16": {"encoder": "recurrent", "cell": "gru"},
}


@pytest.mark.parametrize("policy", HALF)
def test_half_precision_and_parts_that_keep_it(policy, tmp_path):
    """In a process with another one too: else logits would be of another dtype than in search."""
    keras.config.set_dtype_policy(policy)
    try:
        half = recipes.seq2seq(PAIRS, units=8, tokens="words", seed=1, **HALF[policy])
        history = half.fit(PAIRS, epochs=2, verbose=0).history["loss"]
        assert history[1] < history[0]
        half.save(tmp_path / "half.keras")
        expected = half.translate(TEXTS, beams=2)
    finally:
        keras.config.set_dtype_policy("float32")
    loaded = keras.saving.load_model(tmp_path / "half.keras")
    parts = (loaded.embed_target, loaded.embed_source, loaded.drop, loaded.drop_output)
    assert {part.compute_dtype for part in parts} == {policy.removeprefix("mixed_")}
    assert [t.text for t in loaded.translate(TEXTS, beams=2)] == [t.text for t in expected]


def test_gradients_of_several_batches_may_count_as_one():
    """Keras's optimizers gather them; the model needs nothing for it."""

    def moves(*rows, every=None):
        """How far the weights are from where they start, after each batch of one pair."""
        model = recipes.seq2seq(
            PAIRS, units=8, heads=2, layers=1, tokens="words", dropout=0.0, seed=1
        )
        optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=every)
        model.compile(optimizer, training.TokenCrossentropy())
        start, seen = model.get_weights(), []
        for row in rows:
            model.fit(PAIRS.subset([row]), epochs=1, verbose=0)
            seen.append([b - a for a, b in zip(start, model.get_weights(), strict=True)])
        return seen

    waited, both = moves(0, 1, every=2)
    assert not any(step.any() for step in waited)
    (first,), (second,) = moves(0), moves(1)
    for step, a, b in zip(both, first, second, strict=True):
        np.testing.assert_allclose(step, (a + b) / 2, atol=1e-6)
    assert any(np.abs(step).max() > 1e-3 for step in both)


def test_nothing_is_translated_to_nothing(translator):
    found = translator.translate(["", " \t", "a dog"], beams=3, n_best=3)
    assert [(a.text, a.score, a.alternatives) for a in found[:2]] == [("", 0.0, [])] * 2
    assert found[2].score < 0.0
    drawn = translator.translate([""], sampling=Sampling(2), n_best=2)[0]
    assert (drawn.text, drawn.alternatives) == ("", [("", 0.0)])
    found = translator.translate(["", "", "a dog"], prefix=["", "ein", "ein"])
    assert found[0].text == ""
    assert all(answer.text.startswith("ein") for answer in found[1:])
    wanted = translator.translate(["", "a dog"], required=[[], ["Hund"]])
    assert wanted[0].text == ""
    assert "Hund" in wanted[1].text
    plain, asked = (translator.translate(["a dog"], required=r)[0].text for r in (None, [[]]))
    assert plain == asked


def test_report_and_evaluate(translator):
    report = translator.report(PAIRS, beams=1, max_length=4)
    assert "BLEU" in repr(report)
    assert report.bleu_signature.startswith("nrefs:1|case:mixed")
    # Perplexity from the logits, by hand.
    lost, count = 0.0, 0
    for source, target in PAIRS:
        batches = translator.preprocessor.batches([(source, target)]).dataset
        batch, labels = next(batches.as_numpy_iterator())
        logits = ops.convert_to_numpy(translator(batch)).astype("float64")[0]
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        lost -= log_p[np.arange(len(labels[0])), labels[0]].sum()
        count += len(labels[0])
    np.testing.assert_allclose(report.perplexity, np.exp(lost / count), rtol=1e-4)
    once = zip(PAIRS.sources, PAIRS.targets, strict=True)
    results = translator.evaluate(once, return_dict=True, verbose=0)
    assert {"loss", "perplexity", "bleu", "chrf"} <= set(results)
    for figures, how in ((results, {}), (vars(report), {"beams": 1, "max_length": 4})):
        answers = [t.text for t in translator.translate(PAIRS.sources, **how)]
        bleu = sacrebleu.corpus_bleu(answers, [PAIRS.targets]).score
        chrf = sacrebleu.corpus_chrf(answers, [PAIRS.targets]).score
        np.testing.assert_allclose([figures["bleu"], figures["chrf"]], [bleu, chrf], rtol=1e-6)
    np.testing.assert_allclose(results["perplexity"], report.perplexity, rtol=1e-4)


def test_plain_answers(translator):
    assert translator.translate([]) == []
    answer = translator.translate("a dog", n_best=2)[0]
    assert json.loads(json.dumps(answer.to_dict()))["source"] == "a dog"
    assert len(answer.alternatives) == 1
    assert translator.predict(["a dog"])[0] == answer.text
    assert translator.predict(np.array(["a dog", "a cat"])).shape == (2,)


BAD = {
    "no beams": ({"beams": 0}, "`beams` must be a positive int"),
    "more answers than beams": ({"beams": 2, "n_best": 3}, "n_best=3, beams=2"),
    "no length": ({"max_length": 0}, "`max_length` must be a positive int"),
    "required as one str": ({"required": "Hund"}, "`required` must be a list of str"),
    "forbidden as one str": ({"forbidden": "Hund"}, "`forbidden` must be a list of str"),
    "another number of prefixes": ({"prefix": ["a"]}, "one for each, 2. Received: 1"),
    "what it cannot write": ({"required": ["\u4e00"]}, "made of what the model can write"),
    "what no repeat bars": (
        {"prefix": "ein ein", "no_repeat": 1},
        "`prefix` must not repeat what `no_repeat` bars",
    ),
    "no sampling": ({"sampling": 0.5}, "`sampling` must be a seqkit.decoding.Sampling"),
    "beams and sampling": ({"beams": 2, "sampling": Sampling()}, "does not go with beams"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_questions(translator, case):
    options, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        translator.translate(["a dog", "a cat"], **options)


# Keras says of each layer without a matrix that it stays as it is.
@pytest.mark.filterwarnings("ignore:Layer \\w+ does not have a `quantize`")
def test_quantized_it_gives_nearly_the_same_logits():
    """The output layer is the embedding, of which int8 holds something else."""
    model = recipes.seq2seq(PAIRS, units=8, heads=2, layers=1, tokens="words", seed=1)
    batch = {"source": np.array([[2, 3, 4]]), "target": np.array([[2, 5, 6]])}
    exact = ops.convert_to_numpy(model(batch))
    model.quantize("int8")
    found = ops.convert_to_numpy(model(batch))
    np.testing.assert_allclose(found, exact, atol=0.1 * np.abs(exact).max())


def test_what_the_decoder_cannot_do_is_refused():
    model = recipes.seq2seq(
        PAIRS, encoder="recurrent", attention=None, units=8, tokens="words", seed=1
    )
    layers_of = (model.preprocessor, model.encoder, model.decoder)
    with pytest.raises(ValueError, match="`coverage_penalty` needs a decoder with attention"):
        models.Translator(*layers_of, embedding=8, search=Search(coverage_penalty=0.1))
    with pytest.raises(ValueError, match="`coverage_penalty` needs a decoder with attention"):
        model.translate(["a dog"], coverage_penalty=0.5)


def test_wrong_parts():
    encoder = layers.TransformerEncoder(8, heads=2)
    with pytest.raises(ValueError, match="`decoder` must be given where `encoder` is a layer"):
        recipes.seq2seq(PAIRS, encoder=encoder, units=8, tokens="words")
    with pytest.raises(ValueError, match="`decoder` must be one of recurrent, transformer, or a"):
        recipes.seq2seq(PAIRS, decoder=encoder, units=8, tokens="words")
    with pytest.raises(ValueError, match="`search` must be a Search"):
        recipes.seq2seq(PAIRS, units=8, heads=2, tokens="words", search=Sampling())


def test_wrong_data(translator):
    with pytest.raises(ValueError, match="must come with labels: pairs"):
        translator.fit(["a dog"], verbose=0)
    with pytest.raises(ValueError, match="at least one example"):
        translator.fit([], verbose=0)
    with pytest.raises(DataError, match="Received: 2 sources alone"):
        recipes.seq2seq(["a dog", "a cat"])


def test_a_source_longer_than_any_seen(translator):
    answer = translator.translate(["a dog " * 300], beams=2)[0]
    assert isinstance(answer.text, str)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "convolution"}, "`encoder` must be one of recurrent, transformer"),
        ({"decoder": "convolution"}, "`decoder` must be one of recurrent, transformer"),
        ({"attention": "hard", "encoder": "recurrent"}, "Unknown attention"),
        ({"cell": "mut1"}, '`cell` needs `encoder` or `decoder` to be "recurrent"'),
        ({"attention": None}, '`attention` needs `decoder` to be "recurrent".*attention=None'),
        ({"encoder": "recurrent", "heads": 2}, '`heads` needs .* to be "transformer"'),
        ({"positions": "none"}, "Unknown positions"),
        ({"units": 9, "heads": 2}, "`heads` must divide"),
        ({"input_feeding": True, "attention": None, "encoder": "recurrent"}, "input_feeding"),
        ({"epochs": 0}, "`epochs` must be a positive int"),
        ({"layers": 0}, "`layers` must be a positive int"),
    ],
)
def test_wrong_recipes(options, message):
    with pytest.raises(ValueError, match=message):
        recipes.seq2seq(PAIRS, tokens="words", **{"units": 8, **options})


def test_the_rate_rises_and_is_gone_when_the_epochs_are_over():
    pairs = samples.copying(200).train
    model = recipes.seq2seq(
        pairs, units=4, heads=1, layers=1, tokens="words", batch_tokens=64, learning_rate=0.01,
        epochs=2,
    )  # fmt: skip
    seen = [float(model.optimizer.learning_rate)]

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))

    model.fit(pairs, epochs=2, verbose=0, callbacks=[Look()])
    top = int(np.argmax(seen))
    assert seen[top] == pytest.approx(0.01, rel=0.05)
    assert (np.diff(seen[: top + 1]) > 0).all()
    assert (np.diff(seen[top:]) <= 0).all()
    assert 0 < top < len(seen) / 10
    assert seen[-1] == pytest.approx(0.0, abs=1e-6)
    assert seen[-3] > 0.0


@pytest.mark.slow
def test_copying_is_learned():
    """From raw pairs to right translations, empty ones among them."""
    splits = samples.copying(1200, length=4)
    model = recipes.seq2seq(
        splits.train, tokens="words", shared=True, units=32, heads=2, layers=1, dropout=0.0,
        seed=1,
    )  # fmt: skip
    model.batch_tokens = 256
    model.optimizer.learning_rate = 5e-3
    model.fit(splits.train, epochs=12, verbose=0)
    assert model.report(splits.test, beams=1).exact > 0.8
    assert model.translate([""])[0].text == ""

"""A served translator searches as the model does, with TensorFlow alone."""

import numpy as np
import pytest

import recipes
from seqkit import data
from seqkit.decoding import Search

PAIRS = data.samples.translations(200).examples["train"]
TEXTS = ["", " ", "\u00fcber \u4e00 \U0001f600", *PAIRS.sources[:6]]
KINDS = {
    "transformer": {"heads": 2, "layers": 1, "vocabulary": 400},
    "recurrent": {"encoder": "recurrent", "tokens": "characters"},
}


@pytest.mark.parametrize("name", ["transformer", pytest.param("recurrent", marks=pytest.mark.slow)])
def test_served_alone_it_translates_as_the_model_does(name, alone, tmp_path):
    search = Search(beams=3, length_penalty=0.8, coverage_penalty=0.1, no_repeat=3)
    model = recipes.seq2seq(PAIRS, units=16, search=search, seed=1, **KINDS[name])
    assert model.export(tmp_path / "serving").difference < 1e-4
    best, every, one = alone(
        tmp_path / "serving",
        [("serving_default", TEXTS), ("n_best", TEXTS), ("serving_default", TEXTS[-1:])],
    )
    answers = model.translate(TEXTS, n_best=3)
    assert best["translations"] == [answer.text for answer in answers]
    assert one["translations"] == best["translations"][-1:]
    np.testing.assert_allclose(best["scores"], [a.score for a in answers], rtol=1e-4, atol=1e-4)
    assert len(set(best["translations"])) > 3
    for texts, scores, answer in zip(every["translations"], every["scores"], answers, strict=True):
        found = [(answer.text, answer.score), *answer.alternatives]
        assert texts[: len(found)] == [text for text, _ in found]
        np.testing.assert_allclose(
            scores[: len(found)], [s for _, s in found], rtol=1e-4, atol=1e-4
        )

import json

from seqkit.models import Answer, Answers

SURE = Answer("what a joy", "good", 0.9, {"bad": 0.1, "good": 0.9})


def test_prints_one_to_a_line():
    assert repr(Answers([SURE, SURE])) == "good 0.900  what a joy\ngood 0.900  what a joy"
    assert repr(Answers()) == ""


def test_a_long_text_is_cut_and_stays_one_line():
    shown = repr(Answer("many\nwords " * 40, "good", 0.5, {}))
    assert "\n" not in shown
    assert len(shown) < 100
    assert shown.endswith("...")


def test_plain_values():
    assert json.loads(json.dumps(SURE.to_dict()))["probabilities"] == {"bad": 0.1, "good": 0.9}

import keras
import numpy as np
import pytest

from seqkit.layers import WordDropout

IDS = np.random.default_rng(0).integers(2, 50, (50, 40)).astype("int32")
IDS[:, 30:] = 0


def dropped(layer, training=True):
    return keras.ops.convert_to_numpy(layer(IDS, training=training))


def test_acts_in_training_only():
    np.testing.assert_array_equal(dropped(WordDropout(0.5), training=False), IDS)


def test_share_of_words_becomes_unknown_and_padding_stays():
    result = dropped(WordDropout(0.3, seed=1))
    changed = result != IDS
    assert (result[changed] == 1).all()
    assert not changed[:, 30:].any()
    assert changed[:, :30].mean() == pytest.approx(0.3, abs=0.04)


def test_noise_differs_by_call_and_repeats_by_seed():
    layer = WordDropout(0.3, seed=1)
    first = dropped(layer)
    assert (dropped(layer) != first).any()
    np.testing.assert_array_equal(dropped(WordDropout(0.3, seed=1)), first)


def test_config():
    layer = WordDropout.from_config(WordDropout(0.2, unknown=7, seed=3).get_config())
    assert (layer.rate, layer.unknown, layer.padding, layer.seed) == (0.2, 7, 0, 3)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_bad_rate(rate):
    with pytest.raises(ValueError, match=f"Received: rate={rate}"):
        WordDropout(rate)

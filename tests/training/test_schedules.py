"""Learning rates against their papers and Keras."""

import keras
import numpy as np
import pytest

from seqkit import models
from seqkit.training import CosineWithWarmup, InverseSquareRoot

STEPS = [0, 1, 2, 5, 9, 10, 11, 30, 98, 99, 100, 5000]


def rates(schedule):
    return [float(schedule(step)) for step in STEPS]


@pytest.mark.parametrize("width", [64, 512])
def test_inverse_square_root(width):
    """Vaswani et al. 2017, equation 3."""
    warmup = 10
    expected = [width**-0.5 * min(t**-0.5, t * warmup**-1.5) for t in (step + 1 for step in STEPS)]
    schedule = InverseSquareRoot((width * warmup) ** -0.5, warmup=warmup)
    np.testing.assert_allclose(rates(schedule), expected, rtol=1e-5)


@pytest.mark.parametrize("last", [0.0, 0.2])
@pytest.mark.parametrize("warmup", [0, 1, 10])
def test_cosine(warmup, last):
    schedule = CosineWithWarmup(2.0, steps=100, warmup=warmup, last=last)
    start, target = (0.0, 2.0) if warmup else (2.0, None)
    theirs = keras.optimizers.schedules.CosineDecay(
        start, 101 - warmup, alpha=last / 2, warmup_target=target, warmup_steps=warmup
    )
    expected = [float(theirs(step + 1)) for step in STEPS]
    np.testing.assert_allclose(rates(schedule), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([float(schedule(100)), float(schedule(10**6))], last, atol=1e-6)
    assert float(schedule(99)) > last


def test_a_training_of_one_update_trains():
    assert float(CosineWithWarmup(2.0, steps=1)(0)) == pytest.approx(1.0)


SCHEDULES = {
    "inverse square root": lambda: InverseSquareRoot(0.5, warmup=2),
    "cosine": lambda: CosineWithWarmup(0.5, steps=4, warmup=1),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_training_takes_the_rates(name, tmp_path):
    """The loss is the bias: each step of plain descent takes the rate from it."""
    schedule = SCHEDULES[name]()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), lambda _, y: y)
    start = float(model.layers[-1].bias[0])
    model.fit(np.zeros((3, 1)), np.zeros((3, 1)), batch_size=1, verbose=0)
    moved = start - float(model.layers[-1].bias[0])
    assert moved == pytest.approx(sum(float(schedule(step)) for step in range(3)), rel=1e-5)
    model.compile(model.optimizer, "mse")
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras").optimizer
    assert float(loaded.learning_rate) == pytest.approx(float(schedule(3)))


BAD = {
    "peak": (lambda: InverseSquareRoot(0.0), r"positive number. Received: peak=0.0"),
    "warmup": (lambda: InverseSquareRoot(warmup=0), r"positive int. Received: warmup=0"),
    "float": (lambda: InverseSquareRoot(warmup=1e3), r"Received: warmup=1000.0"),
    "steps": (lambda: CosineWithWarmup(steps=5, warmup=5), r"from 6 up. Received: steps=5"),
    "last": (lambda: CosineWithWarmup(0.1, steps=5, last=0.2), r"0 to `peak`, 0.1. Received: "),
    "nan": (lambda: CosineWithWarmup(float("nan"), steps=5), r"Received: peak=nan"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()

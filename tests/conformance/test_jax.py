"""The same behaviours on JAX: a choice of the files beside this one, in one process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

# Which tests, as pytest's `-k` reads it. Every cell meets its reference; the rest is sampled,
# since each case is compiled anew.
CHOICE = " or ".join(
    [
        "(test_same_as_keras_rnn and holes)",
        "(test_same_as_step_by_step and xla and (UGRNN or Stack or attention))",
        "(test_masked_equals_unpadded and rows and (PeepholeLSTM or MGU or skip or max))",
        "(test_what_stands_in_padding and holes-nan and (LSTM1997 or IRNN or residual or mean))",
        "(test_a_short_row and (IndRNN or Jordan))",
        "(test_empty_input and (MUT3 or last))",
        "(test_states_carried_by_hand and None and (CoupledLSTM or residual))",
        "(test_states_carried_by_the_layer and rows and MUT2)",
        "(test_a_row_starts_afresh and ProjectedLSTM)",
        "(test_policy and bfloat16 and (Leaky or MUT1))",
        "(test_seeded_and_new and (jordan or projected_lstm))",
        "test_input_dropout",
        "test_recurrent_dropout",
        "test_update_dropout",
        "test_cell_dropout",
        "test_zoneout",
        "test_weight_drop",
        "test_noise_is_drawn_anew",
    ]
)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the run on JAX")
def test_on_jax():
    pytest.importorskip("jax", reason="JAX is not installed")
    here = Path(__file__).parent
    files = sorted(str(path) for path in here.glob("test_*.py") if path.name != "test_jax.py")
    command = [sys.executable, "-m", "pytest", "-k", CHOICE, "-p", "no:cacheprovider", *files]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=here.parent.parent,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )
    assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-2000:]

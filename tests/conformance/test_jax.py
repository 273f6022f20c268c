"""The same behaviours on JAX: a choice of the files beside this one, in one process of its own."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import keras
import pytest

# Nearly all of the time goes into compiling, so let the compiler not try hard.
QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
# Which tests, as pytest's `-k` reads it: a sample, since each case is compiled anew.
SAMPLE = [
    "(test_equation and wide-backward-holes and (coupled or gru or mut1 or indrnn))",
    "(test_same_as_keras_rnn and holes and (Projected or learned or MUT1))",
    "(test_same_as_step_by_step and xla and skip)",
    "(test_masked_equals_unpadded and rows and (ways or max))",
    "(test_what_stands_in_padding and rows-nan and (LSTM1997 or mean))",
    "(test_states_carried_by_the_layer and MUT2)",
    "(test_a_row_starts_afresh and ProjectedLSTM)",
    "(test_encoders and test_what_stands_in_padding and rotary)",
    "(test_decoders and in_one_graph and (rotary or feeding))",
    "test_recurrent_dropout",
    "(test_noise and test_zoneout)",
    "(test_noise_is_drawn_anew and True)",
    "(test_gradients_are_summed and Peephole and bf16)",
    "(test_partition_and_marginals and holes and 60 and True)",
    "(test_a_functional_model_learns and True)",
    "(test_a_wide_beam_finds_all and eager)",
    "(test_required_phrases_stand and eager-4)",
    "(test_one_beam_is_greedy and eager)",
    "test_several_phrases",
    "test_of_a_long_phrase",
]
MORE = [
    "(test_equation and wide-backward-holes)",
    "(test_same_as_keras_rnn and holes and (Jordan or Peephole or IndRNN or GRU))",
    "(test_same_as_step_by_step and xla and IndRNN)",
    "(test_masked_equals_unpadded and rows and MGU)",
    "(test_what_stands_in_padding and rows-nan and residual)",
    "(test_a_short_row and IndRNN)",
    "(test_empty_input and (MUT3 or last))",
    "(test_states_carried_by_hand and CoupledLSTM)",
    "(test_policy and mixed_bfloat16 and learned)",
    "(test_encoders and test_what_stands_in_padding and (alibi or cosine))",
    "(test_encoders and test_compiled_as_step_by_step and rotary)",
    "(test_encoders and test_empty_input and sinusoidal)",
    "(test_decoders and test_what_stands_in_padding and AdditiveAttention)",
    "(test_seeded_and_new and projected_lstm-recurrent)",
    "test_input_dropout",
    "test_update_dropout",
    "test_cell_dropout",
    "test_weight_drop",
    "(test_best_paths and holes and 60 and True)",
    "(test_gradients and holes-1 and float32)",
    "(test_gradients_are_summed and LSTM and bf16)",
    "(test_likelihood_of_partial and several)",
    "(test_counts_tokens and 3-True)",
    "(test_learns_and_answers and crf)",
    "(test_greedy_is_the_model_run_again_and_again and feeding)",
    "test_wishes_are_kept",
    "(test_samples_are_as_frequent and eager)",
    "(test_an_answer_does_not_depend_on_its_neighbours and (transformer or feeding))",
]


def selects(clause, name):
    """Whether `-k` with the clause selects the test of that name."""

    def found(word):
        return word[0] if word[0] in ("and", "or", "not") else str(word[0].lower() in name.lower())

    return eval(re.sub(r"[\w-]+", found, clause))


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the run on JAX")
@pytest.mark.parametrize(
    "choice", [SAMPLE, pytest.param(MORE, marks=pytest.mark.slow)], ids=["sample", "more"]
)
def test_on_jax(choice, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    here = Path(__file__).parent
    files = sorted(str(path) for path in here.glob("test_*.py") if path.name != "test_jax.py")
    others = ("layers/test_cells.py", "layers/test_chain.py", "layers/test_crf.py")
    others += ("layers/test_engine.py",)
    others += ("training/test_sequence_losses.py", "training/test_token_metrics.py")
    others += ("models/test_tagger.py", "models/test_translator.py")
    others += ("decoding/test_constraints.py", "decoding/test_forbidden.py")
    others += ("decoding/test_search.py",)
    files += [str(here.parent / other) for other in others]
    options = ["-n", "0", "-p", "no:cacheprovider", "-k", " or ".join(choice)]
    options += [f"--junitxml={tmp_path / 'results.xml'}"]
    command = [sys.executable, "-m", "pytest", *options, *files]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=1800,
        cwd=here.parent.parent,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": QUICK},
    )
    assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-2000:]
    results = xml.etree.ElementTree.parse(tmp_path / "results.xml")
    ran = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in results.iter("testcase")
        if case.find("skipped") is None
    ]
    idle = [clause for clause in choice if not any(selects(clause, name) for name in ran)]
    assert not idle, "these select nothing"

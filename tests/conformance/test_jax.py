"""The same behaviours on JAX: a choice of the files beside this one, in one process of its own."""

import os
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

# Nearly all of the time goes into compiling, so let the compiler not try hard.
QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
# Which tests, by words of their names: a sample, since each case is compiled anew.
SAMPLE = [
    "test_equation wide-backward-holes coupled/gru/mut1/indrnn",
    "test_same_as_keras_rnn holes Projected/learned/MUT1/layer_norm",
    "test_same_however_compiled xla",
    "test_weights_move_both_ways LSTM/GRU",
    "test_same_as_step_by_step xla skip",
    "test_masked_equals_unpadded rows ways/max",
    "test_what_stands_in_padding rows-nan LSTM1997/mean",
    "test_states_carried_by_the_layer MUT2",
    "test_a_row_starts_afresh ProjectedLSTM",
    "test_encoders test_what_stands_in_padding rotary",
    "test_decoders in_one_graph rotary/feeding",
    "test_recurrent_dropout",
    "test_noise test_zoneout",
    "test_noise_is_drawn_anew True",
    "test_gradients_are_summed Peephole bf16",
    "test_partition_and_marginals holes 60 True",
    "test_compiled_for_unknown_lengths xla",
    "test_a_gate_without_a_gradient",
    "test_a_functional_model_learns True",
    "test_right_padding_costs_no_step True",
    "test_second_derivatives_are_refused True",
    "test_a_compiled_function_may_be_differentiated LSTM",
    "test_a_product_that_reads_two_states",
    "test_a_wide_beam_finds_all eager",
    "test_required_phrases_stand eager-4",
    "test_one_beam_is_greedy eager",
    "test_several_phrases",
    "test_of_a_long_phrase",
]
MORE = [
    "test_equation wide-backward-holes",
    "test_same_as_keras_rnn holes Jordan/Peephole/IndRNN/GRU",
    "test_same_as_step_by_step xla IndRNN",
    "test_masked_equals_unpadded rows MGU",
    "test_what_stands_in_padding rows-nan residual",
    "test_a_short_row IndRNN",
    "test_empty_input MUT3/last",
    "test_states_carried_by_hand CoupledLSTM",
    "test_policy mixed_bfloat16 learned",
    "test_encoders test_what_stands_in_padding alibi/cosine",
    "test_encoders test_compiled_as_step_by_step rotary",
    "test_encoders test_empty_input sinusoidal",
    "test_decoders test_what_stands_in_padding AdditiveAttention",
    "test_seeded_and_new projected_lstm-recurrent",
    "test_input_dropout",
    "test_update_dropout",
    "test_cell_dropout",
    "test_weight_drop",
    "test_best_paths holes 60 True",
    "test_gradients holes-1 float32",
    "test_gradients_are_summed LSTM bf16/fp16",
    "test_likelihood_of_partial several",
    "test_counts_tokens 3-True",
    "test_learns_and_answers crf",
    "test_greedy_is_the_model_run_again_and_again feeding",
    "test_wishes_are_kept",
    "test_samples_are_as_frequent eager",
    "test_an_answer_does_not_depend_on_its_neighbours transformer/feeding",
]


def expression(clause):
    """For pytest's `-k`: the words all have to be in the name, of some one of several."""
    words = (f"({' or '.join(word.split('/'))})" for word in clause.split())
    return f"({' and '.join(words)})"


def selects(clause, name):
    """Whether `-k` with the clause selects the test of that name."""
    words = clause.lower().split()
    return all(any(either in name.lower() for either in word.split("/")) for word in words)


@pytest.mark.parametrize(
    "choice", [SAMPLE, pytest.param(MORE, marks=pytest.mark.slow)], ids=["sample", "more"]
)
def test_on_jax(choice, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    here = Path(__file__).parent
    files = sorted(str(path) for path in here.glob("test_*.py") if path.name != "test_jax.py")
    others = ("layers/test_cells.py", "layers/test_chain.py", "layers/test_crf.py")
    others += ("layers/test_engine.py", "layers/test_against_keras.py")
    others += ("training/test_sequence_losses.py", "training/test_token_metrics.py")
    others += ("models/test_tagger.py", "models/test_translator.py")
    others += ("decoding/test_constraints.py", "decoding/test_forbidden.py")
    others += ("decoding/test_search.py",)
    files += [str(here.parent / other) for other in others]
    options = ["-n", "0", "-p", "no:cacheprovider", "-k", " or ".join(map(expression, choice))]
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

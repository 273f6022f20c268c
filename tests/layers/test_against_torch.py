"""Weights of `torch.nn.RNN`, `LSTM` and `GRU` in our layers: the same outputs and states.

Shapes: B batch, T time, D features, N units.
"""

import warnings

import numpy as np
import pytest
from keras import ops

from seqkit import layers

torch = pytest.importorskip("torch", reason="torch is not installed")

B, T, D, N = 3, 5, 4, 3
KINDS = {
    "RNN tanh": ("RNN", {}, {}),
    "RNN relu": ("RNN", {"nonlinearity": "relu"}, {"activation": "relu"}),
    "LSTM": ("LSTM", {}, {}),
    "LSTM projected": ("LSTM", {"proj_size": 2}, {}),
    "GRU": ("GRU", {}, {}),
}


def make(kind, **options):
    """A torch module with random weights, and the options our side needs."""
    name, theirs, ours = KINDS[kind]
    torch.manual_seed(0)
    module = getattr(torch.nn, name)(D, N, batch_first=True, **theirs, **options)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    return module.eval(), ours


def states_of(module):
    """Random initial states as torch wants them: (layers * directions, B, N), h before c."""
    rows = module.num_layers * (1 + module.bidirectional)
    widths = [module.proj_size or N] + [N] * (module.mode == "LSTM")
    rng = np.random.default_rng(1)
    return [rng.normal(size=(rows, B, width)).astype("float32") for width in widths]


def run_torch(module, x, states, lengths=None):
    """Outputs and states; with lengths, of a packed sequence."""
    x, states = torch.tensor(x), tuple(torch.tensor(s) for s in states)
    if lengths is not None:
        x = torch.nn.utils.rnn.pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # projections run without oneDNN, says torch
        outputs, ends = module(x, states if len(states) > 1 else states[0])
    if lengths is not None:
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(
            outputs, batch_first=True, total_length=T
        )
    return outputs.numpy(), [e.numpy() for e in (ends if len(states) > 1 else [ends])]


def interleaved(states):
    """Torch's states in our order: layer after layer and direction, h before c."""
    return [s[row] for row in range(len(states[0])) for s in states]


@pytest.mark.parametrize("lengths", [None, (5, 2, 3)], ids=["full", "padded"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "both ways"])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_same_as_torch(kind, depth, both, bias, lengths):
    module, options = make(kind, num_layers=depth, bidirectional=both, bias=bias)
    stack = layers.from_torch(module.state_dict(), return_state=True, **options)
    x = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
    states = states_of(module)
    mask = None if lengths is None else np.arange(T) < np.array(lengths)[:, None]
    outputs, ends = run_torch(module, x, states, lengths)
    ours, *our_ends = stack(x, mask=mask, initial_state=interleaved(states))
    valid = np.ones((B, T), bool) if mask is None else mask
    close = {"rtol": 1e-5, "atol": 1e-5 * max(1, np.abs(outputs).max())}
    np.testing.assert_allclose(ops.convert_to_numpy(ours)[valid], outputs[valid], **close)
    for end, other in zip(our_ends, interleaved(ends), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(end), other, **close)


@pytest.mark.parametrize("both", [False, True], ids=["forward", "both ways"])
@pytest.mark.parametrize("kind", KINDS)
def test_same_gradients(kind, both):
    """Of a loss on all outputs, by the input."""
    from seqkit.testing.gradients import value_and_gradients

    module, options = make(kind, num_layers=2, bidirectional=both)
    stack = layers.from_torch(module.state_dict(), **options)
    x = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
    tensor = torch.tensor(x, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module(tensor)[0].square().sum().backward()
    _, (gradient,), _ = value_and_gradients(lambda x: ops.sum(ops.square(stack(x))), [x])
    atol = 1e-5 * max(1, np.abs(gradient).max())
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-5, atol=atol)


def test_loads_into_a_stack_made_before():
    module, _ = make("LSTM", num_layers=2)
    stack = layers.Stack("lstm", N, layers=2)
    stack.build((None, None, D))
    layers.load_torch(stack, module.state_dict())
    x = np.ones((B, T, D), "float32")
    zeros = [np.zeros((2, B, N), "float32")] * 2
    expected, _ = run_torch(module, x, zeros)
    np.testing.assert_allclose(ops.convert_to_numpy(stack(x)), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("weight_hh_l0"), "Expected the state dict of a torch.nn.RNN"),
        (lambda d: d.pop("bias_hh_l1"), "lack 'bias_hh_l1'"),
        (lambda d: d.update(weight_ih_l1=d["weight_ih_l1"][:, :2]), "do not fit"),
        (lambda d: d.update({"head.weight": d["bias_hh_l1"]}), "head.weight"),
    ],
)
def test_wrong_weights_say_so(change, message):
    module, _ = make("GRU", num_layers=2)
    weights = dict(module.state_dict())
    change(weights)
    with pytest.raises(ValueError, match=message):
        layers.from_torch(weights)


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (("gru", N), "those of a GRUResetAfterCell. Received: a stack of GRUCell"),
        (("mut3", N), "those of a GRUResetAfterCell. Received: a stack of MUT3Cell"),
        (("gru_reset_after", N), r"no place for these torch weights: \['bias_hh_l1'"),
    ],
)
def test_another_stack_is_refused(stack, message):
    module, _ = make("GRU", num_layers=2)
    stack = layers.Stack(*stack)
    stack.build((None, None, D))
    before = stack.get_weights()
    with pytest.raises(ValueError, match=message):
        layers.load_torch(stack, module.state_dict())
    for weight, kept in zip(stack.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)

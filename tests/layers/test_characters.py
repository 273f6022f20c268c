"""Characters of words to vectors, against Keras's own layers with the same weights."""

import keras
import numpy as np
import pytest

from seqkit.layers import CharacterEncoder

B, T, K, E, N = 2, 3, 6, 4, 8
IDS = np.array(
    [
        [[5, 3, 2, 0, 0, 0], [7, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]],
        [[1, 2, 3, 4, 5, 6], [2, 2, 0, 0, 0, 0], [9, 8, 7, 0, 0, 0]],
    ]
)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_cnn_is_keras_convolution_and_maximum(kernel):
    layer = CharacterEncoder(10, N, embedding=E, kernel=kernel)
    received = keras.ops.convert_to_numpy(layer(IDS))
    convolution = keras.layers.Conv1D(N, kernel, padding="same", activation="relu")
    embedded = layer.embed(IDS.reshape(-1, K)) * (IDS.reshape(-1, K, 1) > 0)
    convolution.build(embedded.shape)
    convolution.set_weights(
        [
            np.reshape(layer.filters.kernel, (kernel, E, N)),
            np.linspace(-0.1, 0.2, N),
        ]
    )
    layer.filters.bias.assign(np.linspace(-0.1, 0.2, N))
    received = keras.ops.convert_to_numpy(layer(IDS))
    features = keras.ops.convert_to_numpy(convolution(embedded)).reshape(B, T, K, N)
    expected = (features * (IDS[..., None] > 0)).max(axis=2)
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_rnn_is_a_word_read_alone_in_both_directions():
    layer = CharacterEncoder(10, N, kind="rnn", embedding=E)
    received = keras.ops.convert_to_numpy(layer(IDS))
    for b in range(B):
        for t in range(T):
            word = IDS[b, t][IDS[b, t] > 0][None]
            if word.size:
                alone = keras.ops.convert_to_numpy(layer.read(layer.embed(word)))[0]
                np.testing.assert_allclose(received[b, t], alone, atol=1e-6)
            else:
                np.testing.assert_array_equal(received[b, t], 0)


@pytest.mark.parametrize("kind", ["cnn", "rnn"])
def test_does_not_depend_on_padding(kind):
    layer = CharacterEncoder(10, N, kind=kind, embedding=E)
    wide = np.pad(IDS, ((0, 0), (0, 2), (0, 3)))
    np.testing.assert_allclose(layer(wide)[:, :T], layer(IDS), atol=1e-6)


BAD = {
    "kind": ({"kind": "lstm"}, "`kind` must be one of cnn, rnn. Received: kind='lstm'"),
    "odd": ({"kind": "rnn", "units": 7}, "`units` must be even"),
    "units": ({"units": 0}, "`units` must be a positive int"),
    "dropout": ({"dropout": 1}, "`dropout` must be a rate"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case):
    options, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        CharacterEncoder(10, **options)
    assert message in str(error.value)

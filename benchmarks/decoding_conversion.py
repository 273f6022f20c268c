"""The weights of a translator of ours as a model of CTranslate2, in float32.

Tokens are our ids as strings. Only for transformers that both know: sinusoidal positions, norms
before, tied embeddings, GELU.
"""

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec
from ctranslate2.specs.common_spec import Activation
from keras import activations, ops

from seqkit.layers.positions import SinusoidalPositions
from seqkit.layers.transformer_block import EPSILON

LONGEST = 1024  # positions that the table holds


def convert(model, folder):
    """Writes `model` into an empty `folder`.

    Returns:
        `ctranslate2.Translator` of it, on two cores.

    Raises:
        ValueError: a model that cannot be converted.
    """
    check(model)
    text, heads = model.preprocessor, model.decoder.heads
    layers = model.encoder.layers, model.decoder.layers
    spec = TransformerSpec.from_config(layers, heads, pre_norm=True, activation=Activation.GELU)
    for part, layer, embedding in (
        (spec.encoder, model.encoder, model.embed_source),
        (spec.decoder, model.decoder, model.embed_target),
    ):
        place = part.embeddings[0] if part is spec.encoder else part.embeddings
        place.weight = numbers(embedding.embeddings)
        part.scale_embeddings = True
        part.position_encodings.encodings = waves(layer)
        norm(part.layer_norm, layer.last)
        for own, block in zip(part.layer, layer.blocks, strict=True):
            attention(own.self_attention, block.attention, ("query", "key", "value"), ())
            norms = list(block.norms)
            norm(own.self_attention.layer_norm, norms.pop(0))
            if block.cross:
                attention(own.attention, block.reading, ("query",), ("key", "value"))
                norm(own.attention.layer_norm, norms.pop(0))
            norm(own.ffn.layer_norm, norms.pop(0))
            linear(own.ffn.linear_0, (block.inner.kernel, block.inner.bias))
            linear(own.ffn.linear_1, (block.outer.kernel, block.outer.bias))
    bias = numbers(model.head_bias).copy()
    bias[[0, 1, text.start]] = -1e9  # which our search never gives
    spec.decoder.projection.weight = numbers(model.embed_target.embeddings)
    spec.decoder.projection.bias = bias
    spec.register_source_vocabulary([str(i) for i in range(text.source_size)])
    spec.register_target_vocabulary([str(i) for i in range(text.target_size)])
    spec.config.unk_token, spec.config.bos_token = "1", str(text.start)
    spec.config.decoder_start_token, spec.config.eos_token = str(text.start), str(text.end)
    spec.config.layer_norm_epsilon = EPSILON
    spec.validate()
    spec.save(str(folder))
    return ctranslate2.Translator(
        str(folder), "cpu", compute_type="float32", inter_threads=1, intra_threads=2
    )


def check(model):
    parts = {"encoder": model.encoder, "decoder": model.decoder}
    wanted = {
        "norm": lambda part: part.norm == "pre",
        "positions": lambda part: type(part.positions) is SinusoidalPositions,
        "activation": lambda part: part.activation is activations.gelu,
        "scores": lambda part: part.scores == "dot",
        "heads": lambda part: part.heads == model.decoder.heads,
        "units": lambda part: part.units == model.embedding,
    }
    for name, part in parts.items():
        for what, holds in wanted.items():
            if not hasattr(part, what) or not holds(part):
                raise ValueError(
                    f"The {name} is not one that CTranslate2 has too. "
                    f"Received: {what}={getattr(part, what, None)!r}"
                )
    if not model.tied or model.exit is not None or model.reverse_source:
        raise ValueError("Expected tied embeddings and a source that is read forwards")


def attention(spec, layer, first, second):
    """Queries, keys and values in one product or two, and the output."""
    groups = [group for group in (first, second, ("output",)) if group]
    for place, names in zip(spec.linear, groups, strict=True):
        pairs = [(getattr(layer, f"{n}_kernel"), getattr(layer, f"{n}_bias")) for n in names]
        linear(place, *pairs)


def linear(spec, *pairs):
    spec.weight = np.concatenate([numbers(kernel).T for kernel, _ in pairs])
    spec.bias = np.concatenate([numbers(bias) for _, bias in pairs])


def norm(spec, layer):
    spec.gamma, spec.beta = numbers(layer.gamma), numbers(layer.beta)


def waves(layer):
    """What the layer's positions add, `(L, D)`."""
    zeros, places = ops.zeros((1, LONGEST, layer.units)), ops.arange(LONGEST)[None]
    return numbers(layer.positions.add(zeros, places)[0])


def numbers(tensor):
    return np.ascontiguousarray(ops.convert_to_numpy(tensor), "float32")

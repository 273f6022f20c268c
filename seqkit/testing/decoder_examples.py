"""Examples of what reads a memory: attentions and decoders. `examples.py` holds them.

Shapes: B batch, T time, S steps of a memory, D features, N units.
"""

import functools

from seqkit import layers

__all__ = ["attentions", "writers"]

N = 4


def attentions(example, x, memory):
    """Layers on `x` `(B, T, N)` and `memory` `(B, S, N)` -> `(B, T, N)`."""
    makers = {
        "AdditiveAttention": functools.partial(layers.AdditiveAttention, 2),
        "DotAttention": layers.DotAttention,
        "GeneralAttention": layers.GeneralAttention,
        "CosineAttention": layers.CosineAttention,
        "MultiHeadAttention memory": functools.partial(layers.MultiHeadAttention, 2),
        "TransformerBlock memory": functools.partial(
            layers.TransformerBlock, 2, causal=True, cross=True
        ),
    }
    return {name: example(make, (x, memory)) for name, make in makers.items()}


def writers(example, x, memory):
    """Decoders on `x` `(B, T, D)` and `memory` `(B, S, N)` -> `(B, T, N)`."""
    transformers = {
        "rotary": {},
        "sinusoidal": {"norm": "post", "layers": 1},
        "learned": {"norm": "residual", "scores": "cosine"},
        "alibi": {},
        "log_spaced": {"norm": "residual", "layers": 1},
        None: {"layers": 1},
    }
    recurrent = {
        "": ["lstm", {}],
        " alone": ["projected_lstm", {"projection": 3, "attention": None}],
        " feeding": ["gru", {"layers": 2, "attention": "dot", "input_feeding": True}],
        " general": ["mut1", {"layers": 2, "attention": "general", "zoneout": 0.1, "skip": True}],
        " cosine": [
            "lstm",
            {
                "layers": 2, "attention": "cosine", "input_feeding": True, "layer_norm": True,
                "residual": True,
            },
        ],
    }  # fmt: skip
    makers = {
        f"TransformerDecoder {positions}": functools.partial(
            layers.TransformerDecoder, N, heads=2, positions=positions, **options
        )
        for positions, options in transformers.items()
    }
    for name, (cell, options) in recurrent.items():
        makers[f"RecurrentDecoder{name}"] = functools.partial(
            layers.RecurrentDecoder, cell, N, **options
        )
    return {name: example(make, (x, memory)) for name, make in makers.items()}

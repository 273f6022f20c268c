"""What reads a sequence, by name: one call for all recipes."""

import keras

from seqkit.layers.stack import Stack
from seqkit.layers.transformer import TransformerEncoder

__all__ = ["ENCODERS", "get"]

ENCODERS = ("recurrent", "transformer")


def get(
    identifier="recurrent",
    *,
    cell="lstm",
    units=64,
    layers=1,
    bidirectional=True,
    dropout=0.0,
    return_sequences=True,
    **options,
):
    """A layer `(B, T, D) -> (B, T, N)` from its name; a layer stays as it is.

    Args:
        identifier: "recurrent", "transformer", or any layer, for which nothing else counts.
        cell, bidirectional, return_sequences: of the recurrent layers, see `Stack`; a
            transformer reads both ways and has no cell.
        units: of each recurrent layer and direction, or of the transformer.
        layers: how many.
        dropout: rate; between recurrent layers, or within the blocks of the transformer.
        **options: what else `Stack` or `TransformerEncoder` takes, such as `zoneout=0.1`, or
            `heads=8`, `positions="alibi"`, `norm="post"`.

    Raises:
        ValueError: an unknown name, or options for a layer that is made already.

    Example:
        >>> get("transformer", units=16, layers=2, heads=2).layers
        2
    """
    if isinstance(identifier, keras.layers.Layer):
        if options:
            raise ValueError(
                f"`encoder` as a layer takes no options. Received: {', '.join(options)}"
            )
        return identifier
    if identifier == "recurrent":
        return Stack(
            cell,
            units,
            layers=layers,
            bidirectional=bidirectional,
            dropout=dropout,
            return_sequences=return_sequences,
            **options,
        )
    if identifier == "transformer":
        return TransformerEncoder(units, layers=layers, dropout=dropout, **options)
    raise ValueError(
        f"`encoder` must be one of {', '.join(ENCODERS)}, or a layer. Received: {identifier!r}"
    )

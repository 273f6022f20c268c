"""What writes a sequence, by name: one call for all recipes."""

from seqkit.layers.decoder import Decoder
from seqkit.layers.recurrent_decoder import RecurrentDecoder
from seqkit.layers.transformer import TransformerDecoder

__all__ = ["DECODERS", "get"]

DECODERS = ("recurrent", "transformer")


def get(
    identifier="recurrent",
    *,
    cell="lstm",
    units=64,
    layers=1,
    attention="additive",
    dropout=0.0,
    **options,
):
    """A `Decoder` from its name; one that is made already stays as it is.

    Args:
        identifier: "recurrent", "transformer", or any `Decoder`, for which nothing else counts.
        cell, attention: of a recurrent decoder, see `RecurrentDecoder`.
        units: of each layer.
        layers: how many.
        dropout: rate; between recurrent layers, or within the blocks of the transformer.
        **options: what else `RecurrentDecoder` or `TransformerDecoder` takes.

    Raises:
        ValueError: an unknown name, or options for a decoder that is made already.

    Example:
        >>> get("transformer", units=16, layers=2, heads=2).layers
        2
    """
    if isinstance(identifier, Decoder):
        if options:
            raise ValueError(
                f"`decoder` as a layer takes no options. Received: {', '.join(options)}"
            )
        return identifier
    if identifier == "recurrent":
        return RecurrentDecoder(
            cell, units, layers=layers, attention=attention, dropout=dropout, **options
        )
    if identifier == "transformer":
        return TransformerDecoder(units, layers=layers, dropout=dropout, **options)
    raise ValueError(
        f"`decoder` must be one of {', '.join(DECODERS)}, or a seqkit.layers.Decoder. "
        f"Received: {identifier!r}"
    )

"""Sequence to sequence: translation, and whatever else maps one text to another."""

import keras
import numpy as np

from recipes._unread import refuse_unread
from seqkit.checks import positive_int
from seqkit.data import Translation, as_pairs
from seqkit.decoding import Search
from seqkit.layers import Decoder, decoders, encoders
from seqkit.models import Translator
from seqkit.training import CosineWithWarmup, Perplexity, TokenCrossentropy

__all__ = ["seq2seq"]


def seq2seq(
    pairs,
    *,
    encoder="transformer",
    decoder=None,
    cell="gru",
    attention="additive",
    positions="sinusoidal",
    norm="pre",
    scores="dot",
    units=256,
    layers=None,
    heads=4,
    feed_forward=None,
    input_feeding=False,
    reverse_source=False,
    embedding=None,
    tokens="pieces",
    vocabulary=8000,
    shared=None,
    tied=True,
    dropout=0.1,
    batch_tokens=None,
    learning_rate=1e-3,
    epochs=None,
    search=None,
    seed=None,
):
    """A compiled translator: learns the units of both sides from `pairs`, not yet trained.

    Three generations of models come from one call: `encoder="recurrent", attention=None`
    (Sutskever et al. 2014), `encoder="recurrent"` with attention (Bahdanau et al. 2015, Luong
    et al. 2015), and the transformer (Vaswani et al. 2017).

    Args:
        pairs: (source, target) texts in any form that `seqkit.data.as_pairs` takes.
        encoder: "transformer", "recurrent" (both directions), or a layer
            `(B, S, D) -> (B, S, M)`.
        decoder: "transformer", "recurrent", or a `seqkit.layers.Decoder`; of the same kind as the
            encoder if None, which has to be named then.
        cell: of recurrent layers, by name ("lstm", "gru", "mut1", ...), class or instance.
        attention: of a recurrent decoder: "additive", "dot", "general", "cosine", a layer of
            `seqkit.layers.scored_attention`, or None.
        positions: of a transformer: "sinusoidal", "learned", "rotary", "alibi", "log_spaced".
            With the last three a side knows how far its own steps are from each other, but the
            target is not told where in the source something stands.
        norm: of a transformer: "pre", "post" or "residual".
        scores: of a transformer's attention: "dot" or "cosine".
        units: of each layer; of each direction half as many in a recurrent encoder.
        layers: how many on each side; 3 in a transformer, 1 of a recurrent net if None.
        heads, feed_forward: of a transformer; see `seqkit.layers.TransformerEncoder`.
        input_feeding: whether a recurrent decoder also reads what its attention gave last.
        reverse_source: whether the source is read from its end.
        embedding: size of the embeddings; `units` if None.
        tokens: "pieces" (subwords from which texts come back exactly), "words", "characters", a
            `seqkit.data.Tokens`, or a pair of these for source and target.
        vocabulary: how many different tokens to know, at most.
        shared: whether both sides have one vocabulary; None means so for pieces alone.
        tied: whether the output layer is the embedding of the target.
        dropout: on embeddings, within and between layers, and on the output.
        batch_tokens: most ids of a batch in training; if None as many as make a hundred batches
            of the pairs, between 256 and 2,048.
        learning_rate: of AdamW.
        epochs: over how many passes to warm the rate up, for a fifteenth of the way, and let it
            fall to nothing along half a cosine: as many as `fit` is to make. If None, it stays.
        search: `seqkit.decoding.Search`, how to translate; five beams if None.
        seed: makes weights, noise and the order of the pairs reproducible.

    Returns:
        `seqkit.models.Translator`, compiled; `compile` again for another optimizer or loss.

    Raises:
        ValueError: if `pairs` holds nothing or no targets, an argument is out of range, or neither
            side would read it.

    Example:
        >>> pairs = [("a dog", "ein Hund"), ("a cat", "eine Katze")]
        >>> model = seq2seq(pairs, units=8, heads=2, layers=1, tokens="words")
        >>> history = model.fit(pairs, epochs=2, verbose=0)
        >>> len(model.translate(["a dog", "a cat"], beams=1))
        2
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    if layers is not None:
        positive_int("layers", layers)
    if decoder is None and not isinstance(encoder, str):
        raise ValueError("`decoder` must be given where `encoder` is a layer. Received: None")
    decoder = encoder if decoder is None else decoder
    transformer = {
        "positions": positions,
        "norm": norm,
        "scores": scores,
        "heads": heads,
        "feed_forward": feed_forward,
    }
    attending = {"attention": attention, "input_feeding": input_feeding}
    kinds = [side if isinstance(side, str) else None for side in (encoder, decoder)]
    for options, kind, sides in (
        ({"cell": cell}, "recurrent", kinds),
        (attending, "recurrent", kinds[1:]),
        (transformer, "transformer", kinds),
    ):
        side = "`decoder`" if len(sides) == 1 else "`encoder` or `decoder`"
        refuse_unread(seq2seq, options, kind in sides, f'{side} to be "{kind}"')
    refuse_unread(seq2seq, {"layers": layers}, any(kinds), "`encoder` or `decoder` to be a name")
    pairs = as_pairs(pairs, name="training data")
    preprocessor = Translation.learn(pairs, tokens, size=vocabulary, shared=shared)
    common = {"cell": cell, "dropout": dropout}
    if encoder == "recurrent":
        # Both directions side by side are as wide as the decoder.
        width = max(1, units // 2)
        options = {"units": width, "layers": layers or 1, "return_state": True}
    else:
        options = {
            "units": units,
            "layers": layers or 3,
            **(transformer if encoder == "transformer" else {}),
        }
    encoder = encoders.get(encoder, **common, **options) if isinstance(encoder, str) else encoder
    if decoder == "recurrent":
        options = {**attending, "layers": layers or 1}
    else:
        options = {"layers": layers or 3, **(transformer if decoder == "transformer" else {})}
    if not isinstance(decoder, Decoder):  # a name, or what is refused
        decoder = decoders.get(decoder, units=units, **common, **options)
    lengths = preprocessor.lengths(pairs)
    if batch_tokens is None:
        batch_tokens = int(np.clip(max(map(np.sum, lengths)) // 100, 256, 2048))
    model = Translator(
        preprocessor,
        encoder,
        decoder,
        embedding=embedding or units,
        tied=tied,
        dropout=dropout,
        reverse_source=reverse_source,
        longest_ratio=longest_ratio(*lengths),
        batch_tokens=batch_tokens,
        search=Search(beams=5) if search is None else search,
        seed=seed,
        name="seq2seq",
    )
    model.build()
    rate = learning_rate
    if epochs is not None:
        steps = positive_int("epochs", epochs) * len(
            preprocessor.batches(pairs, tokens=model.batch_tokens)
        )
        rate = CosineWithWarmup(learning_rate, steps=steps, warmup=steps // 15)
    model.compile(
        keras.optimizers.AdamW(rate, beta_2=0.98, global_clipnorm=1.0),
        TokenCrossentropy(smoothing=0.1),
        metrics=[Perplexity()],
    )
    return model


def longest_ratio(source, target):
    """How many times as long as its source a target may be: what nearly all pairs keep to."""
    return max(1.0, float(np.quantile(np.maximum(target - 20, 0) / source, 0.999)))

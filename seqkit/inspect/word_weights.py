"""Which words the answer rests on.

Shapes: B = 1 text, T words.
"""

__all__ = ["attention_weights"]


def attention_weights(model, text):
    """Draws the weight that attention pooling gives to each word of `text`.

    Words that the model does not know are in brackets: it sees only that a word is there.

    Args:
        model: a `TextClassifier` with `pooling="attention"`.
        text: str.

    Returns:
        `matplotlib.figure.Figure`. Its bars are the weights, and they add up to one.

    Raises:
        ValueError: if the model's pooling is not attention, or `text` holds no word.

    Example:
        >>> attention_weights(model, "a joyless mess").savefig("why.png")  # doctest: +SKIP
    """
    import keras
    import numpy as np
    from matplotlib.figure import Figure

    if getattr(model.pool, "mode", None) != "attention":
        raise ValueError(
            '`model` must be built with pooling="attention". '
            f"Received: pooling={getattr(model.pool, 'mode', model.pool)!r}"
        )
    if not isinstance(text, str):
        raise ValueError(f"`text` must be a str. Received: {type(text).__name__}")
    tokens = model.preprocessor.tokens
    words = tokens.units([text])[0]
    if not words:
        raise ValueError(f"`text` must hold at least one word. Received: {text!r}")

    ids = np.asarray(model.preprocessor.encode([text]))
    x, mask = model.encode(keras.ops.convert_to_tensor(ids))
    _, weights = model.pool(x, mask=mask, return_weights=True)
    weights = keras.ops.convert_to_numpy(weights)[0, : len(words)].astype("float32")
    known = [word if i != 1 else f"[{word}]" for word, i in zip(words, ids[0], strict=False)]

    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    figure = Figure(figsize=(min(max(4, 0.45 * len(words) + 1), 60), 3), layout="constrained")
    panel = figure.subplots()
    panel.bar(range(len(words)), weights, color="#4878a8", width=0.8)
    panel.axhline(1 / len(words), color="gray", lw=0.8, ls="--", label="equal weights")
    panel.set_xticks(range(len(words)), known, parse_math=False, **turned)
    answer = model.classify([text])[0]
    panel.set_title(f"{answer.label} {answer.probability:.3f}", loc="left", parse_math=False)
    panel.set_ylabel("weight")
    panel.set_xlim(-0.6, len(words) - 0.4)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1, 1))
    return figure

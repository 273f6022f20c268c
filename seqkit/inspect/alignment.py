"""What each piece of a translation read.

Shapes: S pieces of the source, T of the target.
"""

import numpy as np

__all__ = ["attention"]


def attention(translation):
    """Draws where a translation looked: a column for each piece read, a row for each written.

    Rows sum to one, so that a dark square says: this piece was written off that one. What
    `Pieces` mark with a low line begins a word.

    Args:
        translation: `seqkit.models.Translation` out of `translate(..., attention=True)`, or its
            `.attention`.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ValueError: if it holds no attention.

    Example:
        >>> from seqkit.models import Attention
        >>> seen = Attention(["a", "dog", "</s>"], ["Hund", "</s>"], [[0.2, 0.8, 0], [0, 0.1, 0.9]])
        >>> [tick.get_text() for tick in attention(seen).axes[0].get_xticklabels()]
        ['a', 'dog', '</s>']
    """
    from matplotlib.figure import Figure

    seen = getattr(translation, "attention", translation)
    if not all(hasattr(seen, name) for name in ("source", "target", "weights")):
        raise ValueError(
            "`translation` must hold its attention: ask for it by `translate(texts, "
            f"attention=True)`, and take one of the list. Received: {translation!r}"
        )
    weights = np.asarray(seen.weights, "float32")
    rows, columns = weights.shape
    wide, high = (0.09 * max(map(len, side)) for side in (seen.target, seen.source))
    size = 0.32 * columns + wide + 1.1, 0.32 * rows + high + 0.4
    figure = Figure(figsize=(max(3.2, size[0]), max(2.4, size[1])), layout="constrained")
    panel = figure.subplots()
    image = panel.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    # A piece may be a dollar sign, which matplotlib takes for the begin of a formula.
    plain = {"parse_math": False}
    upright = {"rotation": 90, "ha": "center", "va": "bottom"}
    panel.set_xticks(range(columns), seen.source, **upright, **plain)
    panel.set_yticks(range(rows), seen.target, **plain)
    panel.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    for axis, count in ((panel.xaxis, columns), (panel.yaxis, rows)):
        axis.set_ticks(np.arange(count - 1) + 0.5, minor=True)
    panel.grid(which="minor", color="#dddddd", lw=0.5)
    panel.tick_params(which="minor", length=0)
    panel.spines[:].set_color("#bbbbbb")
    figure.colorbar(image, ax=panel, label="weight", shrink=min(1.0, 3 / size[1]), aspect=16)
    return figure

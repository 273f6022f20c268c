"""What is taken for what.

Shapes: C classes.
"""

import numpy as np

__all__ = ["confusion_matrix"]


def confusion_matrix(report):
    """Draws the confusion matrix: a row for what it is, a column for what was answered.

    Colour is the share of the row, so that rare classes show as well as common ones;
    numbers are counts.

    Args:
        report: `seqkit.models.Report`, what `model.report(data)` gives.

    Returns:
        `matplotlib.figure.Figure`.

    Example:
        >>> from seqkit.models import Report
        >>> figure = confusion_matrix(Report(("bad", "good"), [[8, 2], [1, 9]]))
        >>> figure.axes[0].get_title()
        'accuracy 0.850, macro-F1 0.850'
    """
    from matplotlib.figure import Figure

    counts = report.confusion
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = max(3.6, 0.7 * len(report.labels) + 1.5)
    figure = Figure(figsize=(size + 1, size), layout="constrained")
    panel = figure.subplots()
    image = panel.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if share[row, column] > 0.5 else "black"
        panel.text(column, row, f"{count:,}", ha="center", va="center", color=colour)
    places = range(len(report.labels))
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    long = max(map(len, report.labels)) * len(report.labels) > 30
    panel.set_xticks(places, report.labels, parse_math=False, **(turned if long else {}))
    panel.set_yticks(places, report.labels, parse_math=False)
    panel.set(
        xlabel="answered",
        ylabel="labelled",
        title=f"accuracy {report.accuracy:.3f}, macro-F1 {report.macro_f1:.3f}",
    )
    figure.colorbar(image, label="share of the row", shrink=0.8)
    return figure

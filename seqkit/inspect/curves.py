"""How training went: a panel for each figure, training beside validation."""

from seqkit.training.keep_best import score

__all__ = ["learning_curves"]

TRAINING, VALIDATION = "#4878a8", "#d1495b"


def learning_curves(history, *, validation_freq=None):
    """Draws loss and metrics over the epochs, and marks the best epoch of validation.

    Args:
        history: what `fit` returned, or its `.history`, or such a dict read from JSON.
        validation_freq: int, as `fit` had it; None where the number of figures tells it.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ValueError: if no epoch is in it, or when there was validation cannot be told.

    Example:
        >>> figure = learning_curves({"loss": [0.7, 0.4], "val_loss": [0.6, 0.5]})
        >>> figure.axes[0].get_title()
        'loss'
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figures = getattr(history, "history", history)
    bare = (name.removeprefix("val_") for name in figures)  # BLEU is of validation alone
    names = [name for name in dict.fromkeys(bare) if name != "learning_rate"]
    count = max((len(row) for row in figures.values()), default=0)
    if not names or not count:
        raise ValueError(f"`history` must hold at least one epoch. Received: {figures!r}")

    figure = Figure(figsize=(3.6 * len(names), 3), layout="constrained")
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        if name in figures:
            epochs = range(1, count + 1)
            panel.plot(epochs, figures[name], "o-", color=TRAINING, ms=4, label="training")
        validation = figures.get(f"val_{name}")
        if validation is not None:
            every = validation_freq
            if every is None or count // every != len(validation):
                every = frequency(count, len(validation))
            at = range(every, every * len(validation) + 1, every)
            panel.plot(at, validation, "s-", color=VALIDATION, ms=4, label="validation")
            best = max(range(len(at)), key=lambda k: score({name: validation[k]}))
            panel.plot(
                at[best], validation[best], "o", ms=11, mfc="none", mec=VALIDATION, label="best"
            )
        panel.set(title=name.replace("_", " "), xlabel="epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize="small")
    return figure


def frequency(epochs, validated):
    """Every how many epochs there was validation, where their numbers leave one answer."""
    fitting = [n for n in range(1, epochs + 1) if epochs // n == validated]
    if not fitting and validated == epochs - 1:  # the last epoch broke off
        fitting = [1]
    if len(fitting) != 1:
        raise ValueError(
            f"`validation_freq` must be given as `fit` had it. Received: None, for {epochs} epochs "
            f"and {validated} of validation"
        )
    return fitting[0]

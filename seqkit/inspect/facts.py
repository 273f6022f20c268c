"""What a model is, in plain values."""

import keras

from seqkit._version import __version__

__all__ = ["facts"]


def facts(model):
    """What a model is made of, ready for JSON or a table.

    Args:
        model: a built model of `seqkit.models`.

    Returns:
        Dict from str to str, int, float or list of str.

    Example:
        >>> facts(model)["labels"]  # doctest: +SKIP
        ['negative', 'positive']
    """
    optimizer = getattr(model, "optimizer", None)
    found = {
        "name": model.name,
        "kind": type(model).__name__,
        **({"labels": list(model.labels)} if hasattr(model, "labels") else {}),
        **{name: plain(part) for name, part in model.parts().items()},
        "parameters": model.count_params(),
        "optimizer": type(optimizer).__name__ if optimizer is not None else "none",
        "dtype": model.dtype_policy.name,
    }
    return {**found, "seqkit": __version__, "keras": keras.version()}


def plain(part):
    """A layer, or none where one could be, in words; other values as they are."""
    return describe(part) if part is None or isinstance(part, keras.layers.Layer) else part


def describe(layer):
    """A layer as the call that makes it, with what differs from nothing: `Stack(cell=...)`."""
    if layer is None:
        return "none"
    config = layer.get_config()
    telling = "cell units layers heads attention positions bidirectional dropout zoneout"
    shown = ", ".join(
        f"{name}={brief(config[name])}"
        for name in telling.split()
        if config.get(name) not in (None, 0, 0.0)
    )
    return f"{type(layer).__name__}({shown})"


def brief(value):
    return value["class_name"] if isinstance(value, dict) and "class_name" in value else repr(value)

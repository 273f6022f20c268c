"""A part of a layer from what a user may name it by: a name, a class, a config, the part."""

import inspect

import keras

__all__ = ["construct", "resolve"]


def resolve(identifier, base, names, argument, *, optional=False, hint=""):
    """The class or the part that `identifier` means.

    Args:
        identifier: a name of `names`, a subclass of `base`, a saved config, a `base`, or `None`.
        base: class of all such parts.
        names: dict from name to class.
        argument: what messages call it.
        optional: whether it may be `None`.
        hint: what the message on another kind of thing says besides.

    Raises:
        ValueError: an unknown name.
        TypeError: anything else that is no such part.
    """
    none = " or None" if optional else ""
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str):
        if identifier not in names:
            raise ValueError(
                f"Unknown {argument}. Expected one of {', '.join(sorted(names))}{none}. "
                f"Received: {argument}={identifier!r}"
            )
        return names[identifier]
    if isinstance(identifier, base) or (optional and identifier is None):
        return identifier
    if inspect.isclass(identifier) and issubclass(identifier, base):
        return identifier
    raise TypeError(
        f"`{argument}` must be a name, a subclass of seqkit.layers.{base.__name__}, one of its "
        f"instances{none}{hint}. Received: {argument}={identifier!r}"
    )


def construct(found, argument, options):
    """The part, made with `options` where `found` is a class.

    Raises:
        TypeError: options for a part that is made already, or that its class does not take.
    """
    if inspect.isclass(found):
        return found(**options)
    if options:
        raise TypeError(
            f"Options go to a constructor, and `{argument}` is made already. "
            f"Received: {sorted(options)}"
        )
    return found

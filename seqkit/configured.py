"""`get_config` for everything that saves: read off the constructor's signature."""

from inspect import Parameter, signature

import keras

__all__ = ["Configured"]


class Configured:
    """Gives a class `get_config()` and `from_config()`, with no list to keep in step.

    Each named argument of each `__init__` between the class and `Configured` is
    expected to live on as an attribute of the same name. A base that has a config of
    its own (`keras.layers.Layer`) adds it.

    Example:
        >>> class Scale(Configured, keras.layers.Layer):
        ...     def __init__(self, factor=2.0, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.factor = factor
        >>> Scale(3.0).get_config()["factor"]
        3.0
    """

    @classmethod
    def argument_names(cls):
        """Names of the arguments the config holds, outermost class first."""
        names, rest = {}, (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        for base in cls.__mro__:
            if issubclass(base, Configured) and "__init__" in vars(base):
                for name, parameter in signature(base.__init__).parameters.items():
                    if name != "self" and parameter.kind not in rest:
                        names[name] = None
        return list(names)

    def get_config(self):
        base = super().get_config() if hasattr(super(), "get_config") else {}
        own = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in self.argument_names()
        }
        return {**base, **own}

    @classmethod
    def from_config(cls, config):
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value)
                if isinstance(value, dict) and "class_name" in value
                else value
                for name, value in config.items()
            }
        )

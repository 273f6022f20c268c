"""What a model computes beside its call, compiled."""

from seqkit.layers import engine

__all__ = ["Graphs"]

MOST = 32  # graphs of one model


class Graphs:
    """The compiled functions of a model, by name: nothing of it that would be saved."""

    def __init__(self, model):
        self.model, self.made = model, {}

    def get(self, name, function):
        """The graph of that name, of `function` where there is none yet."""
        if not self.model.built:  # inside a graph it would be too late
            self.model.build()
        if name not in self.made:
            if len(self.made) >= MOST:  # phrases to forbid may be others each time
                self.made.pop(next(iter(self.made)))
            self.made[name] = engine.compiled(function, self.model.variables)
        return self.made[name]

"""What a model computes beside its call, compiled."""

import threading

from seqkit.layers import engine

__all__ = ["Graphs"]

MOST = 32  # of one model: phrases to forbid may be others each time


class Graphs:
    """The compiled functions of a model, by name: nothing of it that would be saved."""

    def __init__(self, model):
        self.model, self.made, self.lock = model, {}, threading.Lock()

    def get(self, name, function):
        """The graph of that name, of `function` where there is none yet or no more."""
        if not self.model.built:  # inside a graph it would be too late
            self.model.build()
        with self.lock:
            graph = self.made.pop(name, None)
            if graph is None:
                graph = engine.compiled(function, self.model.variables)
            self.made[name] = graph
            while len(self.made) > MOST:
                self.made.pop(next(iter(self.made)))
        return graph

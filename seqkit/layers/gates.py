"""The gates of one step, as the equations read them.

Shapes: B batch, N units.
"""

__all__ = ["Gates"]


def same(tensor):
    """The tensor itself: stands where a dropout is off."""
    return tensor


class Gates:
    """What `Cell.step` sees: `gates.z(h)` is `W_z x + U_z h + b_z`.

    `gates.z()` leaves the recurrent term out. A gate that does not read the input
    gives `U_z h + b_z`. Products that read the same state share one dropped copy of it.

    Args:
        cell: the `Cell`.
        inputs: dict, gate -> `(B, N)`, what the input contributes (`W x + b`).
        product: callable `(gate, state) -> (B, N)`, the recurrent product `U s`.
        drop: callable on the candidate update (Semeniuta et al. 2016).
        drop_cell: callable on the new cell state (Moon et al. 2015).
        drop_state: callable on the state that `U` reads (Gal & Ghahramani 2016).
    """

    def __init__(self, cell, inputs, product, drop=same, drop_cell=same, drop_state=same):
        self.drop, self.drop_cell = drop, drop_cell
        self._cell, self._inputs, self._product = cell, inputs, product
        self._drop_state = drop_state
        # Keyed by id; the state is kept beside so that its id is not used again.
        self._dropped = {}

    def __getattr__(self, gate):
        if gate.startswith("__"):
            raise AttributeError(gate)

        def preactivation(state=None):
            terms = [self._inputs[gate]] if gate in self._inputs else []
            if state is not None:
                terms.append(self._recurrent(gate, state))
            return sum(terms[1:], terms[0])

        return preactivation

    def _recurrent(self, gate, state):
        if gate not in self._cell.recurrent_gates:  # an output or a projection matrix
            return self._product(gate, state)
        if id(state) not in self._dropped:
            self._dropped[id(state)] = self._drop_state(state), state
        dropped, _ = self._dropped[id(state)]
        return self._cell.finish_product(gate, self._product(gate, dropped))

"""The gates of one step, as the equations read them.

Shapes: B batch, N units, K gates of one product.
"""

from keras import ops

from seqkit.layers.products import blocks

__all__ = ["Gates"]


def same(tensor):
    """The tensor itself: stands where a dropout is off."""
    return tensor


def added(x, u):
    """`x + u`. Of one row with one axis, so that XLA adds while it multiplies, and not in each
    of the functions that read a part of the sum."""
    if x.shape[0] != 1:
        return x + u
    return ops.reshape(ops.reshape(x, (-1,)) + ops.reshape(u, (-1,)), (1, -1))


class Gates:
    """What `Cell.step` sees: `gates.z(h)` is `W_z x + U_z h + b_z`.

    `gates.z()` leaves the recurrent term out. A gate that does not read the input gives
    `U_z h + b_z`. Gates that belong to one product and read the same state share it.

    Args:
        cell: the `Cell`.
        inputs: dict, a letter for each of K gates -> `(B, K * N)`, what the input adds
            (`W x + b`).
        product: callable `(name, state) -> (B, K * N)`, the recurrent product `U s`.
        names: names of the products, a letter for each of their gates.
        drop: callable on the candidate update (Semeniuta et al. 2016).
        drop_cell: callable on the new cell state (Moon et al. 2015).
        drop_state: callable on the state that `U` reads (Gal & Ghahramani 2016).
    """

    def __init__(self, cell, inputs, product, names, drop=same, drop_cell=same, drop_state=same):
        self.drop, self.drop_cell, self.drop_state = drop, drop_cell, drop_state
        self._cell, self._inputs, self._product = cell, inputs, product
        self._names = set(names)
        self._name_of = {gate: name for name in names if cell.owns(name) for gate in name}
        # By id of the state, which is kept beside so that its id is not used again.
        self._dropped, self._sums, self._cut = {}, {}, {}

    def __getattr__(self, gate):
        if gate.startswith("_"):
            raise AttributeError(gate)
        own = {*"".join(self._inputs), *"".join(self._cell.inputs), *self._cell.recurrent_gates}
        if gate not in own and gate not in self._names:
            raise AttributeError(
                f"{type(self._cell).__name__} has no gate {gate!r}. Its gates are {sorted(own)}"
            )

        def preactivation(state=None):
            if state is None:
                return self._input(gate)
            if gate not in self._cell.recurrent_gates:  # an output or a projection matrix
                return self._product(gate, state)
            return self._sum(self._name_of[gate], state)[gate]

        return preactivation

    def _input(self, gate):
        """What the input adds to one gate; None where it adds nothing."""
        for gates in self._inputs:
            if gate in gates:
                if gates not in self._cut:
                    self._cut[gates] = blocks(self._inputs[gates], gates)
                return self._cut[gates][gate]
        return None

    def _sum(self, name, state):
        """`{gate: W x + U s + b}` of the gates of one product."""
        key = name, id(state)
        if key not in self._sums:
            if id(state) not in self._dropped:
                self._dropped[id(state)] = self.drop_state(state), state
            product = self._product(name, self._dropped[id(state)][0])
            if name in self._inputs:  # one sum before the cut, not one for each gate after it
                self._sums[key] = blocks(added(self._inputs[name], product), name)
            else:
                x = {gate: self._input(gate) for gate in name}
                self._sums[key] = {
                    gate: u if x[gate] is None else added(x[gate], u)
                    for gate, u in blocks(product, name).items()
                }
        return self._sums[key]

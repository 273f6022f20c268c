"""The noise of a recurrent layer: drawn once per call, before the loop over time.

Shapes: B batch, T time, N units.
"""

from keras import ops, random

from seqkit.layers import noise

__all__ = ["RecurrentNoise"]


class RecurrentNoise:
    """The part of `Recurrent` that holds the rates and draws the masks; see there for both."""

    def set_noise(self, *, zoneout, seed, **rates):
        for name, value in rates.items():
            setattr(self, name, noise.rate(name, value))
        self.zoneout = zoneout
        self.zoneout_rates = noise.rates("zoneout", zoneout, len(self.cell.states))
        if self.cell_dropout and "c" not in self.cell.states:
            raise ValueError(
                f"`cell_dropout` needs a cell with a cell state, such as an LSTM. "
                f"Received: cell_dropout={self.cell_dropout} with {type(self.cell).__name__}"
            )
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    def draw_noise(self, time, batch):
        """What each step needs of its own: `{name: (T, B, N)}`."""
        seed, sizes = self.seed_generator, self.cell.state_size
        zones = noise.zone_masks(time, batch, sizes, self.zoneout_rates, seed)
        drawn = {f"zone{k}": mask for k, mask in zones.items()}
        if self.update_dropout:
            drawn["update"] = self.scaled_mask((time, batch, self.units), self.update_dropout)
        return drawn

    def state_noise(self, batch):
        """What each step needs of one mask for all: `{name: (B, N)}` or `(N,)`."""
        drawn = {}
        if self.recurrent_dropout:
            shape = batch, self.cell.output_size
            drawn["state"] = self.scaled_mask(shape, self.recurrent_dropout)
        if self.weight_drop and not self.cell.recurrent_gates:
            # `U` is diagonal, as in IndRNN: to drop its entries is to drop what they read.
            weights = self.scaled_mask((self.units,), self.weight_drop)
            drawn["state"] = drawn["state"] * weights if drawn else weights
        return drawn

    def zone_out(self, new, old, noise):
        """A zoned-out unit keeps its old value; at inference all move part of the way."""
        mixed = list(new)
        for k, zoneout in enumerate(self.zoneout_rates):
            if f"zone{k}" in noise:
                mixed[k] = ops.where(noise[f"zone{k}"], old[k], new[k])
            elif zoneout:
                mixed[k] = zoneout * old[k] + (1.0 - zoneout) * new[k]
        return mixed

    def drop_weights(self, products):
        if not self.weight_drop:
            return products

        def dropped(matrix):
            return matrix * self.scaled_mask(matrix.shape, self.weight_drop)

        return {
            name: product._replace(matrix=dropped(product.matrix))
            if self.cell.owns(name)
            else product
            for name, product in products.items()
        }

    def moon_mask(self, shape, training):
        if training:
            return ops.cast(
                noise.draw(shape, 1.0 - self.cell_dropout, self.seed_generator), self.compute_dtype
            )
        return 1.0 - self.cell_dropout

    def scaled_mask(self, shape, dropped):
        return noise.scaled_mask(shape, dropped, self.compute_dtype, self.seed_generator)

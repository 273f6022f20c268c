"""Pairs of texts, a source and its target: what every translator starts from."""

from seqkit.data.examples import DataError, as_text

__all__ = ["Pairs"]


class Pairs:
    """Source texts with their targets, in memory.

    Args:
        sources: Sequence of str (or UTF-8 bytes). An empty text is allowed, on both sides.
        targets: As `sources`, one for each; or `None`.
        name: What the pairs are called in messages.

    Raises:
        DataError: A text is missing or of another kind, or the lengths differ.

    Example:
        >>> pairs = Pairs(["a dog", "a cat"], ["ein Hund", "eine Katze"])
        >>> len(pairs), next(iter(pairs))
        (2, ('a dog', 'ein Hund'))
    """

    unit, labelled_form = "pairs", "pairs (source, target), or the targets as `y`"
    label_names = ()

    def __init__(self, sources, targets=None, *, name="pairs"):
        self.name = name
        self.sources = [as_text(value, f"{name}: source {i}") for i, value in enumerate(sources)]
        self.targets = None
        if targets is not None:
            self.targets = [
                as_text(value, f"{name}: target {i}") for i, value in enumerate(targets)
            ]
            if len(self.targets) != len(self.sources):
                raise DataError(
                    f"{name}: expected one target per source. "
                    f"Received: {len(self.sources)} sources, {len(self.targets)} targets"
                )

    @property
    def labels(self):
        """The targets, under the name that all examples have for what is to be learned."""
        return self.targets

    def subset(self, indices, *, name=None):
        """The pairs at these positions, in this order."""
        indices = list(indices)
        targets = None if self.targets is None else [self.targets[i] for i in indices]
        return Pairs([self.sources[i] for i in indices], targets, name=name or self.name)

    def bare(self):
        """The sources without their targets."""
        return self if self.targets is None else Pairs(self.sources, name=self.name)

    def reversed(self):
        """The pairs the other way round.

        Raises:
            DataError: There are no targets.
        """
        if self.targets is None:
            raise DataError(f"{self.name}: expected targets. Received: {len(self)} sources alone")
        return Pairs(self.targets, self.sources, name=self.name)

    def __len__(self):
        return len(self.sources)

    def __iter__(self):
        """Yields (source, target); target is `None` where there are no targets."""
        return iter(zip(self.sources, self.targets or [None] * len(self), strict=True))

    def __repr__(self):
        targets = "no targets" if self.targets is None else "with targets"
        return f"<Pairs {self.name}: {len(self)} sources, {targets}>"

"""Public pairs of texts: how their files are read and cut into parts."""

import zlib

from seqkit.data.examples import DataError, Splits
from seqkit.data.raw_pairs import read_pairs, read_pairs_tsv

__all__ = ["multi30k", "split_tatoeba", "tatoeba"]

LANGUAGES = ("en", "de")


def multi30k(paths, source="en", target="de"):
    """Captions of photographs, the target translated by people who did not see the picture."""
    if sorted((source, target)) != sorted(LANGUAGES):
        raise DataError(
            'data.load: expected `source` and `target` of multi30k to be "en" and "de". '
            f"Received: {source!r} and {target!r}"
        )
    parts = ("train", "validation", "test")
    made = {
        part: read_pairs(paths[f"{part}.{source}"], paths[f"{part}.{target}"]) for part in parts
    }
    for part, pairs in made.items():
        pairs.name = f"multi30k {part}"
    return Splits(made, name="multi30k")


def tatoeba(path):
    """English sentences of at most eight words with their French translations."""
    return read_pairs_tsv(path)


def split_tatoeba(pairs):
    """Five in a hundred English sentences to test, five to validate, with all translations."""
    # CRC-32 is the same everywhere, and spreads sentences that differ in a letter.
    places = [zlib.crc32(source.encode()) % 100 for source in pairs.sources]
    bounds = {"train": range(10, 100), "validation": range(5, 10), "test": range(5)}
    return Splits(
        {
            part: pairs.subset(
                [i for i, place in enumerate(places) if place in bound], name=f"tatoeba {part}"
            )
            for part, bound in bounds.items()
        },
        name="tatoeba",
    )

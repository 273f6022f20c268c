"""The picture of an attention holds what it is given; how it looks was looked at."""

import io

import numpy as np
import pytest

from seqkit import inspect
from seqkit.models import Attention, Translation

WEIGHTS = np.array([[0.2, 0.7, 0.1], [0.0, 0.1, 0.9]])
SEEN = Attention(["a", "$dog$", "</s>"], ["Hund", "</s>"], WEIGHTS)


@pytest.mark.parametrize("given", [SEEN, Translation("a $dog$", "Hund", -0.1, [], SEEN)])
def test_sources_are_columns_and_targets_rows(given):
    figure = inspect.attention(given)
    panel, bar = figure.axes
    assert [tick.get_text() for tick in panel.get_xticklabels()] == SEEN.source
    assert [tick.get_text() for tick in panel.get_yticklabels()] == SEEN.target
    np.testing.assert_allclose(panel.images[0].get_array(), WEIGHTS, rtol=1e-6)
    assert panel.images[0].get_clim() == (0, 1)  # two pictures compare
    low, high = panel.get_ylim()
    assert low > high  # the first piece at the top
    assert bar.get_ylabel() == "weight"


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 60), (60, 2), (30, 30)])
def test_any_length_saves_without_a_display(rows, columns):
    pieces = [f"\u2581piece{k}" for k in range(60)]
    seen = Attention(pieces[:columns], pieces[:rows], np.full((rows, columns), 1 / columns))
    file = io.BytesIO()
    inspect.attention(seen).savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize("given", [None, "Hund", Translation("a", "b", 0.0), [SEEN]])
def test_what_holds_no_attention(given):
    with pytest.raises(ValueError, match="attention=True"):
        inspect.attention(given)

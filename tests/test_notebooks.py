"""The notebooks that are shipped are those whose text is beside them, and they ran."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

NOTEBOOKS = pathlib.Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("*.py"))


def cells_of(source):
    """Code and text of a notebook in the percent format, read without jupytext."""
    cells = source.read_text(encoding="utf-8").split("\n# %%")[1:]
    return ["\n".join(cell.split("\n")[1:]).strip() for cell in cells]


def plain(cell):
    text = "".join(cell["source"]).strip()
    if cell["cell_type"] == "markdown":
        return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))
    return re.sub(r"^%", "# %", text, flags=re.MULTILINE)  # a magic is a comment in the text


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_text_and_notebook_agree(source):
    notebook = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert [plain(cell) for cell in notebook["cells"]] == cells_of(source)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_cell_was_run_and_none_failed(source):
    notebook = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert "error" not in kinds
    assert any("image/png" in o.get("data", {}) for cell in code for o in cell["outputs"])


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_runs(source, tmp_path):
    subprocess.run([sys.executable, source], check=True, cwd=tmp_path, env=None)

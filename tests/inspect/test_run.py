"""A run directory holds everything, and nothing is overwritten by accident."""

import json

import numpy as np
import pytest

import recipes
from seqkit import inspect, models

REVIEWS = [("a joy", "good"), ("a mess", "bad"), ("great fun", "good"), ("dull", "bad")]
FILES = {
    "model.keras", "metrics.json", "README.md", "learning_curves.png", "confusion_matrix.png",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    model = recipes.sentiment(REVIEWS, cell="mut1", units=4, embedding=4, seed=1)
    return model, model.fit(REVIEWS, validation_data=REVIEWS, epochs=2, verbose=0)


def written(folder, trained, **options):
    model, history = trained
    run = inspect.Run(folder, **options)
    run.write(
        model,
        history=history,
        seconds=1.5,
        report=model.report(REVIEWS),
        data={"training data": "reviews, 4 texts"},
        settings={"cell": "mut1"},
    )
    return run


def test_holds_model_figures_plots_and_card(tmp_path, trained):
    run = written(tmp_path / "new" / "run", trained)
    assert {path.name for path in run.folder.iterdir()} == FILES
    record = json.loads((run.folder / "metrics.json").read_text())
    assert record["history"].keys() == trained[1].history.keys()
    assert record["figures"] == trained[0].report(REVIEWS).figures()
    assert record["model"]["labels"] == ["bad", "good"]
    loaded = models.load(run.model_path)
    np.testing.assert_allclose(
        loaded.predict(["joy"], verbose=0), trained[0].predict(["joy"], verbose=0), atol=1e-5
    )


def test_card_says_what_it_is(tmp_path, trained):
    card = (written(tmp_path, trained).folder / "README.md").read_text()
    for part in ("`bad`, `good`", "reviews, 4 texts", "2 epochs", "cell='mut1'", "| good |",
                 "MUT1", "## Limits", "confusion_matrix.png"):  # fmt: skip
        assert part in card


def test_without_validation_the_card_says_so(tmp_path, trained):
    model, history = trained
    run = inspect.Run(tmp_path)
    run.write(model, history=history, seconds=1)
    assert "Not measured" in (tmp_path / "README.md").read_text()
    assert not (tmp_path / "confusion_matrix.png").exists()


def test_a_folder_with_files_is_refused_unless_asked(tmp_path, trained):
    run = written(tmp_path, trained)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty"):
        inspect.Run(tmp_path)
    before = run.model_path.stat().st_mtime_ns
    written(tmp_path, trained, overwrite=True)
    assert run.model_path.stat().st_mtime_ns > before
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_figures_of_an_older_model_are_forgotten(tmp_path, trained):
    run = written(tmp_path, trained)

    def interrupted(save):
        with run.training():
            if save:
                trained[0].save(run.model_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(save=False)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    with pytest.raises(KeyboardInterrupt):
        interrupted(save=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(FileExistsError, match="is a file, expected a folder"):
        inspect.Run(tmp_path / "run")


def test_facts_are_plain(trained):
    found = inspect.facts(trained[0])
    assert json.loads(json.dumps(found)) == found
    assert found["parameters"] == trained[0].count_params()
    assert "MUT1" in found["encoder"]

"""Saved here, loaded in a fresh process that has only `import seqkit`: the same answers.

All examples are saved first, then one process loads them all and answers.
"""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import models, training
from seqkit.testing.examples import (
    ATTENTIONS,
    CELLS,
    CHAINS,
    DATA,
    ENCODERS,
    LAYERS,
    LOSSES,
    METRICS,
    MODELS,
    POOLINGS,
    RECURRENT,
    STACKS,
    WRITERS,
    random,
)

# As Keras's own layer holds them; each cell is in a layer of `RECURRENT`.
IN_KERAS = ("lstm", "mut1", "projected_lstm")
NETWORKS = {
    **{f"cell {name}": CELLS[name] for name in IN_KERAS},
    **RECURRENT,
    **STACKS,
    **ENCODERS,
    **POOLINGS,
    **CHAINS,
    **LAYERS,
    **ATTENTIONS,
    **WRITERS,
}
GOALS = {**LOSSES, **METRICS}

# Answers of a file `name.keras` or `name.json` to the arrays in `name.npz`, as `name.npy`.
FRESH = """
import json, pathlib, sys
import numpy as np
import seqkit
import keras

failed = {}
folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*.keras")) + sorted(folder.glob("*.json")):
    try:
        inputs = np.load(path.with_suffix(".npz"))
        x = inputs["x"]
        if path.suffix == ".json":
            unit = keras.saving.deserialize_keras_object(json.loads(path.read_text()))
            ids = getattr(unit, "ids", None) or unit.encode
            answer = ids(x)
            answer = answer.to_tensor() if hasattr(answer, "to_tensor") else answer
            if isinstance(answer, dict):
                answer = np.concatenate([np.reshape(v, (len(x), -1)) for v in answer.values()], 1)
        else:
            model = keras.models.load_model(path)
            if "y" in inputs:
                answer = model.evaluate(x, inputs["y"], verbose=0)
            else:
                x = [x, inputs["memory"]] if "memory" in inputs else x
                texts = not isinstance(x, list) and x.dtype.kind not in "fi"
                answer = model.predict(x, verbose=0) if texts else model(x)
        np.save(path.with_suffix(".npy"), np.asarray(answer))
    except Exception as error:
        failed[path.stem] = f"{type(error).__name__}: {error}"
(folder / "failed").write_text(json.dumps(failed))
"""


def network(name, example):
    """A model around one layer, on inputs of unknown length."""
    x, *memory = example.arguments
    if name.startswith("cell "):
        cell = example.build()
        x, layer = random(3, 4, x.shape[-1]), keras.layers.RNN(cell)
    else:
        layer = example.build()
    inputs = [keras.Input((None, *a.shape[2:]), dtype=str(a.dtype)) for a in (x, *memory)]
    return keras.Model(inputs, layer(*inputs)), x, *memory


def goal(example):
    """A compiled model with one loss or metric."""
    labels, logits = example.arguments
    model = keras.Sequential([keras.Input(logits.shape[1:]), keras.layers.Dense(logits.shape[-1])])
    made = example.make()
    if isinstance(made, keras.losses.Loss):
        model.compile("sgd", made)
    else:
        model.compile("sgd", fitting(labels, logits), metrics=[made])
    return model, logits, labels


def fitting(labels, logits):
    """A loss that takes what the metric takes."""
    if labels.ndim == 1:
        return "sparse_categorical_crossentropy"
    same_steps = labels.shape == logits.shape[:2]
    return training.TokenCrossentropy() if same_steps else training.CRFLoss()


def loss_of(model):
    """A loss for what the model puts out."""
    if isinstance(model, models.Translator):
        return training.TokenCrossentropy()
    if isinstance(model, models.Tagger):
        return training.CRFLoss() if model.chain else training.TokenCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Answers of this process and of a fresh one, and what went wrong there."""
    folder = tmp_path_factory.mktemp("saved")
    here = {}

    def keep(name, answer, x, **more):
        here[name] = np.asarray(answer)
        np.savez(folder / f"{name}.npz", x=np.asarray(x), **more)

    for name, example in NETWORKS.items():
        model, x, *memory = network(name, example)
        model.save(folder / f"{name}.keras")
        more = {"memory": memory[0]} if memory else {}
        keep(name, ops.convert_to_numpy(model([x, *memory])), x, **more)
    for name, example in GOALS.items():
        model, x, y = goal(example)
        model.save(folder / f"{name}.keras")
        keep(name, model.evaluate(x, y, verbose=0), x, y=y)
    for name, example in MODELS.items():
        texts, labels = example.arguments
        model = example.make()
        model.compile("sgd", loss_of(model))
        model.fit(list(texts), list(labels), verbose=0)
        model.save(folder / f"{name}.keras")
        keep(name, model.predict(list(texts), verbose=0), texts)
    for name, example in DATA.items():
        unit = example.make()
        config = keras.saving.serialize_keras_object(unit)
        (folder / f"{name}.json").write_text(json.dumps(config))
        ids = (getattr(unit, "ids", None) or unit.encode)(list(example.arguments[0]))
        ids = ids.to_tensor() if hasattr(ids, "to_tensor") else ids
        if isinstance(ids, dict):
            rows = len(example.arguments[0])
            ids = np.concatenate([np.reshape(v, (rows, -1)) for v in ids.values()], axis=1)
        keep(name, ops.convert_to_numpy(ids), example.arguments[0])

    command = [sys.executable, "-c", FRESH, str(folder)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr[-2000:]
    there = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    return here, there, json.loads((folder / "failed").read_text())


@pytest.mark.parametrize("name", [*NETWORKS, *GOALS, *DATA, *MODELS])
def test_same_answers_in_a_fresh_process(answers, name):
    here, there, failed = answers
    assert name not in failed, failed[name]
    if here[name].dtype.kind == "U":
        np.testing.assert_array_equal(there[name], here[name])
    else:
        np.testing.assert_allclose(there[name], here[name], rtol=1e-6, atol=1e-6)

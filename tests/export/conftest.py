"""A SavedModel in a process that has TensorFlow alone."""

import json
import os
import subprocess
import sys

import pytest

ALONE = """
import importlib, importlib.machinery, json, sys

class Refuse:
    # TensorFlow looks for Keras without importing it: found it may be, loaded it may not.
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("seqkit", "keras", "recipes"):
            return importlib.machinery.ModuleSpec(name, self, origin=name)

    def create_module(self, spec):
        raise ImportError(spec.name + " is not to be had here")

    def exec_module(self, module):
        raise ImportError

sys.meta_path.insert(0, Refuse())
for name in ("seqkit", "keras"):
    try:
        importlib.import_module(name)
    except ImportError:
        continue
    raise SystemExit(name + " could be imported: this test tests nothing")
import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])

def plain(value):
    return [plain(v) for v in value] if isinstance(value, list) else (
        value.decode() if isinstance(value, bytes) else value
    )

found = []
for name, texts in json.load(sys.stdin):
    answers = model.signatures[name](texts=tf.constant(texts, tf.string))
    found.append({name: plain(value.numpy().tolist()) for name, value in answers.items()})
print(json.dumps(found))
"""


@pytest.fixture
def alone(tmp_path):
    """`alone(path, [(signature, texts), ...])`: a dict of lists for each."""

    def run(path, questions):
        done = subprocess.run(
            [sys.executable, "-c", ALONE, str(path)],
            input=json.dumps(questions),
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run

"""A SavedModel in a process that has TensorFlow alone."""

import json
import os
import subprocess
import sys

import pytest

ALONE = """
import json, sys
sys.modules["seqkit"] = sys.modules["keras"] = sys.modules["recipes"] = None
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

"""How long a fresh process takes to its first translation: one line of JSON, in seconds.

python benchmarks/decoding_first.py d256.keras
python benchmarks/decoding_first.py folder-of-a-SavedModel    # TensorFlow alone
"""

import json
import pathlib
import sys
import time

TEXTS = ["A man in a blue shirt is standing on a ladder cleaning a window."]
OTHERS = ["Two dogs are playing.", "A group of people stands in front of an igloo in the snow."]


def keras_file(path):
    import keras

    import seqkit.models  # noqa: F401 - registers its classes

    texts = yield
    model = keras.saving.load_model(path)
    while True:
        texts = yield model.translate(texts, beams=5) if texts else None


def saved_model(path):
    import tensorflow as tf

    texts = yield
    serve = tf.saved_model.load(path).signatures["serving_default"]
    while True:
        texts = yield serve(texts=tf.constant(texts)) if texts else None


def measured(path):
    seconds, start = {}, time.perf_counter()

    def lap(name):
        nonlocal start
        now = time.perf_counter()
        seconds[name], start = round(now - start, 2), now

    steps = (saved_model if pathlib.Path(path).is_dir() else keras_file)(path)
    next(steps)
    lap("import")
    next(steps)
    lap("load")
    steps.send(TEXTS)
    lap("first")
    steps.send(OTHERS)  # other shapes
    lap("second")
    return seconds


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1])))

# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sentiment, from raw text to a served model
#
# Small reviews, three cells, one recipe. Everything here runs offline in a few minutes on
# two cores. The text of this notebook is `sentiment.py` beside it; to run it again:
#
#     jupytext --to ipynb --execute notebooks/sentiment.py

# %%
# %matplotlib inline
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
import tempfile
import time
from inspect import getsource

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

import recipes
import seqkit
from seqkit import data, inspect, layers

keras.utils.set_random_seed(7)
print("seqkit", seqkit.__version__)

# %% [markdown]
# ## The data
#
# The reviews are written by a grammar of the project's own. Words alone do not give the
# label away: "not" turns a word round, what comes after "but" decides, and an idiom means
# what none of its words mean. A bag of words therefore gets only so far.

# %%
reviews = data.samples.reviews(4000, seed=0)
for text, label in list(reviews.examples["train"])[:6]:
    print(f"{label:9s} {text}")

# %%
bag_of_words = data.samples.bag_of_words_accuracy(reviews)
print(f"logistic regression on a bag of words, test accuracy: {bag_of_words:.3f}")

# %% [markdown]
# Texts differ in length, and padding is work for nothing. The pipeline cuts the lengths
# into a few buckets and batches like with like; `report()` says what that saved.

# %%
preprocessor = data.TextClassification.learn(reviews.train)
print(preprocessor.batches(reviews.train, batch_size=64, shuffle=True, seed=0).report())

# %% [markdown]
# ## Three cells compared
#
# A cell is its equation. These are the three that race below, as the source states them:

# %%
for cell in (layers.LSTMCell, layers.GRUCell, layers.MUT1Cell):
    print(cell.__name__)
    print(getsource(cell.step))

# %%
rows, models, histories = [], {}, {}
for cell in ("lstm", "gru", "mut1"):
    model = recipes.sentiment(reviews.train, cell=cell, units=32, pooling="attention", seed=7)
    start = time.perf_counter()
    histories[cell] = model.fit(
        reviews.train, validation_data=reviews.validation, epochs=8, verbose=0
    )
    seconds = time.perf_counter() - start
    figures = model.evaluate(reviews.test, return_dict=True, verbose=0)
    models[cell] = model
    rows.append(
        {
            "cell": cell,
            "weights of the encoder": model.encoder.count_params(),
            "test accuracy": figures["accuracy"],
            "seconds": seconds,
        }
    )
rows.append({"cell": "bag of words", "test accuracy": bag_of_words})
pd.DataFrame(rows).set_index("cell").round(3)

# %%
inspect.learning_curves(histories["mut1"])
# %%
model = models["mut1"]
report = model.report(reviews.test)
print(report)
inspect.confusion_matrix(report)
# %% [markdown]
# What does it look at? With attention pooling each word has a weight.

# %%
text = "not a single dull moment , but the ending is a train wreck"
print(model.classify([text])[0])
inspect.attention_weights(model, text)

# %% [markdown]
# ## How far back does a gradient reach?
#
# An untrained cell, a random sequence of 60 steps, and the norm of the gradient of the last
# output with respect to the input of each step. Gates alone do not keep it: half open, as they
# start, a GRU loses it as fast as an Elman net. A forget gate that starts open does, which is
# why the LSTM's bias starts at 1, and why `gate_bias` can raise it.


# %%
def reach(cell, steps=60, units=32, **options):
    """`|d output / d x_t|` for each step t, mean over a batch of 16."""
    layer = layers.Recurrent(cell, units, seed=0, **options)
    x = tf.random.stateless_normal((16, steps, units), seed=(1, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = tf.reduce_sum(layer(x))
    return np.linalg.norm(tape.gradient(output, x), axis=-1).mean(axis=0)


curves = {
    "elman": reach("elman"),
    "gru": reach("gru"),
    "lstm, forget bias 0": reach("lstm", unit_forget_bias=False),
    "lstm, forget bias 1": reach("lstm"),
    "lstm, forget bias 3": reach("lstm", gate_bias={"f": 3.0}),
    "mut1": reach("mut1"),
}
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, curve in curves.items():
    axes.semilogy(np.arange(-59, 1), curve, label=name)
axes.set(xlabel="steps before the end", ylabel="norm of the gradient")
_ = axes.legend(frameon=False)
# %% [markdown]
# ## Saved and served
#
# The `.keras` file holds vocabulary and labels. The SavedModel takes strings; it needs
# TensorFlow alone, neither seqkit nor Keras.

# %%
folder = pathlib.Path(tempfile.mkdtemp())
model.save(folder / "sentiment.keras")
again = keras.models.load_model(folder / "sentiment.keras")
texts = ["a joy from start to finish", "hardly the disaster I feared", ""]
assert np.allclose(again.predict(texts, verbose=0), model.predict(texts, verbose=0), atol=1e-6)

# %%
model.export(folder / "serving")
served = tf.saved_model.load(folder / "serving")
answers = served.signatures["serving_default"](texts=tf.constant(texts))
for k, text in enumerate(texts):
    label = answers["label"].numpy()[k].decode()
    print(f"{label:9s} {answers['probabilities'].numpy()[k].max():.3f}  {text!r}")

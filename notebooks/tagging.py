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
# # Tagging: a label for each word
#
# Small sentences with parts of speech, characters for the words nobody has met, a CRF for
# the order of the tags. Everything here runs offline in a few minutes on two cores. The text
# of this notebook is `tagging.py` beside it; to run it again:
#
#     jupytext --to ipynb --execute notebooks/tagging.py

# %%
# %matplotlib inline
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

import recipes
import seqkit
from seqkit import data, inspect

keras.utils.set_random_seed(7)
print("seqkit", seqkit.__version__)

# %% [markdown]
# ## The data
#
# The sentences come from a grammar of the project's own. The same word is a noun here and a
# verb there, and validation and test hold made-up words that training has never shown, whose
# ending tells what they are.

# %%
sentences = data.samples.tagged(2000, seed=0)
train, validation, test = (sentences.examples[p] for p in ("train", "validation", "test"))
for words, tags in list(train)[:5]:
    print(" ".join(f"{word}/{tag}" for word, tag in zip(words, tags, strict=True)))

# %% [markdown]
# To give each word the tag it has most often in training is the figure to beat.

# %%
floor = data.samples.most_frequent_tag_accuracy(sentences)
print(f"most frequent tag, test accuracy: {floor:.3f}")

# %% [markdown]
# ## Three taggers
#
# One sees words alone, one their characters too, one scores neighbouring tags together.

# %%
choices = {
    "words, softmax": {"characters": None, "affixes": False, "crf": False},
    "and characters": {"crf": False},
    "and a CRF": {},
}
rows, models = [], {}
for name, options in choices.items():
    model = recipes.pos_tagging(train, units=32, embedding=32, seed=1, **options)
    model.fit(train, validation_data=validation, epochs=6, verbose=0)
    report = model.report(test)
    models[name] = model
    rows.append((name, report.accuracy, report.unknown_accuracy, report.sentence_accuracy))
pd.DataFrame(rows, columns=["tagger", "words", "unknown words", "whole sentences"]).round(3)

# %% [markdown]
# The words that training has not met are where characters pay.

# %%
model = models["and a CRF"]
report = model.report(test)
inspect.confusion_matrix(report)

# %%
for mistake in report.mistakes[:3]:
    print(mistake)

# %% [markdown]
# ## What the CRF has learned
#
# Its transitions are scores for one tag after another: warm is likely, cold is not.

# %%
moves = keras.ops.convert_to_numpy(model.chain.transitions)
figure, panel = plt.subplots(figsize=(6, 5))
image = panel.imshow(moves, cmap="coolwarm", vmin=-np.abs(moves).max(), vmax=np.abs(moves).max())
panel.set_xticks(range(len(model.labels)), model.labels, rotation=90)
panel.set_yticks(range(len(model.labels)), model.labels)
panel.set(xlabel="this tag", ylabel="after this one", title="transition scores")
figure.colorbar(image)
plt.show()

# %% [markdown]
# The best path and its probabilities are exact: for a short sentence all paths can be
# counted by hand.

# %%
answer = model.tag([list(test.words[0])], probabilities=True)[0]
for word, tag, odds in zip(answer.words, answer.tags, answer.probabilities, strict=True):
    print(f"{word:14s} {tag:6s} {odds[tag]:.3f}")

# %% [markdown]
# ## Chunks: the same call
#
# Tags of the kind `B-NP I-NP O` mark spans. The recipe sees that, forbids what the scheme
# forbids, and the report counts spans.

# %%
chunks = data.samples.chunks(1000)
chunker = recipes.pos_tagging(chunks.examples["train"], units=32, embedding=32, seed=1)
chunker.fit(
    chunks.examples["train"], validation_data=chunks.examples["validation"], epochs=3, verbose=0
)
print(f"F1 of spans: {chunker.report(chunks.examples['test']).span_f1:.3f}")
print(chunker.tag([list(chunks.examples["test"].words[0])]))

# %% [markdown]
# ## Saved and served
#
# The export takes words, padded or ragged, and needs TensorFlow alone.

# %%
with tempfile.TemporaryDirectory() as folder:
    model.save(pathlib.Path(folder, "tagger.keras"))
    again = keras.models.load_model(pathlib.Path(folder, "tagger.keras"))
    print(again.export(pathlib.Path(folder, "served")))
    served = tf.saved_model.load(str(pathlib.Path(folder, "served")))
    words = tf.ragged.constant(test.words[:2], ragged_rank=1)
    print(served.signatures["serving_default"](words=words.to_tensor())["tags"].numpy()[0])

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
# # Translation: a text to another text
#
# A toy language, a small model with attention, a search that takes wishes, dates to ISO, and a
# SavedModel with all of it inside. Everything here runs offline, each training in about a
# minute on two quiet cores. The text of this notebook is `translation.py` beside it; to run it
# again:
#
#     jupytext --to ipynb --execute notebooks/translation.py

# %%
# %matplotlib inline
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
import tempfile
import time

import keras
import tensorflow as tf

import recipes
import seqkit
from seqkit import data, decoding, inspect, training

keras.utils.set_random_seed(7)
print("seqkit", seqkit.__version__)

# %% [markdown]
# ## The data
#
# English and Tolva, a language of the project's own: the verb stands last, articles and
# adjectives agree with their noun, who does what is told by endings. Word for word does not do.

# %%
pairs = data.samples.translations(10000)
for source, target in list(pairs.train)[:4]:
    print(f"{source}\n    {target}")

# %% [markdown]
# ## A model in one call
#
# The pieces of both languages are learned from the pairs, and texts come back from them
# exactly. `encoder="transformer"` and `attention="dot"` or `None` are as short. Told of its
# epochs, the recipe lets the learning rate rise fast and fall to nothing.

# %%
EPOCHS = 8
model = recipes.seq2seq(
    pairs.train,
    encoder="recurrent",
    cell="gru",
    units=128,
    vocabulary=1500,
    learning_rate=4e-3,
    epochs=EPOCHS,
    seed=1,
)
print(model.preprocessor.target.units(["Sesoi brumoi josoi Petrum peson piton kon ni mundet."]))
print(f"{model.count_params():,} parameters")

# %% [markdown]
# After each epoch some validation sentences are translated, and their BLEU stands beside the loss.

# %%
start = time.monotonic()
history = model.fit(
    pairs.train,
    validation_data=pairs.validation,
    epochs=EPOCHS,
    verbose=0,
    callbacks=[training.Preview(pairs.validation, count=60, beams=1)],
)
print(f"{time.monotonic() - start:.0f} seconds")
inspect.learning_curves(history)

# %%
print(model.report(pairs.test, beams=1))

# %% [markdown]
# ## Three translations

# %%
chosen = [i for i, text in enumerate(pairs.test.sources) if 5 <= len(text.split()) <= 8][:3]
sources = [pairs.test.sources[i] for i in chosen]
for i, answer in zip(chosen, model.translate(sources, beams=5), strict=True):
    print(answer.source)
    print(f"    {answer.text}   ({answer.score:.2f})")
    print(f"    {pairs.test.targets[i]}   (by the grammar)")

# %% [markdown]
# ## A search with wishes
#
# The search keeps several beginnings, and gives as many ends as one likes.

# %%
text = sources[0]
best = model.translate([text], beams=5, n_best=3)[0]
print(f"{best.score:7.2f}  {best}")
for other, score in best.alternatives:
    print(f"{score:7.2f}  {other}")

# %% [markdown]
# It can be made to begin in a certain way, to hold a phrase, or to do without one; what follows
# is the best that the model knows under these terms.

# %%
known = best.text.split()
second = next(word for word in best.alternatives[0][0].split() if word not in known)
other = "El" if known[0] != "El" else "Il"
for wish in (
    {},
    {"prefix": other},
    {"required": [second]},
    {"forbidden": [known[-1].rstrip(".?")]},
):
    print(f"{wish!s:30}", model.translate([text], beams=5, **wish)[0])

# %% [markdown]
# Draws in place of a search; the same seed draws the same.

# %%
drawn = model.translate(
    [text], sampling=decoding.Sampling(samples=3, temperature=1.2, top_p=0.95), n_best=3, seed=5
)[0]
print(drawn.text, *(other for other, _ in drawn.alternatives), sep="\n")

# %% [markdown]
# ## What was read
#
# A column for each piece of the source, a row for each piece of the translation: the order of
# the words is another, and the picture shows which was written off which.

# %%
inspect.attention(model.translate([text], attention=True)[0])

# %% [markdown]
# ## Dates to ISO
#
# The same call for something else: characters in, characters out, a recurrent decoder.

# %%
days = data.samples.dates(4000)
for source, target in list(days.train)[:4]:
    print(f"{source:34} {target}")
dates = recipes.seq2seq(
    days.train,
    encoder="recurrent",
    units=64,
    tokens="characters",
    dropout=0.0,
    learning_rate=4e-3,
    epochs=4,
    seed=1,
)
dates.fit(days.train, validation_data=days.validation, epochs=4, verbose=0)
print(dates.report(days.test, beams=1))

# %%
asked = ["5 March 1987", "Thursday, January 1st, 1970", "12/31/1999", "31.12.1999"]
answers = dates.translate(asked, attention=True)
print(answers)

# %% [markdown]
# The year is read where it stands, last, and written first.

# %%
inspect.attention(answers[1])

# %% [markdown]
# ## Saved and served
#
# The export takes texts and gives translations, with the search inside, and needs TensorFlow
# alone. It is compared with the model when it is written.

# %%
with tempfile.TemporaryDirectory() as folder:
    dates.save(pathlib.Path(folder, "dates.keras"))
    again = keras.models.load_model(pathlib.Path(folder, "dates.keras"))
    print(again.export(pathlib.Path(folder, "served")))
    served = tf.saved_model.load(str(pathlib.Path(folder, "served")))
    for name in ("serving_default", "n_best"):
        for output, value in served.signatures[name](texts=tf.constant(asked[:2])).items():
            print(f"{name:16} {output:13}", value.numpy().tolist())

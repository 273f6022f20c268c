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
# # Forecasting, from a data frame to calibrated quantiles
#
# Eight imaginary plants, hourly. Everything here runs offline in a few minutes on two cores. The
# text of this notebook is `forecasting.py` beside it; to run it again:
#
#     jupytext --to ipynb --execute notebooks/forecasting.py

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
from statsmodels.datasets import sunspots

import recipes
import seqkit
from seqkit import data

print("seqkit", seqkit.__version__)

# %% [markdown]
# ## The data
#
# A trend, a daily and a weekly season, noise that remembers its last value, and dips during hours
# of maintenance, which a column announces.

# %%
frame = data.samples.series(8, steps=1344, as_frame=True)
frame.head()

# %% [markdown]
# Real frames are not so clean. `audit` lists what is wrong and changes nothing; `as_series` mends
# only what it is told to mend.

# %%
broken = frame[frame["unique_id"] == "plant 0"].drop([100, 101, 102]).copy()
broken.loc[200, "y"] = np.nan
print(data.audit(broken, future=["maintenance"]))
try:
    data.as_series(broken, future=["maintenance"])
except data.DataError as error:
    print("\n" + str(error)[:300])
repair = {"gaps": "interpolate", "missing": "interpolate"}
print("\n", data.as_series(broken, future=["maintenance"], repair=repair))

# %% [markdown]
# ## Train, and set the intervals right
#
# The last week is kept for the end. The week before it chooses the epoch, and calibrates.

# %%
series = data.as_series(frame, future=["maintenance"], name="plants")
parts = series.split(validation=168, test=168)
model = recipes.forecasting(
    parts.train, horizon=24, lookback=168, cell="gru", units=16, patch=12, stride=4, seed=1
)
history = model.fit(parts.train, validation_data=parts.validation, epochs=4, verbose=0)
before = model.backtest(parts.test, windows=7, against=())
model.calibrate(parts.validation)
after = model.backtest(parts.test, windows=7, against=())

# %% [markdown]
# Does a quantile hold what it says? The share of values of the test week that lie below it:

# %%
figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
levels = np.round(np.arange(0.05, 1, 0.05), 2)
for name, backtest in (("as trained", before), ("calibrated", after)):
    quantiles = backtest.answers["forecaster"][1]
    share = (backtest.truth[..., None] <= quantiles).mean(axis=(0, 1, 2, 3))
    axes.plot(levels, share, "o-", ms=3, label=name)
axes.plot([0, 1], [0, 1], color="gray", lw=0.8)
axes.set(xlabel="level", ylabel="share below")
_ = axes.legend(frameon=False)

# %% [markdown]
# ## Forecast
#
# The dips of the future are known: the plan of maintenance goes in.

# %%
known = frame.groupby("unique_id").head(1320)
forecast = model.forecast(known, future=frame)
forecast.to_frame(levels=(0.05, 0.5, 0.95)).head()

# %%
forecast.plot("plant 3", history=120)

# %% [markdown]
# ## Backtest
#
# Seven days of the test week, each forecast from the evening before, beside what simple methods
# say from there. A model that does not beat them says so.

# %%
backtest = model.backtest(parts.test, windows=7)
print(backtest)

# %%
backtest.plot("crps")

# %% [markdown]
# ## Real figures
#
# Sunspots a year from 1700 to 2008 come with statsmodels. Their season is no whole number of years,
# so nothing repeats exactly; three hundred values are few, and a linear map is all they bear.

# %%
spots = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
years = pd.DataFrame({"spots": spots}, index=pd.date_range("1700", periods=len(spots), freq="YS"))
small = recipes.forecasting(
    years[:-44], horizon=11, lookback=44, cell=None, linear="linear", learning_rate=0.01, seed=1
)
small.fit(years[:-44], epochs=30, verbose=0)
print(small.backtest(years, windows=4, against=("naive", "ets")))

# %%
small.forecast(years[:-11]).plot(history=66)

# %% [markdown]
# ## Saved and served
#
# The `.keras` file holds columns, scales and margins. The SavedModel takes recent values as they
# are, and answers on their scale; it needs TensorFlow alone.

# %%
folder = pathlib.Path(tempfile.mkdtemp())
model.save(folder / "plants.keras")
again = keras.models.load_model(folder / "plants.keras")
assert np.allclose(again.forecast(known, future=frame).mean, forecast.mean)
print(model.export(folder / "serving"))
served = tf.saved_model.load(folder / "serving").signatures["serving_default"]
print({name: spec.shape for name, spec in served.structured_input_signature[1].items()})

"""Does bucketing pay? Examples per second in `fit` on SST-2, and the padding behind them.

A plain Keras classifier (Embedding 128, Bidirectional LSTM 64) is trained by `fit` on the first
rows of the training phrases in the order given, three ways, turn and turn about in one process:

  bucketed            `seqkit.data.batches`, shuffled
  one by one, batch   order as given, each batch padded to its own longest row
  one by one, set     order as given, every batch padded to the longest row of the set

Medians over the rounds; the first, which traces, is left out. Run it where little else runs:

    SEQKIT_DATA=../shared/data python benchmarks/pipeline.py --batches 300 --rounds 5
"""

import argparse
import statistics
import time

import keras
import numpy as np
import tensorflow as tf

from seqkit import data


def classifier(size, jit_compile):
    model = keras.Sequential(
        [
            keras.layers.Embedding(size, 128, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(64)),
            keras.layers.Dense(1),
        ]
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=jit_compile)
    return model


def one_by_one(rows, labels, batch_size, width):
    """What `padded_batch` does; `width` is `None` for the longest row of each batch."""
    # Sliced ragged rows keep a ragged type of rank 0, which `padded_batch` refuses.
    stream = tf.data.Dataset.from_tensor_slices((rows, labels))
    stream = stream.map(lambda row, label: (tf.convert_to_tensor(row), label))
    return stream.padded_batch(batch_size, ([width], [])).prefetch(tf.data.AUTOTUNE)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=300, help="batches of one round")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jit", action="store_true", help="compile with XLA")
    options = parser.parse_args()

    train = data.load("sst2").examples["train"]
    start = time.perf_counter()
    texts = data.TextClassification.learn(train)
    whole = texts.batches(train, options.batch_size, shuffle=True, seed=0)
    print(f"read and tokenised in {time.perf_counter() - start:.1f} s\n\n{whole.report()}\n")

    start = time.perf_counter()
    for _ in whole.dataset:
        pass
    print(f"pipeline alone: {len(train) / (time.perf_counter() - start):,.0f} examples/s\n")

    part = options.batches * options.batch_size
    some = data.Examples(train.texts[:part], train.labels[:part])
    bucketed = texts.batches(some, options.batch_size, shuffle=True, seed=0)
    rows = tf.RaggedTensor.from_row_splits(bucketed.flat, bucketed.offsets)
    longest = int(np.max(whole.lengths))
    ways = {
        "bucketed": bucketed.dataset,
        "one by one, batch": one_by_one(rows, bucketed.labels, options.batch_size, None),
        "one by one, set": one_by_one(rows, bucketed.labels, options.batch_size, longest),
    }
    models = {way: classifier(texts.tokens.size, options.jit) for way in ways}
    speeds = {way: [] for way in ways}
    for _ in range(options.rounds + 1):
        for way, stream in ways.items():
            start = time.perf_counter()
            models[way].fit(stream, shuffle=False, verbose=0)
            speeds[way].append(len(some) / (time.perf_counter() - start))
    print(f"`fit`, {len(some):,} examples a round, {options.rounds} rounds")
    print(f"{'way':<20}{'examples/s':>12}{'least':>9}{'most':>9}{'bucketed is':>13}")
    medians = {way: statistics.median(values[1:]) for way, values in speeds.items()}
    for way, median in medians.items():
        low, high = min(speeds[way][1:]), max(speeds[way][1:])
        ratio = f"{medians['bucketed'] / median:.2f}x"
        print(f"{way:<20}{median:>12,.0f}{low:>9,.0f}{high:>9,.0f}{ratio:>13}")


if __name__ == "__main__":
    main()

"""Does bucketing pay? Examples per second in `fit` on SST-2, and the padding behind them.

A plain Keras classifier (Embedding 128, Bidirectional LSTM 64) is trained by `fit` on the first
rows of the training phrases, four ways, turn and turn about in one process:

  bucketed               `seqkit.data.batches`, shuffled
  as given, set          rows in the order given, all padded to the longest row of the set
  as given, batch        rows in the order given, each batch padded to its own longest row
  as given, from text    the same, tokenised anew in every epoch as in the usual tutorial

Medians over the rounds; the first, which traces, is left out. Processor time stands beside the
clock, as it bears other work on the machine better. Run it where little else runs:

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


def padded(rows, labels, batch_size, width):
    """What `padded_batch` does; `width` is `None` for the longest row of each batch."""
    # Sliced ragged rows keep a ragged type of rank 0, which `padded_batch` refuses.
    stream = tf.data.Dataset.from_tensor_slices((rows, labels))
    stream = stream.map(lambda row, label: (tf.convert_to_tensor(row), label))
    return stream.padded_batch(batch_size, ([width], [])).prefetch(tf.data.AUTOTUNE)


def from_text(examples, texts, labels, batch_size):
    stream = tf.data.Dataset.from_tensor_slices((examples.texts, labels)).batch(batch_size)
    stream = stream.map(
        lambda batch, label: (texts.encode(batch), label), num_parallel_calls=tf.data.AUTOTUNE
    )
    return stream.prefetch(tf.data.AUTOTUNE)


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
        "as given, set": padded(rows, bucketed.labels, options.batch_size, longest),
        "as given, batch": padded(rows, bucketed.labels, options.batch_size, None),
        "as given, from text": from_text(some, texts, bucketed.labels, options.batch_size),
    }
    models = {way: classifier(texts.tokens.size, options.jit) for way in ways}
    clock, processor = ({way: [] for way in ways} for _ in range(2))
    for _ in range(options.rounds + 1):
        for way, stream in ways.items():
            start = time.perf_counter(), time.process_time()
            models[way].fit(stream, shuffle=False, verbose=0)
            clock[way].append(time.perf_counter() - start[0])
            processor[way].append(time.process_time() - start[1])
    print(f"`fit`, {len(some):,} examples a round, {options.rounds} rounds")
    print(
        f"{'way':<22}{'examples/s':>12}{'slowest':>9}{'fastest':>9}{'bucketed is':>13}"
        f"{'processor ms/batch':>20}{'bucketed is':>13}"
    )
    clock = {way: sorted(values[1:]) for way, values in clock.items()}
    middle = {way: statistics.median(values) for way, values in clock.items()}
    work = {way: statistics.median(values[1:]) for way, values in processor.items()}
    for way in ways:
        speeds = [len(some) / value for value in (middle[way], clock[way][-1], clock[way][0])]
        faster = f"{middle[way] / middle['bucketed']:.2f}x"
        lighter = f"{work[way] / work['bucketed']:.2f}x"
        cost = 1000 * work[way] / options.batches
        print(
            f"{way:<22}{speeds[0]:>12,.0f}{speeds[1]:>9,.0f}{speeds[2]:>9,.0f}{faster:>13}"
            f"{cost:>20.1f}{lighter:>13}"
        )


if __name__ == "__main__":
    main()

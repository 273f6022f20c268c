"""How fast is the CRF, beside a CRF of Python loops in TensorFlow and beside pytorch-crf?

    python benchmarks/crf.py                     # 100 tags, 200 steps, 64 sentences
    python benchmarks/crf.py --size 32,25,17     # what a tagger of parts of speech sees

"step" is the negative log-likelihood and its gradient by emissions and transitions; "decode"
is the best path. Each contestant takes its turn in each round, in one process; medians over
the rounds. The loops stand in the graph once for each step, as tutorials write them, so that
they first take long to trace or to compile: seconds of the first call stand beside them.
The BiLSTM is a training step of `layers.Stack("lstm", 128, bidirectional=True)` on 128
features, to compare with. Run it where little else runs.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GOMP_SPINCOUNT", "5000")  # or PyTorch's threads spin into the next turn

import keras
import numpy as np
import tensorflow as tf

from seqkit import layers
from seqkit.layers import chain as chains


def potentials(batch, time_steps, tags):
    rng = np.random.default_rng(0)
    lengths = rng.integers(time_steps // 2, time_steps + 1, batch)
    lengths[0] = time_steps
    return {
        "e": rng.normal(size=(batch, time_steps, tags)).astype("float32"),
        "mask": np.arange(time_steps) < lengths[:, None],
        "tags": rng.integers(0, tags, (batch, time_steps)).astype("int32"),
        "moves": (0.1 * rng.normal(size=(tags, tags))).astype("float32"),
        "ends": np.zeros((2, tags), "float32"),
    }


def ours(given):
    def likelihood(e, moves):
        chain = chains.Chain(e, given["mask"], moves, *given["ends"])
        return tf.reduce_sum(chains.log_partition(chain) - chains.score(chain, given["tags"]))

    def decode(e, moves):
        return chains.viterbi(chains.Chain(e, given["mask"], moves, *given["ends"]))

    return likelihood, decode


def loops(given):
    """The equations as they are usually written: right padding, a Python loop over time."""
    mask, tags = tf.constant(given["mask"]), tf.constant(given["tags"])
    steps, classes = tags.shape[1], given["moves"].shape[0]

    def likelihood(e, moves):
        counts = tf.cast(mask, "float32")
        alpha = e[:, 0]
        for t in range(1, steps):
            new = tf.reduce_logsumexp(alpha[:, :, None] + moves, axis=1) + e[:, t]
            alpha = tf.where(mask[:, t, None], new, alpha)
        score = tf.reduce_sum(tf.gather(e, tags, batch_dims=2) * counts)
        pairs = tags[:, :-1] * classes + tags[:, 1:]
        score += tf.reduce_sum(tf.gather(tf.reshape(moves, [-1]), pairs) * counts[:, 1:])
        return tf.reduce_sum(tf.reduce_logsumexp(alpha, axis=1)) - score

    def decode(e, moves):
        best, pointers = e[:, 0], []
        for t in range(1, steps):
            scores = best[:, :, None] + moves
            stay = tf.broadcast_to(tf.range(classes), tf.shape(best))
            pointers.append(tf.where(mask[:, t, None], tf.argmax(scores, 1, "int32"), stay))
            best = tf.where(mask[:, t, None], tf.reduce_max(scores, 1) + e[:, t], best)
        path = [tf.argmax(best, 1, "int32")]
        for pointer in reversed(pointers):
            path.append(tf.gather(pointer, path[-1], batch_dims=1))
        return tf.stack(path[::-1], axis=1), tf.reduce_max(best, axis=1)

    return likelihood, decode


def in_tensorflow(name, make, given):
    """`{(name, kind): callable}` for a graph and for XLA."""
    likelihood, decode = make(given)
    e, moves = tf.constant(given["e"]), tf.constant(given["moves"])

    def step(e, moves):
        with tf.GradientTape() as tape:
            tape.watch((e, moves))
            value = likelihood(e, moves)
        return value, tape.gradient(value, (e, moves))

    found = {}
    for mode, jit in (("graph", False), ("xla", True)):
        for kind, function in (("step", step), ("decode", decode)):
            compiled = tf.function(function, jit_compile=jit)
            found[f"{name}, {mode}", kind] = lambda run=compiled: [
                np.asarray(x) for x in tf.nest.flatten(run(e, moves))
            ]
    return found


def in_torch(given):
    try:
        import torch
        from torchcrf import CRF
    except ImportError:
        print("Not measured: pytorch-crf, which is not installed.")
        return {}
    crf = CRF(given["moves"].shape[0], batch_first=True)
    with torch.no_grad():
        crf.transitions.copy_(torch.tensor(given["moves"]))
        crf.start_transitions.zero_()
        crf.end_transitions.zero_()
    e = torch.tensor(given["e"], requires_grad=True)
    tags, mask = torch.tensor(given["tags"]).long(), torch.tensor(given["mask"])

    def step():
        e.grad = crf.transitions.grad = None
        loss = -crf(e, tags, mask)
        loss.backward()
        return [loss.item(), e.grad.numpy()]

    def decode():
        with torch.no_grad():
            return crf.decode(e, mask)

    return {("pytorch-crf", "step"): step, ("pytorch-crf", "decode"): decode}


def bilstm(batch, time_steps):
    layer = layers.Stack("lstm", 128, bidirectional=True)
    x = tf.random.normal((batch, time_steps, 128))
    layer(x)
    found = {}
    for mode, jit in (("graph", False), ("xla", True)):

        @tf.function(jit_compile=jit)
        def step():
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = tf.reduce_sum(layer(x, training=True))
            return tape.gradient(value, [x, *(w.value for w in layer.trainable_variables)])

        found[f"BiLSTM 128, {mode}", "step"] = lambda run=step: run()[0].numpy()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="64,200,100", metavar="B,T,C")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--without", nargs="*", default=[], help="beginnings of names left out")
    chosen = parser.parse_args()
    size = tuple(map(int, chosen.size.split(",")))
    keras.utils.set_random_seed(0)
    given = potentials(*size)
    turns = {
        **in_tensorflow("seqkit", ours, given),
        **in_tensorflow("Python loop", loops, given),
        **in_torch(given),
        **bilstm(*size[:2]),
    }
    turns = {k: run for k, run in turns.items() if not k[0].startswith(tuple(chosen.without))}
    first, losses, times = {}, {}, {key: [] for key in turns}
    for key, run in turns.items():
        start = time.perf_counter()
        answer = run()
        first[key] = time.perf_counter() - start
        if key[1] == "step" and "BiLSTM" not in key[0]:
            losses[key] = float(answer[0])
    # The same equations: a contestant that computes something else is not one.
    np.testing.assert_allclose(list(losses.values()), min(losses.values()), rtol=1e-4)
    for _ in range(chosen.rounds):
        for key, run in turns.items():
            start = time.perf_counter()
            run()
            times[key].append(time.perf_counter() - start)
    medians = {key: statistics.median(values) for key, values in times.items()}
    print(f"B,T,C = {chosen.size}; medians of {chosen.rounds} rounds")
    for kind in ("step", "decode"):
        rows = {name: m for (name, k), m in medians.items() if k == kind}
        own = min(m for name, m in rows.items() if name.startswith("seqkit"))
        for name, seconds in rows.items():
            print(
                f"{kind:8s}{name:22s}{1000 * seconds:10.2f} ms{seconds / own:8.2f}x"
                f"   first call {first[name, kind]:6.1f} s"
            )


if __name__ == "__main__":
    main()

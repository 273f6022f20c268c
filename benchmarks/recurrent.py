"""How fast are the recurrent layers, beside Keras's, PyTorch's and a plain jax.lax.scan?

    python benchmarks/recurrent.py                       # every row and size: a quarter of an hour
    python benchmarks/recurrent.py --rows lstm gru --sizes 32,100,64,64 --builds 7
    python benchmarks/recurrent.py --memory --rows lstm  # memory of a training step (Linux)
    python benchmarks/recurrent.py --frameworks jax torch  # where these see a GPU

Each framework has a process of its own (`recurrent_worker.py`), and each contestant takes its
turn in each round, in an order drawn anew: two calls, of which the second counts, so that the
machine's moods fall on all alike and each finds in the caches what it left there itself. Where
an array happens to lie moves a ratio, by a tenth and now and then by much more: `--builds 7` makes
all contestants anew seven times. The table gives medians, the ratio to the first contestant of
the row, and the share of the rate at which a large matrix product ran in the same rounds. A
contestant that runs compiled or not is given the faster of the two, and the table says which.
Run it where little else runs.

Sizes are B batch, T time, D features, H units, in float32. "step" is forward with
`training=True`, and backward to all weights and the input; "infer" is forward alone. The
rows "variants" (our LSTM, plain and with noise or layer norm) and "keras_variants" are run in
the first framework only. Keras's `use_cudnn` is left as it is: on a GPU its LSTM is cuDNN's,
and so is PyTorch's.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

from recurrent_contestants import FRAMEWORKS, product_shape

SIZES = ["1,100,64,64", "32,100,64,64", "32,100,128,128", "64,100,128,256", "32,35,512,512"]
# How many matrices meet the input, and how many the state.
MATRICES = {"lstm": (4, 4), "gru": (3, 3), "mut1": (2, 2), "mut2": (2, 3), "mut3": (3, 3)}
ROWS = [*MATRICES, "variants", "keras_variants"]
# OpenMP's threads spin while they wait, into the next turn; not at all makes PyTorch's short
# steps up to three times slower.
QUIET = {"GOMP_SPINCOUNT": "5000"}
# Several processes share one GPU's memory.
SHARED = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


class Process:
    """A worker; `ask` sends a request and waits for the answer."""

    def __init__(self, framework):
        own = {"KERAS_BACKEND": framework, "TF_CPP_MIN_LOG_LEVEL": "3", **QUIET, **SHARED}
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("recurrent_worker.py"), framework],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, **own},
        )

    def ask(self, *request):
        print(json.dumps(request), file=self.process.stdin)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The worker ended, asked for {request}; its error stands above")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # what a worker ends at
        self.process.wait()


def prepare(workers, row, size):
    """`[(worker, (name, kind, mode))]`, in the order of the turns, compiled and warm."""
    asked = workers[:1] if "variants" in row else workers
    turns = [(w, tuple(key)) for w in asked for key in w.ask("prepare", row, size)]
    rate = [turn for turn in turns if turn[1][0] == "product"]
    return [turn for turn in turns if turn not in rate[1:]]


def medians(workers, row, size, builds, repeats):
    """`{(name, kind, mode): seconds}`, over all builds, which make all contestants anew."""
    times, order = {}, random.Random(1)
    for _ in range(builds):
        turns = prepare(workers, row, size)
        for _ in range(repeats):
            for worker, key in order.sample(turns, len(turns)):
                times.setdefault(key, []).append(worker.ask("time", *key))
    return {key: statistics.median(times[key]) for _, key in turns}


def multiplications(row, size):
    """Of a forward pass, in its matrix products."""
    batch, steps, features, units = size
    to_input, to_state = MATRICES.get(row, MATRICES["lstm"])
    if row in ("mut1", "mut2") and features != units:
        to_input += 1  # the input enters through a projection
    return batch * steps * units * (features * to_input + units * to_state)


def lines(row, size, seconds):
    """The results of one row and size: dicts, with the faster mode of each contestant."""
    rows, columns, terms = product_shape(size)
    rate = rows * columns * terms / seconds["product", "infer", ""]
    names = dict.fromkeys(name for name, _, _ in seconds if name != "product")
    for kind, passes in (("step", 3), ("infer", 1)):  # backward multiplies twice as often
        first = None
        for name in names:
            modes = {m: t for (n, k, m), t in seconds.items() if (n, k) == (name, kind)}
            mode = min(modes, key=modes.get)
            first = first or modes[mode]
            yield {
                "row": row,
                "size": ",".join(map(str, size)),
                "kind": kind,
                "name": name,
                "mode": mode,
                "ms": 1000 * modes[mode],
                "ratio": modes[mode] / first,
                "share": passes * multiplications(row, size) / rate / modes[mode],
            }


def show(line):
    print(
        "{row:15s}{size:16s}{kind:7s}{name:25s}{mode:6s}{ms:9.2f} ms{ratio:7.2f}x"
        "{share:7.0%} of the product rate".format(**line),
        flush=True,
    )


def summary(found):
    """The ratios alone: a line for each row, kind and contestant, a column for each size."""
    sizes = list(dict.fromkeys(line["size"] for line in found))
    print("\nratio to the first of each row" + " " * 17 + "".join(f"{s:>16s}" for s in sizes))
    ratios = {}
    for line in found:
        key = line["row"], line["kind"], line["name"]
        ratios.setdefault(key, {})[line["size"]] = line["ratio"]
    for (row, kind, name), own in ratios.items():
        cells = "".join(f"{own[s]:16.2f}" if s in own else " " * 16 for s in sizes)
        print(f"{row:15s}{kind:7s}{name:25s}{cells}")


def memory(frameworks, row, size):
    """Prints what training steps need, each contestant in a fresh process."""
    for framework in frameworks[:1] if "variants" in row else frameworks:
        with Process(framework) as worker:
            keys = worker.ask("contestants", row, size)
        for name, mode in keys:
            with Process(framework) as worker:
                needed = worker.ask("memory", row, size, name, mode)
            label = f"{row:15s}{','.join(map(str, size)):16s}{name:25s}{mode:6s}"
            print(f"{label}{needed:8.0f} MiB", flush=True)


def devices(workers):
    found = {framework: worker.ask("device") for framework, worker in workers.items()}
    print("; ".join(f"{framework} on {device}" for framework, device in found.items()))
    without = [framework for framework, device in found.items() if device == "cpu"]
    if without:
        print(f"Not measured: cuDNN, and anything on a GPU, in {', '.join(without)}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--sizes", nargs="+", default=SIZES, metavar="B,T,D,H")
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument("--builds", type=int, default=1, help="times all contestants are made")
    parser.add_argument("--repeats", type=int, default=15, help="rounds of each build")
    parser.add_argument("--memory", action="store_true", help="memory instead of time")
    chosen = parser.parse_args()
    frameworks = [f for f in chosen.frameworks if importlib.util.find_spec(f)]
    for absent in set(chosen.frameworks) - set(frameworks):
        print(f"Not measured: {absent}, which is not installed.")
    sizes = [tuple(map(int, text.split(","))) for text in chosen.sizes]
    if chosen.memory:
        for row in chosen.rows:
            for size in sizes:
                memory(frameworks, row, size)
        return
    with contextlib.ExitStack() as stack:
        workers = {f: stack.enter_context(Process(f)) for f in frameworks}
        devices(workers)
        found = []
        for row in chosen.rows:
            for size in sizes:
                asked = list(workers.values()), row, size
                seconds = medians(*asked, chosen.builds, chosen.repeats)
                for line in lines(row, size, seconds):
                    show(line)
                    found.append(line)
    summary(found)


if __name__ == "__main__":
    main()

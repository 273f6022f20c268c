"""One framework's part of `recurrent.py`: a process that makes contestants and times their calls.

PyTorch, JAX and TensorFlow in one process take each other's threads, so that each has its own.
It answers one line of JSON on standard output for each on standard input:

    ["device"]                                ->  "cpu", or the name of the accelerator
    ["prepare", row, [B, T, D, H]]            ->  [[name, kind, mode], ...]
    ["time", name, kind, mode]                ->  seconds that the second of two calls took
    ["contestants", row, [B, T, D, H]]        ->  [[name, mode], ...]
    ["memory", row, [B, T, D, H], name, mode] ->  MiB that training steps need at most

"product" is the large matrix product, whose rate the others are measured against.
"""

import gc
import json
import os
import pathlib
import sys
import time

from recurrent_contestants import FRAMEWORKS, product_shape


class Worker:
    """Answers the requests above."""

    def __init__(self, framework):
        self.framework, self.calls = FRAMEWORKS[framework](), {}

    def device(self):
        return self.framework.device()

    def prepare(self, row, size):
        self.calls = {}
        gc.collect()
        self.calls["product", "infer", ""] = self.framework.product(*product_shape(size))
        for name, make in self.framework.makers(row, size).items():
            self.calls |= {(name, *key): call for key, call in make().items()}
        for call in self.calls.values():
            for _ in range(3):  # the first compiles
                call()
        return list(self.calls)

    def contestants(self, row, size):
        modes = self.framework.modes
        return [(name, mode) for name in self.framework.makers(row, size) for mode in modes]

    def time(self, *key):
        call = self.calls[key]
        call()  # what it finds in the caches is then its own
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    def memory(self, row, size, name, mode):
        def step(size):
            return self.framework.makers(row, size)[name]()["step", mode]

        step((1, 2, 4, 4))()  # what a framework keeps for itself, once
        gc.collect()
        before = resident("VmRSS")
        call = step(size)
        call()
        # What compiling took is not asked for: let the high-water mark start anew.
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        for _ in range(3):
            call()
        return resident("VmHWM") - before


def resident(field):
    """MiB of this process, from Linux: `VmRSS` now, `VmHWM` at most."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def serve(framework):
    # Libraries that print must not speak between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = Worker(framework)
    for line in sys.stdin:
        request, *arguments = json.loads(line)
        print(json.dumps(getattr(worker, request)(*arguments)), file=answers)


if __name__ == "__main__":
    serve(sys.argv[1])

"""How long seqkit takes to be there: each in a process of its own, turn and turn about.

python benchmarks/startup.py --repeats 7
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

WAYS = {
    "import keras": [sys.executable, "-c", "import keras"],
    "import seqkit": [sys.executable, "-c", "import seqkit"],
    "seqkit --help": [pathlib.Path(sys.executable).with_name("seqkit"), "--help"],
}


def seconds(arguments):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    found = {name: [] for name in WAYS}
    for _ in range(repeats):
        for name, arguments in WAYS.items():
            found[name].append(seconds(arguments))
    for name, times in found.items():
        print(f"{name:<16}{statistics.median(times):6.2f} s, {min(times):.2f} to {max(times):.2f}")


if __name__ == "__main__":
    main()

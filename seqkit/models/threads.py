"""Batches that are answered side by side."""

import collections
import concurrent.futures
import itertools
import os

__all__ = ["side_by_side"]

THREADS = 4  # batches at a time, at most: each has its beams and caches in memory


def side_by_side(function, items):
    """`function` of each item, in order; in a few threads, since no step keeps all cores busy."""
    items = iter(items)
    for item in itertools.islice(items, 1):  # alone, for TensorFlow traces here
        yield function(item)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(cores, THREADS)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = collections.deque()
        for item in items:  # read no further ahead than keeps the threads busy
            running.append(pool.submit(function, item))
            if len(running) > workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()

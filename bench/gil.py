"""How long Chroma keeps the other threads of a process waiting, in that process and in one of its own.

    python -m bench.gil [--vectors 1000] [--at-once 16]

A thread sleeps for a millisecond again and again, and records how late it wakes: alone, while vectors are added to a
Chroma in this process, and while they are added to one in a child. Beside it stands the processor time that this
process spent on each vector. Takes half a minute and writes to temporary directories alone.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from integrations.vectorstores.base import VectorStore
from integrations.vectorstores.chroma_child import ChildChroma
from integrations.vectorstores.chroma_local import open_chroma

DIMENSIONS = 1_024
NAP_S = 0.001
ALONE_S = 2.0


def main() -> None:
    """Measure all three and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--vectors", type=int, default=1_000)
    arguments.add_argument("--at-once", type=int, default=16)
    chosen = arguments.parse_args()
    _print("alone", _delays(lambda: time.sleep(ALONE_S)))
    _measure("Chroma in this process", open_chroma, chosen.vectors, chosen.at_once)
    _measure("Chroma in a child", ChildChroma, chosen.vectors, chosen.at_once)


def _measure(name: str, open_store: Callable[[Path], VectorStore], count: int, at_once: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "chroma")
        _add(store, 1, 1)  # the child, and the collection, are there
        busy = time.process_time()
        _print(name, _delays(lambda: _add(store, count, at_once)))
        each = (time.process_time() - busy) / count * 1_000
        print(f"  {'':24} {each:.2f} ms of this process's processor time a vector")
        store.close()


def _add(store: VectorStore, count: int, at_once: int) -> None:
    vectors = np.random.default_rng(count).standard_normal((count, DIMENSIONS)).astype(np.float32)
    for start in range(0, count, at_once):
        some = vectors[start : start + at_once]
        store.add("bench", [f"{count}:{start + n}" for n in range(len(some))], some)


def _delays(work: Callable[[], None]) -> list[float]:
    """Milliseconds by which the thread woke late, each time, while the work was done."""
    late: list[float] = []
    over = threading.Event()

    def nap() -> None:
        while not over.is_set():
            began = time.perf_counter()
            time.sleep(NAP_S)
            late.append((time.perf_counter() - began - NAP_S) * 1_000)

    thread = threading.Thread(target=nap)
    thread.start()
    work()
    over.set()
    thread.join()
    return late


def _print(name: str, late: list[float]) -> None:
    half, most, longest = np.percentile(late, [50, 95, 100])
    print(f"  {name:24} woke late by p50 {half:6.1f}   p95 {most:6.1f}   max {longest:6.1f} ms", flush=True)


if __name__ == "__main__":
    main()

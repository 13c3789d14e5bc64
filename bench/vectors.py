"""What Chroma costs and loses under three ways of making its collections: docs/adr/0010-vectors.md.

    python -m bench.vectors [--collections 150]

Takes about two minutes and writes to temporary directories alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection

from integrations.vectorstores.chroma import SENTINEL
from integrations.vectorstores.chroma_local import (
    OPEN_COLLECTIONS,
    _client,
)  # the very client that is measured

DIMENSIONS = 1_024
EACH = 200
LARGE = 3_000
STEP = 250
UNBOUNDED = 4_000  # Chroma's own bound is a fifth of the open-file limit


@dataclass(frozen=True)
class Way:
    """How collections are made: changes before the index is written, vectors of our own, collections kept open."""

    name: str
    threshold: int
    sentinels: int
    open_collections: int


WAYS = {
    "defaults": Way("Chroma's defaults", 1_000, 0, UNBOUNDED),
    "bounded": Way("its defaults, few collections open", 1_000, 0, OPEN_COLLECTIONS),
    "two": Way("written every 2 changes, 2 sentinels", 2, 2, OPEN_COLLECTIONS),
    "ours": Way("written at every change, 1 sentinel", 1, 1, OPEN_COLLECTIONS),
}


def main() -> None:
    """Measure each way in a process of its own, and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--collections", type=int, default=150)
    arguments.add_argument("--way", choices=WAYS)
    chosen = arguments.parse_args()
    if chosen.way:
        _measure(WAYS[chosen.way], chosen.collections)
        return
    for way in WAYS:
        command = [
            sys.executable,
            "-m",
            "bench.vectors",
            "--way",
            way,
            "--collections",
            str(chosen.collections),
        ]
        sys.stdout.flush()
        subprocess.run(command, check=True)


def _measure(way: Way, collections: int) -> None:
    print(f"\n{way.name}")
    vectors = _vectors(LARGE)
    with tempfile.TemporaryDirectory() as folder:
        client = _client(Path(folder), way.open_collections)
        _print_adding(client, way, vectors)
        _print_many(client, way, vectors, collections)
        _print_lost(client, way, vectors, collections)
        client.close()


def _print_adding(client: Client, way: Way, vectors: np.ndarray) -> None:
    large = _made(client, way, "large", vectors)
    began = time.process_time()
    for start in range(0, LARGE - STEP, STEP):
        large.add(ids=_ids(start, STEP), embeddings=vectors[start : start + STEP])
    speed = (LARGE - STEP) / (time.process_time() - began)
    began = time.process_time()
    for start in range(LARGE - STEP, LARGE, 5):
        large.add(ids=_ids(start, 5), embeddings=vectors[start : start + 5])
    few = (time.process_time() - began) / (STEP // 5) * 1_000
    print(
        f"  {LARGE:,} vectors of {DIMENSIONS}: {speed:,.0f} a second of processor time; then 5 more in {few:.0f} ms"
    )


def _print_many(client: Client, way: Way, vectors: np.ndarray, collections: int) -> None:
    for number in range(collections):
        one = _made(client, way, f"many{number}", vectors)
        one.add(ids=_ids(0, EACH), embeddings=vectors[:EACH])
        _ask(one, vectors[0], 5)
    spans, failed = [], 0
    for number in np.random.default_rng(1).permutation(collections).tolist():
        one = client.get_collection(f"many{number}", embedding_function=None)
        began = time.process_time()
        found = _ask(one, vectors[0], 5)
        spans.append((time.process_time() - began) * 1_000)
        failed += not found
    half, most = np.percentile(spans, [50, 95])
    print(
        f"  {collections} collections of {EACH}: {_resident_mb():.0f} MB; a query p50 {half:.1f}, p95 {most:.1f} ms "
        f"of processor time; {failed} cannot be opened"
    )


def _print_lost(client: Client, way: Way, vectors: np.ndarray, collections: int) -> None:
    """Collections that are searched, get one vector more, and are searched again after they were closed for others.

    Chroma replays what it has not written only at the first search of a collection since the start.
    """
    for number in range(collections):
        one = _made(client, way, f"tiny{number}", vectors)
        _ask(one, vectors[0], 5)
        one.add(ids=["d:1:0"], embeddings=vectors[:1])
    held = [
        _ask(client.get_collection(f"tiny{n}", embedding_function=None), vectors[0], 5)
        for n in range(collections)
    ]
    print(
        f"  {collections} collections of one vector: {sum('d:1:0' not in found for found in held)} do not find it"
    )


def _made(client: Client, way: Way, name: str, vectors: np.ndarray) -> Collection:
    settings = {"space": "cosine", "batch_size": min(100, way.threshold), "sync_threshold": way.threshold}
    made = client.create_collection(
        name, embedding_function=None, configuration=cast("Any", {"hnsw": settings})
    )
    if way.sentinels:
        made.add(ids=[f"{SENTINEL}{n}" for n in range(way.sentinels)], embeddings=vectors[-way.sentinels :])
    return made


def _ask(collection: Collection, vector: np.ndarray, count: int) -> list[str]:
    try:
        found: Any = collection.query(query_embeddings=vector[None, :], n_results=count, include=[])
    except Exception:  # noqa: BLE001 - whatever it raises, the collection does not answer, and that is counted
        return []
    return list(found["ids"][0])


def _ids(first: int, count: int) -> list[str]:
    return [f"d:1:{n}" for n in range(first, first + count)]


def _vectors(count: int) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal((count, DIMENSIONS)).astype(np.float32)
    unit: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1_024


if __name__ == "__main__":
    main()

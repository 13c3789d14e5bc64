"""How quickly uploads come into answers, and what memory that takes: over HTTP, as people upload.

    python -m bench.ingest [--quick]

``python main.py`` runs as a process of its own with embedded records and the built-in embedder. Every document
is uploaded by one of four callers; the clock stops when the last one is ``ready``.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.stand import NO_LIMIT, Person, made_texts, memory_of_application
from tests.servers.application import Application

CALLERS = 4


@dataclass(frozen=True)
class Case:
    """So many documents of so many characters each."""

    name: str
    documents: int
    characters: int


CASES = (Case("one page", 200, 2_000), Case("ten pages", 60, 25_000), Case("a book", 2, 1_000_000))


def main() -> None:
    """Measure every case, each in an assistant of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the documents")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Application(Path(folder), NO_LIMIT) as application:
        person = Person.first(application.url)
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {CALLERS} callers, markdown")
        print(f"one page is in answers after {first_page(person):.2f} s (with the parser's start)")
        print(f"one page is in answers after {first_page(person):.2f} s")
        print(f"{'documents':>22} {'chunks':>7} {'s':>6} {'documents/s':>12} {'chunks/s':>9}  memory, MB")
        for case in CASES:
            measure(person, application.pid, case, 4 if chosen.quick else 1)


def first_page(person: Person) -> float:
    """Seconds from the upload of one page until it is ``ready``."""
    assistant = person.new_assistant()
    (text,) = made_texts(1, 2_000).values()
    began = time.perf_counter()
    document = person.upload(assistant["id"], "page.md", text)
    while person.call("GET", f"/documents/get/{document}")["status"] != "ready":
        time.sleep(0.01)
    return time.perf_counter() - began


def measure(person: Person, pid: int, case: Case, part: int) -> None:
    """Upload the documents of one case and print how long they took."""
    assistant = person.new_assistant()
    texts = made_texts(max(1, case.documents // part), case.characters)
    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(lambda pair: person.upload(assistant["id"], *pair), texts.items()))
    ready = person.wait_until_ready(assistant["id"])
    seconds = time.perf_counter() - began
    chunks = sum(one["chunks"] for one in ready)
    memory = ", ".join(f"{name} {size:.0f}" for name, size in memory_of_application(pid).items())
    print(
        f"{len(ready):>11} {case.name:>10} {chunks:>7} {seconds:>6.1f} {len(ready) / seconds:>12.1f}"
        f" {chunks / seconds:>9.0f}  {memory}"
    )


if __name__ == "__main__":
    main()

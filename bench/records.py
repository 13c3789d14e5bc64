"""What the embedded database can do, and what it gets wrong: the figures of docs/adr/0002-records.md.

    python -m bench.records [--records 20000]

It takes about half a minute and writes to a temporary directory alone.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from integrations.database.embedded import EmbeddedDatabase
from kit.errors import Unavailable
from kit.ids import new_id
from repositories.base import BATCH, Repository
from repositories.connection import connect, database
from repositories.scope import Scope
from repositories.values import Record

OWNERS = 100
KILLS = 6


class Notes(Repository):
    """Records of about 600 bytes, listed by owner."""

    collection: ClassVar[str] = "notes"
    page_keys: ClassVar[Mapping[str, str]] = {"owner_id": "owner_page", "whole": "page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def one(self, note: str) -> Record | None:
        """By id."""
        return self._get(Scope(whole=True), note)

    def add(self, records: list[Record]) -> None:
        """In batches, as documents' chunks are."""
        self._insert_many(Scope(whole=True), records)

    def latest(self, owner: str, match: Mapping[str, Any] | None = None) -> int:
        """A page of ten."""
        return len(self._page(Scope(owner_id=owner), limit=10, match=match).items)

    def count_up(self, note: str) -> bool:
        """A conditional update."""
        return self._update(Scope(whole=True), note, {"$inc": {"n": 1}})

    def names(self) -> set[str]:
        """Every id."""
        return {record["_id"] for record in self._each(Scope(whole=True), fields=("_id",))}


def note(number: int = 0) -> Record:
    """A fresh record of one of the owners."""
    made = new_id()
    return {"_id": made, "owner_id": f"o{number % OWNERS}", "key": f"k{made}", "text": "t" * 500, "n": 0}


def timed(call: Callable[[], object], times: int = 15) -> float:
    """The median of so many calls, in milliseconds."""
    call()
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spans.append(time.perf_counter() - began)
    return statistics.median(spans) * 1000


def line(what: str, figure: float | str, unit: str = "ms") -> None:
    """Print a figure, or what was found."""
    print(f"  {what:<66}{figure:>9.2f} {unit}" if isinstance(figure, float) else f"  {what:<66}{figure}")


def memory_mb(pid: int) -> float:
    """What a process holds of the memory (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS")) / 1024


def life(directory: Path) -> None:
    """Start, stop, come back."""
    print("The child")
    server = EmbeddedDatabase(directory / "life")
    for what in ("first start, until it answers", "start on what is there"):
        began = time.perf_counter()
        client: MongoClient[Record] = connect(server.start())
        line(what, (time.perf_counter() - began) * 1000)
        client["app"]["notes"].insert_one({})
        began = time.perf_counter()
        if what.startswith("start"):
            os.kill(server.pid, signal.SIGKILL)
            client["app"]["notes"].find_one()
            line(
                "killed, until a read of the same client has its answer", (time.perf_counter() - began) * 1000
            )
        line("memory", memory_mb(server.pid), "MB")
        client.close()
        began = time.perf_counter()
        server.stop()
    line("stop", (time.perf_counter() - began) * 1000)


def reads(notes: Notes, db: Database[Record], count: int) -> None:
    """Fill the collection and ask for parts of it."""
    made = [note(number) for number in range(count)]
    began = time.perf_counter()
    notes.add(made)
    print(f"{count} records in one collection")
    line(f"insert, each, in batches of {BATCH}", (time.perf_counter() - began) * 1000 / count)
    middle, raw = made[count // 2]["_id"], db["notes"]
    owner = f"o{count // 2 % OWNERS}"
    questions: dict[str, Callable[[], object]] = {
        "by _id": lambda: raw.find_one({"_id": middle}),
        "by _id and another condition": lambda: raw.find_one({"_id": middle, "owner_id": owner}),
        "by a unique key": lambda: raw.find_one({"key": f"k{middle}"}),
        "ten by _id ($in)": lambda: list(raw.find({"_id": {"$in": [one["_id"] for one in made[:10]]}})),
        "page of 10 by page key": lambda: notes.latest(owner),
        "page of 10 by page key, and a condition": lambda: notes.latest(owner, {"n": 0}),
        "page of 10 by _id range": lambda: list(raw.find({"_id": {"$lt": middle}}).sort("_id", -1).limit(10)),
        "page of 10 by owner and _id range": lambda: list(
            raw.find({"owner_id": owner, "_id": {"$lt": middle}}).sort("_id", -1).limit(10)
        ),
        "ten by key ($in)": lambda: list(raw.find({"key": {"$in": [one["key"] for one in made[:10]]}})),
        "one of two ($or)": lambda: list(raw.find({"$or": [{"key": f"k{middle}"}, {"key": "x"}]})),
        "count_documents of an owner": lambda: raw.count_documents({"owner_id": owner}),
        "update by _id": lambda: notes.count_up(middle),
        "insert": lambda: raw.insert_one({**note(), "owner_page": "x:", "page": "x"}),
    }
    for what, ask in questions.items():
        line(what, timed(ask))
    raw.create_index([("expires", 1)], expireAfterSeconds=9_999)
    line("by _id, once any index of the collection expires records", timed(questions["by _id"]))


def load(notes: Notes, server: EmbeddedDatabase, threads: int, calls: int) -> None:
    """Four kinds of operation in turn, from many threads."""
    made = [note(number) for number in range(2_000)]
    notes.add(made)
    spans: list[float] = []

    def work() -> None:
        chance = random.Random()
        mine = []
        for number in range(calls):
            name = chance.choice(made)
            began = time.perf_counter()
            kinds: tuple[Callable[[], object], ...] = (
                partial(notes.one, name["_id"]),
                partial(notes.count_up, name["_id"]),
                lambda: notes.add([note()]),
                partial(notes.latest, name["owner_id"]),
            )
            kinds[number % 4]()
            mine.append(time.perf_counter() - began)
        spans.extend(mine)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rate = len(spans) / (time.perf_counter() - began)
    p50, p99 = (statistics.quantiles(spans, n=100)[at] * 1000 for at in (49, 98))
    mb = memory_mb(server.pid)
    line(f"{threads} threads", f"{rate:6.0f} operations/s, p50 {p50:.1f} ms, p99 {p99:.0f} ms, {mb:.0f} MB")


def kills(server: EmbeddedDatabase, notes: Notes) -> None:
    """Kill the child again and again under four writers, and look for what was acknowledged."""
    acknowledged: list[str] = []
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            one = note()
            try:
                notes.add([one])
            except Unavailable:
                continue
            acknowledged.append(one["_id"])

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        time.sleep(1)
        os.kill(server.pid, signal.SIGKILL)
    time.sleep(1)
    over.set()
    for writer in writers:
        writer.join()
    lost = set(acknowledged) - notes.names()
    print(
        f"Killed {KILLS} times under four writers: {len(lost)} of {len(acknowledged)} acknowledged writes lost"
    )


def durable(db: Database[Record]) -> None:
    """An insert whose journal is brought to the disk before it is acknowledged."""
    flushed = db.with_options(write_concern=WriteConcern(j=True))["flushed"]
    line(
        "insert, flushed to this disk at each write (j: true)", timed(lambda: flushed.insert_one(note()), 50)
    )


def wrong(db: Database[Record]) -> None:
    """What comes out otherwise than a MongoDB server would have it."""
    print("What it gets wrong, as found")
    odd = db["odd"]
    odd.find_one_and_update({"_id": "up"}, {"$set": {"a": 1}, "$setOnInsert": {"b": 2}}, upsert=True)
    line(
        "upsert with $setOnInsert b: 2 wrote",
        str({k: v for k, v in (odd.find_one() or {}).items() if k != "_id"}),
    )
    odd.replace_one({"_id": "text"}, {"a": 1}, upsert=True)
    line("replace with upsert under _id 'text' is found", str(odd.find_one({"_id": "text"}) is not None))
    odd.insert_one({"_id": "types", "flag": False, "at": datetime.now(UTC), "day": "2026-01-15 and more"})
    odd.update_one({"_id": "types"}, {"$set": {"flag": True, "at": datetime.now(UTC)}})
    types = odd.find_one({"_id": "types"}) or {}
    line("$set of true comes back as", type(types["flag"]).__name__)
    line("$set of a time comes back as", type(types["at"]).__name__)
    line(
        "text that begins like a date is found by itself",
        str(odd.find_one({"day": types["day"]}) is not None),
    )
    odd.insert_one({"_id": "nul", "text": "a\0b"})
    line("text with a NUL is found by itself", str(odd.find_one({"text": "a\0b"}) is not None))


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    count = parser.parse_args().records
    with tempfile.TemporaryDirectory() as directory:
        life(Path(directory))
        server = EmbeddedDatabase(Path(directory) / "db")
        client = connect(server.start())
        try:
            for name in ("reads", "load", "kills"):
                _index(database(client, name, embedded=True))
            reads(Notes(client["reads"]), client["reads"], count)
            print("Reads, updates, inserts and pages in turn, client and server on this machine")
            for threads, calls in ((1, 400), (16, 100), (64, 40), (290, 10)):
                load(Notes(client["load"]), server, threads, calls)
            kills(server, Notes(client["kills"]))
            durable(client["durable"])
            wrong(client["wrong"])
        finally:
            client.close()
            server.stop()


def _index(db: Database[Record]) -> None:
    for field, unique in (("key", True), ("owner_page", False), ("page", False), ("owner_id", False)):
        db["notes"].create_index([(field, 1)], unique=unique)


if __name__ == "__main__":
    main()

"""What an import of many documents does to the chats that go on meanwhile.

    python -m bench.import_and_chat [--documents 500] [--characters 4000] [--rate 4] [--alone 20]

``python main.py`` runs as a process of its own with embedded records, the built-in embedder and the model without a
key. A contact writes so many messages a second to one assistant, alone before and after, and while a zip archive of
documents comes into another assistant of the same person, until the last of them is in answers.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import platform
import statistics
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3

from bench.contacts import PATH
from bench.stand import NO_LIMIT, Person, demo_questions, knowing_assistant, made_texts
from tests.servers.application import Application

READY_WITHIN_S = 900.0
KNOWN = 20  # documents of the assistant that is chatted with


class Contact:
    """One contact that writes at a steady pace; a message waits for the answer to the one before."""

    def __init__(self, url: str, api_key: str, rate: float) -> None:
        self._url, self._api_key, self._rate = url, api_key, rate
        self._http = urllib3.PoolManager()
        self._messages = itertools.count()
        self._questions = itertools.cycle(demo_questions())

    def write_while(self, go_on: Callable[[], bool]) -> list[float]:
        """The milliseconds that each answer took."""
        took = list[float]()
        due = time.perf_counter()
        while go_on():
            began = time.perf_counter()
            self._write(next(self._questions))
            took.append((time.perf_counter() - began) * 1_000)
            due = max(due + 1 / self._rate, time.perf_counter())
            time.sleep(due - time.perf_counter() if due > time.perf_counter() else 0.0)
        return took

    def _write(self, question: str) -> None:
        number = next(self._messages)
        body = {
            "id": f"contact-{number // 20}",
            "message_service": "Whatsapp",
            "username": "Ana",
            "active": True,
            "message": question,
            "message_id": f"message-{number}",
            "model": "offline",
        }
        answer = self._http.request("POST", self._url + PATH, json=body, headers={"X-API-Key": self._api_key})
        assert answer.status == 200, answer.data


class Import(threading.Thread):
    """An archive of documents on its way into answers; ``seconds`` from the upload to the last of them."""

    def __init__(self, person: Person, documents: int, characters: int) -> None:
        super().__init__(daemon=True)
        self._person = person
        self._archive = _zipped(made_texts(documents, characters))
        self._documents = documents
        self.seconds = 0.0
        self.chunks = 0
        self.problem: BaseException | None = None

    def run(self) -> None:
        """Upload it and wait."""
        began = time.perf_counter()
        try:
            self.chunks = self._bring_in()
        except BaseException as problem:  # noqa: BLE001  # shown by the thread that waits for this one
            self.problem = problem
        self.seconds = time.perf_counter() - began

    def _bring_in(self) -> int:
        assistant = self._person.new_assistant()
        self._person.call(
            "POST",
            "/documents/add",
            assistant_id=assistant["id"],
            type="rag",
            file=("import.zip", self._archive),
        )
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            time.sleep(1.0)
            listed = self._listed(assistant["id"])
            if len(listed) == self._documents and all(one["status"] == "ready" for one in listed):
                return sum(one["chunks"] for one in listed)
        raise AssertionError("the documents are not indexed")

    def _listed(self, assistant_id: str) -> list[dict[str, Any]]:
        return list(self._person.call("GET", f"/documents/list?assistant_id={assistant_id}&limit=1000"))


def main() -> None:
    """Measure chats alone and during an import, and print both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--characters", type=int, default=4_000, help="of each document")
    parser.add_argument("--rate", type=float, default=4.0, help="messages a second")
    parser.add_argument("--alone", type=float, default=20.0, help="seconds of chats alone")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Application(Path(folder), NO_LIMIT) as application:
        person = Person.first(application.url)
        assistant, chunks = knowing_assistant(person, KNOWN)
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
        print(f"{chosen.rate:g} messages a second to an assistant of {chunks} chunks")
        contact = Contact(application.url, assistant["api_key"], chosen.rate)
        _write_for(contact, 3.0)
        before = _write_for(contact, chosen.alone)
        _print("alone", before)
        importing = Import(person, chosen.documents, chosen.characters)
        importing.start()
        during = contact.write_while(importing.is_alive)
        if importing.problem is not None:
            raise importing.problem
        _print("during the import", during)
        after = _write_for(contact, chosen.alone)
        _print("alone again", after)
    alone = before + after  # the machine may be shared: what it was before and after is compared with
    ratios = [_percentile(during, percent) / _percentile(alone, percent) for percent in (50, 95)]
    print(f"  {'times as long':18} p50 {ratios[0]:8.1f}     p95 {ratios[1]:8.1f}")
    print(
        f"{chosen.documents} documents, {importing.chunks} chunks: {importing.seconds:.1f} s,"
        f" {importing.chunks / importing.seconds:.0f} chunks/s"
    )


def _write_for(contact: Contact, seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    return contact.write_while(lambda: time.perf_counter() < until)


def _print(name: str, took: list[float]) -> None:
    half, most = _percentile(took, 50), _percentile(took, 95)
    print(f"  {name:18} p50 {half:8.1f} ms  p95 {most:8.1f} ms  {len(took):5} messages", flush=True)


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _zipped(texts: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return packed.getvalue()


if __name__ == "__main__":
    main()

"""``kill -9`` at any moment of an import, and of a change of embedder while documents still come in."""

from __future__ import annotations

import io
import random
import re
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.operator_door import knock
from kit.errors import Unavailable
from tests.crash.ledger import Down
from tests.servers.killable import Killable, Template
from tests.servers.vector_server import Reply, VectorServer
from tests.talk import wait_until
from tests.visitor import Visitor

SETTINGS = {"RATE_LIMIT": "10000000 per minute", "LOG_LEVEL": "WARNING"}
FILES, SECTIONS = 4, 4
WORDS = "Palavras que enchem um trecho inteiro. " * 20


class Import:
    """What was acknowledged of the documents that go in, by id; killed and started as often as asked."""

    def __init__(self, folder: Path) -> None:
        self.acknowledged: dict[str, str] = {}
        self.kills = 0
        self._folder = folder
        self._number = 0
        self._chance = random.Random(20261121)

    def add(self, visitor: Visitor) -> None:
        """One archive of documents; ``Down`` when it was not acknowledged."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for _ in range(FILES):
                self._number += 1
                parts = [
                    f"# Item {self._number}.{n}\n\nMarca {self._number}.{n}: {WORDS}" for n in range(SECTIONS)
                ]
                archive.writestr(f"lista {self._number}.md", "\n\n".join(parts))
        form = {
            "file": ("tudo.zip", target.getvalue()),
            "type": "rag",
            "assistant_id": visitor.assistant["_id"],
        }
        status, body = visitor.person.call("POST", "/documents/add", **form)
        assert (status, body["refused"]) == (201, [])
        self.acknowledged |= {one["_id"]: one["filename"] for one in body["documents"]}

    def go_on(self, visitor: Visitor) -> None:
        """Add archives until the server is gone."""
        try:
            while True:
                self.add(visitor)
        except Down:
            return

    def kill_during(self, application: Killable, visitor: Visitor, work: Callable[[Visitor], None]) -> None:
        """Kill it at some moment of the work, and start it again."""
        thread = threading.Thread(target=work, args=(visitor,))
        thread.start()
        time.sleep(self._chance.uniform(0.05, 0.4))
        application.kill()
        thread.join(60)
        assert not thread.is_alive()
        self.kills += 1
        application.start()
        visitor.come_back(application)

    def look(self, visitor: Visitor) -> None:
        """See that every acknowledged document is ready, whole and once, and that all three stores agree."""
        wait_until(self._is_idle)
        assert knock(self._folder / "data", "doctor") == []
        path = f"/documents/list?assistant_id={visitor.assistant['_id']}&limit=1000"
        listed = visitor.person.call("GET", path)[1]
        assert {one["status"] for one in listed} == {"ready"}
        names = Counter(one["filename"] for one in listed)
        assert set(names.values()) == {1}
        there = {one["_id"]: one["filename"] for one in listed}
        assert self.acknowledged.items() <= there.items()
        for document_id, filename in there.items():
            chunks = visitor.person.call("GET", f"/documents/chunks/{document_id}?limit=1000")[1]
            marks = Counter(re.findall(r"Marca (\d+\.\d+)", " ".join(one["text"] for one in chunks)))
            number = re.findall(r"\d+", filename)[0]
            assert marks == {f"{number}.{n}": 1 for n in range(SECTIONS)}

    def _is_idle(self) -> bool:
        try:
            return bool(knock(self._folder / "data", "idle"))
        except Unavailable:
            return False  # the database is being started again


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_while_documents_come_in_and_while_all_are_embedded_anew_each_is_ready_once(
    template: Template, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    running = Import(tmp_path)
    with VectorServer() as server:
        with Killable(template, tmp_path, SETTINGS) as application:
            visitor = Visitor(application, "offline")
            running.add(visitor)
            for _ in range(3):
                running.kill_during(application, visitor, running.go_on)
            running.look(visitor)
        server.default = Reply(delay_s=0.1)
        changed = {**SETTINGS, "EMBEDDING_MODEL": "ollama:letters", "OLLAMA_BASE_URL": server.url}
        with Killable(template, tmp_path, changed) as application:
            visitor.come_back(application)
            for work in (running.go_on, lambda _: None, lambda _: None):
                running.kill_during(application, visitor, work)
            server.default = Reply()
            wait_until(lambda: not application.request("GET", "/health/ready")[1].get("reembedding", 0))
            running.look(visitor)
            asked = {"query": "Item 3.2", "top_k": 20}
            found = visitor.person.call("POST", f"/assistants/search/{visitor.assistant['_id']}", asked)[1]
            assert any("Marca 3.2" in one["text"] for one in found["passages"])
            visitor.close()
    figures = f"{running.kills} kills: {len(running.acknowledged)} documents acknowledged, each ready once"
    record_property("figures", figures)

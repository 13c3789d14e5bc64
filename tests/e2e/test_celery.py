"""A server with Celery workers: real Redis, real Chroma, a real database server, ``kill -9`` in the middle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis

from integrations.broker import CONCURRENCY
from tests.crash.ledger import Client
from tests.servers import secantus
from tests.servers.application import Application
from tests.servers.celery_worker import CeleryWorker
from tests.servers.chroma_server import chroma_server
from tests.servers.redis_server import redis_server
from tests.servers.vector_server import Reply, VectorServer

ADMIN = {"name": "Ana", "email": "ana@example.com", "password": "correct horse battery"}
WITHIN_S = 40.0
LEASE_S = 3
QUICK = ("--without-gossip", "--without-mingle")


@dataclass
class Stand:
    """Everything that runs, and how it is set."""

    folder: Path
    settings: dict[str, str]
    application: Application
    workers: tuple[CeleryWorker, CeleryWorker]
    vectors: VectorServer
    records: Any

    def documents(self) -> list[dict[str, Any]]:
        return list(self.records["documents"].find({}))


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("celery")
    with contextlib.ExitStack() as ends, ThreadPoolExecutor() as pool:
        starting = (
            pool.submit(ends.enter_context, redis_server()),
            pool.submit(ends.enter_context, chroma_server(folder / "chroma")),
        )
        database = ends.enter_context(secantus.running(folder / "records"))
        vectors = ends.enter_context(VectorServer())
        broker, chroma = (one.result() for one in starting)
        settings = {
            "DATA_DIR": str(folder / "data"),
            "DOCUMENTS_DIR": str(folder / "documents"),
            "MONGO_URI": database.uri,
            "CHROMA_URL": chroma,
            "CELERY_BROKER_URL": broker,
            "WORKER_LEASE_S": str(LEASE_S),
            "EMBEDDING_MODEL": "ollama:letters",
            "OLLAMA_BASE_URL": vectors.url,
            "RATE_LIMIT": "10000000 per minute",
        }
        workers = tuple(  # before the server, which they wait for
            ends.enter_context(CeleryWorker(folder / f"{name}.log", settings, *QUICK))
            for name in ("first", "second")
        )
        client: Any = ends.enter_context(pymongo.MongoClient(database.uri))
        application = ends.enter_context(Application(folder, settings))
        yield Stand(folder, settings, application, (workers[0], workers[1]), vectors, client["orquestra"])


@pytest.fixture(scope="module")
def person(stand: Stand) -> Iterator[Client]:
    stand.application.request("POST", "/auth/register", ADMIN)
    sign_in = {name: ADMIN[name] for name in ("email", "password")}
    _, session = stand.application.request("POST", "/auth/login", sign_in)
    client = Client(stand.application.url, {"Authorization": f"Bearer {session['token']}"})
    yield client
    client.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_workers_lose_nothing_and_double_nothing(stand: Stand, person: Client, tmp_path: Path) -> None:
    _, assistant = person.call("POST", "/assistants/add", {"name": "Clínica", "model": "offline"})
    first, second = stand.workers
    until(lambda: len(workers(stand)) == 2, stand)
    misplaced = CeleryWorker(tmp_path / "log", {**stand.settings, "DOCUMENTS_DIR": str(tmp_path)}, *QUICK)
    stand.vectors.default = Reply(delay_s=4.0)  # so that there is a middle of a document
    for n in range(12):
        upload(person, assistant, n)
    until(lambda: any(is_at_work(one, first) for one in stand.documents()), stand)
    first.kill()
    stand.vectors.default = Reply()
    left = {one["_id"] for one in stand.documents() if one["lease"].startswith(f"{first.pid}-")}
    until(lambda: all_ready(stand), stand)
    check_nothing_is_doubled(stand)
    assert left
    assert {one["_id"] for one in stand.documents() if one["claims"] > 1} >= left
    assert sum(one["claims"] for one in stand.documents()) <= 12 + CONCURRENCY

    body = {"question": "Quanto custa o item 7?", "expects": ["item 7 custa 7"]}
    assert person.call("POST", f"/assistants/golden/{assistant['_id']}", body)[0] == 201
    _, run = person.call("POST", f"/assistants/golden/run/{assistant['_id']}", {})
    path = f"/assistants/golden/runs/{assistant['_id']}/{run['_id']}"
    until(lambda: person.call("GET", path)[1]["status"] == "done", stand)
    assert person.call("GET", path)[1]["hits"] == 1
    assert found(person, assistant, "item 7") != []

    # Redis forgets the messages while nobody reads them: but for one, which the worker has asked for already.
    with second.suspended(), redis.Redis.from_url(stand.settings["CELERY_BROKER_URL"]) as broker:
        for n in range(12, 16):
            upload(person, assistant, n)
        until(lambda: broker.llen("orquestra.index_document") >= 3, stand)
        broker.flushall()
    until(lambda: all_ready(stand), stand)
    check_nothing_is_doubled(stand)
    assert found(person, assistant, "item 15") != []  # what the server remembers of before is not trusted
    status, ready = stand.application.request("GET", "/health/ready")
    assert (status, ready["dependencies"]["jobs"]) == (200, "ready")
    assert second.stop() == 0
    assert all(f"-{first.pid}-" in one for one in workers(stand))  # it took its leave

    assert misplaced.exit_code(WITHIN_S) == 2
    said = misplaced.log.read_text()
    assert "DOCUMENTS_DIR is not the folder" in said
    assert "Traceback" not in said


def upload(person: Client, assistant: dict[str, Any], n: int) -> dict[str, Any]:
    form = {"file": (f"{n}.md", f"# Item {n}\n\nO item {n} custa {n} reais.".encode()), "type": "rag"}
    status, document = person.call("POST", "/documents/add", **form, assistant_id=assistant["_id"])
    assert status == 201, document
    return dict(document)


def found(person: Client, assistant: dict[str, Any], query: str) -> list[Any]:
    body = {"query": query, "top_k": 5}
    status, answer = person.call("POST", f"/assistants/search/{assistant['_id']}", body)
    assert status == 200, answer
    return [one for one in answer["passages"] if query in one["text"]]


def workers(stand: Stand) -> list[str]:
    return [one["_id"] for one in stand.records["leases"].find({}) if one["_id"].startswith("worker:")]


def is_at_work(document: dict[str, Any], worker: CeleryWorker) -> bool:
    return bool(document["stage"] == "indexing" and document["lease"].startswith(f"{worker.pid}-"))


def all_ready(stand: Stand) -> bool:
    return all(one["status"] == "ready" and one["work"] == "over" for one in stand.documents())


def check_nothing_is_doubled(stand: Stand) -> None:
    documents = stand.documents()
    chunks = [one["_id"] for one in stand.records["chunks"].find({})]
    assert sorted(chunks) == sorted(
        f"{one['_id']}:{one['live_version']}:{n}" for one in documents for n in range(one["chunks"])
    )


def until(condition: Callable[[], bool], stand: Stand) -> None:
    give_up = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > give_up:
            logs = [path.read_text()[-3000:] for path in sorted(stand.folder.glob("*.log"))]
            seen = [
                {n: one.get(n) for n in ("stage", "lease", "claims", "work", "error")}
                for one in stand.documents()
            ]
            raise AssertionError("\n".join([*map(str, seen), *logs]))
        time.sleep(0.05)

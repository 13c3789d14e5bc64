"""A worker: the same use cases as the server's, without its doors."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
from collections.abc import Callable

from bootstrap.house import build_house
from bootstrap.parts import Parts
from bootstrap.records import Repositories, records_client
from bootstrap.seams import open_broker, parser, vector_store, workplaces
from bootstrap.secrets import Secrets
from bootstrap.together import SERVER_WAIT_S, check_shared, recognise
from integrations.embeddings.choose import choose_embedder
from integrations.files import FileStore
from integrations.rerank.choose import choose_reranker
from jobs.hand_over import HandOver
from jobs.worker import Worker
from kit.clock import utc_now
from kit.crypto import Vault
from kit.errors import SettingsError
from kit.settings import Settings
from repositories import connection
from repositories.installations import InstallationRepository
from repositories.leases import LeaseRepository
from services.house import House
from services.work.hold_leases import HoldLeases


def open_worker(settings: Settings) -> tuple[Worker, Callable[[], None]]:
    """A worker that is ready to start, and what ends it; ``SettingsError`` where it does not fit the server."""
    if not settings.celery_broker_url:
        raise SettingsError(
            "CELERY_BROKER_URL is not set: without it the server does its background work itself and needs no worker."
        )
    check_shared(settings)
    with contextlib.ExitStack() as ends:
        worker = _assemble(settings, ends)
        ends.callback(worker.stop)
        return worker, ends.pop_all().close


def _assemble(settings: Settings, ends: contextlib.ExitStack) -> Worker:
    kept = Secrets.of(settings)
    embedder = choose_embedder(settings)
    client = records_client(settings, ends)
    database = connection.database(client, settings.mongo_db, embedded=False)
    recognise(InstallationRepository(database), Vault(kept.encryption), FileStore(settings.documents_dir))
    turns = workplaces(settings)  # none is ever at work here
    vectors = vector_store(settings, turns)
    ends.callback(vectors.close)
    child = parser()
    ends.callback(child.close)
    broker = open_broker(settings.celery_broker_url)
    ends.callback(broker.close)
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    leases = HoldLeases(
        leases=LeaseRepository(database), clock=utc_now, holder=name, lasts_s=settings.worker_lease_s
    )
    engine = HandOver(broker, leases)
    house = build_house(
        Parts(
            settings=settings,
            secrets=kept,
            repositories=Repositories.on(database),
            vectors=vectors,
            embedder=embedder,
            parser=child,
            index_soon=engine.index_soon,
            run_golden_soon=engine.run_golden_soon,
            summarise_soon=lambda *_: None,  # chats are the server's
            check_records=lambda: connection.ping(client),
            workplaces=turns,
            reranker=choose_reranker(settings),
        )
    )
    _agree(house, embedder.name)
    return Worker(house, leases, broker, name=name)


def _agree(house: House, embedder: str) -> None:
    """Wait until the server, too, runs with this embedder: they are started in any order."""
    give_up = time.monotonic() + SERVER_WAIT_S
    while not house.documents.reembed.follow():
        if time.monotonic() > give_up:
            raise SettingsError(f"EMBEDDING_MODEL is not the server's (here it makes {embedder}).")
        time.sleep(0.5)

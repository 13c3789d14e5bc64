"""A running installation, and a house beside one."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo.database import Database

from bootstrap.house import build_house
from bootstrap.operator_tasks import operator_tasks
from bootstrap.parts import Parts
from bootstrap.records import Repositories, records_client
from bootstrap.seams import OwnedElsewhere, open_broker, parser, vector_store, workplaces
from bootstrap.secrets import Secrets
from bootstrap.together import be_the_only_server, check_shared, introduce
from integrations.database.embedded import attach
from integrations.database.lockfile import LockFile
from integrations.embeddings.choose import choose_embedder
from integrations.embeddings.hashed import HashedEmbedder
from integrations.files import FileStore
from integrations.rerank.choose import choose_reranker
from jobs.deliveries import Deliveries
from jobs.drawings import Drawings
from jobs.engine import Engine
from jobs.flushing import Flushing
from jobs.generations import Generations
from jobs.hand_over import HandOver
from jobs.operator_door import OperatorDoor
from jobs.pushes import Pushes
from jobs.summaries import Summaries
from jobs.threads import Threads
from kit.clock import utc_now
from kit.crypto import Vault
from kit.errors import SettingsError
from kit.settings import Settings
from models.documents import Document
from models.golden import GoldenRun
from repositories import connection
from repositories.indexes import ensure_indexes
from repositories.installations import InstallationRepository
from repositories.leases import LeaseRepository
from services.house import House
from services.work.hold_leases import HoldLeases

FETCHED_WITHIN_S = 3600.0


class Installation:
    """A running installation: the house, what works in the background, and what ends with it."""

    def __init__(
        self,
        house: House,
        engine: Engine,
        deliveries: Deliveries,
        summaries: Summaries,
        generations: Generations,
        drawings: Drawings,
        pushes: Pushes,
        setup_token: str,
    ) -> None:
        self.house = house
        self.engine = engine
        self.deliveries = deliveries
        self.summaries = summaries
        self.generations = generations
        self.drawings = drawings
        self.pushes = pushes
        self.setup_token = setup_token
        self._ends = contextlib.ExitStack()
        self._stopped = False

    def on_stop(self, end: Callable[[], object]) -> None:
        """Have something ended with the installation, last in first out."""
        self._ends.callback(end)

    def start_work(self) -> None:
        """Finish what a process that is gone left open, then begin the background work."""
        # Before the first request: until then none of them is in doubt.
        self.house.chats.recover_turns.recover()
        self.house.documents.delete_document.end_left_over()
        self.engine.start(self.house)
        self.summaries.start(self.house.chats.summarise_chat.run)
        self.generations.start(self.house.generation.run_generation)
        self.drawings.start(self.house.studio.draw_card)
        self.pushes.start(self.house.pushes.run_push)
        self.on_stop(self.pushes.stop)
        self.deliveries.start(self.house.delivery.deliver_events)
        self.on_stop(self.deliveries.stop)
        flushing = Flushing(often=self.house.usage.record_calls.flush_calls, everything=self._tidied)
        flushing.start()
        self.on_stop(flushing.stop)

    def _tidied(self) -> None:
        self.house.usage.tidy_usage.run()
        self.house.unanswered.find_unanswered.go_on()

    def stop(self) -> None:
        """End everything; again is the same."""
        if not self._stopped:
            self._stopped = True
            self.summaries.stop()
            self.generations.stop()
            self.drawings.stop()
            self.engine.stop()
            self._ends.close()


def open_installation(settings: Settings) -> Installation:
    """Build everything for the process that owns the data directory; ``start_work`` begins its work.

    ``SettingsError`` when another process owns it, or a setting does not work.
    """
    check_shared(settings)
    ends = contextlib.ExitStack()
    with ends:
        ends.callback(_own(settings.data_dir).release)
        installation = _assemble(settings, ends)
        installation.on_stop(ends.pop_all().close)
    return installation


def owner_lives(settings: Settings) -> bool:
    """Whether a process owns the data directory right now."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = LockFile(settings.data_dir / "server.lock")
    if lock.acquire(0.0):
        lock.release()
        return False
    return True


def open_beside(
    settings: Settings, index_soon: Callable[[Document], None], run_golden_soon: Callable[[GoldenRun], None]
) -> tuple[House, Callable[[], None]]:
    """A house for the command line while a server owns the data directory: records and files, no vectors.

    With it what closes it; ``SettingsError`` when the server's database cannot be reached.
    """
    uri = settings.mongo_uri or attach(settings.data_dir / "db")
    if uri is None:
        raise SettingsError("The running server's database cannot be reached.")
    client = connection.connect(uri)
    database = connection.database(client, settings.mongo_db, embedded=not settings.mongo_uri)
    parts = Parts(
        settings=settings,
        secrets=Secrets.of(settings),
        repositories=Repositories.on(database),
        vectors=OwnedElsewhere(),
        embedder=HashedEmbedder(),
        parser=parser(),
        index_soon=index_soon,
        run_golden_soon=run_golden_soon,
        summarise_soon=lambda *_: None,
        check_records=lambda: connection.ping(client),
        workplaces=workplaces(settings),
    )
    return build_house(parts), client.close


def _assemble(settings: Settings, ends: contextlib.ExitStack) -> Installation:
    kept = Secrets.of(settings)
    embedder = choose_embedder(settings)
    client = records_client(settings, ends)
    database = connection.database(client, settings.mongo_db, embedded=not settings.mongo_uri)
    ensure_indexes(database)
    turns = workplaces(settings)
    vectors = vector_store(settings, turns)
    ends.callback(vectors.close)
    child = parser()
    ends.callback(child.close)
    engine, ping_broker = _engine(settings, kept, database, ends)
    deliveries, summaries, generations = Deliveries(), Summaries(), Generations()
    drawings = Drawings()
    pushes = Pushes()
    parts = Parts(
        settings=settings,
        secrets=kept,
        repositories=Repositories.on(database),
        vectors=vectors,
        embedder=embedder,
        parser=child,
        index_soon=engine.index_soon,
        run_golden_soon=engine.run_golden_soon,
        summarise_soon=summaries.soon,
        check_records=lambda: connection.ping(client),
        workplaces=turns,
        deliver_soon=deliveries.notice,
        generate_soon=generations.soon,
        draw_soon=drawings.soon,
        push_soon=pushes.notice,
        reranker=choose_reranker(settings),
        check_jobs=ping_broker,
    )
    house = build_house(parts)
    house.documents.reembed.notice()
    # A worker may be fetching a page into the same folder now.
    FileStore(settings.documents_dir).clear_incoming(FETCHED_WITHIN_S if settings.celery_broker_url else 0.0)
    door = OperatorDoor(settings.data_dir, operator_tasks(house, engine))
    door.open()
    ends.callback(door.close)
    return Installation(house, engine, deliveries, summaries, generations, drawings, pushes, kept.setup_token)


def _engine(
    settings: Settings, kept: Secrets, database: Database[Any], ends: contextlib.ExitStack
) -> tuple[Engine, Callable[[], None] | None]:
    """Threads of this process, or the workers behind a broker and what asks whether that answers."""
    if not settings.celery_broker_url:
        return Threads(), None
    files = FileStore(settings.documents_dir)
    introduce(InstallationRepository(database), Vault(kept.encryption), files)
    leases = HoldLeases(
        leases=LeaseRepository(database),
        clock=utc_now,
        holder=f"{socket.gethostname()}:{settings.data_dir}",
        lasts_s=settings.worker_lease_s,
    )
    be_the_only_server(leases)
    broker = open_broker(settings.celery_broker_url)
    ends.callback(broker.close)
    return HandOver(broker, leases), broker.ping


def _own(data_dir: Path) -> LockFile:
    lock = LockFile(data_dir / "server.lock")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        free = lock.acquire(5.0)
    except OSError as problem:
        raise SettingsError(f"DATA_DIR: {problem}") from problem
    if not free:
        raise SettingsError(
            f"Another process runs on {data_dir}. Stop it, or give this one its own DATA_DIR and DOCUMENTS_DIR."
        )
    return lock

"""A server and workers that do not fit together do not start, and say what to set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import mongomock
import pytest

from bootstrap.together import be_the_only_server, check_shared, introduce, recognise
from bootstrap.worker import open_worker
from integrations.broker import Broker
from integrations.files import FileStore
from kit.clock import utc_now
from kit.crypto import Vault
from kit.errors import SettingsError, Unavailable
from kit.settings import Settings
from repositories.installations import InstallationRepository
from repositories.leases import LeaseRepository
from services.work.hold_leases import HoldLeases
from tests.servers.chroma_server import free_port

BROKER = "redis://127.0.0.1:1/0"
VAULT = Vault("k" * 40)


@pytest.fixture
def database() -> Any:
    return mongomock.MongoClient(tz_aware=True)["app"]


@pytest.mark.parametrize(
    ("mongo_uri", "chroma_url", "words"),
    [
        ("", "", "Set MONGO_URI and CHROMA_URL too"),
        ("mongodb://x", "", "Set CHROMA_URL too"),
        ("", "http://x", "Set MONGO_URI too"),
    ],
    ids=["both", "chroma", "mongo"],
)
def test_a_broker_needs_servers_for_records_and_vectors(mongo_uri: str, chroma_url: str, words: str) -> None:
    settings = Settings(celery_broker_url=BROKER, mongo_uri=mongo_uri, chroma_url=chroma_url)
    for start in (check_shared, open_worker):
        with pytest.raises(SettingsError, match=words):
            start(settings)


def test_without_a_broker_there_is_nothing_to_share_and_no_worker() -> None:
    check_shared(Settings())
    with pytest.raises(SettingsError, match="CELERY_BROKER_URL is not set"):
        open_worker(Settings())


def test_a_broker_is_a_redis() -> None:
    with pytest.raises(SettingsError, match="CELERY_BROKER_URL: must begin with redis://"):
        Settings.from_env({"CELERY_BROKER_URL": "amqp://localhost"})


def test_a_worker_recognises_its_server(database: Any, tmp_path: Path) -> None:
    installations, files = InstallationRepository(database), FileStore(tmp_path / "documents")
    with pytest.raises(SettingsError, match="start it first"):
        recognise(installations, VAULT, files, wait_s=0)
    introduce(installations, VAULT, files)
    introduce(installations, VAULT, files)
    recognise(installations, VAULT, files, wait_s=0)
    with pytest.raises(SettingsError, match="ENCRYPTION_KEY is not the server's"):
        recognise(installations, Vault("j" * 40), files, wait_s=0)
    with pytest.raises(SettingsError, match="DOCUMENTS_DIR is not the folder"):
        recognise(installations, VAULT, FileStore(tmp_path), wait_s=0)


def test_a_server_does_not_take_another_installations_documents(database: Any, tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    files.mark("another")
    with pytest.raises(SettingsError, match="belongs to another installation"):
        introduce(InstallationRepository(database), VAULT, files)


def test_a_second_server_on_a_database_does_not_start(database: Any) -> None:
    def server(name: str) -> HoldLeases:
        return HoldLeases(leases=LeaseRepository(database), clock=utc_now, holder=name, lasts_s=0.3)

    first = server("one")
    be_the_only_server(first)
    be_the_only_server(server("one"))  # the same folder on the same machine: the one before is gone
    began = time.monotonic()
    be_the_only_server(server("two"))  # elsewhere: nobody has renewed it
    assert time.monotonic() - began > 0.1


def test_a_broker_that_is_away_is_noticed_and_holds_nobody_up() -> None:
    broker = Broker(f"redis://127.0.0.1:{free_port()}/0", ["job"])
    began = time.monotonic()
    for _ in range(2000):
        broker.hint("job")
    assert time.monotonic() - began < 1.0
    with pytest.raises(Unavailable) as raised:
        broker.ping()
    assert raised.value.error_code == "broker_unavailable"
    with pytest.raises(Unavailable):
        broker.waiting("job")
    broker.close()

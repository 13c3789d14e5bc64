"""What the server and its workers must have in common, checked before either begins."""

from __future__ import annotations

import time

from integrations.files import FileStore
from jobs.hand_over import SERVER
from kit.crypto import Vault
from kit.errors import SettingsError
from kit.settings import Settings
from models.leases import SharedInstallation
from repositories.installations import InstallationRepository
from services.work.hold_leases import HoldLeases

SERVER_WAIT_S = 60.0
_KEY_CHECK = "the encryption key of this installation"


def check_shared(settings: Settings) -> None:
    """``SettingsError`` where workers would open a database or a folder of vectors that one process owns."""
    if not settings.celery_broker_url:
        return
    needed = {"MONGO_URI": settings.mongo_uri, "CHROMA_URL": settings.chroma_url}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingsError(
            "CELERY_BROKER_URL is set, so that several processes work on the same records and vectors; without "
            "MONGO_URI and CHROMA_URL each is owned by one process alone. "
            f"Set {' and '.join(missing)} too, or unset CELERY_BROKER_URL."
        )


def introduce(installations: InstallationRepository, vault: Vault, files: FileStore) -> None:
    """The server's part: say in the records and in the documents' folder which installation this is.

    ``SettingsError`` where the folder says that it is another's.
    """
    known = installations.keep(vault.hash(_KEY_CHECK))
    if files.mark(known.id) != known.id:
        raise SettingsError(
            "DOCUMENTS_DIR belongs to another installation than the database at MONGO_URI (the file .installation "
            "in it says which). Set the one that goes with it; remove the file if they do belong together now."
        )


def be_the_only_server(leases: HoldLeases) -> None:
    """Wait for one that was killed to count as gone; ``SettingsError`` when another server lives."""
    give_up = time.monotonic() + leases.lasts_s + 5.0
    while not leases.take(SERVER):
        if time.monotonic() > give_up:
            raise SettingsError(
                "Another server runs on the database at MONGO_URI: stop it, or set another MONGO_DB."
            )
        time.sleep(0.2)


def recognise(
    installations: InstallationRepository,
    vault: Vault,
    files: FileStore,
    *,
    wait_s: float = SERVER_WAIT_S,
) -> None:
    """A worker's part: find everything as the server said it is.

    ``SettingsError`` where it is not, or no server has said anything within ``wait_s``.
    """
    known = _known(installations, wait_s)
    if known.key_check != vault.hash(_KEY_CHECK):
        raise SettingsError(
            "ENCRYPTION_KEY is not the server's. Set both to the same value, or give both the same DATA_DIR, "
            "where the one that was made is kept."
        )
    if files.marked() != known.id:
        raise SettingsError(
            "DOCUMENTS_DIR is not the folder that the server's uploads lie in. Share that folder with this worker "
            "(one volume, or one file system with locks) and set DOCUMENTS_DIR to it."
        )


def _known(installations: InstallationRepository, wait_s: float) -> SharedInstallation:
    give_up = time.monotonic() + wait_s
    while (known := installations.get()) is None:
        if time.monotonic() > give_up:
            raise SettingsError(
                "No server has been started with CELERY_BROKER_URL on this database yet: start it first."
            )
        time.sleep(0.5)
    return known

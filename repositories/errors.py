"""What can go wrong with the records, in the application's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    WTimeoutError,
)

from kit.errors import Conflict, Invalid, StorageFull, TooLarge, Unavailable

RETRY_AFTER_S = 2.0
DUPLICATE_KEY = 11000
# MongoDB: OutOfDiskSpace. nx-27017 has no codes; it hands SQLite's sentence on.
OUT_OF_DISK = 14031
DISK_IS_FULL = "database or disk is full"
# Stopping, stepping down or starting: NotWritablePrimary, PrimarySteppedDown, ShutdownInProgress, …
PASSING = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})


class Duplicate(Conflict):
    """A record with the same unique key is there already."""

    code = "duplicate"
    message = "That is there already."


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise the driver's errors in our own words (``Duplicate``, ``Unavailable``, …).

    ``TooLarge`` and ``Invalid`` for what no record holds, ``StorageFull`` for a disk that is; other bugs as they are.
    """
    try:
        yield
    except DuplicateKeyError as error:
        raise Duplicate from error
    except BulkWriteError as error:
        if any(one.get("code") == DUPLICATE_KEY for one in (error.details or {}).get("writeErrors", ())):
            raise Duplicate from error
        _raise_if_known(error)
        raise
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        raise _unavailable() from error
    except OperationFailure as error:
        _raise_if_known(error)
        raise
    except DocumentTooLarge as error:
        raise TooLarge from error
    except InvalidOperation as error:
        # The client was closed: the application is stopping.
        raise _unavailable() from error
    except (BSONError, OverflowError, UnicodeError) as error:
        raise Invalid("A value cannot be stored.") from error


def _raise_if_known(error: OperationFailure) -> None:
    if error.code == OUT_OF_DISK or DISK_IS_FULL in str(error):
        raise StorageFull from error
    if error.code in PASSING:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable(
        "The records cannot be reached right now.", code="records_unavailable", retry_after=RETRY_AFTER_S
    )

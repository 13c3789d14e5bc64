from __future__ import annotations

import pytest
from bson.errors import InvalidDocument
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteError,
)

from kit.errors import AppError, Invalid, StorageFull, TooLarge, Unavailable
from repositories.errors import Duplicate, database_errors


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (AutoReconnect("gone"), Unavailable),
        (NetworkTimeout("slow"), Unavailable),
        (ServerSelectionTimeoutError("none"), Unavailable),
        (WaitQueueTimeoutError("busy"), Unavailable),
        (NotPrimaryError("stepped down"), Unavailable),
        (ExecutionTimeout("slow", 50), Unavailable),
        (OperationFailure("shutting down", 91), Unavailable),
        (InvalidOperation("Cannot use MongoClient after close"), Unavailable),
        (DuplicateKeyError("E11000"), Duplicate),
        (BulkWriteError({"writeErrors": [{"index": 3, "code": 11000}]}), Duplicate),
        (OperationFailure("no space", 14031), StorageFull),
        (WriteError("database or disk is full", 8), StorageFull),
        (BulkWriteError({"writeErrors": [{"code": 8, "errmsg": "database or disk is full"}]}), StorageFull),
        (DocumentTooLarge("17 MB"), TooLarge),
        (InvalidDocument("a key"), Invalid),
        (OverflowError("8-byte ints"), Invalid),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_the_drivers_errors_are_told_in_our_words(raised: Exception, told: type[AppError]) -> None:
    with pytest.raises(told) as refusal, database_errors():
        raise raised
    assert refusal.value.__cause__ is raised
    if told is Unavailable:
        assert refusal.value.error_code == "records_unavailable"
        assert refusal.value.retry_after == 2


@pytest.mark.parametrize(
    "raised",
    [
        OperationFailure("unknown operator", 2),
        BulkWriteError({"writeErrors": [{"code": 2}]}),
        PyMongoError("?"),
    ],
)
def test_a_mistake_of_ours_stays_one(raised: PyMongoError) -> None:
    with pytest.raises(type(raised)) as same, database_errors():
        raise raised
    assert same.value is raised

from __future__ import annotations

from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from repositories.connection import connect, database, ping
from repositories.values import Record
from tests.repositories.conftest import Engine


def test_a_server_that_is_up_answers(engine: Engine) -> None:
    with connect(engine.uri) as client:
        ping(client)


def test_a_write_is_acknowledged_as_safely_as_the_server_can(engine: Engine) -> None:
    with connect(engine.uri) as client:
        assert database(client, "x", embedded=False).write_concern == WriteConcern(w="majority", j=True)
        # The embedded engine would turn j into a flush of the disk at every write.
        assert database(client, "x", embedded=True).write_concern.document == {}


def test_a_safe_write_works_on_every_engine(engine: Engine, database: Database[Record]) -> None:
    safe = database.with_options(write_concern=WriteConcern(w="majority", j=True))
    safe["notes"].insert_one({"_id": "a"})
    assert safe["notes"].update_one({"_id": "a"}, {"$set": {"n": 1}}).matched_count == 1
    assert safe["notes"].delete_one({"_id": "a"}).deleted_count == 1

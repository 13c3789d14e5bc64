from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from integrations.database import embedded
from integrations.database.embedded import DatabaseInUse, DatabaseNotStarted, EmbeddedDatabase, attach

Client = MongoClient[dict[str, Any]]
ROOT = Path(__file__).parents[4]
START = "database = EmbeddedDatabase(directory)\nprint(database.start(), database.pid, flush=True)\ninput()\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data" / "db"


@pytest.fixture
def running(directory: Path) -> Iterator[EmbeddedDatabase]:
    database = EmbeddedDatabase(directory)
    database.start()
    yield database
    database.stop()


@contextlib.contextmanager
def client_of(uri: str) -> Iterator[Client]:
    client: Client = MongoClient(uri, serverSelectionTimeoutMS=10_000)
    with client:
        yield client


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")  # one that nobody has waited for yet is dead, too
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def in_another_process(body: str, directory: Path) -> subprocess.Popen[str]:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from integrations.database.embedded import EmbeddedDatabase, attach, DatabaseInUse\n"
        f"directory = Path(sys.argv[1])\n{body}"
    )
    return subprocess.Popen(  # our own interpreter
        [sys.executable, "-c", script, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )


def test_what_was_written_is_there_after_stop_and_start(directory: Path) -> None:
    for expected in (0, 1, 2):
        database = EmbeddedDatabase(directory)
        with client_of(database.start()) as client:
            assert client["app"]["things"].count_documents({}) == expected
            client["app"]["things"].insert_one({"_id": str(expected)})
        assert database.alive
        database.stop()
        assert not database.alive


def test_one_object_can_be_stopped_and_started_again(running: EmbeddedDatabase) -> None:
    running.stop()
    running.stop()
    with client_of(running.start()) as client:
        assert client.admin.command("ping")["ok"] == 1
    until(lambda: running.alive)


def test_a_named_port_is_kept_over_stop_and_start(directory: Path, running: EmbeddedDatabase) -> None:
    port = int(running.uri.removeprefix("mongodb://127.0.0.1:").partition("/")[0])
    running.stop()
    database = EmbeddedDatabase(directory, port=port)
    assert database.start() == f"mongodb://127.0.0.1:{port}/?directConnection=true"
    database.stop()


def test_files_are_for_this_user_only_and_nothing_lies_elsewhere(
    directory: Path, tmp_path: Path, running: EmbeddedDatabase
) -> None:
    with client_of(running.uri) as client:
        client["app"]["things"].insert_one({})
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {path.name for path in directory.iterdir()} >= {"app.db", "owner.lock", "child.lock", "child.log"}
    databases = [path for path in directory.iterdir() if ".db" in path.name]
    assert {stat.S_IMODE(path.stat().st_mode) for path in databases} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_killed_child_comes_back_on_the_same_port(running: EmbeddedDatabase) -> None:
    with client_of(running.uri) as client:
        things = client["app"]["things"]
        things.insert_one({"_id": "before"})
        uri, pid = running.uri, running.pid
        os.kill(pid, signal.SIGKILL)
        # A read is tried again by the driver, and waits for the new child instead of failing.
        assert things.find_one({"_id": "before"}) is not None
        things.insert_one({"_id": "after"})
        assert running.uri == uri
        assert running.pid != pid


def test_it_comes_back_however_often_it_dies(running: EmbeddedDatabase) -> None:
    for _ in range(3):
        pid = running.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda pid=pid: running.pid != pid and running.alive)  # type: ignore[misc]  # bound now, not later


def test_acknowledged_writes_survive_the_kill(running: EmbeddedDatabase) -> None:
    acknowledged = 0
    with client_of(running.uri) as client:
        for n in range(300):
            if n == 200:
                os.kill(running.pid, signal.SIGKILL)
            try:
                client["app"]["things"].insert_one({"_id": str(n)})
            except AutoReconnect:
                continue
            acknowledged += 1
        stored = {one["_id"] for one in client["app"]["things"].find()}
    assert acknowledged >= 290  # the write under way when it died, and hardly another
    assert {str(n) for n in range(200)} <= stored
    assert len(stored) >= acknowledged


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_the_group_leave_the_child_to_its_parent(
    running: EmbeddedDatabase, number: signal.Signals
) -> None:
    pid = running.pid
    assert os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, number)
    assert running.alive
    assert running.pid == pid


def test_a_child_that_hangs_is_killed_when_we_stop(
    running: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "STOP_WITHIN_S", 0.2)
    pid = running.pid
    os.kill(pid, signal.SIGSTOP)
    running.stop()
    assert is_gone(pid)


def test_a_second_one_on_the_directory_is_refused(
    directory: Path, running: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "OWNER_WAIT_S", 0.05)
    with pytest.raises(DatabaseInUse, match="db"):
        EmbeddedDatabase(directory).start()
    other = in_another_process(
        "import integrations.database.embedded as e\ne.OWNER_WAIT_S = 0.05\n"
        "try:\n    EmbeddedDatabase(directory).start()\nexcept DatabaseInUse:\n    print('refused')\n",
        directory,
    )
    assert other.communicate()[0] == "refused\n"
    assert running.alive


def test_killing_the_parent_ends_the_child_and_the_next_start_works(directory: Path) -> None:
    parent = in_another_process(START, directory)
    assert parent.stdout is not None
    uri, pid = parent.stdout.readline().split()
    with client_of(uri) as client:
        client["app"]["things"].insert_one({"_id": "kept"})
    parent.kill()
    parent.communicate()
    until(lambda: is_gone(int(pid)))
    assert attach(directory) is None
    database = EmbeddedDatabase(directory)
    with client_of(database.start()) as client:
        assert client["app"]["things"].find_one() == {"_id": "kept"}
    database.stop()


def test_a_forked_process_does_not_keep_the_child_of_a_killed_parent(directory: Path) -> None:
    parent = in_another_process(
        "import os, time\n"
        "database = EmbeddedDatabase(directory)\ndatabase.start()\n"
        "fork = os.fork()\n"
        "if fork == 0:\n    time.sleep(60)\n    os._exit(0)\n"
        "print(fork, database.pid, flush=True)\ninput()\n",
        directory,
    )
    assert parent.stdout is not None
    fork, pid = (int(word) for word in parent.stdout.readline().split())
    try:
        parent.kill()
        until(lambda: is_gone(pid))
        assert attach(directory) is None
    finally:
        os.kill(fork, signal.SIGKILL)
        parent.communicate()


def test_an_orphan_that_does_not_end_by_itself_is_killed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ORPHAN_WAIT_S", 0.5)
    parent = in_another_process(START, directory)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline().split()[1])
    os.kill(pid, signal.SIGSTOP)  # it cannot see that its parent is gone
    parent.kill()
    parent.communicate()
    assert not is_gone(pid)
    database = EmbeddedDatabase(directory)
    database.start()
    assert is_gone(pid)
    assert database.alive
    database.stop()


def test_another_process_attaches_while_a_server_lives(directory: Path, running: EmbeddedDatabase) -> None:
    assert attach(directory) == running.uri
    other = in_another_process("print(attach(directory))\n", directory)
    assert other.communicate()[0] == f"{running.uri}\n"
    assert running.alive
    running.stop()
    assert attach(directory) is None


def test_attaching_where_nothing_ever_ran_makes_nothing(directory: Path) -> None:
    assert attach(directory) is None
    assert not directory.exists()


def test_a_child_that_cannot_start_says_where_to_look(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('the disk is on fire')")
    monkeypatch.setattr(embedded, "CHILD", broken)
    database = EmbeddedDatabase(directory)
    with pytest.raises(DatabaseNotStarted, match=r"child\.log"):
        database.start()
    assert "on fire" in (directory / "child.log").read_text()
    assert not database.alive
    monkeypatch.undo()
    database.start()  # nothing is left locked
    database.stop()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a directory is due")
    with pytest.raises(DatabaseNotStarted, match=r"data/db cannot hold the database: Not a directory\."):
        EmbeddedDatabase(tmp_path / "data" / "db").start()


def test_what_is_deleted_is_gone_from_the_files(directory: Path, running: EmbeddedDatabase) -> None:
    with client_of(running.uri) as client:
        things = client["app"]["things"]
        things.insert_many([{"_id": str(n), "text": f"confidential {n} " * 200} for n in range(50)])
        things.update_many({}, {"$set": {"text": "overwritten"}})
        things.insert_one({"_id": "kept", "text": "public"})
        things.delete_many({"_id": {"$in": [str(n) for n in range(25)]}})
    running.stop()
    files = b"".join(path.read_bytes() for path in directory.iterdir())
    assert b"public" in files
    assert b"confidential" not in files


def test_collections_come_and_go_and_come_again(running: EmbeddedDatabase) -> None:
    with client_of(running.uri) as client, client_of(running.uri) as other:
        words = client["notes"]["words"]
        for text in ("first", "again"):
            assert words.find_one({}) is None
            words.insert_one({"_id": "a", "text": text})
            assert other["notes"].list_collection_names() == ["words"]
            assert other["notes"]["words"].find_one({}) == {"_id": "a", "text": text}
            other["notes"].drop_collection("words")
            assert client["notes"].list_collection_names() == []


def test_before_the_start_there_is_no_address(directory: Path) -> None:
    database = EmbeddedDatabase(directory)
    assert not database.alive
    with pytest.raises(DatabaseNotStarted):
        _ = database.uri
    with pytest.raises(DatabaseNotStarted):
        _ = database.pid
    database.stop()


def test_clients_get_no_sessions_for_the_server_to_keep(running: EmbeddedDatabase) -> None:
    with client_of(running.uri) as client:
        assert "logicalSessionTimeoutMinutes" not in client.admin.command("hello")
        client["app"]["things"].insert_one({})

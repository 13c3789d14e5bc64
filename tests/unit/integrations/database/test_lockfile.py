from __future__ import annotations

from pathlib import Path

import pytest

from integrations.database.lockfile import LockFile, holder_says


def test_only_one_holds_it_and_the_next_gets_it_after(tmp_path: Path) -> None:
    first, second = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock")
    assert first.acquire(0)
    assert not second.acquire(0.03)
    first.release()
    assert second.acquire(0)
    second.release()


def test_the_holder_can_say_something_to_the_others(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder_says(path) is None
    lock = LockFile(path)
    lock.acquire(0)
    assert holder_says(path) == ""
    lock.write("a longer sentence")
    lock.write("short")
    assert holder_says(path) == "short"
    lock.release()
    lock.release()
    assert holder_says(path) is None


def test_asking_does_not_take_the_lock(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "lock")
    lock.acquire(0)
    lock.release()
    assert holder_says(tmp_path / "lock") is None
    assert lock.acquire(0)
    lock.release()


def test_only_the_holder_writes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holder"):
        LockFile(tmp_path / "lock").write("me")

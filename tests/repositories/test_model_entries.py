from __future__ import annotations

import pytest
from pymongo.database import Database

from models.catalogue import JsonMode, KeptEntry, ModelEntry, Provider
from repositories.errors import Duplicate
from repositories.model_entries import ModelEntryRepository
from repositories.values import Record


def test_entries_are_kept_changed_and_removed(database: Database[Record]) -> None:
    entries = ModelEntryRepository(database)
    entry = ModelEntry(
        "2026-a/b:8b",
        Provider.OLLAMA,
        price_in=0.5,
        fallbacks=("x",),
        timeout_s=7.5,
        max_concurrent=3,
        json_mode=JsonMode.TOOL,
    )
    kept = KeptEntry(entry, "sealed", "http://h:80", "abcd")
    entries.add(kept)
    with pytest.raises(Duplicate):
        entries.add(kept)
    assert entries.get("2026-a/b:8b") == kept
    assert list(entries.each()) == [kept]
    changed = KeptEntry(ModelEntry("2026-a/b:8b", Provider.OPENAI))
    assert entries.update(changed)
    assert entries.get("2026-a/b:8b") == changed
    assert entries.delete("2026-a/b:8b")
    assert not entries.delete("2026-a/b:8b")
    assert not entries.update(changed)
    assert entries.get("2026-a/b:8b") is None


def test_no_key_lies_in_the_records_and_a_newer_provider_is_passed_over(database: Database[Record]) -> None:
    entries = ModelEntryRepository(database)
    entries.add(KeptEntry(ModelEntry("a", Provider.OPENAI, api_key="sk-open"), "sealed", "home"))
    [record] = database["models"].find({})
    assert "sk-open" not in str(record)
    database["models"].update_one({"_id": "a"}, {"$set": {"provider": "telepathy"}})
    assert entries.get("a") is None
    assert list(entries.each()) == []

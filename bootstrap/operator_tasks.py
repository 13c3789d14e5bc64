"""What the running server does for the operator's commands, which ask it through ``jobs.operator_door``."""

from __future__ import annotations

from typing import Any

from jobs.engine import Engine
from jobs.operator_door import Task
from services.house import House


def operator_tasks(house: House, engine: Engine) -> dict[str, Task]:
    """By the names that the commands know, each given what they send beside."""

    def index(asked: dict[str, Any]) -> int:
        documents = [one for one in house.documents.index_document.with_work() if one.id in set(asked["ids"])]
        for document in documents:
            engine.index_soon(document)
        return len(documents)

    def golden(asked: dict[str, Any]) -> int:
        runs = [one for one in house.golden.run_golden.open_runs() if one.id in set(asked["ids"])]
        for run in runs:
            engine.run_golden_soon(run)
        return len(runs)

    return {
        "doctor": lambda asked: [
            *house.upkeep.keep_consistent.check(fix=bool(asked.get("fix"))),
            *engine.worries(),
        ],
        "index": index,
        "golden": golden,
        "idle": lambda _: not house.documents.index_document.with_work(),
        "work": lambda _: [
            f"{one.id} {one.status} {one.progress}" for one in house.documents.index_document.with_work()
        ],
    }

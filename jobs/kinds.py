"""The kinds of background work that workers can do: what there is to do, and how one piece of it is done.

What is handed to a function is an id; everything else is in the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.house import House

KeepOn = Callable[[], bool]
LAST = "\x7f"  # after every key

INDEX_DOCUMENT, RUN_GOLDEN, REEMBED = "index_document", "run_golden", "reembed"
NAMES = (INDEX_DOCUMENT, RUN_GOLDEN, REEMBED)


@dataclass(frozen=True)
class Kind:
    """``waiting`` gives at most so many keys between two, in their order, of records that are not done.

    A key is ``<owner>:<assistant>:<id>``, by which owners and then assistants take turns. ``run`` does one; it
    raises an ``AppError`` when it is to be tried later. ``broke`` is told of any other error, once.
    """

    name: str
    waiting: Callable[[str, str, int], list[str]]
    run: Callable[[str, KeepOn], None]
    broke: Callable[[str], None] | None = None


def kinds_of(house: House) -> dict[str, Kind]:
    """The kinds, each done by a use case of the house."""
    documents, golden = house.documents, house.golden
    kinds = (
        Kind(
            INDEX_DOCUMENT,
            waiting=documents.index_document.queued,
            run=lambda one, _: documents.index_document.index(one),
        ),
        Kind(
            RUN_GOLDEN,
            waiting=listed(lambda: ((run.assistant_id, run.id) for run in golden.run_golden.open_runs())),
            run=golden.run_golden.run,
            broke=golden.run_golden.fail,
        ),
        Kind(
            REEMBED,
            waiting=listed(lambda: ((one, one) for one in documents.reembed.waiting())),
            run=documents.reembed.catch_up,
        ),
    )
    return {kind.name: kind for kind in kinds}


def listed(open_ones: Callable[[], Iterable[tuple[str, str]]]) -> Callable[[str, str, int], list[str]]:
    """``Kind.waiting`` for a kind of which few wait at once: pairs of assistant and id, all read."""

    def waiting(above: str, below: str, limit: int) -> list[str]:
        keys = (f"{assistant_id}:{assistant_id}:{one}" for assistant_id, one in open_ones())
        return sorted(key for key in keys if above < key < below)[:limit]

    return waiting

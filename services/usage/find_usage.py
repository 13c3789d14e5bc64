"""Add usage up as somebody wants to see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from kit.errors import Invalid
from models.actors import Actor
from models.usage import Counts, UsageKey, UsageRow
from repositories.assistants import AssistantRepository
from repositories.scope import Scope
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository
from services.assistants.find_assistants import FindAssistants
from services.usage.record_calls import RecordCalls


class Group(StrEnum):
    """What usage may be grouped by."""

    ASSISTANT = "assistant"
    MODEL = "model"
    DAY = "day"
    USER = "user"
    OWNER = "owner"
    CREDENTIAL = "token"


@dataclass(frozen=True)
class UsageWanted:
    """Both days are included; empty names do not narrow it."""

    since: date
    until: date
    group_by: tuple[Group, ...] = (Group.ASSISTANT,)
    assistant_id: str = ""
    model: str = ""
    user_id: str = ""
    token_id: str = ""


class FindUsage:
    """Usage of the assistants that the caller owns, and of their own programs; an admin sees everybody's."""

    def __init__(
        self,
        *,
        usage: UsageRepository,
        by_user: UserUsageRepository,
        by_token: TokenUsageRepository,
        assistants: AssistantRepository,
        find_assistants: FindAssistants,
        record: RecordCalls,
    ) -> None:
        self._usage = usage
        self._by_user = by_user
        self._by_token = by_token
        self._assistants = assistants
        self._find_assistants = find_assistants
        self._record = record

    def rows(self, actor: Actor, wanted: UsageWanted) -> tuple[UsageRow, ...]:
        """A row for each group, ordered by what it is grouped by; ``NotFound`` for a foreign assistant."""
        scope = Scope.of(actor)
        if wanted.assistant_id:
            scope = Scope(assistant_id=self._find_assistants.get(actor, wanted.assistant_id).id)
        self._record.flush()
        summed: dict[UsageRow, Counts] = {}
        for key, counts in self._read(scope, wanted):
            group = _group(key, wanted.group_by)
            summed[group] = summed.get(group, Counts()) + counts
        names = self._names({one.assistant_id for one in summed if one.assistant_id})
        rows = [
            replace(group, counts=counts, assistant_name=names.get(group.assistant_id or ""))
            for group, counts in summed.items()
        ]
        return tuple(sorted(rows, key=_order))

    def _read(self, scope: Scope, wanted: UsageWanted) -> Iterator[tuple[UsageKey, Counts]]:
        of_users = bool(Group.USER in wanted.group_by or wanted.user_id)
        of_tokens = bool(Group.CREDENTIAL in wanted.group_by or wanted.token_id)
        if of_users and of_tokens:
            raise Invalid.field("group_by", "Usage is kept by user and by token, not by both at once.")
        usage = self._by_user if of_users else self._by_token if of_tokens else self._usage
        whose = wanted.user_id or wanted.token_id
        for key, counts in usage.read(scope, wanted.since, wanted.until):
            if wanted.model in ("", key.model) and whose in ("", key.user_id):
                yield key, counts

    def _names(self, ids: set[str]) -> dict[str, str]:
        return {one.id: one.name for one in self._assistants.by_ids(sorted(ids))}


def _group(key: UsageKey, group_by: tuple[Group, ...]) -> UsageRow:
    return UsageRow(
        Counts(),
        assistant_id=key.assistant_id if Group.ASSISTANT in group_by else None,
        model=key.model if Group.MODEL in group_by else None,
        day=key.day if Group.DAY in group_by else None,
        user_id=key.user_id if Group.USER in group_by else None,
        owner_id=key.owner_id if Group.OWNER in group_by else None,
        token_id=key.user_id if Group.CREDENTIAL in group_by else None,
    )


def _order(row: UsageRow) -> tuple[str, ...]:
    day = row.day.isoformat() if row.day else ""
    return (
        row.assistant_name or "",
        row.assistant_id or "",
        day,
        row.model or "",
        row.user_id or "",
        row.owner_id or "",
        row.token_id or "",
    )

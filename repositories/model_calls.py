"""The request log: every model call, for as long as LOG_RETENTION_DAYS says."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from models.chats import Tokens
from models.pages import Page
from models.routing import Attempt
from models.usage import CallFilter, ModelCall
from repositories.base import BATCH, Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record, moment


class ModelCallRepository(Repository):
    """One record a call."""

    collection: ClassVar[str] = "model_calls"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add_all(self, calls: Sequence[ModelCall]) -> None:
        """Keep calls; those that are kept already stay as they are."""
        records = [_record(one) for one in calls]
        try:
            self._insert_many(WHOLE, records)
        except Duplicate:
            for record in records:
                with contextlib.suppress(Duplicate):
                    self._insert(WHOLE, record)

    def page(self, scope: Scope, wanted: CallFilter, limit: int, cursor: str = "") -> Page[ModelCall]:
        """Calls within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor, match=_match(wanted)).map(_call)

    def count(self, scope: Scope, wanted: CallFilter) -> int:
        """How many calls a list would give in all."""
        return self._count(scope, match=_match(wanted))

    def delete_before(self, moment: datetime) -> int:
        """Remove the calls from before; oldest first, until one is younger."""
        removed = 0
        while True:
            found = self._page(WHOLE, limit=BATCH, newest_first=False, fields=("_id", "createdAt")).items
            old = [one["_id"] for one in found if one["createdAt"] < round(moment.timestamp() * 1000)]
            removed += sum(self._delete(WHOLE, one) for one in old)
            if not old or len(old) < len(found):
                return removed

    def forget_texts_of_chat(self, assistant_id: str, chat_id: str) -> None:
        """Remove what was said in a chat; that there were calls stays."""
        change = {"$set": {"question": None, "response": None, "text_chat": ""}}
        scope = Scope(assistant_id=assistant_id)
        for record in self._sweep("text_chat", chat_id):
            self._update(scope, record["_id"], change)

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Hand an assistant's calls to its new owner."""
        self._hand_over(assistant_id, owner_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove an assistant's calls."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _match(wanted: CallFilter) -> dict[str, Any]:
    named = {"model": wanted.model, "outcome": wanted.outcome, "end_user": wanted.user_id}
    match: dict[str, Any] = {name: value for name, value in named.items() if value}
    between = {"$gte": wanted.since, "$lte": wanted.until}
    between = {name: value for name, value in between.items() if value is not None}
    return match | ({"createdAt": between} if between else {})


def _record(call: ModelCall) -> Record:
    texts = {}
    if call.question is not None:
        texts = {"question": call.question, "response": call.response, "text_chat": call.chat_id}
    return {
        "_id": call.id,
        "createdAt": call.at,
        "assistant_id": call.assistant_id,
        "owner_id": call.owner_id,
        "key_id": call.key_id,
        "end_user": call.user_id,
        "chat_id": call.chat_id,
        "purpose": call.purpose,
        "model": call.model,
        "outcome": call.outcome,
        "tokens": [call.tokens.input, call.tokens.output, call.tokens.estimated],
        "money": call.money,
        "attempts": [[one.model, one.outcome, one.ms] for one in call.attempts],
        "ms": [call.queue_ms, call.retrieval_ms, call.model_ms, call.total_ms],
        **texts,
    }


def _call(record: Record) -> ModelCall:
    tokens_in, tokens_out, estimated = record["tokens"]
    queue, retrieval, model, total = (int(one) for one in record["ms"])
    return ModelCall(
        id=record["_id"],
        at=moment(record["createdAt"]),
        assistant_id=record["assistant_id"],
        owner_id=record["owner_id"],
        key_id=record["key_id"],
        user_id=record["end_user"],
        chat_id=record["chat_id"],
        purpose=record["purpose"],
        model=record["model"],
        outcome=record["outcome"],
        tokens=Tokens(int(tokens_in), int(tokens_out), bool(estimated)),
        money=int(record["money"]),
        attempts=tuple(Attempt(name, outcome, int(ms)) for name, outcome, ms in record["attempts"]),
        queue_ms=queue,
        retrieval_ms=retrieval,
        model_ms=model,
        total_ms=total,
        question=record.get("question"),
        response=record.get("response"),
    )

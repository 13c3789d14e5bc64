"""Forget what the request log holds of something that is deleted."""

from __future__ import annotations

from repositories.model_calls import ModelCallRepository
from services.usage.record_calls import RecordCalls


class ForgetCalls:
    """What waits to be written is written first, or it would come after."""

    def __init__(self, *, calls: ModelCallRepository, record: RecordCalls) -> None:
        self._calls = calls
        self._record = record

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every call of an assistant."""
        self._record.flush()
        return self._calls.delete_all_of(assistant_id)

    def forget_chat(self, assistant_id: str, chat_id: str) -> None:
        """Remove what was said in a chat; that there were calls stays."""
        self._record.flush_calls()
        self._calls.forget_texts_of_chat(assistant_id, chat_id)

"""LangChain's own fake, failing on demand; importing LangChain takes seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import BaseMessage


class FailingFake(GenericFakeChatModel):
    """The fake, failing or slow before its first word."""

    problem: Any = None
    delay_s: float = 0.0

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[Any]:
        time.sleep(self.delay_s)
        if self.problem is not None:
            raise self.problem
        yield from super()._stream(messages, *args, **kwargs)

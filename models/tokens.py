"""How many tokens a text is, where no server has counted them.

There is no tokenizer here: each provider has its own, and the usual package downloads its tables at
run time. A token of today's models is around four bytes of UTF-8, a little less in dense text; one
figure below that counts rather too much, so that a prompt that fits by it fits in truth.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.chats import Tokens
from models.completions import PromptMessage

BYTES_PER_TOKEN = 3.5
TOKENS_PER_MESSAGE = 4  # the role and the marks around a message


def estimate_tokens(text: str) -> int:
    """About how many tokens ``text`` is, rather too many than too few; 0 for an empty text."""
    return -int(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def estimate_prompt(messages: Iterable[PromptMessage]) -> int:
    """About how many tokens a server reads for these messages."""
    return sum(estimate_tokens(one.content) + TOKENS_PER_MESSAGE for one in messages)


def estimate_usage(messages: Iterable[PromptMessage], answer: str) -> Tokens:
    """Tokens read and written, marked as estimated."""
    return Tokens(input=estimate_prompt(messages), output=estimate_tokens(answer), estimated=True)


def fit_tokens(text: str, limit: int) -> str:
    """The longest head of ``text`` of at most ``limit`` tokens, cut between lines or words if it can be."""
    if estimate_tokens(text) <= limit:
        return text
    room = int(max(limit, 0) * BYTES_PER_TOKEN)
    head = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
    for mark in ("\n", " "):
        at = head.rfind(mark)
        if at >= len(head) * 3 // 4:
            return head[:at].rstrip()
    return head

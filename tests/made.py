"""Chats, messages, documents and chunks with everything filled in, and small stand-ins, for tests below the door."""

from __future__ import annotations

from typing import Any

from integrations.embeddings.base import Embedder
from kit.clock import utc_now
from kit.ids import new_id
from models.chats import Channel, Chat, Message, MessageRole, MessageStatus, Tokens
from models.documents import Chunk, Document, DocumentType, chunk_id
from models.text.ngrams import EDGE

ASSISTANT, OWNER = new_id(), new_id()
CHANNEL = Channel("+5513988593464", "Whatsapp")


def a_chat(**more: Any) -> Chat:
    """A chat of one turn; every one has a contact of its own unless a channel is given."""
    made, now = new_id(), utc_now()
    values: dict[str, Any] = {
        "id": made,
        "assistant_id": ASSISTANT,
        "owner_id": OWNER,
        "channel": Channel(f"+{made}", "Whatsapp"),
        "username": "Ana",
        "active": True,
        "message": "Olá",
        "response": None,
        "tokens": Tokens(),
        "turns": 1,
        "created_at": now,
        "updated_at": now,
    }
    return Chat(**{**values, **more})


def a_message(chat: Chat, **more: Any) -> Message:
    """What the contact of a chat wrote."""
    made = new_id()
    values: dict[str, Any] = {
        "id": made,
        "chat_id": chat.id,
        "assistant_id": chat.assistant_id,
        "turn": 1,
        "role": MessageRole.USER,
        "content": "Quanto custa?",
        "status": MessageStatus.WAITING,
        "created_at": utc_now(),
        "message_id": made,
    }
    return Message(**{**values, **more})


def an_answer(incoming: Message, **more: Any) -> Message:
    """The answer to a contact's message."""
    values: dict[str, Any] = {
        "id": new_id(),
        "chat_id": incoming.chat_id,
        "assistant_id": incoming.assistant_id,
        "turn": incoming.turn,
        "role": MessageRole.ASSISTANT,
        "content": "Custa 120 reais [1].",
        "status": MessageStatus.ANSWERED,
        "created_at": utc_now(),
        "reply_to": incoming.id,
        "model": "test-model",
        "tokens": Tokens(11, 7),
    }
    return Message(**{**values, **more})


def a_reply(chat: Chat, **more: Any) -> Message:
    """A person's reply in a chat."""
    values: dict[str, Any] = {
        "role": MessageRole.ASSISTANT,
        "content": "Oi, aqui é a Bia.",
        "author": "Bia",
        "turn": 2,
        "message_id": "",
    }
    return a_message(chat, **{**values, **more})


def a_document(**more: Any) -> Document:
    """A document that was just uploaded."""
    made = new_id()
    values: dict[str, Any] = {
        "id": made,
        "assistant_id": ASSISTANT,
        "owner_id": OWNER,
        "filename": f"{made}.md",
        "type": DocumentType.RAG,
        "size": 5,
        "sha256": "0" * 64,
        "created_at": utc_now(),
    }
    return Document(**{**values, **more})


def some_chunks(document: Document, count: int, version: int = 1, **more: Any) -> list[Chunk]:
    """The chunks of one version of a document."""
    values: dict[str, Any] = {"title": "Preços", "heading": ("Preços", "Limpeza"), "language": "pt", **more}
    return [
        Chunk(
            id=chunk_id(document.id, version, n),
            assistant_id=document.assistant_id,
            document_id=document.id,
            type=document.type,
            version=version,
            n=n,
            text=f"Parte {n}",
            **values,
        )
        for n in range(count)
    ]


class OneEmbedder:
    """Implements ``services.retrieval.embedders.InForce``: every assistant's vectors are from this one."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def of_search(self, _assistant_id: str) -> Embedder:
        """This one."""
        return self._embedder


def ngrams(word: str, size: int) -> list[str]:
    """Every run of ``size`` characters of a word, as ``models.text.ngrams`` has them, one by one."""
    marked = f"{EDGE}{word}{EDGE}".ljust(size, EDGE)
    return [marked[start : start + size] for start in range(len(marked) - size + 1)]

"""Every index, in one table. Each is over one field: the embedded engine uses no other kind.

Never an index that expires records: it makes the embedded engine scan at every find.
"""

from __future__ import annotations

from dataclasses import dataclass

from pymongo import ASCENDING
from pymongo.database import Database

from repositories.errors import database_errors
from repositories.values import Record


@dataclass(frozen=True)
class Index:
    """An ascending index over ``field`` of ``collection``; ``_id`` has one by itself."""

    collection: str
    field: str
    unique: bool = False


INDEXES = (
    Index("users", "email_key", unique=True),
    Index("users", "page"),
    Index("sessions", "user_page"),
    Index("tokens", "token_hash", unique=True),
    Index("tokens", "user_page"),
    Index("assistants", "key_hash", unique=True),
    Index("assistants", "owner_page"),
    Index("assistants", "page"),
    Index("identities", "user_page"),
    Index("ended_tokens", "user_page"),
    Index("members", "assistant_page"),
    Index("members", "user_page"),
    Index("old_keys", "assistant_page"),
    Index("deliveries", "assistant_page"),
    Index("deliveries", "due"),
    Index("chats", "chat_key", unique=True),
    Index("chats", "assistant_page"),
    Index("chats", "owner_page"),
    Index("chats", "page"),
    Index("chats", "channel.id"),
    Index("messages", "key", unique=True),
    Index("messages", "chat_page"),
    Index("messages", "assistant_page"),
    Index("messages", "turn_state"),
    Index("outbox", "assistant_page"),
    Index("outbox", "chat_page"),
    Index("documents", "assistant_page"),
    Index("documents", "owner_page"),
    Index("documents", "page"),
    Index("documents", "name_key"),
    Index("documents", "work"),
    Index("documents", "queue"),
    Index("embedders", "page"),
    Index("models", "page"),
    Index("leases", "page"),
    Index("installations", "page"),
    Index("chunks", "document_page"),
    Index("chunks", "assistant_page"),
    Index("npc_sessions", "key", unique=True),
    Index("npc_sessions", "page"),
    Index("golden_questions", "key", unique=True),
    Index("golden_questions", "assistant_page"),
    Index("generation_jobs", "key", unique=True),
    Index("generation_jobs", "page"),
    Index("generation_jobs", "assistant_page"),
    Index("generation_jobs", "user_page"),
    Index("generation_jobs", "work"),
    Index("golden_runs", "assistant_page"),
    Index("golden_runs", "work"),
    Index("quizzes", "assistant_page"),
    Index("quizzes", "owner_page"),
    Index("quizzes", "page"),
    Index("quiz_answers", "quiz_page"),
    Index("quiz_answers", "assistant_page"),
    Index("quiz_answers", "owner_page"),
    Index("cards", "share"),
    Index("cards", "image_work"),
    Index("cards", "assistant_page"),
    Index("cards", "assistant_name"),
    Index("cards", "assistant_model"),
    Index("cards", "owner_page"),
    Index("cards", "owner_name"),
    Index("cards", "owner_model"),
    Index("cards", "whole_page"),
    Index("cards", "whole_name"),
    Index("cards", "whole_model"),
    Index("card_images", "assistant_page"),
    Index("card_images", "owner_page"),
    Index("card_templates", "owner_page"),
    Index("faq", "key", unique=True),
    Index("faq", "assistant_page"),
    Index("unanswered", "assistant_page"),
    Index("unanswered", "chat_page"),
    Index("unanswered", "pending"),
    Index("unanswered", "group"),
    Index("unanswered_groups", "assistant_page"),
    Index("pushes", "assistant_page"),
    Index("pushes", "owner_page"),
    Index("pushes", "page"),
    Index("pushes", "work"),
    Index("push_contacts", "push_page"),
    Index("push_contacts", "assistant_page"),
    Index("guides", "assistant_page"),
    Index("guides", "owner_page"),
    Index("guides", "page"),
    Index("guide_versions", "guide_page"),
    Index("guide_versions", "assistant_page"),
    Index("budgets", "assistant_page"),
    Index("budgets", "month"),
    Index("usage", "assistant_page"),
    Index("usage", "owner_page"),
    Index("usage", "page"),
    Index("usage_by_user", "assistant_page"),
    Index("usage_by_user", "owner_page"),
    Index("usage_by_user", "page"),
    Index("usage_by_token", "assistant_page"),
    Index("usage_by_token", "owner_page"),
    Index("usage_by_token", "page"),
    Index("model_calls", "assistant_page"),
    Index("model_calls", "owner_page"),
    Index("model_calls", "page"),
    Index("model_calls", "text_chat"),
)


def ensure_indexes(database: Database[Record]) -> None:
    """Make the indexes that are not there yet; again is the same."""
    for index in INDEXES:
        with database_errors():
            database[index.collection].create_index([(index.field, ASCENDING)], unique=index.unique)

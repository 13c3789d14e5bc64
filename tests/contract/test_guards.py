"""Every route says who may call it."""

from __future__ import annotations

import pytest
from flask import Flask

from routes.guards import GUARD_ATTRIBUTE

# Whoever adds a name here says aloud that nobody is asked who they are.
FOR_ANYBODY = {
    "auth.register",  # looks at the caller itself: the first account, or an admin's
    "auth.login",
    "generate.status",  # says more to who has a credential
    "generate_newest.status",
    "health.health",
    "metrics.metrics",
    "health.ready",
    "console.start",
    *(
        f"gallery.{page}" for page in ("gallery", "new", "card")
    ),  # empty: they ask with the reader's credential
    "gallery.shared",  # whoever has the link
    "gallery.shared_picture",
    "console.swagger",
    "console.redoc",
    "console.asset",
    "console.description",
}
FOR_CALLERS = {
    *(
        f"studio.{view}"
        for view in ("list_templates", "get_template", "make", "list_cards", "get", "picture", "pdf")
    ),
    *(
        f"quizzes.{view}"
        for view in ("make", "make_markdown", "list_quizzes", "get", "get_markdown", "answer")
    ),
    "generate.get_job",
    *(f"guides.{view}" for view in ("list_guides", "get", "render", "run")),
    *(f"openai.{view}" for view in ("complete_chat", "list_models", "get_model", "embed")),
    *(f"{version}.{view}" for version in ("generate", "generate_newest") for view in ("generate", "rag")),
}
FOR_OPERATORS = {"npc.create_npc", "npc.history"}
FOR_TOKENS = {"npc.chat_npc", "npc.end_session"}
FOR_ADMINS = {"auth.list_users", "auth.change_user", "auth.remove_user"} | {
    f"models.{one}" for one in ("add", "change", "delete", "test")
}
FOR_BOTS = {"chats.answer_message", "chats.outbox", "chats.acknowledge"}


@pytest.fixture(scope="module")
def guards(app: Flask) -> dict[str, str]:
    return {name: getattr(view, GUARD_ATTRIBUTE, "") for name, view in app.view_functions.items()}


def test_every_view_has_a_guard(guards: dict[str, str]) -> None:
    assert [name for name, guard in guards.items() if not guard] == []


def test_every_guard_is_one_we_know(guards: dict[str, str]) -> None:
    assert set(guards.values()) == {"anybody", "person", "admin", "bot", "caller", "operator", "token_holder"}


@pytest.mark.parametrize(
    ("guard", "names"),
    [
        ("anybody", FOR_ANYBODY),
        ("admin", FOR_ADMINS),
        ("bot", FOR_BOTS),
        ("caller", FOR_CALLERS),
        ("operator", FOR_OPERATORS),
        ("token_holder", FOR_TOKENS),
    ],
)
def test_what_is_not_for_every_person_is_named_here(
    guards: dict[str, str], guard: str, names: set[str]
) -> None:
    assert {name for name, one in guards.items() if one == guard} == names

"""Lists: bare arrays, newest first, in pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.ids import new_id
from repositories.scope import Scope
from repositories.tokens import _record
from tests.people import Caller, bot

LISTS = ("/auth/tokens", "/assistants/list", "/chats/list", "/documents/list")


def tokens(caller: Caller, many: int) -> list[str]:
    """The ids of fresh tokens, newest first."""
    made = [caller.post("/auth/tokens", {"name": f"{n}"}).get_json()["_id"] for n in range(many)]
    return made[::-1]


def ids(answer: Any) -> list[str]:
    return [one["_id"] for one in answer.get_json()]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_is_an_empty_array(owner: Caller, path: str) -> None:
    answer = owner.get(f"{path}?count=true")

    assert (answer.status_code, answer.get_json()) == (200, [])
    assert answer.headers["X-Total-Count"] == "0"
    assert "X-Next-Cursor" not in answer.headers


def test_it_comes_newest_first_with_no_count_unless_asked(owner: Caller) -> None:
    made = tokens(owner, 3)

    answer = owner.get("/auth/tokens")

    assert ids(answer) == made
    assert "X-Total-Count" not in answer.headers
    assert "X-Next-Cursor" not in answer.headers


def test_pages_follow_each_other_without_a_gap_or_a_repeat(owner: Caller) -> None:
    made, seen, cursor, pages = tokens(owner, 5), [], "", 0

    while True:
        answer = owner.get(f"/auth/tokens?limit=2&cursor={cursor}&count=true")
        assert answer.headers["X-Total-Count"] == "5"
        seen += ids(answer)
        pages += 1
        if "X-Next-Cursor" not in answer.headers:
            break
        cursor = answer.headers["X-Next-Cursor"]

    assert (seen, pages) == (made, 3)


def test_a_page_that_ends_with_the_list_is_the_last(owner: Caller) -> None:
    tokens(owner, 2)

    assert "X-Next-Cursor" not in owner.get("/auth/tokens?limit=2").headers


def test_what_is_made_or_ended_between_pages_moves_nothing(owner: Caller) -> None:
    made = tokens(owner, 4)
    first = owner.get("/auth/tokens?limit=2")
    tokens(owner, 1)
    owner.delete(f"/auth/tokens/{made[1]}")

    second = owner.get(f"/auth/tokens?limit=2&cursor={first.headers['X-Next-Cursor']}")

    assert ids(first) + ids(second) == made


def test_more_than_a_thousand_counts_as_a_thousand(installation: Installation, owner: Caller) -> None:
    repository = installation.house.accounts.issue_tokens._tokens
    owner.post("/auth/tokens", {"name": "one"})
    one = repository.page(owner.user_id, 1).items[0]
    copies = [_record(replace(one, id=new_id(), token_hash=new_id())) for _ in range(1000)]
    repository._insert_many(Scope(user_id=owner.user_id), copies)

    assert len(owner.get("/auth/tokens").get_json()) == 500
    for asked in ("1000", "1001", "99999999999999999999999999"):
        answer = owner.get(f"/auth/tokens?limit={asked}")
        assert len(answer.get_json()) == 1000
        assert "X-Next-Cursor" in answer.headers


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("count=perhaps", "count"),
        ("cursor=" + "a" * 401, "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
def test_what_does_not_fit_is_named(owner: Caller, path: str, query: str, field: str) -> None:
    answer = owner.get(f"{path}?{query}")

    assert answer.status_code == 422
    assert list(answer.get_json()["details"]) == [field]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor", ["x", "0" * 24, "f" * 24, "2026-11-20", "%24ne", ";", ":", "~", "%F0%9F%98%80", "%ff", "A;B"]
)
def test_a_cursor_of_nothing_gives_nobody_elses(
    owner: Caller, outsider: Caller, path: str, cursor: str
) -> None:
    outsider.new_assistant()
    tokens(outsider, 1)

    answer = owner.get(f"{path}?cursor={cursor}")

    assert (answer.status_code, answer.get_json()) == (200, [])


@pytest.mark.parametrize("path", LISTS)
def test_a_query_that_is_not_known_is_passed_over(owner: Caller, path: str) -> None:
    assert owner.get(f"{path}?colour=red&limit[$ne]=1&_id[$gt]=").status_code == 200


def test_an_assistants_list_is_in_pages_for_each_who_may_see_it(
    admin: Caller, owner: Caller, outsider: Caller
) -> None:
    mine = [owner.new_assistant()["_id"] for _ in range(3)][::-1]
    others = outsider.new_assistant()["_id"]

    first = owner.get("/assistants/list?limit=2&count=true")
    second = owner.get(f"/assistants/list?limit=2&cursor={first.headers['X-Next-Cursor']}")
    everybodys = admin.get("/assistants/list?limit=4")

    assert ids(first) + ids(second) == mine
    assert first.headers["X-Total-Count"] == "3"
    assert ids(everybodys) == [others, *mine]


def test_a_bots_list_is_in_pages_too(app: Flask, owner: Caller) -> None:
    assistant = owner.new_assistant()
    its_bot = bot(app, assistant)
    its_bot.post("/chats/enviarMensagemLLM", {"id": "1", "message_service": "Web", "message": "oi"})
    chat = owner.get("/chats/list").get_json()[0]["_id"]
    for n in range(3):
        assert owner.post(f"/chats/reply/{chat}", {"message": f"{n}"}).status_code == 201

    first = its_bot.get("/chats/outbox?limit=2&count=true")
    second = its_bot.get(f"/chats/outbox?limit=2&cursor={first.headers['X-Next-Cursor']}")

    texts = [one["message"] for one in (*first.get_json(), *second.get_json())]
    assert texts == ["0", "1", "2"]  # oldest first
    assert first.headers["X-Total-Count"] == "3"
    assert "X-Next-Cursor" not in second.headers


def test_the_catalogue_of_models_is_a_list_too(owner: Caller) -> None:
    whole = [one["name"] for one in owner.get("/models").get_json()]
    assert len(whole) > 2

    seen, cursor = [], ""
    while True:
        answer = owner.get(f"/models?limit=2&cursor={cursor}&count=true")
        assert answer.headers["X-Total-Count"] == str(len(whole))
        seen += [one["name"] for one in answer.get_json()]
        if "X-Next-Cursor" not in answer.headers:
            break
        cursor = answer.headers["X-Next-Cursor"]

    assert seen == whole

"""What people see of chats and do in them, and their replies on the way to contacts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.ids import new_id
from services.chats.take_over import TakeOver
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer
from tests.talk import messages_of, said

SHOWN = {
    "_id", "channel", "tokens", "username", "assistant_id", "active", "message", "response", "createdAt",
    "updatedAt",
}  # fmt: skip
OF_A_MESSAGE = {
    "_id", "turn", "role", "content", "author", "sources", "tokens", "model", "routing", "status", "createdAt",
}  # fmt: skip
ODD_CONTACTS = [
    "+5513988593464",
    "a b",
    "a/b",
    "a//b",
    "/a",
    "a?b=c#d",
    "100%",
    "%2F",
    "..",
    ".",
    "a;b",
    "é😀",
    "5513@s.whatsapp.net",
    "2026-11-20",
    "$where",
    "f" * 24,
    "x" * 128,
]


@pytest.fixture
def chat(owner: Caller, contact_bot: Caller) -> dict[str, Any]:
    """A chat of one turn."""
    return dict(owner.get(f"/chats/get/{said(contact_bot)['chat_id']}").get_json())


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["_id"] for one in answer.get_json()]


# Lists


def test_a_list_shows_each_chat_as_the_contract_says(
    owner: Caller, chat: dict[str, Any], assistant: dict[str, Any]
) -> None:
    [shown] = owner.get("/chats/list").get_json()
    assert shown == chat
    assert shown.keys() >= SHOWN
    assert shown["channel"] == {"id": "+5513988593464", "message_service": "Whatsapp"}
    assert shown["tokens"] == {"in": 11, "out": 7}
    assert (shown["username"], shown["assistant_id"], shown["active"]) == ("nome", assistant["_id"], True)
    assert (shown["message"], shown["response"]) == ("Quanto custa a limpeza?", "Olá do modelo.")


def test_lists_are_newest_first_active_inactive_or_both(owner: Caller, contact_bot: Caller) -> None:
    made = [said(contact_bot, id=f"c{n}")["chat_id"] for n in range(4)]
    owner.put(f"/chats/desativar/{made[1]}")
    owner.put(f"/chats/desativar/{made[3]}")

    assert ids(owner.get("/chats/list")) == made[::-1]
    assert ids(owner.get("/chats/listarAtivos")) == [made[2], made[0]]
    assert ids(owner.get("/chats/listarInativos")) == [made[3], made[1]]
    first = owner.get("/chats/list?limit=3&count=true")
    assert (ids(first), first.headers["X-Total-Count"]) == (made[:0:-1], "4")
    rest = owner.get(f"/chats/list?limit=3&cursor={first.headers['X-Next-Cursor']}")
    assert (ids(rest), "X-Next-Cursor" in rest.headers) == ([made[0]], False)
    assert owner.get("/chats/listarInativos?count=true&limit=1").headers["X-Total-Count"] == "2"


def test_filters_narrow_every_list(app: Flask, owner: Caller, contact_bot: Caller) -> None:
    other = owner.new_assistant(model="test-model")
    ana = said(contact_bot, "sobre preços", id="+55 1", username="Ana Conceição")["chat_id"]
    bia = said(contact_bot, "a (b) .* 100%", id="+55 2", message_service="Telegram", username="Bia")[
        "chat_id"
    ]
    caio = said(bot(app, other), "Olá", id="+55 1", username="Caio")["chat_id"]
    owner.put(f"/chats/desativar/{caio}")

    def listed(**wanted: str) -> list[str]:
        return ids(owner.get("/chats/list", query_string=wanted))

    assert listed(assistant_id=other["_id"]) == [caio]
    assert listed(message_service="Telegram") == [bia]
    assert listed(message_service="telegram") == []
    assert listed(q="conceicao") == [ana]
    assert listed(q="PREÇOS") == [ana]
    assert listed(q="+55 1") == [caio, ana]
    assert listed(q=".*") == [bia]
    assert listed(q="100%") == [bia]
    assert listed(q="+55", message_service="Whatsapp", assistant_id=other["_id"]) == [caio]
    assert listed(q="nobody") == []
    assert ids(owner.get("/chats/listarInativos?q=Olá")) == [caio]
    assert ids(owner.get("/chats/listarAtivos?q=Olá")) == []


def test_since_and_until_bound_the_last_change(owner: Caller, contact_bot: Caller) -> None:
    first, second = (said(contact_bot, id=contact)["chat_id"] for contact in "ab")
    changed = [owner.get(f"/chats/get/{one}").get_json()["updatedAt"] for one in (first, second)]
    before, after = (datetime.fromisoformat(changed[n]) + timedelta(days=n * 2 - 1) for n in (0, 1))

    def listed(**wanted: str) -> list[str]:
        return ids(owner.get("/chats/list", query_string=wanted))

    assert listed(since=changed[1]) == [second]
    assert listed(until=changed[0]) == [first]
    assert listed(since=changed[0], until=changed[1]) == [second, first]
    assert listed(since=before.isoformat(), until=after.isoformat()) == [second, first]
    assert listed(since=after.isoformat()) == []
    assert listed(until=before.date().isoformat() + "T00:00:00Z") == []
    assert listed(until=after.date().isoformat()) == [second, first]
    for wrong in ({"since": "yesterday"}, {"until": "2026-13-01"}, {"limit": "0"}, {"active": "true"}):
        answer = owner.get("/chats/list", query_string=wrong)
        assert answer.status_code in (200, 422)
        assert (answer.status_code == 422) == ("active" not in wrong), wrong


# One chat


@pytest.mark.parametrize("contact", ODD_CONTACTS)
def test_a_chat_is_found_by_the_channels_id_of_its_contact(
    owner: Caller, outsider: Caller, contact_bot: Caller, contact: str
) -> None:
    chat_id = said(contact_bot, id=contact)["chat_id"]
    name = quote(contact, safe="")
    if contact in (".", ".."):
        name = name.replace(".", "%2E")

    found = owner.get(f"/chats/get/{name}")
    assert found.status_code == 200, found.text
    assert found.get_json()["_id"] == chat_id
    assert owner.get(f"/chats/get/{name}/").get_json()["_id"] == chat_id
    assert len(owner.get(f"/chats/messages/{name}").get_json()) == 2
    assert owner.put(f"/chats/desativar/{name}").get_json()["active"] is False
    assert owner.put(f"/chats/ativar/{name}").get_json()["active"] is True
    assert owner.post(f"/chats/reply/{name}", {"message": "Oi"}).status_code == 201
    assert outsider.get(f"/chats/get/{name}").status_code == 404
    assert owner.delete(f"/chats/delete/{name}").status_code == 200
    assert owner.get(f"/chats/get/{name}").status_code == 404


def test_a_contacts_id_means_the_callers_most_recent_chat_with_it(
    app: Flask, owner: Caller, outsider: Caller, contact_bot: Caller
) -> None:
    said(contact_bot, id="+55")
    recent = said(contact_bot, id="+55", message_service="Telegram")["chat_id"]
    theirs = said(bot(app, outsider.new_assistant(model="test-model")), id="+55")["chat_id"]

    assert owner.get("/chats/get/+55").get_json()["_id"] == recent
    assert outsider.get("/chats/get/+55").get_json()["_id"] == theirs


def test_nobody_elses_chat_can_be_seen_or_touched(
    app: Flask,
    owner: Caller,
    outsider: Caller,
    team_mate: Caller,
    chat: dict[str, Any],
    assistant: dict[str, Any],
    contact_bot: Caller,
) -> None:
    routes: list[tuple[str, str, Any]] = [
        ("GET", "/chats/get/{}", None),
        ("GET", "/chats/messages/{}", None),
        ("PUT", "/chats/desativar/{}", None),
        ("PUT", "/chats/ativar/{}", None),
        ("POST", "/chats/reply/{}", {"message": "Oi"}),
        ("DELETE", "/chats/delete/{}", None),
    ]
    for method, route, body in routes:
        answers = [
            outsider.call(method, route.format(name), json=body)
            for name in (chat["_id"], new_id(), "not-an-id", "+5513988593464", "%00", "%ff")
        ]
        assert {one.status_code for one in answers} == {404}, route
        assert len({one.get_json()["message"] for one in answers}) == 1
        assert contact_bot.call(method, route.format(chat["_id"]), json=body).status_code == 403
    assert outsider.get("/chats/list").get_json() == []
    assert outsider.get(f"/chats/list?assistant_id={assistant['_id']}").status_code == 404
    assert owner.get(f"/chats/get/{chat['_id']}").get_json() == chat
    assert team_mate.get(f"/chats/get/{chat['_id']}").get_json() == chat


def test_messages_are_listed_by_turn_oldest_first(owner: Caller, contact_bot: Caller) -> None:
    for n in range(3):
        chat_id = said(contact_bot, f"m{n}", message_id=f"wamid.{n}")["chat_id"]
    owner.post(f"/chats/reply/{chat_id}", {"message": "Aqui é gente."})
    listed = messages_of(owner, chat_id)

    assert listed[0].keys() >= OF_A_MESSAGE
    assert [(one["turn"], one["role"]) for one in listed] == [
        *[(turn, role) for turn in (1, 2, 3) for role in ("user", "assistant")],
        (4, "assistant"),
    ]
    assert [one["message_id"] for one in listed if one["role"] == "user"] == ["wamid.0", "wamid.1", "wamid.2"]
    first = owner.get(f"/chats/messages/{chat_id}?limit=4&count=true")
    assert first.headers["X-Total-Count"] == "7"
    rest = owner.get(f"/chats/messages/{chat_id}?limit=4&cursor={first.headers['X-Next-Cursor']}")
    assert [*first.get_json(), *rest.get_json()] == listed


def test_an_answer_in_the_list_has_its_sources_tokens_and_model(
    owner: Caller, contact_bot: Caller, assistant: dict[str, Any]
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    answer = said(contact_bot)
    question, shown = messages_of(owner, answer["chat_id"])

    assert (shown["sources"], shown["tokens"], shown["model"]) == (
        answer["sources"],
        answer["tokens"],
        answer["model"],
    )
    assert (shown["content"], shown["createdAt"]) == (answer["response"], answer["createdAt"])
    assert (question["sources"], question["tokens"]["in"], question["author"]) == ([], 0, "")


def test_taking_over_and_handing_back_can_be_said_twice(owner: Caller, chat: dict[str, Any]) -> None:
    for route, active in (("desativar", False), ("desativar", False), ("ativar", True), ("ativar", True)):
        answer = owner.put(f"/chats/{route}/{chat['_id']}")
        assert answer.status_code == 200
        assert {**answer.get_json(), "updatedAt": ""} == {**chat, "active": active, "updatedAt": ""}


def test_deleting_removes_the_chat_its_messages_and_what_waits(
    owner: Caller, contact_bot: Caller, chat: dict[str, Any], installation: Installation
) -> None:
    owner.post(f"/chats/reply/{chat['_id']}", {"message": "Oi"})
    other = said(contact_bot, id="other")["chat_id"]
    answer = owner.delete(f"/chats/delete/{chat['_id']}")

    assert (answer.status_code, answer.get_json().keys()) == (200, {"message"})
    assert ids(owner.get("/chats/list")) == [other]
    assert contact_bot.get("/chats/outbox").get_json() == []
    assert installation.house.chats.find_chats._messages.count(chat["_id"]) == 0
    assert owner.delete(f"/chats/delete/{chat['_id']}").status_code == 404
    fresh = said(contact_bot)
    assert fresh["chat_id"] != chat["_id"]
    assert len(messages_of(owner, fresh["chat_id"])) == 2


# Replies


def test_a_reply_is_in_the_chat_under_its_authors_name_and_waits_for_the_bot(
    owner: Caller, contact_bot: Caller, chat: dict[str, Any], server: OpenAIServer
) -> None:
    before = server.served
    answer = owner.post(f"/chats/reply/{chat['_id']}", {"message": "Aqui é gente."})
    reply = answer.get_json()

    assert answer.status_code == 201
    assert (reply["content"], reply["author"], reply["role"]) == ("Aqui é gente.", "owner", "assistant")
    assert (reply["turn"], reply["status"]) == (2, "waiting")
    assert messages_of(owner, chat["_id"])[-1] == reply
    assert owner.get(f"/chats/get/{chat['_id']}").get_json()["response"] == "Aqui é gente."
    assert contact_bot.get("/chats/outbox").get_json() == [
        {
            "_id": reply["_id"],
            "chat_id": chat["_id"],
            "channel": chat["channel"],
            "username": "nome",
            "message": "Aqui é gente.",
            "createdAt": reply["createdAt"],
        }
    ]
    assert server.served == before
    said(contact_bot, "e então?")  # the assistant remembers what the person said
    assert "Aqui é gente." in str(server.bodies()[-1]["messages"])


def test_replies_are_offered_oldest_first_until_they_are_acknowledged(
    owner: Caller, contact_bot: Caller, chat: dict[str, Any]
) -> None:
    sent = [
        owner.post(f"/chats/reply/{chat['_id']}", {"message": f"r{n}"}).get_json()["_id"] for n in range(5)
    ]
    for _ in range(2):
        assert ids(contact_bot.get("/chats/outbox")) == sent
    first = contact_bot.get("/chats/outbox?limit=2&count=true")
    assert (ids(first), first.headers["X-Total-Count"]) == (sent[:2], "5")
    rest = contact_bot.get(f"/chats/outbox?limit=9&cursor={first.headers['X-Next-Cursor']}")
    assert ids(rest) == sent[2:]

    acknowledged = contact_bot.post("/chats/outbox/ack", {"ids": [sent[1], sent[3], sent[1], "unknown"]})
    assert (acknowledged.status_code, acknowledged.get_json()) == (200, {"acknowledged": 2})
    assert ids(contact_bot.get("/chats/outbox")) == [sent[0], sent[2], sent[4]]
    assert contact_bot.post("/chats/outbox/ack", {"ids": sent[:2]}).get_json() == {"acknowledged": 1}
    states = {one["_id"]: one["status"] for one in messages_of(owner, chat["_id"]) if one["author"]}
    assert [states[one] for one in sent] == ["delivered", "delivered", "waiting", "delivered", "waiting"]


def test_a_bot_sees_and_acknowledges_its_own_replies_alone(
    app: Flask, owner: Caller, contact_bot: Caller, chat: dict[str, Any]
) -> None:
    reply = owner.post(f"/chats/reply/{chat['_id']}", {"message": "Oi"}).get_json()["_id"]
    other = bot(app, owner.new_assistant())
    assert other.get("/chats/outbox").get_json() == []
    assert other.post("/chats/outbox/ack", {"ids": [reply]}).get_json() == {"acknowledged": 0}
    assert ids(contact_bot.get("/chats/outbox")) == [reply]
    assert owner.get("/chats/outbox").status_code == 403
    assert owner.post("/chats/outbox/ack", {"ids": [reply]}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/chats/reply/{}", {}, "message"),
        ("/chats/reply/{}", {"message": " "}, "message"),
        ("/chats/reply/{}", {"message": {"$ne": 1}}, "message"),
        ("/chats/reply/{}", {"message": "x" * 50_001}, "message"),
        ("/chats/reply/{}", {"message": "Oi", "author": "somebody else"}, "author"),
        ("/chats/outbox/ack", {}, "ids"),
        ("/chats/outbox/ack", {"ids": "abc"}, "ids"),
        ("/chats/outbox/ack", {"ids": [{"$ne": 1}]}, "ids.0"),
        ("/chats/outbox/ack", {"ids": ["a"] * 1001}, "ids"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(
    owner: Caller, contact_bot: Caller, chat: dict[str, Any], path: str, body: dict[str, Any], field: str
) -> None:
    caller = contact_bot if "outbox" in path else owner
    answer = caller.post(path.format(chat["_id"]), body)
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])
    assert contact_bot.get("/chats/outbox").get_json() == []


def test_a_reply_that_a_crash_kept_out_of_the_chat_gets_there_with_its_acknowledgement(
    owner: Caller,
    contact_bot: Caller,
    chat: dict[str, Any],
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_over: TakeOver = installation.house.chats.take_over

    class Crash(BaseException):
        """The process ends here."""

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(take_over._messages, "add", crash)
    with pytest.raises(Crash):
        owner.post(f"/chats/reply/{chat['_id']}", {"message": "Oi"})
    monkeypatch.undo()
    [waiting] = contact_bot.get("/chats/outbox").get_json()
    assert len(messages_of(owner, chat["_id"])) == 2
    contact_bot.post("/chats/outbox/ack", {"ids": [waiting["_id"]]})
    last = messages_of(owner, chat["_id"])[-1]
    assert (last["content"], last["status"], last["author"]) == ("Oi", "delivered", "owner")

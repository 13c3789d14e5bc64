from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.clock import rfc3339, utc_now
from kit.ids import new_id
from services.pushes.run_push import RunPush
from tests.api.conftest import INNER_NAME
from tests.people import Caller, bot
from tests.talk import messages_of, said

TEXT = "A clínica fecha na sexta."


class Clinic:
    """An assistant with contacts, by their names."""

    def __init__(self, app: Flask, owner: Caller, *names: str) -> None:
        self.assistant = owner.new_assistant()
        self.id: str = self.assistant["_id"]
        self.owner, self.bot = owner, bot(app, self.assistant)
        self.chats = {name: said(self.bot, "Oi", id=name)["chat_id"] for name in names}

    def push(self, **more: Any) -> dict[str, Any]:
        answer = self.owner.post("/pushes", {"assistant_id": self.id, "text": TEXT, **more})
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/pushes/{answer.get_json()['_id']}"
        return dict(answer.get_json())

    def pushed(self, **more: Any) -> dict[str, Any]:
        """A push, once it is over."""
        push = self.push(**more)
        for _ in range(1000):
            now = dict(self.owner.get(f"/pushes/{push['_id']}").get_json())
            if now["finishedAt"]:
                return now
            time.sleep(0.01)
        raise AssertionError(f"not over: {now}")

    def outcomes(self, push: dict[str, Any]) -> dict[str, str]:
        found = self.owner.get(f"/pushes/contacts/{push['_id']}").get_json()
        names = {chat: name for name, chat in self.chats.items()}
        return {names[one["chat_id"]]: one["outcome"] for one in found}

    def outbox(self) -> list[tuple[str, str]]:
        return [(one["channel"]["id"], one["message"]) for one in self.bot.get("/chats/outbox").get_json()]


@pytest.fixture
def clinic(app: Flask, owner: Caller) -> Clinic:
    return Clinic(app, owner, "ana", "bia", "caio")


def test_a_push_is_in_each_chat_and_in_the_outbox(clinic: Clinic) -> None:
    clinic.owner.put(f"/chats/opt_out/{clinic.chats['bia']}")

    push = clinic.pushed()

    assert (push["status"], push["progress"], push["created_by"]) == ("done", 100, "owner")
    assert [push[name] for name in ("total", "sent", "opted_out", "gone")] == [3, 2, 1, 0]
    assert clinic.outcomes(push) == {"ana": "sent", "bia": "opted_out", "caio": "sent"}
    assert sorted(clinic.outbox()) == [("ana", TEXT), ("caio", TEXT)]
    last = messages_of(clinic.owner, clinic.chats["ana"])[-1]
    assert (last["content"], last["status"], last["author"], last["turn"]) == (TEXT, "waiting", "owner", 2)
    assert messages_of(clinic.owner, clinic.chats["bia"])[-1]["content"] != TEXT
    assert clinic.owner.get(f"/pushes?assistant_id={clinic.id}").get_json() == [push]
    assert clinic.owner.get("/pushes?count=true").headers["X-Total-Count"] == "1"
    said(clinic.bot, "Obrigado", id="ana")
    assert [one["turn"] for one in messages_of(clinic.owner, clinic.chats["ana"])] == [1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"message_service": "Web"}, {"duda"}),
        ({"active": False}, {"caio"}),
        ({"active": True}, {"ana", "bia", "duda"}),
        ({"until": "2020-01-01T00:00:00Z"}, set()),
        ({"since": "2020-01-01T00:00:00Z", "message_service": "Whatsapp"}, {"ana", "bia", "caio"}),
    ],
    ids=["service", "inactive", "active", "until", "since"],
)
def test_only_the_chats_that_are_wanted(clinic: Clinic, wanted: dict[str, Any], names: set[str]) -> None:
    clinic.chats["duda"] = said(clinic.bot, "Oi", id="duda", message_service="Web")["chat_id"]
    clinic.owner.put(f"/chats/desativar/{clinic.chats['caio']}")

    assert clinic.outcomes(clinic.pushed(filter=wanted)).keys() == names


def test_chats_by_their_ids(clinic: Clinic) -> None:
    ids = [clinic.chats["ana"], clinic.chats["caio"], clinic.chats["ana"]]

    push = clinic.pushed(filter={"chat_ids": ids})

    assert clinic.outcomes(push) == {"ana": "sent", "caio": "sent"}
    assert len(clinic.outbox()) == 2


def test_a_list_of_nobody_is_not_everybody(clinic: Clinic) -> None:
    body = {"assistant_id": clinic.id, "text": TEXT, "filter": {"chat_ids": []}}
    answer = clinic.owner.post("/pushes", body)
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["filter.chat_ids"])


def test_a_chat_that_is_somebody_elses_is_not_there(app: Flask, clinic: Clinic, outsider: Caller) -> None:
    other = Clinic(app, outsider, "zeca")

    told = []
    for chat in (other.chats["zeca"], new_id(), "x"):
        body = {"assistant_id": clinic.id, "text": TEXT, "filter": {"chat_ids": [chat]}}
        answer = clinic.owner.post("/pushes", body)
        told.append({**answer.get_json(), "request_id": ""})
        assert answer.status_code == 404
    assert told[0] == told[1] == told[2]
    assert other.outbox() == []


def test_a_guide_is_rendered_when_it_is_asked_for(clinic: Clinic) -> None:
    variables = [{"name": "dia", "choices": ["sexta", "sábado"]}]
    body = {"name": "x", "body": "Fecha: {{ dia }}", "variables": variables, "assistant_id": clinic.id}
    guide = clinic.owner.post("/guides", body).get_json()["_id"]

    push = clinic.pushed(text="", guide_id=guide, variables={"dia": "sábado"})

    assert (push["text"], push["guide_id"]) == ("Fecha: sábado", guide)
    assert {message for _, message in clinic.outbox()} == {"Fecha: sábado"}
    refused = {"assistant_id": clinic.id, "guide_id": guide, "variables": {}}
    assert list(clinic.owner.post("/pushes", refused).get_json()["details"]) == ["variables.dia"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "text"),
        ({"text": " "}, "text"),
        ({"text": "x", "variables": {"a": 1}}, "variables"),
        ({"text": "x", "at": "2999-01-01T00:00:00Z"}, "at"),
        ({"text": "x", "filter": {"colour": "red"}}, "filter.colour"),
    ],
    ids=["nothing", "empty", "variables", "late", "unknown"],
)
def test_what_does_not_fit_is_named(clinic: Clinic, more: dict[str, Any], field: str) -> None:
    answer = clinic.owner.post("/pushes", {"assistant_id": clinic.id, **more})

    assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])


def test_it_waits_for_its_time_and_can_be_called_off(clinic: Clinic, installation: Installation) -> None:
    at = rfc3339(utc_now() + timedelta(days=2))
    push = clinic.push(at=at)
    assert (push["status"], push["at"], push["total"]) == ("scheduled", at, 0)
    run = installation.house.pushes.run_push

    assert push["_id"] not in run.due()
    cancelled = clinic.owner.delete(f"/pushes/{push['_id']}").get_json()

    assert (cancelled["status"], bool(cancelled["finishedAt"])) == ("cancelled", True)
    assert clinic.owner.delete(f"/pushes/{push['_id']}").get_json() == cancelled
    assert run.step(push["_id"]) is False
    assert clinic.outbox() == []


def test_what_has_not_gone_out_is_called_off(clinic: Clinic, installation: Installation) -> None:
    push = clinic.push(at=rfc3339(utc_now() + timedelta(days=2)))
    run = installation.house.pushes.run_push
    assert run.step(push["_id"])  # whom it goes to is written down

    clinic.owner.delete(f"/pushes/{push['_id']}")

    assert set(clinic.outcomes(push).values()) == {"cancelled"}
    assert run.step(push["_id"]) is False
    assert clinic.outbox() == []


def test_a_chat_that_is_deleted_before_its_turn_is_left_out(
    clinic: Clinic, installation: Installation
) -> None:
    push = clinic.push(at=rfc3339(utc_now() + timedelta(days=2)))
    run = installation.house.pushes.run_push
    run.step(push["_id"])
    clinic.owner.delete(f"/chats/delete/{clinic.chats['ana']}")

    run.step(push["_id"])

    assert clinic.outcomes(push) == {"ana": "gone", "bia": "sent", "caio": "sent"}
    assert len(clinic.outbox()) == 2


class Killed(BaseException):
    """The process ends here."""


class Fuse:
    """Counts what is done to the records, and ends the process before or after one of these steps."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0

    def step(self, do: Any) -> Any:
        self.steps += 2
        if self.steps - 1 == self.at:
            raise Killed
        done = do()
        if self.steps == self.at:
            raise Killed
        return done


class Fused:
    """A part whose calls go through the fuse."""

    def __init__(self, part: Any, fuse: Fuse) -> None:
        self._part, self._fuse = part, fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return lambda *args, **more: self._fuse.step(lambda: method(*args, **more))


def test_each_contact_gets_it_once_wherever_the_process_is_killed(
    app: Flask, owner: Caller, installation: Installation
) -> None:
    usual = installation.house.pushes.run_push
    names = ("chats", "messages", "outbox", "pushes", "contacts", "announce")
    clinic = Clinic(app, owner, "ana")
    at = 0
    killed = True
    while killed:
        at += 1
        later = rfc3339(utc_now() + timedelta(days=2))
        push, fuse = clinic.push(text=f"{at}", at=later)["_id"], Fuse(at)
        parts: dict[str, Any] = {one: Fused(getattr(usual, f"_{one}"), fuse) for one in names}
        fused = RunPush(**parts, clock=utc_now)
        try:
            while fused.step(push):
                pass
            killed = False
        except Killed:
            pass
        ids = [one["_id"] for one in clinic.bot.get("/chats/outbox").get_json()]
        clinic.bot.post("/chats/outbox/ack", {"ids": ids})
        while usual.step(push):
            pass

        rest = [one["_id"] for one in clinic.bot.get("/chats/outbox").get_json()]
        clinic.bot.post("/chats/outbox/ack", {"ids": rest})
        assert len(ids) + len(rest) == 1, at
        found = [one for one in messages_of(owner, clinic.chats["ana"]) if one["content"] == f"{at}"]
        assert [one["status"] for one in found] == ["delivered"], at
        now = owner.get(f"/pushes/{push}").get_json()
        assert (now["status"], now["sent"], now["total"]) == ("done", 1, 1), at
    assert at > 20


def test_a_webhook_is_told_once_of_each(clinic: Clinic) -> None:
    hook = {"webhook_url": f"https://{INNER_NAME}/hook", "webhook_secret": f"whsec_{'segredo+' * 4}"}
    assert clinic.owner.put(f"/assistants/update/{clinic.id}", hook).status_code == 200

    clinic.pushed()

    told = clinic.owner.get(f"/assistants/webhooks/{clinic.id}").get_json()
    assert [one["event"] for one in told] == ["reply.created"] * 3


def test_they_go_with_their_assistant(clinic: Clinic) -> None:
    push = clinic.pushed()

    assert clinic.owner.delete(f"/assistants/delete/{clinic.id}").status_code == 200

    assert clinic.owner.get(f"/pushes/{push['_id']}").status_code == 404
    assert clinic.owner.get("/pushes").get_json() == []

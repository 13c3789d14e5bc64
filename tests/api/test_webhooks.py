"""Webhooks from the settings of an assistant to a receiver on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from kit.clock import rfc3339, utc_now
from models.limits import BudgetWarning, LimitName
from tests.people import Caller, bot
from tests.servers.receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHOWN = "********LaSw"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def assistant(
    owner: Caller, receiver: Receiver, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """An assistant whose webhook lies at a path of its own, which this installation may reach."""
    outbound = Outbound(allowed=Allowed.of(["127.0.0.1"]), max_seconds=5.0)
    monkeypatch.setattr(installation.house.delivery.deliver_events, "_outbound", outbound)
    monkeypatch.setattr(installation.house.assistants.set_webhook, "_outbound", outbound)
    made = owner.new_assistant()
    body = {"webhook_url": receiver.url(f"/{made['_id']}"), "webhook_secret": SECRET}
    changed = owner.put(f"/assistants/update/{made['_id']}", body)
    assert changed.status_code == 200, changed.text
    return dict(changed.get_json())


def path(assistant: dict[str, Any]) -> str:
    return f"/{assistant['_id']}"


def new_chat(app: Flask, assistant: dict[str, Any], contact: str = "+5513988593464") -> str:
    said = {
        "id": contact,
        "message_service": "Whatsapp",
        "username": "Bia",
        "message": "Olá",
        "active": False,
    }
    return str(bot(app, assistant).post("/chats/enviarMensagemLLM", said).get_json()["chat_id"])


def test_what_people_do_in_a_chat_is_posted(
    app: Flask, owner: Caller, assistant: dict[str, Any], receiver: Receiver
) -> None:
    chat = new_chat(app, assistant)
    reply = owner.post(f"/chats/reply/{chat}", {"message": "Já verifico."}).get_json()
    for step in ("ativar", "ativar", "desativar"):
        assert owner.put(f"/chats/{step}/{chat}").status_code == 200

    came = receiver.wait(path(assistant), 3)
    assert [one.content["type"] for one in came] == ["reply.created", "chat.activated", "chat.deactivated"]
    assert all(one.is_signed_with(SECRET) for one in came)
    (waiting,) = bot(app, assistant).get("/chats/outbox").get_json()  # bots that poll find it as before
    told = came[0].content["data"]
    assert told == {**waiting, "assistant_id": assistant["_id"], "author": "owner"}
    assert (told["_id"], told["message"]) == (reply["_id"], "Já verifico.")
    assert (came[1].content["data"]["active"], came[2].content["data"]["active"]) == (True, False)
    newest = owner.delivered(assistant["_id"])[0]
    assert (newest["event"], newest["status"], newest["attempts"], newest["last_code"]) == (
        "chat.deactivated",
        "delivered",
        1,
        204,
    )


def test_a_document_that_failed_is_told(owner: Caller, assistant: dict[str, Any], receiver: Receiver) -> None:
    made = owner.upload(assistant["_id"], "broken.pdf", b"%PDF-1.4 and nothing of one").get_json()
    (came,) = receiver.wait(path(assistant))
    data = came.content["data"]
    assert came.content["type"] == "document.failed"
    assert (data["document_id"], data["filename"]) == (made["_id"], "broken.pdf")
    assert data["error"] == owner.settled(made["_id"])["error"]


def test_a_budget_near_its_end_is_told_once(
    owner: Caller, assistant: dict[str, Any], receiver: Receiver, installation: Installation
) -> None:
    resets = utc_now().replace(microsecond=0)
    warning = BudgetWarning(assistant["_id"], owner.user_id, LimitName.TOKENS_PER_DAY, 80, 100, resets)
    for one in (warning, warning, replace(warning, user_id="ana")):
        installation.house.limits.budgets._on_warning(one)
    came = {one.content["data"]["user_id"]: one.content for one in receiver.wait(path(assistant), 2)}
    assert came.keys() == {None, "ana"}
    assert came[None]["type"] == "budget.warning"
    assert came[None]["data"] == {
        "limit": "tokens_per_day",
        "used": 80,
        "allowed": 100,
        "resets_at": rfc3339(resets),
        "user_id": None,
        "assistant_id": assistant["_id"],
    }
    assert len(owner.delivered(assistant["_id"])) == 2


def test_a_delivery_is_tested_looked_at_and_sent_again(
    owner: Caller, assistant: dict[str, Any], receiver: Receiver
) -> None:
    webhooks = "/assistants/webhooks"
    receiver.script[path(assistant)] = [(410, {}, 0.0)]
    sent = owner.post(f"{webhooks}/test/{assistant['_id']}")
    assert (sent.status_code, sent.get_json()["event"]) == (202, "webhook.test")
    (failed,) = owner.delivered(assistant["_id"])
    assert (failed["status"], failed["last_code"]) == ("failed", 410)
    one = f"{assistant['_id']}/{failed['_id']}"
    assert owner.get(f"{webhooks}/{one}").get_json() == failed

    again = owner.post(f"{webhooks}/resend/{one}")
    assert (again.status_code, again.get_json()["status"]) == (202, "pending")
    assert len({one.id for one in receiver.wait(path(assistant), 2)}) == 1
    assert [one["status"] for one in owner.delivered(assistant["_id"])] == ["delivered"]
    assert owner.get(f"{webhooks}/{assistant['_id']}/{'0' * 24}").status_code == 404
    assert owner.post(f"{webhooks}/test/{owner.new_assistant()['_id']}").status_code == 409


def test_the_secret_is_masked_and_may_come_back_so(
    owner: Caller, outsider: Caller, assistant: dict[str, Any]
) -> None:
    update = f"/assistants/update/{assistant['_id']}"
    seen = owner.get(f"/assistants/get/{assistant['_id']}").get_json()
    assert (seen["webhook_secret"], seen["webhook_url"]) == (SHOWN, assistant["webhook_url"])
    assert owner.put(update, seen).get_json()["webhook_secret"] == SHOWN
    assert (
        owner.put(update, {"webhook_secret": "another secret text"}).get_json()["webhook_secret"][-4:]
        == "text"
    )
    member = {"user_id": outsider.user_id, "role": "viewer"}
    assert owner.put(f"/assistants/members/{assistant['_id']}", member).status_code == 200
    by_viewer = outsider.get(f"/assistants/get/{assistant['_id']}").get_json()
    assert (by_viewer["webhook_url"], by_viewer["webhook_secret"]) == ("", "")
    cleared = owner.put(update, {"webhook_url": ""}).get_json()
    assert (cleared["webhook_url"], cleared["webhook_secret"]) == ("", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"webhook_url": "https://example.com/"}, "webhook_secret"),
        ({"webhook_url": "https://example.com/", "webhook_secret": "short"}, "webhook_secret"),
        (
            {"webhook_url": "https://example.com/", "webhook_secret": "whsec_not base64 at all"},
            "webhook_secret",
        ),
        ({"webhook_url": "ftp://example.com/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "https://me:pw@example.com/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://example.com:22/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://10.0.0.1/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://localhost/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://127.1/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://169.254.169.254/latest", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": "http://[::ffff:192.168.0.1]/", "webhook_secret": SECRET}, "webhook_url"),
        ({"webhook_url": {"$ne": ""}, "webhook_secret": SECRET}, "webhook_url"),
    ],
)
def test_a_webhook_that_could_never_work_is_refused(owner: Caller, body: dict[str, Any], field: str) -> None:
    answer = owner.post("/assistants/add", {"name": "Clínica", **body})
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])


def test_a_receiver_that_is_slow_slows_neither_turns_nor_other_assistants(
    app: Flask, owner: Caller, assistant: dict[str, Any], receiver: Receiver
) -> None:
    receiver.script[path(assistant)] = [(204, {}, 2.0)]
    other = owner.new_assistant(webhook_url=receiver.url("/other"), webhook_secret=SECRET)
    slow, quick = new_chat(app, assistant), new_chat(app, other)
    began = time.monotonic()
    assert owner.put(f"/chats/ativar/{slow}").status_code == 200
    receiver.wait(path(assistant))
    assert owner.put(f"/chats/ativar/{quick}").status_code == 200
    receiver.wait("/other")
    assert time.monotonic() - began < 2.0

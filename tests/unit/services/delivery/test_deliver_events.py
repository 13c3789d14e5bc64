"""Events posted to a receiver on loopback that fails, drips, redirects; by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import mongomock
import pytest

from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from kit.clock import utc_now
from kit.crypto import Vault
from kit.ids import new_id
from models.assistants import Assistant, Webhook
from models.deliveries import Delivery, DeliveryStatus, Event, wait_after
from repositories.assistants import AssistantRepository
from repositories.deliveries import DeliveryRepository
from services.delivery.announce_event import AnnounceEvent
from services.delivery.deliver_events import DeliverEvents
from services.delivery.find_deliveries import FindDeliveries
from services.delivery.sign import problem_with_secret, signed_headers
from tests.servers.receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


class Scene:
    """An assistant with a webhook at a path of its own, and a clock."""

    def __init__(self, receiver: Receiver, allow: str = "127.0.0.1", max_seconds: float = 5.0) -> None:
        database: Any = mongomock.MongoClient().db
        self.now = utc_now().replace(microsecond=0)
        self.receiver, self.path = receiver, f"/{new_id()}"
        self.assistants, self.deliveries = AssistantRepository(database), DeliveryRepository(database)
        vault = Vault("k" * 40)
        self.assistant = Assistant(
            id=new_id(),
            owner_id=new_id(),
            name="Clínica",
            key_hash=new_id(),
            key_sealed="",
            created_at=self.now,
            updated_at=self.now,
            webhook=Webhook(receiver.url(self.path), vault.encrypt(SECRET)),
        )
        self.assistants.add(self.assistant)
        self.noticed = 0
        self.announce = AnnounceEvent(
            assistants=self.assistants,
            deliveries=self.deliveries,
            clock=lambda: self.now,
            deliver_soon=self._notice,
        )
        self.events = DeliverEvents(
            assistants=self.assistants,
            deliveries=self.deliveries,
            outbound=Outbound(allowed=Allowed.of([allow]), max_seconds=max_seconds),
            vault=vault,
            clock=lambda: self.now,
        )
        self.find = FindDeliveries(deliveries=self.deliveries, announce=self.announce, clock=lambda: self.now)

    def _notice(self, _: str) -> None:
        self.noticed += 1

    def announced(self, text: str = "olá", once: str = "") -> Delivery:
        made = self.announce.announce(self.assistant.id, Event.REPLY_CREATED, {"message": text}, once=once)
        assert made is not None
        return made

    def script(self, *answers: tuple[int, dict[str, str], float]) -> None:
        self.receiver.script[self.path] = list(answers)

    def state(self, delivery: Delivery) -> Delivery:
        return self.find.get(self.assistant, delivery.id)

    def deliver_due(self) -> int:
        """Post everything that is due, one after the other; how many were looked at."""
        found = self.events.due(500)
        for one in found:
            self.events.deliver(one.id)
        return len(found)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def scene(receiver: Receiver) -> Scene:
    return Scene(receiver)


def test_an_event_is_posted_signed_and_noted(scene: Scene) -> None:
    delivery = scene.announced("Amanhã às 9h.")
    assert scene.noticed == 1
    assert scene.deliver_due() == 1

    (came,) = scene.receiver.at(scene.path)
    assert came.content == {
        "type": "reply.created",
        "timestamp": scene.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {"message": "Amanhã às 9h.", "assistant_id": scene.assistant.id},
    }
    assert came.id == f"msg_{delivery.id}"
    assert came.headers["webhook-timestamp"] == str(int(scene.now.timestamp()))
    assert came.headers["content-type"] == "application/json"
    assert came.is_signed_with(SECRET)
    assert not came.is_signed_with("another secret of ours")
    state = scene.state(delivery)
    assert (state.status, state.attempts, state.last_code, state.next_at, state.finished_at) == (
        DeliveryStatus.DELIVERED,
        1,
        204,
        None,
        scene.now,
    )
    assert scene.deliver_due() == 0


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    headers = signed_headers(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_alone_is_signed_as_githubs_webhooks_are() -> None:
    # The example of GitHub's documentation.
    headers = signed_headers("It's a Secret to Everybody", "msg_1", 1, b"Hello, World!")
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"


@pytest.mark.parametrize(
    ("secret", "is_good"),
    [(SECRET, True), ("x" * 16, True), ("x" * 15, False), ("whsec_not base64 at all", False), ("", False)],
)
def test_a_secret_protects_something(secret: str, *, is_good: bool) -> None:
    assert (problem_with_secret(secret) is None) is is_good


def test_what_fails_is_tried_again_later_under_the_same_id(scene: Scene) -> None:
    scene.script((500, {}, 0), (404, {}, 0))
    delivery = scene.announced()
    scene.deliver_due()
    first = scene.state(delivery)
    assert (first.status, first.last_code, first.attempts) == (DeliveryStatus.PENDING, 500, 1)
    assert first.next_at is not None
    assert timedelta(seconds=5) <= first.next_at - scene.now <= timedelta(seconds=6)
    assert scene.deliver_due() == 0

    scene.pass_by(seconds=6)
    scene.deliver_due()
    assert (scene.state(delivery).last_code, scene.state(delivery).attempts) == (404, 2)
    scene.pass_by(seconds=36)
    scene.deliver_due()
    assert (scene.state(delivery).status, scene.state(delivery).attempts) == (DeliveryStatus.DELIVERED, 3)
    came = scene.receiver.at(scene.path)
    assert len({one.id for one in came}) == 1
    assert len({one.headers["webhook-timestamp"] for one in came}) == 3
    assert all(one.is_signed_with(SECRET) for one in came)


def test_it_is_given_up_after_a_day(scene: Scene) -> None:
    scene.script(*[(503, {}, 0.0)] * 50)
    delivery, began = scene.announced(), scene.now
    while (state := scene.state(delivery)).next_at is not None:
        scene.now = state.next_at
        scene.events.deliver(delivery.id)
    assert (state.status, state.last_code) == (DeliveryStatus.FAILED, 503)
    assert timedelta(hours=18) < scene.now - began <= timedelta(hours=24)
    assert 8 <= state.attempts <= 14


def test_waits_grow_and_a_receiver_may_ask_for_longer() -> None:
    waits = [wait_after(n, 0.0) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert wait_after(1, 1.0) == timedelta(seconds=6)
    assert wait_after(1, 0.0, asked_s=90) == timedelta(seconds=90)
    assert wait_after(1, 0.0, asked_s=10**6) == timedelta(hours=1)


def test_retry_after_counts(scene: Scene) -> None:
    scene.script((429, {"Retry-After": "120"}, 0))
    delivery = scene.announced()
    scene.deliver_due()
    assert scene.state(delivery).next_at == scene.now + timedelta(seconds=120)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(scene: Scene, status: int) -> None:
    elsewhere = f"{scene.path}/elsewhere"
    scene.script((status, {"Location": scene.receiver.url(elsewhere)}, 0))
    delivery = scene.announced()
    scene.deliver_due()
    state = scene.state(delivery)
    assert (state.status, state.last_code) == (DeliveryStatus.PENDING, status)
    assert "redirect" in state.last_error
    assert scene.receiver.at(elsewhere) == []


def test_gone_is_for_good(scene: Scene) -> None:
    scene.script((410, {}, 0))
    delivery = scene.announced()
    scene.deliver_due()
    assert scene.state(delivery).status is DeliveryStatus.FAILED


def test_a_private_address_is_not_reached(receiver: Receiver) -> None:
    scene = Scene(receiver, allow="10.9.9.9")
    delivery = scene.announced()
    scene.deliver_due()
    state = scene.state(delivery)
    assert (state.status, state.last_code) == (DeliveryStatus.FAILED, None)
    assert "private" in state.last_error
    assert receiver.at(scene.path) == []


def test_a_slow_receiver_has_its_time_and_no_more(receiver: Receiver) -> None:
    scene = Scene(receiver, max_seconds=0.2)
    scene.script((204, {}, 1.0))
    delivery = scene.announced()
    scene.deliver_due()
    state = scene.state(delivery)
    assert (state.status, state.last_code) == (DeliveryStatus.PENDING, None)
    assert "too long" in state.last_error


def test_what_a_dead_process_had_claimed_is_posted_after_a_while(scene: Scene) -> None:
    delivery = scene.announced()
    assert scene.deliveries.claim(delivery, scene.now + timedelta(seconds=90))
    assert scene.deliver_due() == 0
    scene.pass_by(seconds=91)
    assert scene.deliver_due() == 1
    assert scene.state(delivery).status is DeliveryStatus.DELIVERED


def test_of_two_who_take_it_one_posts_it(scene: Scene) -> None:
    delivery = scene.announced()
    until = scene.now + timedelta(seconds=90)
    assert [scene.deliveries.claim(delivery, until) for _ in range(2)] == [True, False]


def test_what_is_announced_once_is_kept_once(scene: Scene) -> None:
    scene.announced(once="2026-11")
    assert scene.announce.announce(scene.assistant.id, Event.REPLY_CREATED, {}, once="2026-11") is None
    scene.announced(once="2026-12")
    assert scene.find.count(scene.assistant) == 2


@pytest.mark.parametrize("before", [204, 410])
def test_it_is_sent_again_by_hand_whatever_became_of_it(scene: Scene, before: int) -> None:
    scene.script((before, {}, 0))
    delivery = scene.announced()
    scene.deliver_due()
    scene.pass_by(hours=30)
    again = scene.find.resend(scene.assistant, delivery.id)
    assert (again.status, again.attempts) == (DeliveryStatus.PENDING, 0)
    scene.deliver_due()
    assert (scene.state(delivery).status, scene.state(delivery).attempts) == (DeliveryStatus.DELIVERED, 1)
    assert len({one.body for one in scene.receiver.at(scene.path)}) == 1


def test_without_a_webhook_nothing_is_kept_and_what_was_kept_ends(scene: Scene) -> None:
    delivery = scene.announced()
    without = Assistant(**{**vars(scene.assistant), "webhook": Webhook()})
    assert scene.assistants.update(without)
    assert scene.announce.announce(without.id, Event.TEST, {}) is None
    scene.deliver_due()
    assert scene.state(delivery).status is DeliveryStatus.FAILED
    assert "webhook_url" in scene.state(delivery).last_error


def test_what_was_over_long_ago_is_forgotten(scene: Scene) -> None:
    old = scene.announced()
    scene.deliver_due()
    scene.pass_by(days=29)
    young, open_one = scene.announced(), scene.announced()
    scene.events.deliver(young.id)
    scene.pass_by(days=1, minutes=1)
    assert scene.events.forget_old() == 1
    left = {one.id for one in scene.find.page(scene.assistant, 9, "").items}
    assert left == {young.id, open_one.id} != {old.id}


def test_lists_go_by_time(scene: Scene) -> None:
    made: list[tuple[datetime, str]] = []
    for n in range(4):
        made.append((scene.now, scene.announced(once=str(n)).id))
        scene.pass_by(seconds=1)
    first = scene.find.page(scene.assistant, 3, "")
    rest = scene.find.page(scene.assistant, 3, first.next_cursor)
    assert [one.id for one in (*first.items, *rest.items)] == [one for _, one in reversed(made)]

"""Post the events that are due."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from integrations.outbound import NotFetched, Outbound
from kit.clock import Clock
from kit.crypto import Vault
from kit.errors import UpstreamFailed, UpstreamTimeout
from kit.logging import get_logger
from models.assistants import Assistant
from models.deliveries import Delivery, DeliveryStatus, wait_after
from repositories.assistants import AssistantRepository
from repositories.deliveries import DeliveryRepository, Due
from services.delivery.sign import signed_headers

LEASE = timedelta(seconds=90)  # longer than any attempt takes
KEPT_FOR = timedelta(days=30)
CANNOT_SIGN = "What it is signed with cannot be opened any more: enter webhook_secret again."
NO_WEBHOOK = "The assistant has no webhook_url any more."
_log = get_logger("deliveries")


@dataclass(frozen=True)
class _Outcome:
    """What an attempt came to; ``for_good`` when another one would come to the same."""

    code: int | None = None
    error: str = ""
    for_good: bool = False
    asked_s: float = 0.0


class DeliverEvents:
    """Posts one delivery at a time; what a crash interrupts is posted again, under the same id."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        deliveries: DeliveryRepository,
        outbound: Outbound,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._assistants = assistants
        self._deliveries = deliveries
        self._outbound = outbound
        self._vault = vault
        self._clock = clock

    def due(self, limit: int) -> list[Due]:
        """What is to be posted now, the longest due first."""
        return self._deliveries.due(self._clock(), limit)

    def deliver(self, delivery_id: str) -> bool:
        """Post a delivery if it is due and nobody else does; whether its receiver may be sent the next one now."""
        delivery, now = self._deliveries.get_any(delivery_id), self._clock()
        if delivery is None or delivery.next_at is None or delivery.next_at > now:
            return True
        until = now + LEASE
        if not self._deliveries.claim(delivery, until):
            return True
        claimed = replace(delivery, attempts=delivery.attempts + 1, next_at=until)
        assistant = self._assistants.by_id(delivery.assistant_id)
        if assistant is None:
            self._deliveries.delete_all_of(delivery.assistant_id)
            return True
        outcome = self._attempt(assistant, claimed)
        settled = self._settled(claimed, outcome)
        self._deliveries.settle(claimed, settled)
        _log.info(
            "webhook",
            assistant_id=assistant.id,
            delivery_id=delivery.id,
            kind=delivery.event,
            status=settled.status,
            attempts=settled.attempts,
            code=settled.last_code,
        )
        return settled.status is DeliveryStatus.DELIVERED

    def postpone(self, assistant_id: str, ids: list[str], by_s: float) -> None:
        """Let deliveries wait, without an attempt, while their receiver is slow or down."""
        self._deliveries.postpone(assistant_id, ids, self._clock() + timedelta(seconds=by_s))

    def forget_old(self, limit: int = 500) -> int:
        """Remove what was over ``KEPT_FOR`` ago; how many."""
        return self._deliveries.forget(self._clock() - KEPT_FOR, limit)

    def _attempt(self, assistant: Assistant, delivery: Delivery) -> _Outcome:
        webhook = assistant.webhook
        secret = self._vault.shown(webhook.secret_sealed)
        if not webhook.url or not secret:
            return _Outcome(error=CANNOT_SIGN if webhook.url else NO_WEBHOOK, for_good=True)
        body = delivery.body.encode()
        signed = signed_headers(secret, f"msg_{delivery.id}", int(self._clock().timestamp()), body)
        try:
            answer = self._outbound.post(webhook.url, body, {"Content-Type": "application/json", **signed})
        except NotFetched as problem:
            return _Outcome(error=problem.sentence, for_good=True)
        except (UpstreamFailed, UpstreamTimeout) as problem:
            return _Outcome(error=problem.sentence)
        if answer.status in range(200, 300):
            return _Outcome(code=answer.status)
        if answer.status in range(300, 400):
            return _Outcome(
                code=answer.status, error="The receiver answers with a redirect; none is followed."
            )
        error = f"The receiver answers with {answer.status}."
        gone = answer.status == HTTPStatus.GONE
        return _Outcome(code=answer.status, error=error, for_good=gone, asked_s=answer.retry_after_s)

    def _settled(self, delivery: Delivery, outcome: _Outcome) -> Delivery:
        now = self._clock()
        told = replace(
            delivery, last_code=outcome.code, last_error=outcome.error, next_at=None, finished_at=now
        )
        if not outcome.error:
            return replace(told, status=DeliveryStatus.DELIVERED)
        spread = random.random()  # noqa: S311  # spreads load, hides nothing
        again = now + wait_after(delivery.attempts, spread, asked_s=outcome.asked_s)
        if outcome.for_good or again > delivery.give_up_at:
            return replace(told, status=DeliveryStatus.FAILED)
        return replace(told, next_at=again, finished_at=None)

"""Where an assistant's events are posted, and what they are signed with."""

from __future__ import annotations

from integrations.outbound import NotFetched, Outbound
from kit.crypto import Vault
from kit.errors import Invalid
from models.assistants import Webhook
from services.delivery.sign import problem_with_secret

MASK = "********"


class SetWebhook:
    """Checks a webhook as it was sent, seals its secret, and shows it masked."""

    def __init__(self, *, outbound: Outbound, vault: Vault) -> None:
        self._outbound = outbound
        self._vault = vault

    def changed(self, current: Webhook, url: str | None, secret: str | None) -> Webhook:
        """The webhook after a change; ``None`` leaves a part as it is, as does the mask that was shown.

        Without a URL there is no webhook. ``Invalid`` for a URL that can never be reached, for one without a
        secret, and for a secret that protects nothing.
        """
        url = current.url if url is None else url.strip()
        if not url:
            return Webhook()
        if url != current.url:
            self._check(url)
        if secret is None or (current.secret_sealed and secret == self.masked(current)):
            sealed = current.secret_sealed
        else:
            problem = problem_with_secret(secret) if secret else None
            if problem:
                raise Invalid.field("webhook_secret", problem)
            sealed = self._vault.encrypt(secret) if secret else ""
        if not sealed:
            raise Invalid.field("webhook_secret", "Is needed beside webhook_url: events are signed with it.")
        return Webhook(url, sealed)

    def masked(self, webhook: Webhook) -> str:
        """The secret's last four characters behind a mask, or nothing."""
        return MASK + self._vault.shown(webhook.secret_sealed)[-4:] if webhook.secret_sealed else ""

    def _check(self, url: str) -> None:
        try:
            self._outbound.check_address(url)
        except NotFetched as problem:
            raise Invalid.field("webhook_url", problem.sentence) from None

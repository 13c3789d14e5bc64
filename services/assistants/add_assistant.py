"""Make an assistant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kit.clock import Clock
from kit.crypto import Vault
from kit.errors import Forbidden, Invalid
from kit.ids import is_id, new_id
from models.actors import Actor
from models.assistants import Assistant, AssistantSettings, Webhook
from repositories.assistants import AssistantRepository
from repositories.users import UserRepository
from services.assistants.check_models import check_models, check_prices
from services.assistants.keys import make_key
from services.assistants.provider_keys import ProviderKeys
from services.assistants.set_webhook import SetWebhook
from services.llm.catalogue import Catalogue


class AddAssistant:
    """Makes an assistant with a fresh key."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        users: UserRepository,
        webhooks: SetWebhook,
        vault: Vault,
        clock: Clock,
        catalogue: Catalogue,
        provider_keys: ProviderKeys,
    ) -> None:
        self._assistants = assistants
        self._users = users
        self._webhooks = webhooks
        self._vault = vault
        self._clock = clock
        self._catalogue = catalogue
        self._provider_keys = provider_keys

    def add(
        self,
        actor: Actor,
        name: str,
        owner_id: str,
        settings: AssistantSettings,
        *,
        provider_keys: Mapping[str, str | None] | None = None,
        webhook_url: str = "",
        webhook_secret: str = "",
        is_npc: bool = False,
    ) -> Assistant:
        """The new assistant; another's ``owner_id`` is for admins (``Forbidden``) and must exist.

        ``provider_keys`` are as the owner entered them. ``Invalid`` for a model that is not in the catalogue.
        """
        owner = owner_id or actor.user_id
        check_owner(self._users, actor, owner)
        check_models(self._catalogue, AssistantSettings(), vars(settings))
        check_prices(self._catalogue, AssistantSettings(), settings)
        keys = self._provider_keys.sealed((), provider_keys or {}, settings.model)
        key_hash, key_sealed = make_key(self._vault)
        now = self._clock()
        assistant = Assistant(
            id=new_id(),
            owner_id=owner,
            name=name,
            key_hash=key_hash,
            key_sealed=key_sealed,
            created_at=now,
            updated_at=now,
            is_npc=is_npc,
            settings=replace(settings, provider_keys=keys),
            webhook=self._webhooks.changed(Webhook(), webhook_url, webhook_secret),
        )
        self._assistants.add(assistant)
        return assistant


def check_owner(users: UserRepository, actor: Actor, owner_id: str) -> None:
    """Refuse an owner that the caller may not choose, or that does not exist. ``Forbidden``, or ``Invalid``."""
    if owner_id == actor.user_id:
        return
    if not actor.is_admin:
        raise Forbidden("Only an admin makes assistants for others.")
    if not is_id(owner_id) or users.by_id(owner_id) is None:
        raise Invalid.field("owner_id", "There is no such account.")

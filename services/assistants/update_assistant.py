"""Change an assistant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from kit.clock import Clock
from kit.errors import Forbidden, NotFound
from models.actors import Actor
from models.assistants import Assistant
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.documents import DocumentRepository
from repositories.users import UserRepository
from services.assistants.add_assistant import check_owner
from services.assistants.check_models import check_models, check_prices
from services.assistants.provider_keys import ProviderKeys
from services.assistants.set_webhook import SetWebhook
from services.llm.catalogue import Catalogue


class Owned(Protocol):
    """Records that an assistant's owner sees."""

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Hand an assistant's to its new owner."""
        ...


class UpdateAssistant:
    """Changes an assistant's name, owner and settings."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        users: UserRepository,
        chats: ChatRepository,
        documents: DocumentRepository,
        webhooks: SetWebhook,
        others: Sequence[Owned] = (),
        clock: Clock,
        catalogue: Catalogue,
        provider_keys: ProviderKeys,
    ) -> None:
        self._assistants = assistants
        self._users = users
        self._chats = chats
        self._documents = documents
        self._webhooks = webhooks
        self._others = others
        self._clock = clock
        self._catalogue = catalogue
        self._provider_keys = provider_keys

    def update(
        self,
        actor: Actor,
        assistant: Assistant,
        *,
        name: str,
        owner_id: str,
        settings: dict[str, Any],
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> Assistant:
        """The assistant as changed; ``settings`` holds the named fields of ``AssistantSettings`` alone.

        Of ``provider_keys`` it holds what the owner entered, by provider or host. ``Invalid`` for a model that
        is not in the catalogue, ``Forbidden`` for another owner or other keys by whom they are no business of,
        ``NotFound`` when it was deleted meanwhile.
        """
        if owner_id != assistant.owner_id:
            if not (actor.is_admin or assistant.owner_id == actor.user_id):
                raise Forbidden("Only its owner or an admin gives an assistant to another owner.")
            check_owner(self._users, actor, owner_id)
        check_models(self._catalogue, assistant.settings, settings)
        # A dictionary of settings, as they are changed: what they come to is checked as a whole.
        plain = {name: value for name, value in settings.items() if name != "provider_keys"}
        check_prices(self._catalogue, assistant.settings, replace(assistant.settings, **plain))
        if "provider_keys" in settings:
            before = assistant.settings.provider_keys
            keys = self._provider_keys.sealed(
                before, settings["provider_keys"], settings.get("model", assistant.settings.model)
            )
            if keys != before and not (actor.is_admin or actor.user_id == assistant.owner_id):
                raise Forbidden("Only the owner changes the keys of an assistant.")
            settings = {**settings, "provider_keys": keys}
        changed = replace(
            assistant,
            name=name,
            owner_id=owner_id,
            settings=replace(assistant.settings, **settings),
            webhook=self._webhooks.changed(assistant.webhook, webhook_url, webhook_secret),
            updated_at=self._clock(),
        )
        if not self._assistants.update(changed):
            raise NotFound
        if owner_id != assistant.owner_id:
            self._chats.change_owner(assistant.id, owner_id)
            self._documents.change_owner(assistant.id, owner_id)
            for owned in self._others:
                owned.change_owner(assistant.id, owner_id)
        return changed

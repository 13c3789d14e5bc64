"""Make an assistant."""

from __future__ import annotations

from kit.clock import Clock
from kit.crypto import Vault
from kit.errors import Forbidden, Invalid
from kit.ids import is_id, new_id
from models.actors import Actor
from models.assistants import Assistant, AssistantSettings
from repositories.assistants import AssistantRepository
from repositories.users import UserRepository
from services.assistants.keys import make_key


class AddAssistant:
    """Makes an assistant with a fresh key."""

    def __init__(
        self, *, assistants: AssistantRepository, users: UserRepository, vault: Vault, clock: Clock
    ) -> None:
        self._assistants = assistants
        self._users = users
        self._vault = vault
        self._clock = clock

    def add(
        self, actor: Actor, name: str, owner_id: str, settings: AssistantSettings, *, is_npc: bool = False
    ) -> Assistant:
        """The new assistant; another's ``owner_id`` is for admins (``Forbidden``) and must exist."""
        owner = owner_id or actor.user_id
        check_owner(self._users, actor, owner)
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
            settings=settings,
            is_npc=is_npc,
        )
        self._assistants.add(assistant)
        return assistant


def check_owner(users: UserRepository, actor: Actor, owner_id: str) -> None:
    """Refuse an owner that the caller may not choose, or that does not exist."""
    if owner_id == actor.user_id:
        return
    if not actor.is_admin:
        raise Forbidden("Only an admin makes assistants for others.")
    if not is_id(owner_id) or users.by_id(owner_id) is None:
        raise Invalid.field("owner_id", "There is no such account.")

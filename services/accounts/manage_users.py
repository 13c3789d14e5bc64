"""What admins do with accounts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

from kit.errors import Conflict, NotFound
from kit.ids import is_id
from models.actors import Actor, Role
from models.pages import Page
from models.users import User
from repositories.assistants import AssistantRepository
from repositories.generation_jobs import GenerationJobRepository
from repositories.identities import IdentityRepository
from repositories.members import MemberRepository
from repositories.sessions import SessionRepository
from repositories.tokens import TokenRepository
from repositories.users import UserRepository


class Kept(Protocol):
    """Records of a person's that mean nothing without them."""

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every one of a person."""
        ...


class ManageUsers:
    """Lists, changes and removes accounts; there is always an active admin left."""

    def __init__(
        self,
        *,
        users: UserRepository,
        sessions: SessionRepository,
        tokens: TokenRepository,
        assistants: AssistantRepository,
        members: MemberRepository,
        identities: IdentityRepository,
        jobs: GenerationJobRepository,
        others: Sequence[Kept] = (),
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._tokens = tokens
        self._assistants = assistants
        self._members = members
        self._identities = identities
        self._jobs = jobs
        self._others = others
        self._changing = threading.Lock()  # two admins who demote each other would leave none

    def me(self, actor: Actor) -> User:
        """The caller's own account."""
        return self._get(actor.user_id)

    def page(self, limit: int, cursor: str) -> Page[User]:
        """All accounts, newest first."""
        return self._users.page(limit, cursor)

    def count(self) -> int:
        """How many accounts there are."""
        return self._users.count()

    def change(self, user_id: str, changes: dict[str, Any]) -> User:
        """Change ``name``, ``role`` or ``active``; a disabled account's sign-ins end at once."""
        with self._changing:
            user = self._get(user_id)
            if changes.get("role", user.role) is not Role.ADMIN or not changes.get("active", user.active):
                self._keep_an_admin(user)
            if changes:
                self._users.update(user_id, **changes)
        if not changes.get("active", True):
            self._sessions.end_all_of(user_id)
        return self._get(user_id)

    def remove(self, user_id: str) -> None:
        """Remove an account that owns no assistant any more; ``Conflict`` while it does."""
        with self._changing:
            user = self._get(user_id)
            self._keep_an_admin(user)
            if self._assistants.owned_by(user_id):
                raise Conflict(
                    "This account still owns assistants: give them to another owner or delete them first.",
                    code="owns_assistants",
                )
            self._users.delete(user_id)
        # Without their account they open nothing any more, whenever a crash comes.
        self._sessions.end_all_of(user_id)
        self._tokens.delete_all_of(user_id)
        self._members.delete_all_of_user(user_id)
        self._identities.delete_all_of_user(user_id)
        self._jobs.delete_all_of_user(user_id)
        for kept in self._others:
            kept.delete_all_of_user(user_id)

    def _get(self, user_id: str) -> User:
        user = self._users.by_id(user_id) if is_id(user_id) else None
        if user is None:
            raise NotFound
        return user

    def _keep_an_admin(self, user: User) -> None:
        if user.role is not Role.ADMIN or not user.active:
            return
        if not any(other.id != user.id for other in self._users.active_admins()):
            raise Conflict("There must be an active admin left.", code="last_admin")

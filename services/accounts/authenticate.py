"""Tell who holds a credential."""

from __future__ import annotations

from kit.clock import Clock
from kit.crypto import Vault, same
from kit.errors import NotFound, Unauthenticated
from models.actors import Actor, ActorKind
from models.assistants import Assistant
from models.users import PersonalToken, User
from repositories.assistants import AssistantRepository
from repositories.old_keys import OldKeyRepository
from repositories.sessions import SessionRepository
from repositories.tokens import TokenRepository
from repositories.users import UserRepository
from services.accounts.briefly_known import TTL_S, BrieflyKnown

PERSONAL_PREFIX = "pat_"


class Authenticate:
    """Looks a credential up; what does not lead to an active account is ``Unauthenticated``.

    Accounts, personal tokens and assistants by their keys are known for less than a second, so that not every call
    reads them; who changes an account or a token says so with ``forget``, and assistants say so themselves. Where
    other processes write to them too (``knows_assistants`` is false), they are read each time.
    """

    def __init__(
        self,
        *,
        users: UserRepository,
        sessions: SessionRepository,
        tokens: TokenRepository,
        assistants: AssistantRepository,
        old_keys: OldKeyRepository,
        vault: Vault,
        clock: Clock,
        admin_key: str = "",
        knows_assistants: bool = True,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._tokens = tokens
        self._assistants = assistants
        self._old_keys = old_keys
        self._vault = vault
        self._clock = clock
        self._admin_key = admin_key
        self._known_users = BrieflyKnown[User]()
        self._known_tokens = BrieflyKnown[PersonalToken]()
        self._known_assistants = BrieflyKnown[Assistant](TTL_S if knows_assistants else 0.0)
        assistants.tell(self._known_assistants.forget)

    def forget(self) -> None:
        """Look every account and token up anew: one of them has changed."""
        self._known_users.forget()
        self._known_tokens.forget()

    def by_session(self, session_id: str, user_id: str) -> Actor:
        """The person whose sign-in this is, while it lasts."""
        session = self._sessions.get(user_id, session_id)
        if session is None or session.ends_at <= self._clock():
            raise Unauthenticated("This sign-in has ended.")
        return _person(self._active(user_id), session_id=session.id)

    def by_personal_token(self, token: str) -> Actor:
        """The person whose program holds this token."""
        token_hash = self._vault.hash(token)
        found = self._known_tokens.get(token_hash, lambda: self._tokens.by_hash(token_hash))
        if found is None or (found.expires_at is not None and found.expires_at <= self._clock()):
            raise Unauthenticated("The token is not valid (any more).")
        return _person(self._active(found.user_id), token_id=found.id)

    def by_assistant_key(self, key: str) -> Assistant:
        """The assistant whose key this is; its owner's account must be active."""
        key_hash = self._vault.hash(key)
        known = self._known_assistants.get(key_hash, lambda: self._assistants.by_key_hash(key_hash))
        assistant = known or self._by_old_key(key_hash)
        if assistant is None:
            raise Unauthenticated("The assistant's key is not valid (any more).")
        self._active(assistant.owner_id)
        return assistant

    def by_admin_key(self, key: str) -> Actor | None:
        """The first admin, for an operator's script that sends ``ADMIN_KEY``; ``None`` when it is another key.

        ``Unauthenticated`` while there is no admin.
        """
        if not self.is_admin_key(key):
            return None
        first = next(self._users.active_admins(), None)
        if first is None:
            raise Unauthenticated("There is no admin yet: make the first account.")
        return _person(first)

    def is_admin_key(self, key: str) -> bool:
        """Whether this is ``ADMIN_KEY``."""
        return bool(self._admin_key) and same(key, self._admin_key)

    def token_id(self, token_or_id: str) -> str:
        """The id of a personal API token, of which the caller has one or the other."""
        if not token_or_id.startswith(PERSONAL_PREFIX):
            return token_or_id
        found = self._tokens.by_hash(self._vault.hash(token_or_id))
        if found is None:
            raise NotFound
        return found.id

    def _by_old_key(self, key_hash: str) -> Assistant | None:
        assistant_id = self._old_keys.assistant_of(key_hash, self._clock())
        assistant = self._assistants.by_id(assistant_id) if assistant_id else None
        return assistant if assistant and assistant.old_key_until else None

    def _active(self, user_id: str) -> User:
        user = self._known_users.get(user_id, lambda: self._users.by_id(user_id))
        if user is None or not user.active:
            raise Unauthenticated("The account is not active.")
        return user


def _person(user: User, *, session_id: str = "", token_id: str = "") -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        user_id=user.id,
        name=user.name,
        role=user.role,
        session_id=session_id,
        token_id=token_id,
    )

"""Sign in, stay signed in, sign out, change the password."""

from __future__ import annotations

from datetime import timedelta

from kit.clock import Clock
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.ids import new_id
from kit.passwords import Passwords, problem_with
from models.actors import Actor
from models.users import Session, User, email_key
from repositories.sessions import SessionRepository
from repositories.users import UserRepository

SESSION_LIFE = timedelta(days=30)


class SignIn:
    """Opens and ends the sign-ins that tokens are good for."""

    def __init__(
        self, *, users: UserRepository, sessions: SessionRepository, passwords: Passwords, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    def sign_in(self, email: str, password: str) -> tuple[User, Session]:
        """The account and a fresh sign-in; ``Unauthenticated`` says nothing of which of the two was wrong."""
        user = self._users.by_email_key(email_key(email))
        matches = self._passwords.matches(password, user.password_hash if user else None)
        if user is None or not matches or not user.active:
            raise Unauthenticated("The e-mail or the password is wrong.", code="wrong_credentials")
        now = self._clock()
        session = Session(id=new_id(), user_id=user.id, created_at=now, ends_at=now + SESSION_LIFE)
        self._sessions.add(session)
        self._sessions.end_outdated(user.id, now)
        return user, session

    def session_of(self, actor: Actor) -> tuple[User, Session]:
        """The account and the sign-in behind a caller.

        ``Forbidden`` to a program's token, which has none; ``Unauthenticated`` when it has ended.
        """
        if not actor.session_id:
            raise Forbidden("Only a sign-in can be refreshed; a personal API token lasts as it was made.")
        user = self._users.by_id(actor.user_id)
        session = self._sessions.get(actor.user_id, actor.session_id)
        if user is None or session is None:
            raise Unauthenticated("This sign-in has ended.")
        return user, session

    def sign_out(self, actor: Actor) -> None:
        """End the caller's sign-in: its tokens, refreshed ones too, are dead at once."""
        if actor.session_id:
            self._sessions.end(actor.user_id, actor.session_id)

    def change_password(self, actor: Actor, current: str, new: str) -> None:
        """Set a new password and end every other sign-in of the caller.

        ``Unauthenticated`` when the current one is wrong, ``Invalid`` when the new one is too weak.
        """
        user = self._users.by_id(actor.user_id)
        if user is None or not self._passwords.matches(current, user.password_hash):
            raise Unauthenticated("The current password is wrong.", code="wrong_credentials")
        problem = problem_with(new)
        if problem is not None:
            raise Invalid.field("new_password", problem)
        self._users.update(user.id, password_hash=self._passwords.hash(new))
        self._sessions.end_all_of(user.id, except_session=actor.session_id)

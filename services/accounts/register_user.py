"""Make an account."""

from __future__ import annotations

from kit.clock import Clock
from kit.crypto import same
from kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from kit.ids import new_id
from kit.passwords import Passwords, problem_with
from models.actors import Actor, Role
from models.users import User, email_key
from repositories.errors import Duplicate
from repositories.users import UserRepository


class RegisterUser:
    """Makes accounts: the first becomes admin, later ones need an admin or ``REGISTRATION=open``."""

    def __init__(
        self,
        *,
        users: UserRepository,
        passwords: Passwords,
        clock: Clock,
        open_to_all: bool,
        setup_token: str,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._clock = clock
        self._open_to_all = open_to_all
        self._setup_token = setup_token

    def register(
        self,
        name: str,
        email: str,
        password: str,
        *,
        actor: Actor | None,
        from_loopback: bool,
        setup_token: str = "",
    ) -> User:
        """The new account.

        ``Unauthenticated`` or ``Forbidden`` when the caller may not make one, ``Conflict`` for a known
        e-mail, ``Invalid`` for a password that protects nothing.
        """
        first = not self._users.exists_any()
        if first:
            self._check_first(from_loopback=from_loopback, setup_token=setup_token)
        else:
            self._check_later(actor)
        return self._make(name, email, password, first=first)

    def any_account(self) -> bool:
        """Whether there is an account at all."""
        return self._users.exists_any()

    def create_admin(self, name: str, email: str, password: str) -> User:
        """An admin's account, for the operator at the command line."""
        if self._users.exists_any():
            user = self._make(name, email, password, first=False)
            self._users.update(user.id, role=Role.ADMIN)
            return self._users.by_id(user.id) or user
        return self._make(name, email, password, first=True)

    def _make(self, name: str, email: str, password: str, *, first: bool) -> User:
        problem = problem_with(password)
        if problem is not None:
            raise Invalid.field("password", problem)
        if self._users.by_email_key(email_key(email)) is not None:
            raise Conflict("There is an account with this e-mail already.", code="email_taken")
        user = User(
            id=new_id(),
            name=name,
            email=email.strip(),
            email_key=email_key(email),
            password_hash=self._passwords.hash(password),
            role=Role.ADMIN if first else Role.USER,
            active=True,
            created_at=self._clock(),
        )
        try:
            return self._users.add_first(user) if first else self._users.add(user)
        except Duplicate:
            raise Conflict("There is an account with this e-mail already.", code="email_taken") from None

    def _check_first(self, *, from_loopback: bool, setup_token: str) -> None:
        if from_loopback or (setup_token and same(setup_token, self._setup_token)):
            return
        raise Unauthenticated(
            "The first account is made from the server itself, or with X-Setup-Token as printed at the start.",
            code="setup_token_required",
        )

    def _check_later(self, actor: Actor | None) -> None:
        if self._open_to_all or (actor is not None and actor.is_admin):
            return
        if actor is None:
            raise Unauthenticated("Registration is closed: an admin makes accounts.")
        raise Forbidden("Registration is closed: an admin makes accounts.")

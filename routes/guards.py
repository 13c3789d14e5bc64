"""Who calls: every route names its guard, and the guard hands the handler an ``Actor``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from integrations.identity.tokens import is_external
from kit.errors import AppError, Forbidden, Unauthenticated
from models.actors import Access, Actor, ActorKind
from models.assistants import Assistant
from models.callers import Caller
from routes.house import house
from routes.signed_tokens import claims_of
from services.accounts.authenticate import PERSONAL_PREFIX
from services.assistants.keys import KEY_PREFIX

View = TypeVar("View", bound=Callable[..., Any])
GUARD_ATTRIBUTE = "orquestra_guard"
ACCESS_ATTRIBUTE = "orquestra_access"


def person(view: View) -> View:
    """A signed-in person or their program; the handler gets ``actor``.

    With GET they read what belongs to an assistant, with anything else they edit it: who may only view
    it is refused. ``reader`` and ``owner`` say otherwise.
    """

    def check() -> dict[str, Any]:
        return {"actor": _remember(_person())}

    return _guarded(view, "person", check)


def reader(view: View) -> View:
    """As ``person``, for a route that only reads, whatever its method."""
    return _person_who(view, Access.READ)


def owner(view: View) -> View:
    """As ``person``, for what only the owner of an assistant (or an admin) may do with it."""
    return _person_who(view, Access.OWN)


def admin(view: View) -> View:
    """A person with the role ``admin``; the handler gets ``actor``."""

    def check() -> dict[str, Any]:
        actor = _remember(_person())
        if not actor.is_admin:
            raise Forbidden("This is for admins.")
        return {"actor": actor}

    return _guarded(view, "admin", check)


def bot(view: View) -> View:
    """A bot with its assistant's key; the handler gets ``assistant``."""

    def check() -> dict[str, Any]:
        return {"assistant": _bot()}

    return _guarded(view, "bot", check)


def caller(view: View) -> View:
    """A person or an assistant's bot, with any credential; the handler gets ``caller``."""

    def check() -> dict[str, Any]:
        return {"caller": _caller()}

    return _guarded(view, "caller", check)


def reading_caller(view: View) -> View:
    """As ``caller``, for a route that only reads, whatever its method."""

    def check() -> dict[str, Any]:
        found = _caller()
        return {"caller": replace(found, actor=replace(found.actor, access=Access.READ))}

    guarded = _guarded(view, "caller", check)
    setattr(guarded, ACCESS_ATTRIBUTE, Access.READ)
    return guarded


def optional_caller() -> Caller | None:
    """Who calls, or ``None`` when no credential came at all."""
    return _caller() if request.headers.get("Authorization") or _sent_key() else None


def operator(view: View) -> View:
    """An admin, or a script with ``ADMIN_KEY``, with or without ``Bearer``; the handler gets ``actor``."""

    def check() -> dict[str, Any]:
        actor = house().accounts.authenticate.by_admin_key(authorization())
        if actor is None:
            actor = _person()
        if not _remember(actor).is_admin:
            raise Forbidden("This is for admins.")
        return {"actor": actor}

    return _guarded(view, "operator", check)


def token_holder(view: View) -> View:
    """Whoever holds a personal API token, sent with or without ``Bearer``; the handler gets ``actor``."""

    def check() -> dict[str, Any]:
        token = authorization()
        if not token.startswith(PERSONAL_PREFIX):
            _remember(_person())
            raise Forbidden("This route takes a personal API token.")
        actor = _remember(house().accounts.authenticate.by_personal_token(token))
        return {"actor": replace(actor, access=access_by_method(request.method))}

    return _guarded(view, "token_holder", check)


def anybody(view: View) -> View:
    """Nobody is asked who they are: said aloud, so that a forgotten guard is noticed."""
    return _guarded(view, "anybody", dict)


def optional_person() -> Actor | None:
    """The person who calls, or ``None`` when no credential came at all."""
    return _remember(_person()) if request.headers.get("Authorization") else None


def _person_who(view: View, access: Access) -> View:
    def check() -> dict[str, Any]:
        return {"actor": replace(_remember(_person()), access=access)}

    guarded = _guarded(view, "person", check)
    setattr(guarded, ACCESS_ATTRIBUTE, access)
    return guarded


def access_by_method(method: str) -> Access:
    """What a request does with an assistant's things, where its guard does not say."""
    return Access.READ if method in ("GET", "HEAD", "OPTIONS") else Access.EDIT


def _guarded(view: View, name: str, check: Callable[[], dict[str, Any]]) -> View:
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **check(), **kwargs)

    setattr(wrapper, GUARD_ATTRIBUTE, name)
    return wrapper  # type: ignore[return-value]  # the wrapper takes what Flask passes, not what the view does


def _person() -> Actor:
    return replace(_authenticated(), access=access_by_method(request.method))


def _authenticated() -> Actor:
    token = bearer()
    if token.startswith(KEY_PREFIX) or (not token and _sent_key()):
        _bot()  # a key that is not good is told so first
        raise Forbidden("An assistant's key reaches only the bots' routes.")
    if not token:
        raise _unknown(Unauthenticated())
    if token.startswith(PERSONAL_PREFIX):
        return house().accounts.authenticate.by_personal_token(token)
    external = house().accounts.external_people
    if external is not None and is_external(token):
        return external.actor(token)
    try:
        claims = claims_of(token)
    except (PyJWTError, JWTExtendedException, ValueError, KeyError):
        raise _unknown(Unauthenticated("The token is not valid (any more).")) from None
    return house().accounts.authenticate.by_session(str(claims.get("sid", "")), str(claims["sub"]))


def _unknown(problem: AppError) -> AppError:
    """Why who calls is not let in, where it is no credential of a person's: perhaps a good one in the wrong place."""
    if house().accounts.authenticate.is_admin_key(authorization()):
        return Forbidden("ADMIN_KEY reaches only the routes of the NPC gateway for admins.")
    return problem


def _bot() -> Assistant:
    key, token = _sent_key(), bearer()
    if not key and token and not token.startswith(KEY_PREFIX):
        _remember(_person())
        raise Forbidden("This route takes an assistant's key.")
    if not (key or token):
        raise _unknown(Unauthenticated("Send the assistant's key as X-API-Key."))
    assistant = house().accounts.authenticate.by_assistant_key(key or token)
    g.actor_kind, g.actor_id = "bot", assistant.id
    return assistant


def _caller() -> Caller:
    token = bearer()
    if token.startswith(KEY_PREFIX) or (not token and _sent_key()):
        assistant = _bot()
        return Caller(Actor(kind=ActorKind.BOT, assistant_id=assistant.id), assistant)
    return Caller(_remember(_person()))


def _sent_key() -> str:
    return request.headers.get("X-API-Key", "").strip()


def bearer() -> str:
    """The token of ``Authorization: Bearer …``, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def authorization() -> str:
    """The token of ``Authorization``, with or without ``Bearer`` before it."""
    return bearer() or request.headers.get("Authorization", "").strip()


def _remember(actor: Actor) -> Actor:
    """Note who calls for the log line; the handler is handed the actor itself."""
    g.actor_kind, g.actor_id = str(actor.kind), actor.user_id
    return actor

"""Accounts, sign-ins, personal API tokens."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, request
from flask_jwt_extended import create_access_token

from kit.clock import utc_now
from models.actors import Actor
from models.limits import Bounds
from models.users import Session, User
from routes.blueprint import Blueprint
from routes.guards import admin, anybody, bearer, optional_person, person
from routes.house import house
from routes.origin import is_local, is_local_browser
from routes.paging import listed
from routes.schemas import auth as schemas
from routes.schemas.fields import Deleted, ListArguments

SETUP_TOKEN = {
    "in": "header",
    "name": "X-Setup-Token",
    "description": "For the first account, made from elsewhere.",
    "schema": {"type": "string"},
}
blueprint = Blueprint("auth", __name__, url_prefix="/auth", description="Accounts and sign-ins.")


def _notice(response: Response) -> Response:
    """Whoever changed an account or a token here finds it changed with the next request."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        house().accounts.authenticate.forget()
        house().limits.keys.forget()
    return response


blueprint.after_request(_notice)


@blueprint.path("/register", "POST")
@anybody
@blueprint.says(parameters=[SETUP_TOKEN], security=[{}, {"person": []}])
@blueprint.takes(schemas.RegisterIn)
@blueprint.gives(201, schemas.Registered)
def register(body: dict[str, str]) -> dict[str, User]:
    """Make an account.

    The first becomes admin: from the machine itself without a token, from elsewhere with X-Setup-Token as the
    start printed it. Later ones need an admin's token, unless REGISTRATION=open.
    """
    user = house().accounts.register_user.register(
        **body,
        actor=optional_person(),
        from_loopback=is_local() and is_local_browser(),
        setup_token=request.headers.get("X-Setup-Token", ""),
    )
    return {"user": user}


@blueprint.path("/login", "POST")
@anybody
@blueprint.takes(schemas.LoginIn)
@blueprint.gives(200, schemas.SignedIn)
def login(body: dict[str, str]) -> dict[str, Any]:
    """Sign in."""
    return _signed_in(*house().accounts.sign_in.sign_in(**body))


@blueprint.path("/refresh", "POST")
@person
@blueprint.gives(200, schemas.SignedIn)
def refresh(actor: Actor) -> dict[str, Any]:
    """A fresh token for the same sign-in, for at most 30 days from it."""
    return _signed_in(*house().accounts.sign_in.session_of(actor))


@blueprint.path("/me")
@person
@blueprint.gives(200, schemas.UserOut)
def me(actor: Actor) -> User:
    """The caller's account."""
    return house().accounts.manage_users.me(actor)


@blueprint.path("/logout", "POST")
@person
@blueprint.gives(204)
def logout(actor: Actor) -> None:
    """End what the caller came with: a sign-in with all its tokens, a personal API token, or a provider's token."""
    external = house().accounts.external_people
    if external is not None and not (actor.token_id or actor.session_id):
        external.sign_out(actor, bearer())
    elif actor.token_id:
        house().accounts.issue_tokens.revoke(actor, actor.token_id)
    else:
        house().accounts.sign_in.sign_out(actor)


@blueprint.path("/password", "PUT")
@person
@blueprint.takes(schemas.PasswordIn)
@blueprint.gives(204)
def change_password(body: dict[str, str], actor: Actor) -> None:
    """Change the password; other sign-ins end."""
    house().accounts.sign_in.change_password(actor, body["current_password"], body["new_password"])


@blueprint.path("/tokens", "POST")
@person
@blueprint.takes(schemas.TokenIn)
@blueprint.gives(201, schemas.TokenOut)
def issue_token(body: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Make a personal API token; it is shown this once."""
    tokens = house().accounts.issue_tokens
    token, secret = tokens.issue(actor, body["name"], body["expires_in_days"], body["limits"] or Bounds())
    return {**vars(token), "token": secret}


@blueprint.path("/tokens")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.TokenOut(many=True))
def list_tokens(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's personal API tokens, without the tokens themselves."""
    tokens = house().accounts.issue_tokens
    return listed(args, partial(tokens.page, actor), partial(tokens.count, actor))


@blueprint.path("/tokens/<token_id>", "PUT")
@person
@blueprint.takes(schemas.TokenChange)
@blueprint.gives(200, schemas.TokenOut)
def change_token(body: dict[str, Any], token_id: str, actor: Actor) -> Any:
    """Change what a personal API token is called, or what it may use: limits are taken as a whole."""
    changes = {**body, **({"limits": body["limits"] or Bounds()} if "limits" in body else {})}
    return house().accounts.issue_tokens.change(actor, token_id, changes)


@blueprint.path("/tokens/<token_id>", "DELETE")
@person
@blueprint.gives(204)
def revoke_token(token_id: str, actor: Actor) -> None:
    """End a personal API token."""
    house().accounts.issue_tokens.revoke(actor, token_id)


@blueprint.path("/users")
@admin
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.UserOut(many=True))
def list_users(args: dict[str, Any], actor: Actor) -> Any:
    """All accounts."""
    del actor  # every admin sees the same
    users = house().accounts.manage_users
    return listed(args, users.page, users.count)


@blueprint.path("/users/<user_id>", "PUT")
@admin
@blueprint.takes(schemas.UserChange, required=False)
@blueprint.gives(200, schemas.UserOut)
def change_user(body: dict[str, Any], user_id: str, actor: Actor) -> User:
    """Change an account's name or role, or disable it."""
    del actor
    return house().accounts.manage_users.change(user_id, body)


@blueprint.path("/users/<user_id>", "DELETE")
@admin
@blueprint.gives(200, Deleted)
def remove_user(user_id: str, actor: Actor) -> dict[str, str]:
    """Remove an account that owns no assistant."""
    del actor
    house().accounts.manage_users.remove(user_id)
    return {"message": "The account is gone."}


def _signed_in(user: User, session: Session) -> dict[str, Any]:
    now = utc_now()
    life = min(timedelta(hours=house().settings.jwt_ttl_hours), session.ends_at - now)
    token = create_access_token(user.id, expires_delta=life, additional_claims={"sid": session.id})
    return {"token": token, "expires_at": now + life, "user": user}

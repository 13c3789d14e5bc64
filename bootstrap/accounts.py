"""How the use cases of accounts are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from integrations.identity.jwks import KeySet
from integrations.identity.tokens import ExternalTokens
from kit.clock import utc_now
from kit.crypto import check_admin_key
from kit.errors import SettingsError
from kit.passwords import Passwords
from services.accounts.authenticate import Authenticate
from services.accounts.external_people import ExternalPeople
from services.accounts.issue_tokens import IssueTokens
from services.accounts.manage_users import ManageUsers
from services.accounts.register_user import RegisterUser
from services.accounts.sign_in import SignIn
from services.accounts.use_cases import AccountUseCases


def build(parts: Parts, shared: Shared) -> AccountUseCases:
    """Who may come in, and as whom."""
    records = parts.repositories
    passwords = Passwords()
    return AccountUseCases(
        authenticate=Authenticate(
            users=records.users,
            sessions=records.sessions,
            tokens=records.tokens,
            assistants=records.assistants,
            old_keys=records.old_keys,
            vault=shared.vault,
            clock=utc_now,
            admin_key=check_admin_key(parts.settings.admin_key),
            # Workers index documents, and answers need not wait a second for one that is ready.
            knows_assistants=not parts.settings.celery_broker_url,
        ),
        register_user=RegisterUser(
            users=records.users,
            passwords=passwords,
            clock=utc_now,
            open_to_all=parts.settings.registration == "open",
            setup_token=parts.secrets.setup_token,
        ),
        sign_in=SignIn(users=records.users, sessions=records.sessions, passwords=passwords, clock=utc_now),
        issue_tokens=IssueTokens(
            tokens=records.tokens, budgets=records.budgets, vault=shared.vault, clock=utc_now
        ),
        manage_users=ManageUsers(
            users=records.users,
            sessions=records.sessions,
            tokens=records.tokens,
            assistants=records.assistants,
            members=records.members,
            identities=records.identities,
            jobs=records.generation_jobs,
            others=(
                records.ended_tokens,
                records.quizzes,
                records.answer_sheets,
                records.cards,
                records.card_images,
                records.card_templates,
            ),
        ),
        external_people=_external(parts),
    )


def _external(parts: Parts) -> ExternalPeople | None:
    """People of an identity provider, where one is set."""
    settings, records = parts.settings, parts.repositories
    if not settings.jwt_jwks_url:
        return None
    if not settings.jwt_jwks_url.startswith(("https://", "http://")):
        raise SettingsError("JWT_JWKS_URL: must begin with https:// or http://")
    for name, value in (("JWT_ISSUER", settings.jwt_issuer), ("JWT_AUDIENCE", settings.jwt_audience)):
        if not value:
            raise SettingsError(
                f"{name}: is needed beside JWT_JWKS_URL, or anybody's tokens would be good here"
            )
    return ExternalPeople(
        tokens=ExternalTokens(
            keys=KeySet(settings.jwt_jwks_url), issuer=settings.jwt_issuer, audience=settings.jwt_audience
        ),
        users=records.users,
        identities=records.identities,
        ended=records.ended_tokens,
        clock=utc_now,
        role_claim=settings.jwt_role_claim,
        admin_values=settings.jwt_admin_values,
    )

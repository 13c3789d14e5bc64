"""How the use cases of accounts are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from kit.crypto import check_admin_key
from kit.passwords import Passwords
from services.accounts.authenticate import Authenticate
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
        ),
        register_user=RegisterUser(
            users=records.users,
            passwords=passwords,
            clock=utc_now,
            open_to_all=parts.settings.registration == "open",
            setup_token=parts.secrets.setup_token,
        ),
        sign_in=SignIn(users=records.users, sessions=records.sessions, passwords=passwords, clock=utc_now),
        issue_tokens=IssueTokens(tokens=records.tokens, vault=shared.vault, clock=utc_now),
        manage_users=ManageUsers(
            users=records.users,
            sessions=records.sessions,
            tokens=records.tokens,
            assistants=records.assistants,
            members=records.members,
        ),
    )

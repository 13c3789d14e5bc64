"""What the doors can ask of accounts."""

from __future__ import annotations

from dataclasses import dataclass

from services.accounts.authenticate import Authenticate
from services.accounts.external_people import ExternalPeople
from services.accounts.issue_tokens import IssueTokens
from services.accounts.manage_users import ManageUsers
from services.accounts.register_user import RegisterUser
from services.accounts.sign_in import SignIn


@dataclass(frozen=True)
class AccountUseCases:
    """Who may come in, and as whom."""

    authenticate: Authenticate
    register_user: RegisterUser
    sign_in: SignIn
    issue_tokens: IssueTokens
    manage_users: ManageUsers
    external_people: ExternalPeople | None = None

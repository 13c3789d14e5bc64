"""Give others a role on an assistant, and take it away."""

from __future__ import annotations

from dataclasses import dataclass

from kit.clock import Clock
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import is_id
from models.assistants import Assistant
from models.members import AssistantRole, Member
from models.pages import Page
from models.users import User, email_key
from repositories.assistants import AssistantRepository
from repositories.members import MemberRepository
from repositories.users import UserRepository

MOST_MEMBERS = 100


@dataclass(frozen=True)
class MemberShown:
    """A member, and the account behind."""

    member: Member
    user: User


class ManageMembers:
    """What an owner does with the roles on an assistant of theirs."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        members: MemberRepository,
        users: UserRepository,
        clock: Clock,
    ) -> None:
        self._assistants = assistants
        self._members = members
        self._users = users
        self._clock = clock

    def put(self, assistant: Assistant, role: AssistantRole, *, user_id: str, email: str) -> MemberShown:
        """Give whoever is named by id or e-mail this role instead of the one they may have.

        ``NotFound`` when there is no such account; ``Invalid`` for the owner; ``Conflict`` over
        ``MOST_MEMBERS``.
        """
        user = self._user(user_id, email)
        if user is None:
            raise NotFound("There is no such account.")
        if user.id == assistant.owner_id:
            raise Invalid.field("user_id" if user_id else "email", "Owns the assistant.")
        known = self._members.get(assistant.id, user.id)
        if known is None and self._members.count(assistant.id) >= MOST_MEMBERS:
            raise Conflict(f"An assistant has at most {MOST_MEMBERS} members.", code="too_many_members")
        at = known.created_at if known else self._clock()
        member = Member(assistant_id=assistant.id, user_id=user.id, role=role, created_at=at)
        self._members.put(member)
        if self._assistants.by_id(assistant.id) is None:  # deleted meanwhile
            self._members.delete_all_of(assistant.id)
            raise NotFound
        return MemberShown(member, user)

    def remove(self, assistant: Assistant, *, user_id: str, email: str) -> None:
        """Take the role away, from the next request on; ``NotFound`` for somebody without one."""
        user = self._user("", email) if email else None
        named = user.id if user else user_id
        if not is_id(named) or not self._members.remove(assistant.id, named):
            raise NotFound

    def page(self, assistant: Assistant, limit: int, cursor: str) -> Page[MemberShown]:
        """Who has a role on the assistant; accounts that are gone are passed over."""
        found = self._members.page(assistant.id, limit, cursor)
        shown = ((one, self._users.by_id(one.user_id)) for one in found.items)
        return Page(tuple(MemberShown(one, user) for one, user in shown if user), found.next_cursor)

    def count(self, assistant: Assistant) -> int:
        """How many have a role on the assistant."""
        return self._members.count(assistant.id)

    def _user(self, user_id: str, email: str) -> User | None:
        if email:
            return self._users.by_email_key(email_key(email))
        return self._users.by_id(user_id) if is_id(user_id) else None

"""What people may do with an assistant that is not theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.actors import Access


class AssistantRole(StrEnum):
    """What somebody is to an assistant; ``editor`` and ``viewer`` are given by its owner."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def access(self) -> Access:
        """The most that this role may do."""
        return _ACCESS[self]


_ACCESS = {
    AssistantRole.OWNER: Access.OWN,
    AssistantRole.ADMIN: Access.OWN,
    AssistantRole.EDITOR: Access.EDIT,
    AssistantRole.VIEWER: Access.READ,
}
GIVEN_ROLES = (AssistantRole.EDITOR, AssistantRole.VIEWER)


@dataclass(frozen=True)
class Member:
    """A person with a role on an assistant that is somebody else's."""

    assistant_id: str
    user_id: str
    role: AssistantRole
    created_at: datetime

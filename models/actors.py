"""Who calls: one value, passed by hand from the door to the repository."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What a person may do beyond what they own: nothing, or everything."""

    USER = "user"
    ADMIN = "admin"


class Access(IntEnum):
    """What a call does with an assistant, or with what belongs to one; the larger needs the larger role."""

    READ = 1
    EDIT = 2
    OWN = 3


class ActorKind(StrEnum):
    """What kind of caller holds the credential."""

    PERSON = "person"
    BOT = "bot"


@dataclass(frozen=True)
class Actor:
    """A caller whose credential was checked.

    A person has ``user_id`` and ``role`` (and ``session_id`` when signed in, ``token_id`` when it
    is a personal API token); a bot has ``assistant_id`` alone. ``access`` is what this call does: where
    nobody said, what only an owner may.
    """

    kind: ActorKind
    user_id: str = ""
    name: str = ""
    role: Role = Role.USER
    assistant_id: str = ""
    session_id: str = ""
    token_id: str = ""
    access: Access = Access.OWN

    @property
    def is_admin(self) -> bool:
        """Whether the caller is a person who sees everything."""
        return self.kind is ActorKind.PERSON and self.role is Role.ADMIN

    @property
    def key(self) -> str:
        """What limits are counted by and log lines name: ``person:<id>`` or ``bot:<assistant id>``."""
        return f"{self.kind}:{self.user_id or self.assistant_id}"

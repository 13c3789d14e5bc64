"""Whose records an operation may touch: a value that every filter is built from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from kit.errors import NotFound
from models.actors import Actor, ActorKind

_ID = re.compile(r"[0-9A-Za-z]{1,64}\Z")


@dataclass(frozen=True)
class Scope:
    """Bounds that every record of an operation lies within, the narrowest first.

    At least one bound is set, or ``whole`` alone: the whole installation, for admins, for sweeps
    and for what belongs to nobody. A bound is an id that we made: letters and digits.
    """

    chat_id: str | None = None
    document_id: str | None = None
    guide_id: str | None = None
    push_id: str | None = None
    quiz_id: str | None = None
    assistant_id: str | None = None
    user_id: str | None = None
    owner_id: str | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        bounds = self.bounds
        if not all(isinstance(value, str) and _ID.match(value) for value in bounds.values()):
            raise ValueError("a bound of a scope is an id")
        if bool(bounds) is self.whole:
            raise ValueError("a scope has bounds, or is the whole installation")

    @classmethod
    def of(cls, actor: Actor) -> Scope:
        """What a caller may see: a bot its assistant, a person what they own, an admin everything."""
        if actor.kind is ActorKind.BOT:
            return cls(assistant_id=actor.assistant_id)
        return WHOLE if actor.is_admin else cls(owner_id=actor.user_id)

    @property
    def bounds(self) -> dict[str, str]:
        """Field to value, the narrowest first; empty for the whole installation."""
        return {name: value for name in SCOPE_FIELDS if (value := getattr(self, name)) is not None}

    def narrowed(self, **bounds: str) -> Scope:
        """This scope with further bounds, as a caller named them.

        ``NotFound`` where one contradicts what is bound already, or is no id at all.
        """
        mine = self.bounds
        if any(not _ID.match(value) or mine.get(name, value) != value for name, value in bounds.items()):
            raise NotFound
        return replace(self, whole=False, **bounds)

    def admits(self, record: Mapping[str, Any]) -> bool:
        """Whether a record lies within all bounds."""
        return all(record.get(name) == value for name, value in self.bounds.items())


SCOPE_FIELDS = tuple(one.name for one in fields(Scope) if one.name != "whole")
WHOLE = Scope(whole=True)

"""Fill the guide that is offered in a chat, one question at a time, and then follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kit.errors import Invalid, NotFound
from kit.logging import get_logger
from models import phrases
from models.assistants import Assistant
from models.chats import Chat, Message
from models.guides import Guide, GuideProgress, GuideVariable, Value
from models.text.language import detect_language
from repositories.chats import ChatRepository
from repositories.guides import GuideRepository
from services.chats.read_for_guide import Read, ReadForGuide, Unread
from services.chats.turns import Asking
from services.guides.read_values import read_value
from services.guides.render_guide import about_of, render_guide

_log = get_logger("chats")


@dataclass(frozen=True)
class Followed:
    """A filled guide: what is asked of the model, what it is told, and what that is about."""

    question: str
    instructions: str = ""
    about: str = ""


class FollowGuide:
    """Reads each message for what the guide lacks, and asks for the first that is still missing."""

    def __init__(
        self,
        *,
        chats: ChatRepository,
        guides: GuideRepository,
        read: ReadForGuide,
    ) -> None:
        self._chats = chats
        self._guides = guides
        self._read = read

    def check(self, assistant: Assistant, guide_id: str) -> None:
        """``NotFound`` for a guide that is not of this assistant."""
        if guide_id and self._guides.get(assistant.id, guide_id) is None:
            raise NotFound("There is no such guide.")

    def begun(self, chat: Chat, message: Message, guide_id: str) -> Chat:
        """The chat, this guide begun in it by the message; one that is there already goes on as it is."""
        if not guide_id or (chat.guide is not None and chat.guide.guide_id == guide_id):
            return chat
        guide = GuideProgress(guide_id, turn=message.turn - 1)
        self._chats.offer_guide(chat, guide)
        return replace(chat, guide=guide)

    def step(self, assistant: Assistant, chat: Chat, message: Message) -> Asking | Followed | None:
        """What a chat's guide makes of a message: a question, or the filled guide; ``None`` without one."""
        progress = chat.guide
        guide = self._guides.get(assistant.id, progress.guide_id) if progress else None
        if progress is None or guide is None:
            return None
        values = _kept(guide, progress.values)
        missing = _missing(guide, values)
        if not missing:
            return self._followed(chat, message, guide, replace(progress, values=values))
        read = Read({})
        if message.turn > progress.turn:
            read = self._read.read(Unread(assistant, chat, message, guide, missing, progress.asked))
        values = {**values, **read.values}
        missing = _missing(guide, values)
        asked = missing[0].name if missing else progress.asked
        now = GuideProgress(guide.id, values, asked, max(progress.turn, message.turn))
        if not missing:
            return self._followed(chat, message, guide, now)
        self._chats.set_guide(chat, now, was=progress)
        if read.asking is not None:
            return read.asking
        return Asking(_question(missing[0], _language(assistant, message, guide), misread=read.misread))

    def _followed(self, chat: Chat, message: Message, guide: Guide, now: GuideProgress) -> Followed | None:
        """The guide as instruction; the turn that filled it asks the guide itself."""
        try:
            text = render_guide(guide, now.values)
        except Invalid as problem:  # the guide was changed meanwhile to what the values do not fit
            _log.warning(
                "guide not followed", chat_id=chat.id, guide_id=guide.id, fields=sorted(problem.details)
            )
            return None
        if not now.is_answered or message.turn <= now.turn:  # the first time, or that turn once more
            done = replace(now, is_answered=True, turn=max(now.turn, message.turn))
            self._chats.set_guide(chat, done, was=chat.guide)
            if now.asked:  # the message was a value: what is asked is the guide
                return Followed(text, about=about_of(now.values))
        return Followed(message.content, text)


def _missing(guide: Guide, values: Mapping[str, Value]) -> list[GuideVariable]:
    return [one for one in guide.variables if one.is_asked_for and one.name not in values]


def _kept(guide: Guide, values: Mapping[str, Value]) -> dict[str, Value]:
    """Those of the values that the guide, as it is now, still takes."""
    kept: dict[str, Value] = {}
    for variable in guide.variables:
        if variable.name in values:
            try:
                kept[variable.name] = read_value(variable, values[variable.name])
            except ValueError:
                continue
    return kept


def _question(variable: GuideVariable, language: str, *, misread: bool) -> str:
    lines = [variable.label or variable.name]
    if misread:
        lines.insert(0, phrases.phrase(phrases.NOT_UNDERSTOOD, language))
    lines += [f"{n}. {choice}" for n, choice in enumerate(variable.choices, start=1)]
    return "\n".join(lines)


def _language(assistant: Assistant, message: Message, guide: Guide) -> str:
    """The assistant's, or the message's; of one too short to tell, that of the guide's own questions."""
    if assistant.settings.language in phrases.NOT_UNDERSTOOD:
        return assistant.settings.language
    labels = " ".join(one.label for one in guide.variables)
    found = (detect_language(text) for text in (message.content, f"{labels}\n{guide.body}"))
    return next(filter(None, found), phrases.FALLBACK_LANGUAGE)

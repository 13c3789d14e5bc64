"""Compile a prompt: instructions, rules, fenced passages, as much history as fits, the message."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property

from models.assistants import Persona
from models.completions import PromptMessage
from models.documents import Passage
from models.tokens import TOKENS_PER_MESSAGE, estimate_prompt, estimate_tokens, fit_tokens
from services.prompts import wording
from services.prompts.scratchpad import harmless_tags

LONGEST_LABEL = 120  # characters of a file name or a heading
_FENCE = re.compile("[<\uff1c\ufe64]{3,}|[>\uff1e\ufe65]{3,}")
_OF_FENCES = "<\uff1c\ufe64>\uff1e\ufe65"


@dataclass(frozen=True)
class Turn:
    """What the contact wrote and the answer to it; either may be empty. ``number`` is its place in the chat."""

    question: str
    answer: str
    number: int = field(default=0, compare=False)

    @cached_property
    def tokens(self) -> int:
        """What it takes of a prompt; a chat's turns are remembered, and asked for it with every message."""
        return estimate_tokens(self.question) + estimate_tokens(self.answer) + 2 * TOKENS_PER_MESSAGE

    @cached_property
    def messages(self) -> tuple[PromptMessage, ...]:
        """What a prompt has of it, which is asked for as often."""
        said = (PromptMessage("user", self.question), PromptMessage("assistant", self.answer))
        return tuple(one for one in said if one.content)


@dataclass(frozen=True)
class PromptBudget:
    """Tokens, as ``models/tokens.py`` estimates them.

    ``total`` bounds the whole prompt, but for the message itself, which is never cut; ``prompt`` the head
    of the prompt document, ``more`` what else of it bears on the message, ``passages`` the passages;
    ``history`` what was said before, where these leave as much.
    """

    total: int = 12_000
    prompt: int = 4_000
    more: int = 1_500
    passages: int = 4_000
    history: int = 4_000

    @classmethod
    def within(cls, context: int | None, answer: int | None = None) -> PromptBudget:
        """The usual one, or as much less as a model needs that reads and writes ``context`` tokens in all.

        ``answer`` is the room that an answer has; a quarter of the context, where nobody said.
        """
        usual = cls()
        if context is None:
            return usual
        room = max(context - min(answer or 1_024, context // 4), 256)
        part = min(1.0, room / usual.total)
        return cls(*(int(tokens * part) for tokens in astuple(usual)))


@dataclass(frozen=True)
class PromptParts:
    """What a prompt is made of.

    ``assistant_prompt`` is the head of the prompt document and ``prompt_passages`` what else of it bears on the
    message; ``passages`` are numbered from 1 in their order; ``enough`` says whether they are evidence for an
    answer, ``asks`` whether the message asks for any; ``history`` is oldest first; ``language`` is empty or
    ``auto`` when the contact chooses it; ``no_answer`` is what to say when the documents hold nothing; ``persona``
    is whom it plays; ``thinks``: whether it is to think on a scratchpad first, ``None`` where it has none.
    ``client_instructions`` are those of the program that asks: they come last and do not stand above anything;
    ``conversation`` is what it keeps itself, and stands in place of ``history`` and ``message``. ``notes`` sum up
    what was said before the history.
    """

    message: str
    assistant_prompt: str = ""
    prompt_passages: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    enough: bool = False
    asks: bool = True
    history: tuple[Turn, ...] = ()
    company: str = ""
    language: str = ""
    no_answer: str = ""
    persona: Persona | None = None
    thinks: bool | None = None
    client_instructions: str = ""
    notes: str = ""
    conversation: tuple[PromptMessage, ...] = ()


def compile_prompt(
    parts: PromptParts, budget: PromptBudget | None = None, *, boundary: str = ""
) -> tuple[PromptMessage, ...]:
    """One system message, the history in turns of user and assistant, and the message last.

    ``boundary`` marks where passages begin and end; nobody who writes a document may be able to guess it,
    so a new one is drawn when none is given.
    """
    budget = budget or PromptBudget()
    boundary = boundary or secrets.token_hex(8)
    parts = replace(parts, passages=fit_passages(parts.passages, budget))
    system = PromptMessage("system", _system(parts, budget, boundary))
    if parts.conversation:
        return system, *(_of_conversation(parts, one) for one in parts.conversation)
    message = PromptMessage("user", _said(parts, parts.message))
    left = min(budget.history, budget.total - estimate_prompt((system, message)))
    history = fit_history(parts.history, left)
    return system, *_alternating([*_messages(parts, history), message])


def fit_passages(passages: Sequence[Passage], budget: PromptBudget | None = None) -> tuple[Passage, ...]:
    """Those that a prompt has room for, in their order; the first is cut rather than left out.

    Sources are made from these, so that they list just what the model was given. Again is the same.
    """
    left = (budget or PromptBudget()).passages
    taken: list[Passage] = []
    for whole in passages:
        passage = whole if taken else replace(whole, text=fit_tokens(whole.text, left))
        cost = estimate_tokens(passage.text)
        if cost <= left:
            taken.append(passage)
            left -= cost
    return tuple(taken)


def fit_history(turns: Sequence[Turn], tokens: int) -> tuple[Turn, ...]:
    """The newest turns that fit into ``tokens``, whole and without a gap, oldest first."""
    kept = len(turns)
    for turn in reversed(turns):
        tokens -= turn.tokens
        if tokens < 0:
            break
        kept -= 1
    return tuple(turns[kept:])


def _system(parts: PromptParts, budget: PromptBudget, boundary: str) -> str:
    sections = [
        _instructions(parts, budget),
        "\n".join([wording.RULES, *_rules(parts, boundary)]),
        *(_fenced(n, passage, boundary) for n, passage in enumerate(parts.passages, start=1)),
        _notes(parts, boundary),
        _of_client(parts.client_instructions, boundary),
    ]
    return "\n\n".join(section for section in sections if section)


def _instructions(parts: PromptParts, budget: PromptBudget) -> str:
    """The prompt document, or the default in its place, and who the assistant speaks for."""
    company = _one_line(parts.company)
    persona = _persona(parts.persona, budget)
    head = fit_tokens(parts.assistant_prompt.strip(), budget.prompt - estimate_tokens(persona))
    head = "\n\n".join(part for part in (persona, head) if part)
    if not head:
        language = parts.language if parts.language in wording.DEFAULT_PROMPTS else "en"
        of_company = wording.OF_COMPANY[language].format(company=company) if company else ""
        return wording.DEFAULT_PROMPTS[language].format(of_company=of_company)
    lines = [head]
    if company and company not in head:
        lines.append(wording.COMPANY.format(company=company))
    more = fit_tokens("\n\n".join(parts.prompt_passages), budget.more)
    if more:
        lines += [wording.MORE_INSTRUCTIONS, more]
    return "\n\n".join(lines)


def _persona(persona: Persona | None, budget: PromptBudget) -> str:
    if persona is None:
        return ""
    parts = []
    if persona.char_descr.strip():
        parts.append(wording.PERSONA.format(char=fit_tokens(persona.char_descr.strip(), budget.prompt // 2)))
    if persona.world_descr.strip():
        parts.append(wording.WORLD.format(world=fit_tokens(persona.world_descr.strip(), budget.prompt // 4)))
    return "\n\n".join(parts)


def _rules(parts: PromptParts, boundary: str) -> list[str]:
    named = wording.LANGUAGE_NAMES.get(parts.language)
    rules = [
        wording.ANSWER_IN.format(language=named) if named else wording.ANSWER_IN_THEIRS,
        wording.NO_NEW_LINKS,
    ]
    if parts.thinks is not None:
        rules.append(wording.SCRATCHPAD if parts.thinks else wording.NO_SCRATCHPAD)
    say = wording.SAY_EXACTLY.format(words=parts.no_answer) if parts.no_answer else wording.SAY_IN_THEIRS
    if not parts.passages and parts.persona is not None:
        return [*rules, wording.IN_CHARACTER]
    if not parts.asks:
        return [*rules, wording.NOTHING_ASKED.format(say=say)]
    if not parts.passages:
        return [*rules, wording.NOTHING_FOUND.format(say=say)]
    rules += (
        [wording.CITE, wording.IF_NOT_THERE.format(say=say)]
        if parts.enough
        else [wording.NOT_ENOUGH.format(say=say)]
    )
    if parts.history:
        rules.append(wording.OLD_NUMBERS)
    return [*rules, wording.UNTRUSTED.format(boundary=boundary)]


def _notes(parts: PromptParts, boundary: str) -> str:
    if not parts.notes.strip():
        return ""
    notes = _harmless(parts.notes.strip(), boundary)
    return wording.NOTES.format(boundary=boundary, notes=_said(parts, notes))


def _fenced(n: int, passage: Passage, boundary: str) -> str:
    """A passage between its marks; what in it looks like a mark no longer does."""
    labels = [passage.filename, *passage.heading]
    if passage.page is not None:
        labels.append(wording.PAGE.format(page=passage.page))
    return "\n".join(
        [
            wording.PASSAGE_BEGINS.format(n=n, boundary=boundary),
            " > ".join(_harmless(_one_line(label), boundary) for label in labels if label),
            _harmless(passage.text, boundary),
            wording.PASSAGE_ENDS.format(n=n, boundary=boundary),
        ]
    )


def _of_client(instructions: str, boundary: str) -> str:
    if not instructions.strip():
        return ""
    return "\n".join(
        [
            wording.OF_CLIENT,
            wording.CLIENT_BEGINS.format(boundary=boundary),
            harmless_tags(_harmless(instructions.strip(), boundary)),
            wording.CLIENT_ENDS.format(boundary=boundary),
        ]
    )


def _harmless(text: str, boundary: str) -> str:
    # Hardly any text holds either: to look is a tenth of the time that to replace takes.
    if boundary.lower() in text.lower():
        text = re.sub(re.escape(boundary), "·", text, flags=re.IGNORECASE)
    if not any(mark in text for mark in _OF_FENCES):
        return text
    return _FENCE.sub(lambda found: ("‹" if found[0][0] in "<\uff1c\ufe64" else "›") * 3, text)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_LABEL]


def _said(parts: PromptParts, text: str) -> str:
    """What a contact wrote; where the assistant has a scratchpad, nobody else opens or closes it."""
    return text if parts.thinks is None else harmless_tags(text)


def _of_conversation(parts: PromptParts, one: PromptMessage) -> PromptMessage:
    content = one.extra.get("content")
    if parts.thinks is None:
        return one
    extra = dict(one.extra)
    if isinstance(content, list):
        extra["content"] = [
            {**part, "text": _said(parts, part["text"])} if "text" in part else part for part in content
        ]
    return PromptMessage(one.role, _said(parts, one.content), extra)


def _messages(parts: PromptParts, history: Iterable[Turn]) -> Iterable[PromptMessage]:
    for turn in history:
        for one in turn.messages:
            said = one.content if one.role == "assistant" else _said(parts, one.content)
            yield one if said == one.content else PromptMessage(one.role, said)


def _alternating(messages: Iterable[PromptMessage]) -> list[PromptMessage]:
    """User and assistant in turns, the user first, as many models' templates insist on."""
    turns: list[PromptMessage] = []
    for message in messages:
        if not turns and message.role == "assistant":
            turns.append(PromptMessage("user", wording.CHAT_BEGINS))
        if turns and turns[-1].role == message.role:
            turns[-1] = PromptMessage(message.role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(message)
    return turns

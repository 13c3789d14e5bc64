"""Keep what a model thinks aside apart from what it answers."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from models.text.folding import fold

# A tag, however it is dressed: <scratchpad>, </ Scratch-Pad >, &lt;scratchpad&gt;, [scratchpad], <|scratchpad|>,
# ＜scratchpad＞, one whose bracket is not closed on its line; a code block of that name, a heading at the start;
# and the <think> of models that reason by themselves.
_TAG = re.compile(
    r"(?:<|&lt;|\[|\{|\uff1c|\u2039)[|\s]*(?P<end>[/\\]?)[|\s]*(?:[a-z]{1,12}[_-])?scratch[\s_-]*pads?\b"
    r"(?:[^<>\[\]{}\uff1c\uff1e\u2039\u203a]{0,60}?(?:>|&gt;|\]|\}|\uff1e|\u203a)|(?=[ \t]*(?:\n|\Z)))"
    r"|^[ \t]*```[ \t]*scratch[\s_-]*pad\b|\A[\s*#_]*scratch[\s_-]*pad[\s*_]*:[*_]*"
    r"|<(?P<done>/?)think(?:ing)?>",
    re.IGNORECASE | re.MULTILINE,
)
# What is not seen, and letters that look like others: a tag stays one under them.
_LIKE = str.maketrans(
    {
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad"),
        **dict(zip("ѕсгатһрԁ", "scrathpd", strict=True)),
    }
)
# One that was cut off at the very end.
_CUT = re.compile(
    r"(?:<|&lt;|\uff1c)\s*[/\\]?\s*s(?:c(?:r(?:a(?:t(?:c(?:h[\w\s-]*)?)?)?)?)?)?\Z", re.IGNORECASE
)
_ASKING = re.compile(
    r"scratch|rascunh|borrador|brouillon|bloco de notas|bloc de notas|bloc-notes|notas privadas|private notes"
    r"|penso|pensando|pensament|pensamient|pensee|tes pensees|thought|thinking|reasoning|raciocin|raisonnement"
    r"|razonamient|verbatim|palavra por palavra|palabra por palabra|mot pour mot|word for word|<[^>]*>"
    r"|system prompt|instruc|prompt"
)
_WORD = re.compile(r"\w+")
LEAK_WORDS = 6  # in a row and in the scratchpad's order: no accident


@dataclass(frozen=True)
class Said:
    """An answer in its two parts, either of which may be empty."""

    answer: str
    scratchpad: str = ""


def split_scratchpad(text: str) -> Said:
    """The answer, and what stood between the marks.

    What is not surely the answer is scratchpad: what follows a mark that is never closed, and all that comes
    before the last closing mark when there are more of these than of the others.
    """
    text = _undressed(text)
    tags = list(_TAG.finditer(text))
    in_pairs = all(_closes(tag) == bool(number % 2) for number, tag in enumerate(tags))
    begin = 0 if in_pairs else max((tag.end() for tag in tags if _closes(tag)), default=0)
    answer: list[str] = []
    aside = [_TAG.sub(" ", text[:begin])]
    into = answer
    for tag in tags:
        if tag.start() >= begin:
            into.append(text[begin : tag.start()])
            into, begin = (answer if _closes(tag) else aside), tag.end()
    into.append(_CUT.sub("", text[begin:]))
    return Said(_joined(answer), _joined(aside))


def harmless_tags(text: str) -> str:
    """The text with marks that no longer are any: what a contact or a document writes opens nothing."""
    return _TAG.sub(lambda tag: f"({'/' if _closes(tag) else ''}scratchpad)", _undressed(text))


def asks_for_it(message: str) -> bool:
    """Whether a message may be after what the assistant thinks: then it had better not think on paper."""
    seen = _seen(message)
    return bool(_ASKING.search(fold(message)) or _ASKING.search(fold(seen)) or _TAG.search(seen))


def without_quotes(said: Said) -> Said:
    """The answer without runs of words that stand in the scratchpad."""
    hidden = [found[0].lower() for found in _WORD.finditer(said.scratchpad)]
    runs = {tuple(hidden[at : at + LEAK_WORDS]) for at in range(len(hidden) - LEAK_WORDS + 1)}
    words = list(_WORD.finditer(said.answer))
    lowered = [found[0].lower() for found in words]
    quoted = [False] * len(words)
    for at in range(len(words) - LEAK_WORDS + 1):
        if tuple(lowered[at : at + LEAK_WORDS]) in runs:
            quoted[at : at + LEAK_WORDS] = [True] * LEAK_WORDS
    answer, begin = "", 0
    for number, found in enumerate(words):
        if quoted[number]:
            if number == 0 or not quoted[number - 1]:
                answer += said.answer[begin : found.start()] + "…"
            begin = found.end()
    return Said((answer + said.answer[begin:]).strip(), said.scratchpad)


def _closes(tag: re.Match[str]) -> bool:
    return bool(tag["end"] or tag["done"])


def _seen(text: str) -> str:
    """The text as somebody sees it who looks at it quickly."""
    return html.unescape(unicodedata.normalize("NFKC", text)).translate(_LIKE)


def _undressed(text: str) -> str:
    """The text as it is, or as it is seen where it has more tags that way."""
    seen = _seen(text)
    return seen if seen != text and len(_TAG.findall(seen)) > len(_TAG.findall(text)) else text


def _joined(pieces: list[str]) -> str:
    return "\n\n".join(piece.strip() for piece in pieces if piece.strip())

"""What people ask every small business, and the words in which its documents say it, in four languages.

Who asks "aceita cachorro?" is answered by "cães são bem-vindos", who asks "onde fica?" by a street and a number. The
words of one matter are about the same, not the same: they find passages, and tell no question from another.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from models.text.everyday_words import LIES, MATTERS
from models.text.folding import fold
from models.text.language import LANGUAGES
from models.text.stemming import stem

_WHERE = re.compile(
    r"\b(?:onde|aonde|where|ou|donde|como (?:eu )?(?:chego|chegar|llego|llegar)|how (?:do|can) (?:i|we) get)\b"
)
_WHEN = re.compile(r"\b(?:que horas?|what time|quelle heure|quelles heures)\b")
_OF_CLOCKS = {"hora", "horas", "time", "heure", "heures"}
ADDRESS, HOURS = "endereco", "horario"  # what is asked of them is asked with these words too


@dataclass(frozen=True)
class _Matter:
    """The stems of what is asked with, and the words that documents say, by language."""

    asked: dict[str, frozenset[str]]
    said: dict[str, tuple[str, ...]]


def told_otherwise(text: str, words: Collection[str]) -> dict[str, str]:
    """Those of the folded ``words`` of a question that only stand for a matter, each with the name of its matter.

    "Fica" of "onde fica?" asks for an address, "horas" of "que horas?" for hours.
    """
    plain = fold(text)
    found: dict[str, str] = {}
    if _WHERE.search(plain):
        found |= dict.fromkeys(LIES.intersection(words), ADDRESS)
    if _WHEN.search(plain):
        found |= dict.fromkeys(_OF_CLOCKS.intersection(words), HOURS)
    return found


def only_where(text: str) -> tuple[str, ...]:
    """What stands for the words of a question that holds no word but "where": an address."""
    return (ADDRESS,) if _WHERE.search(fold(text)) else ()


@lru_cache(maxsize=4_096)
def said_instead(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The words that documents in some ``languages`` (all, where there are none) may say for a folded ``word``."""
    found: dict[str, None] = {}
    for matter in _matters():
        if any(stem(word, language) in stems for language, stems in matter.asked.items()):
            for language in languages or LANGUAGES:
                found.update(dict.fromkeys(matter.said.get(language, ())))
    found.pop(word, None)
    return tuple(found)


@lru_cache(maxsize=1)
def _matters() -> tuple[_Matter, ...]:
    return tuple(_matter(lines) for lines in MATTERS)


def _matter(lines: tuple[str, ...]) -> _Matter:
    asked: dict[str, frozenset[str]] = {}
    said: dict[str, tuple[str, ...]] = {}
    for language, line in zip(LANGUAGES, lines, strict=True):
        asks, _, says = line.partition(">")
        asked[language] = frozenset(stem(word, language) for word in asks.split())
        said[language] = tuple((says or asks).split())
    return _Matter(asked, said)

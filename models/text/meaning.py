"""What a question means, as far as words tell it for certain: two of one meaning have one answer.

A cache that takes likeness for sameness gives the answer to the opposite question: the vectors of "abre sábado?" and
"abre domingo?", of "turn it on" and "turn it off" are nearer each other than those of two ways to say one thing. So
what differs here is never one question, however near it is; what is the same need not be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from models.text.chat import clean_query
from models.text.families import FAMILIES
from models.text.folding import fold
from models.text.language import LANGUAGES, detect_language
from models.text.light_words import LIGHT_WORDS
from models.text.meaning_words import (
    ALL_FILLING,
    DAYS,
    DROPPED_BY_MEANING,
    FILLING,
    FROM_AND_TO,
    HOW_MUCH,
    LETTERED,
    LIES,
    MUCH,
    OF_ANY_MOMENT,
    OF_THE_MOMENT,
    PRICE_NAMES,
    PRICED_WITH,
    TOWARDS,
    WHAT,
    WHEN,
    WHERE,
)
from models.text.price_words import price_words
from models.text.singular import singular
from models.text.words import tokens, words_of

LONGEST = 300  # characters; longer messages tell somebody's own story
_NUMBER_OF_SOMEBODY = re.compile(r"\d(?:[ .\-/]?\d){6,}")
_CONTRACTION = re.compile(r"n['’]t\b", re.IGNORECASE)
_FRENCH_ASKING = re.compile(r"\best[- ]ce qu(?:e\b|['’])", re.IGNORECASE)
_HOW_MUCH_IS = re.compile(r"\b(?:how much (?:is|are)|quanto (?:é|eh|e)|c['’]?est combien)\b", re.IGNORECASE)
# Signs that are part of what is asked: C++ is not C, 50 % not 50, nor $ 5 five euros.
_SIGN = re.compile(r"[%$€£¥°+#&@<>=*/]|(?<![\w)])[-−](?=\d)")
_THIS = re.compile(
    r"\b(?:[dn]?est[ea]|[dn]?ess[ea]|this|ce) (?:semana|mes|ano|noite|noche|tarde|manha|week|mois|matin|soir)\b"
)
_FROM_TO = re.compile(r" (?:de|d[aou]s?|del|des|d) [^ ]+ (?:[^ ]+ )?a ")  # elsewhere "a" is an article
_SHORT = {
    "vc": "voce",
    "vcs": "voces",
    "pra": "para",
    "pro": "para",
    "naum": "nao",
    "qto": "quanto",
    "qdo": "quando",
}


@dataclass(frozen=True)
class Meaning:
    """``told`` is shared by questions that surely are one; ``about`` by those that may be, if their vectors say so.

    ``elsewise``: how it is told in each language that it may be in, where that is not certain.
    """

    told: str
    about: str
    language: str = ""
    elsewise: tuple[str, ...] = ()


def read_meaning(message: str, language: str = "") -> Meaning | None:
    """What a message asks, whoever asks it and whenever; ``None`` where that cannot be told apart from who or when.

    ``language`` is the one it is in, where that is known.
    """
    asked = clean_query(message)
    language = language or detect_language(message)
    if len(message) > LONGEST or "@" in message or _NUMBER_OF_SOMEBODY.search(message):
        return None
    said = [_SHORT.get(word, word) for word in _said(asked, language)]
    moment = OF_THE_MOMENT.get(language, OF_ANY_MOMENT)
    if not said or any(word in moment for word in said) or _THIS.search(" ".join(said)):
        return None
    meaning = _meaning(asked, said, language)
    if language or not ALL_FILLING.isdisjoint(said):
        return meaning
    return replace(meaning, elsewise=tuple(_meaning(asked, said, one).told for one in LANGUAGES))


def _meaning(asked: str, said: list[str], language: str) -> Meaning:
    kinds, rest = _kinds(asked, said)
    kept = list(_kept(asked, rest, language))
    signs = "".join(_SIGN.findall(asked))
    told = " ".join(singular(word, language) for word in kept)
    about = " ".join(_any_form(word, language) for word in _weighty(kept, language))
    return Meaning(
        _key(language, kinds, signs, told), _key(language, kinds - {"what"}, signs, about), language
    )


def _said(asked: str, language: str) -> list[str]:
    text = _CONTRACTION.sub(" not", asked)
    if language == "fr":
        text = _FRENCH_ASKING.sub(" ", text)
    said = []
    for token in tokens(text):
        found = list(words_of(token))
        if "-" in token and len(found) > 1 and token.replace("-", "").isalpha():
            found = found[: token.count("-") + 1]  # the parts; the whole says nothing more
        said += found
    return said


def _kinds(asked: str, said: list[str]) -> tuple[frozenset[str], list[str]]:
    """What is asked for, and the words that are left: these words may stand anywhere in a question."""
    priced = price_words(asked)
    first = next((word for word in said if word not in FILLING["pt"] and word not in FILLING["en"]), "")
    wanted = not HOW_MUCH.isdisjoint(said) or not WHAT.isdisjoint(said) or first in PRICE_NAMES
    if (priced and wanted) or _HOW_MUCH_IS.search(asked):
        about_price = priced | HOW_MUCH | MUCH | WHAT | PRICED_WITH
        return frozenset({"price"}), [word for word in said if word not in about_price]
    named = {"what": WHAT, "where": WHERE, "when": WHEN}
    kinds = frozenset(kind for kind, words in named.items() if not words.isdisjoint(said))
    dropped = WHAT | WHERE | WHEN | (LIES if "where" in kinds else frozenset())
    return kinds, [word for word in said if word not in dropped]


def _kept(asked: str, said: list[str], language: str) -> Iterator[str]:
    """The words that count, in their order."""
    filling = FILLING.get(language, frozenset())
    if not TOWARDS.isdisjoint(said) or _FROM_TO.search(f" {' '.join(said)} "):
        filling -= FROM_AND_TO
    names = _capitals(asked)
    for number, (before, word) in enumerate(pairwise(["", *said])):
        is_last = number == len(said) - 1
        if word not in filling and not (
            word == "on" and not is_last and said[number + 1].rstrip("s") in DAYS
        ):
            yield word
        elif word in names or (len(word) == 1 and (before in LETTERED or (is_last and number))):
            yield f"={word}"  # no article ends a question


def _capitals(asked: str) -> frozenset[str]:
    """Small words that are written as names are, where not everything is: vitamin A, the US."""
    written = re.findall(r"[^\W\d_]+", asked)
    if len(written) < 2 or all(word.isupper() for word in written):
        return frozenset()
    return frozenset(fold(word) for word in written[1:] if word.isupper())


def _weighty(kept: list[str], language: str) -> Iterator[str]:
    dropped = DROPPED_BY_MEANING.get(language, frozenset())
    return (word for word in kept if word not in dropped and word not in LIGHT_WORDS)


def _key(language: str, kinds: frozenset[str], signs: str, words: str) -> str:
    return "|".join((language, " ".join(sorted(kinds)), signs, words))


def _any_form(word: str, language: str) -> str:
    """What all forms of a word share, irregular ones too."""
    return min(singular(one, language) for one in (word, *FAMILIES.get(word, ())))

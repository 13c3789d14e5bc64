"""Whether two questions ask the same: in other words, in another order, mistyped."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from models.text.chat import clean_query
from models.text.language import LANGUAGES, detect_language
from models.text.stemming import stem
from models.text.stopwords import STOP_WORDS
from models.text.words import words

ALIKE = 0.65  # of the words of both: one of one beside two is enough, one of two each is not
TYPO_FROM = 6  # letters; a shorter word with one letter changed is too often another word
SHORTEST_FORM, LONGEST_ENDING = (
    4,
    2,
)  # letters that forms of a word share at least, and may differ in at its end
SHORTEST = 3  # letters; shorter ones are parts of compounds and say little
MOST_WORDS = 24

_ALL_STOP_WORDS = frozenset[str]().union(*STOP_WORDS.values())
_DENYING = """
nao nem nunca jamais sem nenhum nenhuma not never without cannot none nor pas sans aucun aucune non sin ni tampoco
ningun ninguna dont doesnt isnt arent cant wont didnt wasnt werent couldnt shouldnt
"""
_NEGATIONS = frozenset(_DENYING.split())
# "no" denies in two of the languages, and stands before a day in another.
_NO, _NO_DENIES = "no", frozenset({"en", "es"})
_CONTRACTION = re.compile(r"n['’]t\b", re.IGNORECASE)
# What is asked for; a question of one kind is not alike one of another. "ou" is where and or: it tells nothing.
_KINDS = {
    word: kind
    for kind, listed in {
        "when": "quando when quand cuando",
        "where": "onde aonde where donde",
        "how many": "quanto quantos quanta quantas many much combien cuanto cuantos cuanta cuantas",
        "who": "quem who quien quienes",
        "why": "porque why pourquoi",
    }.items()
    for word in listed.split()
}
# Written so in chats.
_SHORT = {
    "vc": "voce", "vcs": "voces", "pra": "para", "pro": "para", "q": "que", "tb": "tambem", "tbm": "tambem",
    "n": "nao", "ñ": "nao", "hj": "hoje", "qdo": "quando", "qto": "quanto", "u": "you", "ur": "your",
}  # fmt: skip
# What two spellings of the very same question may differ in.
_FILLING = "o a os as um uma voce voces ai the an you le la les vous tu el los las un una ustedes usted"
_FILLERS = frozenset(_FILLING.split())


@dataclass(frozen=True)
class Asked:
    """A question as it is compared: for each word that counts what it may be spelt as, and what must not differ."""

    spellings: tuple[frozenset[str], ...]
    numbers: frozenset[str]
    denies: frozenset[str]
    kinds: frozenset[str]


@lru_cache(maxsize=4_096)
def read_asked(text: str) -> Asked:
    """What a message asks."""
    said = _said(text)
    language = detect_language(text)
    dropped = STOP_WORDS.get(language, _ALL_STOP_WORDS)
    dropped |= _compounds(said, dropped)
    counted = [word for word in dict.fromkeys(said) if word not in dropped and _tells(word)]
    counted = counted or list(dict.fromkeys(said))
    return Asked(
        spellings=tuple(_spellings(word) for word in counted[:MOST_WORDS]),
        numbers=frozenset(word for word in said if any(map(str.isdigit, word))),
        denies=_denials(said, language),
        kinds=frozenset(_KINDS[word] for word in said if word in _KINDS),
    )


def likeness(one: Asked, other: Asked) -> float:
    """The share, from 0 to 1, of the words of both that the other one has too; 0 where numbers or denials differ."""
    if not _comparable(one, other):
        return 0.0
    shared = _shared(one, other) + _shared(other, one)
    return shared / (len(one.spellings) + len(other.spellings))


def is_same(one: str, other: str) -> bool:
    """Whether two questions are the same but for greetings, articles, short forms and one mistyped letter."""
    first, second = _plain(one), _plain(other)
    if not first or len(first) != len(second):
        return False
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    return not pairs or (len(pairs) == 1 and _mistyped(*pairs[0]))


class LikeGroups:
    """Groups of like questions, each told by one of them; finds the likest without comparing all."""

    def __init__(self) -> None:
        self._groups: list[tuple[str, Asked]] = []
        self._by_spelling: dict[str, list[int]] = defaultdict(list)
        self._names: dict[Asked, str] = {}

    def add(self, name: str, asked: Asked) -> None:
        """Another group."""
        for spelling in frozenset[str]().union(*asked.spellings):
            self._by_spelling[spelling].append(len(self._groups))
        self._groups.append((name, asked))
        self._names.setdefault(asked, name)

    def find(self, asked: Asked) -> str | None:
        """The name of the likest group, the first of several; ``None`` when none is alike."""
        if asked in self._names:
            return self._names[asked]
        best = max(self._alike(asked), default=None)
        return None if best is None else self._groups[-best[1]][0]

    def find_all(self, asked: Asked) -> list[str]:
        """The names of every group that is alike."""
        return [self._groups[-number][0] for _, number in sorted(self._alike(asked), reverse=True)]

    def _alike(self, asked: Asked) -> Iterator[tuple[float, int]]:
        shared: Counter[int] = Counter()
        for word in asked.spellings:
            shared.update({number for one in word for number in self._by_spelling.get(one, ())})
        for number, words_shared in shared.items():
            its = len(self._groups[number][1].spellings)
            if words_shared + its < ALIKE * (len(asked.spellings) + its):
                continue  # also if all of its words were among the question's
            value = likeness(asked, self._groups[number][1])
            if value >= ALIKE:
                yield value, -number


def _said(text: str) -> list[str]:
    plain = _CONTRACTION.sub(" not", clean_query(text))
    return [_SHORT.get(word, word) for word in words(plain)]


def _compounds(said: list[str], dropped: frozenset[str]) -> frozenset[str]:
    """The words that are two others written together of which one says nothing: ``avez-vous``."""
    pairs = pairwise(said)
    return frozenset(a + b for a, b in pairs if a in dropped or b in dropped)


def _tells(word: str) -> bool:
    return len(word) >= SHORTEST or not word.isalpha()


def _plain(text: str) -> list[str]:
    said = _said(text)
    return [word for word in said if word not in _FILLERS] or said


def _comparable(one: Asked, other: Asked) -> bool:
    if not one.spellings or not other.spellings or one.numbers != other.numbers or one.denies != other.denies:
        return False
    return not one.kinds or not other.kinds or not one.kinds.isdisjoint(other.kinds)


def _shared(one: Asked, other: Asked) -> int:
    return sum(any(not word.isdisjoint(its) for its in other.spellings) for word in one.spellings)


def _denials(said: list[str], language: str) -> frozenset[str]:
    found = {"not" for word in said if word in _NEGATIONS}
    if _NO in said and language in _NO_DENIES:
        found.add("not")
    return frozenset(found)


@lru_cache(maxsize=20_000)
def _spellings(word: str) -> frozenset[str]:
    """What the forms and misspellings of a word share with it: stems, beginnings, itself without any one letter."""
    found = {word, *(stem(word, language) for language in LANGUAGES)}
    if word.isalpha():
        found |= {word[:end] for end in range(max(SHORTEST_FORM, len(word) - LONGEST_ENDING), len(word))}
    if _may_be_mistyped(word):
        found |= _without_one(word)
    return frozenset(found)


def _without_one(word: str) -> frozenset[str]:
    return frozenset(word[:at] + word[at + 1 :] for at in range(len(word)))


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= TYPO_FROM and word.isalpha()


def _mistyped(one: str, other: str) -> bool:
    if not _may_be_mistyped(one) or not _may_be_mistyped(other):
        return False
    return not (_without_one(one) | {one}).isdisjoint(_without_one(other) | {other})

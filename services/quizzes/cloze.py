"""Quizzes without a model: sentences of the text with one word, name or number left out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.phrases import phrase
from models.quizzes import CHOICES, Difficulty, Question, plain
from models.text.folding import fold
from models.text.sentences import sentences
from models.text.stopwords import STOP_WORDS

BLANK = "_____"
SHORTEST, LONGEST = 25, 320  # characters of a sentence
LEAST_WORDS = 5
PER_SENTENCE = 3
_NUMBER = re.compile(r"(?<![\w.,])(?:R\$|US\$|[$€£])?\s?\d[\d.,:/]*(?<=\d)\s?(?:%|°C|h\b|€)?(?!\w)")
_NAME = re.compile(
    r"(?<=[\w,;:] )[A-ZÀ-Þ][\w’'-]+(?:(?: (?:de|da|do|dos|das|of|du|del|la|von))? [A-ZÀ-Þ][\w’'-]+){0,3}"
)
_WORD = re.compile(r"(?<![\w-])[a-zß-ÿœ]{4,}(?![\w-])")
_ALL_STOPS = frozenset[str]().union(*STOP_WORDS.values())
_ASKS: Mapping[str, Mapping[str, str]] = {
    "number": {
        "pt": "Que número completa a frase? {0}",
        "en": "Which number completes the sentence? {0}",
        "fr": "Quel nombre complète la phrase ? {0}",
        "es": "¿Qué número completa la frase? {0}",
    },
    "name": {
        "pt": "Que nome completa a frase? {0}",
        "en": "Which name completes the sentence? {0}",
        "fr": "Quel nom complète la phrase ? {0}",
        "es": "¿Qué nombre completa la frase? {0}",
    },
    "word": {
        "pt": "Que palavra completa a frase? {0}",
        "en": "Which word completes the sentence? {0}",
        "fr": "Quel mot complète la phrase ? {0}",
        "es": "¿Qué palabra completa la frase? {0}",
    },
}
_SAYS: Mapping[str, str] = {
    "pt": "O texto diz: “{0}”",
    "en": "The text says: “{0}”",
    "fr": "Le texte dit : « {0} »",
    "es": "El texto dice: «{0}»",
}
_KINDS: Mapping[Difficulty, Sequence[str]] = {
    Difficulty.EASY: ("name", "number", "word"),
    Difficulty.MEDIUM: ("number", "name", "word"),
    Difficulty.HARD: ("word", "name", "number"),
}


@dataclass(frozen=True)
class _Gap:
    """What may be left out of a sentence."""

    sentence: int
    kind: str
    text: str
    start: int


def cloze_questions(
    texts: Sequence[tuple[str, str]], count: int, language: str, difficulty: Difficulty = Difficulty.MEDIUM
) -> list[Question]:
    """At most ``count`` questions, spread evenly over the texts (each with the id of its document, or "").

    The same texts give the same questions. One sentence gives a second question only when there are too few.
    """
    known = list(_usable(texts))
    gaps = [_gaps_of(n, sentence, _KINDS[difficulty]) for n, (sentence, _) in enumerate(known)]
    pools = _pools([sentence for sentence, _ in known])
    found: dict[str, Question] = {}
    for again in range(PER_SENTENCE):
        able = [one[again] for one in gaps if len(one) > again]
        made = [(gap, question) for gap in able if (question := _question(gap, known, pools, language))]
        missing = count - len(found)
        for _, question in _spread(made, missing) if len(made) > missing else made:
            found.setdefault(plain(question.question), question)
        if len(found) >= count:
            break
    return list(found.values())[:count]


def _spread(items: Sequence[tuple[_Gap, Question]], count: int) -> list[tuple[_Gap, Question]]:
    """``count`` of them, evenly over all, and no answer twice if it can be helped."""
    first = list({plain(one.choices[one.answer]): (gap, one) for gap, one in reversed(items)}.values())[::-1]
    chosen = first if len(first) >= count else list(items)
    return [chosen[n * len(chosen) // count] for n in range(count)]


def _usable(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for text, document_id in texts:
        for one in sentences(text):
            fits = SHORTEST <= len(one) <= LONGEST and len(one.split()) >= LEAST_WORDS
            if fits and not one.endswith(("?", ":")) and plain(one) not in seen:
                seen.add(plain(one))
                yield one, document_id


def _gaps_of(n: int, sentence: str, kinds: Sequence[str]) -> list[_Gap]:
    """The best gaps of a sentence, of one kind after the other; none whose answer stands in it twice."""
    found = {
        "number": [
            (one.group().strip(), one.start() + _lead(one.group())) for one in _NUMBER.finditer(sentence)
        ],
        "name": [(one.group(), one.start()) for one in _NAME.finditer(sentence)],
        "word": sorted(
            (
                (one.group(), one.start())
                for one in _WORD.finditer(sentence)
                if fold(one.group()) not in _ALL_STOPS
            ),
            key=lambda pair: -len(pair[0]),
        ),
    }
    gaps = [_Gap(n, kind, text, start) for kind in kinds for text, start in found[kind]]
    once = [gap for gap in gaps if fold(sentence).count(fold(gap.text)) == 1]
    return once[:PER_SENTENCE]


def _lead(text: str) -> int:
    return len(text) - len(text.lstrip())


def _pools(all_sentences: Sequence[str]) -> dict[str, list[str]]:
    """Every number, name and word of the texts, the most frequent first."""
    whole = " \n ".join(all_sentences)
    words = [one for one in _WORD.findall(whole) if fold(one) not in _ALL_STOPS]
    return {
        "number": _by_count(one.strip() for one in _NUMBER.findall(whole)),
        "name": _by_count(_NAME.findall(whole)),
        "word": _by_count(words),
    }


def _by_count(items: Iterable[str]) -> list[str]:
    return [text for text, _ in sorted(Counter(items).items(), key=lambda pair: (-pair[1], pair[0]))]


def _question(
    gap: _Gap, known: Sequence[tuple[str, str]], pools: Mapping[str, list[str]], language: str
) -> Question | None:
    sentence, document_id = known[gap.sentence]
    wrong = _distractors(gap, sentence, pools)
    if len(wrong) < CHOICES - 1:
        return None
    shown = sentence[: gap.start] + BLANK + sentence[gap.start + len(gap.text) :]
    at = int(hashlib.sha256(shown.encode()).hexdigest(), 16) % CHOICES
    choices = [*wrong[:at], gap.text, *wrong[at : CHOICES - 1]]
    return Question(
        question=phrase(_ASKS[gap.kind], language).format(f"“{shown}”"),
        choices=tuple(choices),
        answer=at,
        explanation=phrase(_SAYS, language).format(sentence),
        passage=sentence,
        document_id=document_id,
    )


def _distractors(gap: _Gap, sentence: str, pools: Mapping[str, list[str]]) -> list[str]:
    """Three that could stand there: of the same shape first, from the text before made-up ones."""
    taken, found = {plain(gap.text)}, list[str]()
    inside = fold(sentence)
    candidates = sorted(pools[gap.kind], key=lambda one: _unlikeness(gap.text, one))
    if gap.kind == "number":
        alike = [one for one in candidates if _shape(one) == _shape(gap.text)]
        candidates = [*alike[:2], *_other_numbers(gap.text), *alike[2:]]
    # A word that stands in the sentence already is the last resort.
    for one in sorted(candidates, key=lambda one: fold(one) in inside):
        if plain(one) not in taken and (gap.kind == "word" or fold(one) not in inside):
            taken.add(plain(one))
            found.append(one)
    return found[: CHOICES - 1]


def _unlikeness(text: str, other: str) -> tuple[int, ...]:
    """How far another one is from the shape: its ending, its number of words, its length."""
    a, b = fold(text), fold(other)
    ending = next((n for n in (3, 2, 1) if a[-n:] == b[-n:]), 0)
    return abs(len(text.split()) - len(other.split())), -ending, abs(len(text) - len(other))


def _shape(number: str) -> str:
    return re.sub(r"\d", "0", number)


def _other_numbers(number: str) -> Iterator[str]:
    """Numbers near it, written the same way: 120 gives 130, 110, 140; 19:30 gives 19:40."""
    digits = "".join(one for one in number if one.isdigit())
    head = digits.rstrip("0")
    tail = len(digits) - len(head)
    for step in (1, -1, 2, -2, 3, 4, 5):
        changed = int(head or "0") + step
        text = str(changed).zfill(len(head)) + "0" * tail
        if changed > 0 and len(text) == len(digits):
            given = iter(text)
            yield "".join(next(given) if one.isdigit() else one for one in number)

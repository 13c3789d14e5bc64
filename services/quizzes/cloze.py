"""Quizzes without a model: sentences of the text with one word, name or number left out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.quizzes import CHOICES, Difficulty, Question, plain
from models.text.folding import fold
from models.text.language import language_code
from models.text.sentences import sentences
from models.text.stopwords import STOP_WORDS

BLANK = "_____"
SHORTEST, LONGEST = 20, 320  # characters of a sentence
LEAST_WORDS = 5
PER_SENTENCE = 3
_NUMBER = re.compile(
    r"(?<![A-Za-zÀ-ÿ\d_.,])(?:R\$|US\$|[$€£])?\s?\d[\d.,:/]*(?<=\d)\s?(?:%|°C|h\b|€)?(?![A-Za-zÀ-ÿ\d_])"
)
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŒА-ЯЁΑ-Ω][\w’'-]+"
_MORE = rf"(?:(?: (?:de|da|do|dos|das|of|du|del|la|von))? {_CAPITAL})"
_NAME = re.compile(rf"(?<=[\w,;:] ){_CAPITAL}{_MORE}{{0,4}}")
_FIRST_NAME = re.compile(rf"\A[\"“«(]*({_CAPITAL}){_MORE}{{1,4}}")  # "Robespierre" alone is half of a name
_VERB = re.compile(r"(?:ó|ou|eu|iu|am|ed)\Z")  # it begins a sentence as a name might: "Publicó Cien años"
_WORD = re.compile(r"(?<![\w-])[a-zß-öø-ÿœа-яёα-ωά-ώ]{4,}(?![\w-])")
# A line of a list that says a figure, such as "Canal: R$ 900,00": short, and as good as a sentence.
_FIGURE = re.compile(r"[^\W\d].{2,}: .*\d")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}")  # writing that says much in few letters
_NO_TIME = re.compile(r":[6-9]\d")
_YEAR = re.compile(r"1\d{3}|20\d\d")
# What stands before nouns: a noun is what a question had better be about, and what may stand in its place.
_BEFORE_NOUNS = frozenset({
    "o", "a", "os", "as", "um", "uma", "uns", "umas", "do", "da", "dos", "das", "de", "no", "na", "nos", "nas", "ao",
    "aos", "pelo", "pela", "pelos", "pelas", "com", "em", "seu", "sua", "seus", "suas", "the", "an", "of", "in", "at",
    "by", "its", "his", "her", "their", "le", "la", "les", "l", "un", "une", "du", "des", "d", "au", "aux", "en",
    "el", "los", "las", "unos", "unas", "del", "al", "con", "su",
})  # fmt: skip
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
    In a language that we do not write, a question is the sentence with its gap alone.
    """
    language = language_code(language)
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
            fits = fits or (len(one) <= LONGEST and _FIGURE.match(one) is not None)
            fits = fits or (SHORTEST // 2 <= len(one) <= LONGEST and _NO_SPACES.search(one) is not None)
            if fits and not one.endswith(("?", ":")) and plain(one) not in seen:
                seen.add(plain(one))
                yield one, document_id


def _gaps_of(n: int, sentence: str, kinds: Sequence[str]) -> list[_Gap]:
    """The best gaps of a sentence, of one kind after the other; none whose answer stands in it twice."""
    found = {
        "number": [
            (one.group().strip(), one.start() + _lead(one.group())) for one in _NUMBER.finditer(sentence)
        ],
        "name": _names(sentence),
        "word": sorted(
            (
                (sentence[one.start() : one.end()], one.start())
                for one in _words(sentence)
                if fold(one.group()) not in _ALL_STOPS
            ),
            key=lambda pair: (_before(sentence, pair[1]) not in _BEFORE_NOUNS, -len(pair[0])),
        ),
    }
    gaps = [_Gap(n, kind, text, start) for kind in kinds for text, start in found[kind]]
    once = [gap for gap in gaps if fold(sentence).count(fold(gap.text)) == 1]
    return once[:PER_SENTENCE]


def _shouts(sentence: str) -> bool:
    """Whether it is written in capitals."""
    return sum(map(str.isupper, sentence)) > sum(map(str.islower, sentence))


def _words(sentence: str) -> Iterator[re.Match[str]]:
    """Its words in lower case, those of one in capitals too."""
    lowered = sentence.lower()
    return _WORD.finditer(lowered if _shouts(sentence) and len(lowered) == len(sentence) else sentence)


def _names(sentence: str) -> list[tuple[str, int]]:
    """Names and where they begin; a word that begins the sentence is one only with more of it behind it."""
    if _shouts(sentence):
        return []
    first = _FIRST_NAME.match(sentence)
    begins: list[tuple[str, int]] = []
    if first and fold(first.group(1)) not in _ALL_STOPS and not _VERB.search(first.group(1)):
        begins = [(sentence[first.start(1) : first.end()], first.start(1))]
    after = begins[0][1] + len(begins[0][0]) if begins else 0
    return begins + [(one.group(), one.start()) for one in _NAME.finditer(sentence) if one.start() >= after]


def _before(sentence: str, start: int) -> str:
    """The word before a place, folded."""
    words = re.findall(r"\w+", sentence[max(0, start - 30) : start])
    return fold(words[-1]) if words else ""


def _lead(text: str) -> int:
    return len(text) - len(text.lstrip())


@dataclass(frozen=True)
class _Pools:
    """Every number, name and word of the texts, the most frequent first; for a word, what stands before it."""

    of: Mapping[str, list[str]]
    before: Mapping[str, frozenset[str]]


def _pools(all_sentences: Sequence[str]) -> _Pools:
    before: dict[str, set[str]] = {}
    words: list[str] = []
    for sentence in all_sentences:
        for one in _words(sentence):
            if fold(one.group()) not in _ALL_STOPS:
                words.append(one.group())
                before.setdefault(one.group(), set()).add(_before(sentence, one.start()))
    return _Pools(
        {
            "number": _by_count(one.strip() for text in all_sentences for one in _NUMBER.findall(text)),
            "name": _by_count(name for text in all_sentences for name, _ in _names(text)),
            "word": _by_count(words),
        },
        {word: frozenset(found) for word, found in before.items()},
    )


def _by_count(items: Iterable[str]) -> list[str]:
    return [text for text, _ in sorted(Counter(items).items(), key=lambda pair: (-pair[1], pair[0]))]


def _question(gap: _Gap, known: Sequence[tuple[str, str]], pools: _Pools, language: str) -> Question | None:
    sentence, document_id = known[gap.sentence]
    wrong = _distractors(gap, sentence, pools)
    if len(wrong) < CHOICES - 1:
        return None
    shown = sentence[: gap.start] + BLANK + sentence[gap.start + len(gap.text) :]
    at = int(hashlib.sha256(shown.encode()).hexdigest(), 16) % CHOICES
    choices = [*wrong[:at], gap.text, *wrong[at : CHOICES - 1]]
    return Question(
        question=_ASKS[gap.kind].get(language, "{0}").format(f"“{shown}”"),
        choices=tuple(choices),
        answer=at,
        explanation=_SAYS.get(language, "“{0}”").format(sentence),
        passage=sentence,
        document_id=document_id,
    )


def _distractors(gap: _Gap, sentence: str, pools: _Pools) -> list[str]:
    """Three that could stand there: of the same shape first, from the text before made-up ones."""
    taken, found = {plain(gap.text)}, list[str]()
    inside = fold(sentence)
    stands_after = _before(sentence, gap.start) if gap.kind == "word" else ""
    candidates = sorted(
        pools.of[gap.kind],
        key=lambda one: (_strangeness(stands_after, pools.before.get(one)), *_unlikeness(gap.text, one)),
    )
    if gap.kind == "number":
        alike = [one for one in candidates if _shape(one) == _shape(gap.text)]
        candidates = [*alike[:2], *_other_numbers(gap.text), *alike[2:]]
    # A word that stands in the sentence already is the last resort.
    for one in sorted(candidates, key=lambda one: fold(one) in inside):
        if plain(one) not in taken and (gap.kind == "word" or fold(one) not in inside):
            taken.add(plain(one))
            found.append(one)
    return [one.upper() if gap.kind == "word" and gap.text.isupper() else one for one in found[: CHOICES - 1]]


def _strangeness(stands_after: str, before: frozenset[str] | None) -> int:
    """How odd a word would look in a place: 0 where it has stood after the same article, 2 where after none."""
    if stands_after not in _BEFORE_NOUNS or before is None:
        return 0
    return 0 if stands_after in before else 1 if before & _BEFORE_NOUNS else 2


def _unlikeness(text: str, other: str) -> tuple[int, ...]:
    """How far another one is from the shape: its ending, its number of words, its length."""
    a, b = fold(text), fold(other)
    ending = next((n for n in (3, 2, 1) if a[-n:] == b[-n:]), 0)
    return abs(len(text.split()) - len(other.split())), -ending, abs(len(text) - len(other))


def _shape(number: str) -> str:
    return re.sub(r"\d", "0", number)


def _other_numbers(number: str) -> Iterator[str]:
    """Numbers near it, written the same way: 120 gives 130, 110, 140; 19:30 gives 19:40; no day is the 32nd."""
    digits = "".join(one for one in number if one.isdigit())
    head = digits if _YEAR.fullmatch(number) else digits.rstrip("0") or digits[:1]
    tail = len(digits) - len(head)
    most = 24 if number.endswith("h") else 31
    for step in (1, -1, 2, -2, 3, -3, 4, -4, 5):
        changed = int(head) + step
        text = str(changed).zfill(len(head)) + "0" * tail
        past = int(digits) <= most < int(text) and len(digits) == 2 if changed > 0 else True
        if not past and len(text) == len(digits):
            given = iter(text)
            other = "".join(next(given) if one.isdigit() else one for one in number)
            if not _NO_TIME.search(other):
                yield other

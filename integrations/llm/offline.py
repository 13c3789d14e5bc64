"""The built-in model: it quotes the sentences of the passages that answer, with their numbers, and says so."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from models import phrases
from models.completions import Completion, CompletionRequest
from models.documents import Passage
from models.text.chat import asks_something, clean_query, ends_something
from models.text.everyday import only_where, said_instead, told_otherwise
from models.text.everyday_words import ASKING
from models.text.families import FAMILIES
from models.text.language import LANGUAGES, detect_language
from models.text.stemming import stem
from models.text.stopwords import STOP_WORDS
from models.text.weekdays import day_in, short_days
from models.text.words import words
from models.tokens import estimate_usage

NAME = "offline"
MOST_QUOTES = 3
LONGEST_QUOTE = 400  # characters
# What a further sentence needs of the best one's score to stand beside it.
NEARLY = 0.75
# What is asked for by these words looks like this: such a sentence counts as if it held one more rare word.
_PRICE = re.compile(r"(?:R\$|US\$|[$€£])\s?\d|\d\s?(?:€|euros?\b|reais\b|d[oó]lares\b|dollars\b)")
_TELEPHONE = re.compile(r"\d{4,5}[-. ]\d{4}|\d{2}(?:[ .]\d{2}){4}|\d{3}[ .-]\d{3}[ .-]\d{3,4}")
_PRICE_WORDS = """
    custa custam custo preco precos valor price prices cost costs much prix combien coute coutent tarif precio
    precios cuesta cuestan vale
"""
_TELEPHONE_WORDS = "telefone fone whatsapp numero phone telephone number tel"
_ASKED_FOR = (
    (frozenset(_PRICE_WORDS.split()), _PRICE),
    (frozenset(_TELEPHONE_WORDS.split()), _TELEPHONE),
)
# Of those, words that say nothing more: "sem custo" does not answer "quanto custa?".
_SAID_BY_SHAPE = _ASKED_FOR[0][0]
# A sentence ends at its mark and a capital or digit after it, and never inside "R$ 1.500,00" or "Dr. Silva".
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[\"“«(\[]?[A-ZÀ-Þ0-9¿¡])")
_ABBREVIATED = re.compile(
    r"\b(?:dr|dra|sr|sra|prof|av|no|nº|tel|ex|etc|mr|mrs|ms|st|mme|art)\.\Z", re.IGNORECASE
)
# A line that a text editor broke: long, not ended, and the next one goes on in lower case.
_BROKEN_LINE = re.compile(r"(?m)(?<=.{45}[^\s.!?:;…|])[ \t]*\n(?=\(?[a-zß-ÿ])")
_ALIKE = 0.8  # of two stems: one wrong letter in six still is the same word
_LINE_MARK = re.compile(r"\A\s*(?:[-*+•]|#{1,6}|>|\d{1,2}[.)])\s+")


@dataclass(frozen=True)
class _Sentence:
    text: str
    passage: int  # index of its passage
    terms: frozenset[str]
    around: frozenset[str]  # the terms of the title and headings above it


class OfflineModel:
    """A ``ChatModel`` that needs no key: good for the first minute, and honest about what it is."""

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The best sentences with their numbers, or that nothing was found."""
        del timeout_s  # it takes a millisecond
        text = answer_from(request)
        return Completion(text, NAME, estimate_usage(request.messages, text))

    def with_key(self, api_key: str) -> OfflineModel:
        """Itself: it needs no key."""
        del api_key
        return self

    def close(self) -> None:
        """Nothing is open."""

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """The same, word by word."""
        completion = self.complete(request, timeout_s)
        yield from re.findall(r"\S+\s*|\s+", completion.text)
        yield completion


def answer_from(request: CompletionRequest) -> str:
    """What the built-in model answers; verbatim quotes, each with its passage's number."""
    language = _language(request)
    if not asks_something(request.question):
        kind = phrases.UNDERSTOOD if ends_something(request.question) else phrases.GREETING
        return phrases.phrase(kind, language)
    if not request.passages:
        return request.no_answer or phrases.phrase(phrases.NO_DOCUMENTS, language)
    quotes = best_quotes(request.question, request.passages, language) if request.enough else []
    if not quotes:
        return request.no_answer or phrases.phrase(phrases.NOT_FOUND, language)
    lines = [f"{text} [{number}]" for text, number in quotes]
    return "\n".join([*lines, "", phrases.phrase(phrases.NO_MODEL, language)])


def best_quotes(question: str, passages: tuple[Passage, ...], language: str) -> list[tuple[str, int]]:
    """At most three sentences that match the question, with their passages' numbers, best first."""
    asked = frozenset(words(short_days(clean_query(question))))
    shapes = [shape for names, shape in _ASKED_FOR if names & asked]
    sentences = [one for n, passage in enumerate(passages) for one in _sentences(n, passage, language)]
    stop = STOP_WORDS.get(language, frozenset())
    said = _asked_for(question, asked - stop, _held(passages, language), language)
    wanted = _wanted(said, language)
    if not wanted or not sentences:
        return []
    rarity = {terms: _rarity(terms, sentences) for terms in wanted}
    scored = [(_score(one, rarity, shapes, passages), one) for one in sentences]
    scored = [pair for pair in scored if any(pair[1].terms & terms for terms in wanted)]
    scored.sort(key=lambda pair: -pair[0])
    quotes: dict[str, int] = {}
    for score, one in scored:
        if len(quotes) == MOST_QUOTES or score < NEARLY * scored[0][0]:
            break
        quotes.setdefault(one.text, one.passage + 1)
    return list(quotes.items())


def _language(request: CompletionRequest) -> str:
    if request.language in LANGUAGES:
        return request.language
    said = (one.content for one in reversed(request.messages) if one.role == "user")
    texts = chain((request.question,), said, (passage.text for passage in request.passages[:1]))
    return next((found for found in map(detect_language, texts) if found), phrases.FALLBACK_LANGUAGE)


def _score(
    sentence: _Sentence,
    rarity: dict[frozenset[str], float],
    shapes: list[re.Pattern[str]],
    passages: tuple[Passage, ...],
) -> float:
    """Rare words of the question count most; a word in the heading above counts half; long lines lose a little."""
    fits = sum(max(rarity.values()) for shape in shapes if shape.search(sentence.text))
    own = sum(weight for terms, weight in rarity.items() if terms & sentence.terms)
    above = sum(
        weight for terms, weight in rarity.items() if terms & sentence.around and not terms & sentence.terms
    )
    length = 1 + len(sentence.text) / 1000
    return (own + above / 2 + fits) * (0.7 + 0.3 * passages[sentence.passage].score) / length


def _rarity(terms: frozenset[str], sentences: list[_Sentence]) -> float:
    held = sum(not terms.isdisjoint(one.terms) for one in sentences)
    return math.log(1 + (len(sentences) + 0.5) / (held + 0.5))


def _sentences(n: int, passage: Passage, language: str) -> Iterator[_Sentence]:
    above = _terms(" ".join((passage.title, *passage.heading)), language)
    if passage.faq_id:  # the answer means something with its question alone
        text = " ".join(passage.text.split())
        yield _Sentence(_shown(text), n, _terms(text, language) | above, frozenset())
        return
    for line in _BROKEN_LINE.sub(" ", passage.text).splitlines():
        for text in _split(_LINE_MARK.sub("", line, count=1).strip()):
            yield _Sentence(_shown(text), n, _terms(text, language), above)


def _shown(sentence: str) -> str:
    """The sentence without bold marks and outer bars; one without an end is cut between words."""
    plain = sentence.replace("**", "").strip(" |")
    if len(plain) <= LONGEST_QUOTE:
        return plain
    return plain[:LONGEST_QUOTE].rsplit(" ", 1)[0] + "…"


def _split(line: str) -> Iterator[str]:
    kept = ""
    for part in _SENTENCE_END.split(line):
        kept = f"{kept} {part}" if kept else part
        if not _ABBREVIATED.search(kept):
            if any(ch.isalnum() for ch in kept):
                yield kept
            kept = ""
    if any(ch.isalnum() for ch in kept):
        yield kept


def _held(passages: tuple[Passage, ...], language: str) -> dict[str, str]:
    """A stem of the passages for each of their words."""
    said = {word for passage in passages for word in words(passage.text)}
    return {word: stem(word, language) for word in said}


def _asked_for(
    question: str, asked: frozenset[str], held: dict[str, str], language: str
) -> set[frozenset[str]]:
    """What to look for: each word as the documents spell it, or what they may say in place of an everyday one."""
    otherwise = told_otherwise(question, asked)
    stems = frozenset(held.values())
    instead = {
        frozenset(one for one in _instead(otherwise.get(word, word)) if stem(one, language) in stems)
        for word in asked or only_where(question)
    } - {frozenset()}
    plain = asked - otherwise.keys() - (ASKING if instead else frozenset())
    return {frozenset({_as_spelt(word, held, language)}) for word in plain} | instead


def _instead(word: str) -> tuple[str, ...]:
    """What documents may say for an everyday word; a day of the week in other languages."""
    return (*said_instead(word, ()), *day_in(LANGUAGES, word))


def _wanted(said: set[frozenset[str]], language: str) -> set[frozenset[str]]:
    """The stems of what to look for; what only asks for a price counts where nothing else is asked."""
    stems = {_stems(alike - _SAID_BY_SHAPE, language) for alike in said} - {frozenset()}
    return stems or {_stems(alike, language) for alike in said} - {frozenset()}


def _as_spelt(word: str, held: dict[str, str], language: str) -> str:
    """The word as the documents spell it, where it is mistyped or irregular and much like one that they hold."""
    if word in held or stem(word, language) in held.values():
        return word
    return next((one for one in FAMILIES.get(word, ()) if one in held), _nearest(word, frozenset(held)))


def _nearest(term: str, held: frozenset[str]) -> str:
    if len(term) < 4 or not term.isalpha():
        return term
    near = [one for one in held if one[:1] == term[0] and abs(len(one) - len(term)) <= 2]
    return next(iter(difflib.get_close_matches(term, sorted(near), n=1, cutoff=_ALIKE)), term)


def _terms(text: str, language: str) -> frozenset[str]:
    return _stems(words(text), language)


def _stems(found: Iterable[str], language: str) -> frozenset[str]:
    stop = STOP_WORDS.get(language, frozenset())
    return frozenset(stem(word, language) for word in found if word not in stop)

"""What a message asks: its question, and the words that count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from models.text.chat import clean_query, is_small_talk
from models.text.everyday import only_where, said_instead, told_otherwise
from models.text.everyday_words import ASKING
from models.text.families import FAMILIES
from models.text.folding import fold
from models.text.language import LANGUAGES, detect_language
from models.text.light_words import LIGHT_WORDS
from models.text.price_words import SAYS_A_PRICE, price_words
from models.text.stopwords import STOP_WORDS
from models.text.weekdays import day_in, short_days
from models.text.words import words
from services.retrieval.lexical_index import QueryWord

MOST_WORDS = 40  # of a message: who pastes a whole letter asks about its beginning
MOST_CHARACTERS = 4_000
FOLLOW_UP_WORDS = 2  # a question of more content words stands on its own
SHORTEST = 3  # a message of so few words, one of them content, hardly does
CARRIED_WEIGHT = 0.5  # what the words of the question before count in a follow-up
LIGHT_WEIGHT = 0.3  # what "bring" counts in "can I bring my dog?"
PRICE_WEIGHT = 0.4  # what "custa" counts in "quanto custa a limpeza?": a price list says "R$ 180"
ASKING_WEIGHT = 0.2  # what "aceita" counts in "aceita cachorro?", and "fica" in "onde fica o estacionamento?"

# "Livrez-vous" is two words, and no compound that a document could hold.
_INVERTED = re.compile(r"(?<=\w)-(?:t-)?(je|tu|il|elle|on|nous|vous|ils|elles|ce)\b", re.IGNORECASE)

# How a question begins that only makes sense after another one.
_CONTINUES = (
    "e ",
    "mas ",
    "ou ",
    "and ",
    "but ",
    "or ",
    "what about",
    "how about",
    "et ",
    "mais ",
    "y ",
    "pero ",
)
# Words that stand for something said before.
_POINTS_BACK = frozenset(
    {
        *(
            "isso",
            "isto",
            "disso",
            "nisso",
            "aquilo",
            "ele",
            "ela",
            "eles",
            "elas",
            "dele",
            "dela",
            "deles",
            "delas",
        ),
        *("it", "its", "that", "those", "these", "they", "them"),
        *("cela", "celui", "celle", "ceux", "eux"),
        *("eso", "esto", "aquello", "ellos", "ellas"),
    }
)


@dataclass(frozen=True)
class Query:
    """A question as text, for the embedder, and as weighted words, for the index."""

    text: str
    words: tuple[QueryWord, ...]


def read_query(
    message: str, language: str, index_languages: Iterable[str], history: Sequence[str] = ()
) -> Query:
    """The question in ``message``; a follow-up carries the words of the last message in ``history`` that asks.

    ``language`` is the assistant's set one, or empty; the message's own is told from it, or from the question before,
    and where neither tells, it is one of the documents'.
    """
    languages = tuple(sorted(index_languages))
    text = _asked(message)
    before = next((one for one in reversed(history) if one.strip() and not is_small_talk(one)), "")
    written_in = _written_in(language, text, message, before)
    own = _content_words(text, written_in or languages)
    if not before or not _is_follow_up(text, own):
        return Query(text, tuple(_weighted(text, own or only_where(text) or _all_words(text), languages)))
    # Words of another language no document can hold: what they are asked of, in the question before, decides.
    is_foreign = bool(languages and written_in) and written_in[-1] not in languages
    question = _asked(before)
    said = _content_words(question, _written_in(language, question, before, message) or languages)
    carried = [word for word in said if word not in own]
    weighted = [
        *(replace(word, may_miss=is_foreign) for word in _weighted(text, own, languages)),
        *_weighted(question, carried, languages, CARRIED_WEIGHT),
    ]
    return Query(f"{question}\n{text}", tuple(weighted[:MOST_WORDS]))


def _asked(message: str) -> str:
    """What a message asks, in words as documents may hold them."""
    return short_days(_INVERTED.sub(r" \1", clean_query(message[:MOST_CHARACTERS])))


def _written_in(chosen: str, *texts: str) -> tuple[str, ...]:
    """The ``chosen`` language, and that of the first of some texts that tells its own, which may be another."""
    told = next(filter(None, map(detect_language, texts)), "")
    return tuple(one for one in dict.fromkeys((chosen, told)) if one in LANGUAGES)


def _weighted(
    text: str, chosen: Sequence[str], languages: tuple[str, ...], weight: float = 1.0
) -> list[QueryWord]:
    """The ``chosen`` words of ``text``; those that only say what is wanted count less than what it is wanted of."""
    asking = price_words(text)
    otherwise = told_otherwise(text, chosen)
    also = {word: said_instead(otherwise.get(word, word), languages) for word in chosen}
    less = {
        **dict.fromkeys(LIGHT_WORDS, LIGHT_WEIGHT),
        **dict.fromkeys(ASKING if any(also.values()) else (), ASKING_WEIGHT),
        **dict.fromkeys(otherwise, ASKING_WEIGHT),
        **dict.fromkeys(asking, PRICE_WEIGHT),
    }
    alone = less.keys() >= set(chosen)

    def weighed(word: str) -> QueryWord:
        instead = (*FAMILIES.get(word, ()), *also[word], *day_in(languages or LANGUAGES, word))
        return QueryWord(
            otherwise.get(word, word),
            weight * (1.0 if alone else less.get(word, 1.0)),
            also=SAYS_A_PRICE if word in asking else instead,
        )

    return [weighed(word) for word in chosen]


def _all_words(text: str) -> list[str]:
    """The words of ``text``, each once."""
    return [*dict.fromkeys(words(text))][:MOST_WORDS]


def _content_words(text: str, languages: Iterable[str]) -> list[str]:
    """The words of ``text`` that are no stop words in some ``languages``, each once."""
    stop_words = frozenset[str]().union(*(STOP_WORDS.get(one, frozenset()) for one in languages))
    return [word for word in dict.fromkeys(words(text)) if word not in stop_words][:MOST_WORDS]


def _is_follow_up(text: str, content: Sequence[str]) -> bool:
    if len(content) > FOLLOW_UP_WORDS:
        return False
    said = words(text)
    if fold(text).startswith(_CONTINUES) or not _POINTS_BACK.isdisjoint(said):
        return True
    return len(said) <= SHORTEST and len(content) < 2

"""Stems of folded words, one Snowball stemmer per language and thread; in C where PyStemmer is installed."""

from __future__ import annotations

import threading
from functools import lru_cache

import snowballstemmer

from models.text.folding import fold

_SNOWBALL = {"pt": "portuguese", "en": "english", "fr": "french", "es": "spanish"}
LANGUAGES = tuple(_SNOWBALL)

# Snowball looks for suffixes with their accents. A folded word gets those back that its ending almost
# always has, right or wrong the same way for every spelling of it, so that "informacoes" and
# "informações" share the stem of "informação".
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "pt": (
        ("coes", "ções"), ("soes", "sões"), ("oes", "ões"), ("cao", "ção"), ("sao", "são"), ("ao", "ão"),
        ("aes", "ães"), ("encia", "ência"), ("encias", "ências"), ("ancia", "ância"), ("ancias", "âncias"),
        ("avel", "ável"), ("aveis", "áveis"), ("ivel", "ível"), ("iveis", "íveis"), ("ario", "ário"),
        ("arios", "ários"), ("aria", "ária"), ("orio", "ório"), ("orios", "órios"), ("logico", "lógico"),
        ("logica", "lógica"),
    ),
    "es": (
        ("cion", "ción"), ("sion", "sión"), ("logia", "logía"), ("logias", "logías"), ("ria", "ría"),
        ("rian", "rían"),
    ),
    "fr": (
        ("ite", "ité"), ("ites", "ités"), ("ee", "ée"), ("ees", "ées"), ("iere", "ière"), ("ieres", "ières"),
        ("ement", "ement"), ("ere", "ère"),
    ),
    "en": (),
}  # fmt: skip


class _Stemmers(threading.local):
    """Snowball's stemmers keep the word they work on in themselves: each thread has its own."""

    def __init__(self) -> None:
        self.by_language = {code: snowballstemmer.stemmer(name) for code, name in _SNOWBALL.items()}
        for stemmer in self.by_language.values():
            stemmer.maxCacheSize = (
                0  # PyStemmer's own, of 10,000 words: `stem` remembers them for all threads
            )


_stemmers = _Stemmers()


@lru_cache(maxsize=131_072)
def stem(word: str, language: str) -> str:
    """The stem of a folded word, folded; the word itself for a language without rules, and for what has digits."""
    if language not in _SNOWBALL or not word.isalpha():
        return word
    stemmer = _stemmers.by_language[language]
    return fold(stemmer.stemWord(_with_accents(word, language))) or word


def _with_accents(word: str, language: str) -> str:
    for bare, accented in _ENDINGS[language]:
        if word.endswith(bare) and len(word) > len(bare) + 1:
            return word[: -len(bare)] + accented
    return word

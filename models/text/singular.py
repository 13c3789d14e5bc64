"""Words without what tells one from several: nothing else of them is taken off.

A stemmer for finding passages takes off more: to it ``casa`` and ``caso``, ``porta`` and ``porto``,
``university`` and ``universe`` are one.
"""

from __future__ import annotations

from functools import lru_cache

SHORTEST = 4  # letters of a word that is looked at
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    # The third person of verbs too: abrem, abre.
    "pt": (
        ("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ns", "m"), ("res", "r"), ("zes", "z"),
        ("s", ""), ("am", "a"), ("em", "e"),
    ),
    "es": (("ces", "z"), ("iones", "ion"), ("s", ""), ("an", "a"), ("en", "e")),
    "fr": (("eaux", "eau"), ("aux", "al"), ("ent", "e"), ("ez", "e"), ("s", ""), ("x", "")),
    "en": (("ies", "y"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", "")),
}  # fmt: skip
# Other words than they seem without their ending.
_OTHERS = frozenset(
    ("news", "goods", "customs", "glasses", "arms", "means", "mais", "menos", "gratis", "ferias", "oculos")
)


@lru_cache(maxsize=16_384)
def singular(word: str, language: str) -> str:
    """A folded word as it is said of one; the word itself in a language without rules."""
    if len(word) < SHORTEST or not word.isalpha() or word in _OTHERS:
        return word
    for ending, instead in _ENDINGS.get(language, ()):
        if word.endswith(ending):
            return word[: -len(ending)] + instead
    return word

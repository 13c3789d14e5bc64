"""The days of the week in four languages: a closed list, in which each day has one name a language."""

from __future__ import annotations

import re
from collections.abc import Iterable

from models.text.language import LANGUAGES

# Portuguese, English, French, Spanish, as `LANGUAGES` has them; folded, several before one.
_DAYS = (
    ("segunda segundas", "monday mondays", "lundi lundis", "lunes"),
    ("terca tercas", "tuesday tuesdays", "mardi mardis", "martes"),
    ("quarta quartas", "wednesday wednesdays", "mercredi mercredis", "miercoles"),
    ("quinta quintas", "thursday thursdays", "jeudi jeudis", "jueves"),
    ("sexta sextas", "friday fridays", "vendredi vendredis", "viernes"),
    ("sabado sabados", "saturday saturdays", "samedi samedis", "sabado sabados"),
    ("domingo domingos", "sunday sundays", "dimanche dimanches", "domingo domingos"),
)
_NAMES = tuple(
    {lang: tuple(names.split()) for lang, names in zip(LANGUAGES, day, strict=True)} for day in _DAYS
)
_DAY_OF = {word: day for day in _NAMES for names in day.values() for word in names}
# "Segunda-feira" is the day and a word that is in five of them.
_FEIRA = re.compile(r"\b(segunda|ter[cç]a|quarta|quinta|sexta)(s?)[- ]feiras?\b", re.IGNORECASE)


def short_days(text: str) -> str:
    """``text`` with Portuguese days as people call them: "segunda" for "segunda-feira"."""
    return _FEIRA.sub(r"\1\2", text)


def day_in(languages: Iterable[str], word: str) -> tuple[str, ...]:
    """What a folded ``word`` is called in ``languages`` if it is a day of the week, itself left out; else nothing."""
    day = _DAY_OF.get(word, {})
    named = (name for language in languages for name in day.get(language, ()))
    return tuple(dict.fromkeys(name for name in named if name != word))

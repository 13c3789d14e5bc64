"""Which of four languages a text is in, by its small words and typical endings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from models.text.folding import fold
from models.text.stopwords import STOP_WORDS

# Words that people write to a shop, a clinic or an office, and that one or two of the languages share at most.
_TYPICAL = {
    "pt": """
    oi ola bom boa dia noite tarde obrigado obrigada quero queria gostaria saber preco precos quanto custa horario
    funcionamento abre abrem fecha fecham aberto aberta loja endereco fica ficam aceita aceitam cartao pagamento
    entrega vc vcs tambem hoje amanha segunda terca quarta quinta sexta sabado domingo feira consulta agendar
    marcar remarcar exame nome telefone ano anos brasil voces moco moca pra dinheiro gratis prazo troca devolucao
    """,
    "en": """
    hello hi please thanks thank want know like price prices cost costs open opens close closed closes opening
    hours store shop address accept accepts card cards payment delivery today tomorrow monday tuesday wednesday
    thursday friday saturday sunday book booking appointment name phone year years free return refund need get got
    take give there much long make been used first new people time work
    """,
    "fr": """
    bonjour bonsoir salut merci voudrais voulez savoir prix combien coute coutent tarif tarifs horaire horaires
    ouvert ouverte ouverts ouvrez fermez ferme fermee magasin boutique adresse acceptez carte bancaire paiement
    livraison livrez aujourd hui demain lundi mardi mercredi jeudi vendredi samedi dimanche rendez nom telephone
    ans annee gratuit remboursement besoin prendre jour jours matin soir heure heures oui peux puis avez etes
    est-ce
    """,
    "es": """
    hola buenos buenas dias gracias quiero quisiera gustaria saber precio precios cuesta cuestan vale horario
    abren abre cierran cierra abierto abierta tienda direccion queda aceptan tarjeta pago envio entrega hoy manana
    lunes martes miercoles jueves viernes sabado domingo cita reservar nombre telefono ano anos gratis devolucion
    necesito puedo puede hacer dia tarde noche hay estan
    """,
}
# Letters and endings that one language has and its neighbours lack; weights are votes. "␣" is a word's edge.
_MARKS: Mapping[str, Mapping[str, float]] = {
    "pt": {
        "ã": 2, "õ": 3, "ção": 2, "ções": 3, "nh": 0.7, "lh": 0.7, "cao␣": 1.2, "coes␣": 2, "oes␣": 1,
        "ao␣": 0.7, "dade␣": 1, "ç": 0.5, "em␣": 0.3, "am␣": 0.2, "ei␣": 0.4, "ou␣": 0.2, "agem␣": 1, "eir": 0.5,
        "inho": 0.6, "vel␣": 0.7, "veis␣": 1, "cia␣": 0.4, "ço␣": 1, "ça": 0.3, "ga␣": 0.2, "va␣": 0.2,
        "ss": 0.3, "gu": 0.1, "ê": 0.5, "ai": 0.2, "õe": 1, "aç": 0.5,
    },
    "en": {
        "th": 0.6, "wh": 0.8, "ght": 1, "ing␣": 1, "w": 0.4, "sh": 0.4, "ck": 0.7, "ee": 0.4, "oo": 0.4,
        "k": 0.2, "ly␣": 0.7, "y␣": 0.4, "ed␣": 0.4, "ty␣": 0.7, "ness␣": 1, "tion␣": 0.4, "ould␣": 1,
        "␣kn": 0.8, "ay␣": 0.4, "ea": 0.2, "ow␣": 0.5,
    },
    "fr": {
        "è": 1, "œ": 2, "û": 1, "î": 1, "ù": 2, "ë": 1, "eau": 1, "eux␣": 1, "oi": 0.4, "ou": 0.2, "ez␣": 1,
        "eur": 0.6, "ette": 0.8, "ais␣": 0.5, "ait␣": 0.8, "aient␣": 1.5, "ment␣": 0.3, "tion␣": 0.4,
        "que␣": 0.3, "␣qu'": 1.5, "␣l'": 1.2, "␣d'": 1.2, "␣j'": 1.5, "␣n'": 1, "␣c'": 1.5, "␣s'": 1, "é␣": 0.5,
        "ée␣": 1.2, "ées␣": 1.2, "aux␣": 0.7, "ux␣": 0.4, "ille": 0.4, "elle": 0.3, "aire␣": 0.7, "ier␣": 0.3,
        "ç": 0.2, "ê": 0.2, "oui": 0.4,
    },
    "es": {
        "¿": 3, "¡": 3, "ción␣": 2, "ciones␣": 1.5, "cion␣": 1.5, "ll": 0.4, "ue": 0.3, "ie": 0.3, "dad␣": 1,
        "ía": 0.6, "ó": 0.4, "ú": 0.2, "ando␣": 0.3, "iendo␣": 1, "ito␣": 0.4, "os␣": 0.2, "as␣": 0.1,
        "illo": 0.6, "illa": 0.4, "ero␣": 0.3, "anza␣": 0.5, "ble␣": 0.1, "ad␣": 0.3, "ón␣": 1, "io␣": 0.2,
        "␣y␣": 1, "ch": 0.2, "z␣": 0.2, "ei": -0.3, "ou": -0.3, "ss": -0.5, "dor": 0.1, "ura␣": 0.1, "lle": 0.4,
        "rr": 0.1, "ñ": 3, "ido␣": 0.3, "ada␣": 0.2, "ado␣": 0.2, "nes␣": 0.7, "es␣": 0.1, "␣el␣": 0.7,
        "␣los␣": 0.7, "␣las␣": 0.7, "ció": 1, "ía␣": 0.5,
    },
}  # fmt: skip
# Spellings that tell languages apart where the folded words do not.
_SPELLINGS = {
    "é": ("pt", 1.2), "às": ("pt", 1.0), "você": ("pt", 1.0), "vocês": ("pt", 1.0), "são": ("pt", 0.5),
    "à": ("fr", 0.3), "où": ("fr", 1.0), "él": ("es", 1.0), "cómo": ("es", 1.0), "qué": ("es", 1.0),
    "dónde": ("es", 1.0), "y": ("es", 0.5), "e": ("pt", 0.3), "o": ("pt", 0.4), "os": ("pt", 0.4),
    "el": ("es", 0.5), "como": ("pt", 0.2),
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:'(?=[^\W\d_]))?")
LANGUAGES = tuple(_MARKS)
_READ = 4_000  # characters: more changes no answer
_LEAST = 1.6  # votes that the winner needs
_AHEAD = 1.15  # times the votes of the second


def _votes_of_words() -> dict[str, dict[str, float]]:
    """Each known word's votes, shared by the languages that have it."""
    votes: dict[str, dict[str, float]] = {}
    for language, stop_words in STOP_WORDS.items():
        typical = {fold(word) for word in _TYPICAL[language].split()}
        for word in stop_words | typical:
            weight = 0.7 if len(word) == 1 else 1.0
            votes.setdefault(word, {})[language] = weight
    return {word: {one: weight / len(by) ** 1.5 for one, weight in by.items()} for word, by in votes.items()}


_WORD_VOTES = _votes_of_words()


def _marks_by_text() -> dict[str, list[tuple[int, int, float]]]:
    """Each mark's votes: for which of ``LANGUAGES``, at which place among that one's marks, how many."""
    found: dict[str, list[tuple[int, int, float]]] = {}
    for language, marks in enumerate(_MARKS.values()):
        for place, (mark, votes) in enumerate(marks.items()):
            found.setdefault(mark, []).append((place, language, votes))
    return found


_MARKS_BY_TEXT = _marks_by_text()


_NAMED = {
    "portuguese": "pt", "portugues": "pt", "portugais": "pt", "english": "en", "ingles": "en", "anglais": "en",
    "french": "fr", "frances": "fr", "francais": "fr", "spanish": "es", "espanhol": "es", "espagnol": "es",
    "espanol": "es", "castellano": "es", "castelhano": "es",
}  # fmt: skip


def detect_language(text: str) -> str:
    """``pt``, ``en``, ``fr`` or ``es``; the empty string when the text is too short, mixed or in none of them."""
    lowered = text[:_READ].lower().replace("’", "'")
    words = _WORD.findall(lowered)
    words_and_marks = [*words, *(mark for mark in "¿¡" if mark in lowered)]
    totals = [sum(votes) for votes in zip(*map(_votes, words_and_marks), strict=True)]
    return _winner(sorted(zip(totals, LANGUAGES, strict=False), reverse=True), len(words))


def language_code(name: str) -> str:
    """``pt``, ``en``, ``fr`` or ``es`` for a language as people name it (``pt-BR``, ``Português``); else nothing."""
    plain = fold(name.strip()).replace("_", "-").partition("-")[0]
    return plain if plain in LANGUAGES else _NAMED.get(plain, "")


def main_language(languages: Iterable[str]) -> str:
    """The most frequent of some languages, empty ones aside; the empty string when there is none."""
    counted = Counter(language for language in languages if language)
    return counted.most_common(1)[0][0] if counted else ""


def _winner(ranked: list[tuple[float, str]], words: int) -> str:
    if not ranked:
        return ""
    (most, best), (second, _) = ranked[:2]
    if most < min(_LEAST, 0.5 + 0.25 * words) or most < 0.12 * words:
        return ""
    return best if most >= _AHEAD * second else ""


@lru_cache(maxsize=32_768)
def _votes(word: str) -> tuple[float, ...]:
    """What one word, in lower case, says for each of ``LANGUAGES``."""
    known = _WORD_VOTES.get(fold(word.rstrip("'")), {})
    spelt, weight = _SPELLINGS.get(word, ("", 0.0))
    marks = _votes_of_marks(f"␣{word}␣")
    return tuple(
        known.get(language, 0.0) + (weight if spelt == language else 0.0) + 0.5 * marks[place]
        for place, language in enumerate(LANGUAGES)
    )


def _votes_of_marks(marked: str) -> list[float]:
    """What its letters and endings say: most marks are in few words."""
    found = [
        (place, language, votes * marked.count(mark))
        for mark in _MARKS_BY_TEXT
        if mark in marked
        for place, language, votes in _MARKS_BY_TEXT[mark]
    ]
    totals = [0.0] * len(LANGUAGES)
    for _, language, votes in sorted(found):  # in the same order each time: sums of fractions depend on it
        totals[language] += votes
    return totals

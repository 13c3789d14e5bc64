"""The words with which people ask for a price: the thing it is asked of counts, and a price list may not say them."""

from __future__ import annotations

import re

from models.text.folding import fold
from models.text.words import words

SAYS_A_PRICE = (
    *("custa", "custam", "preco", "valor", "tarifa", "reais", "cost", "price", "fee", "cout", "coute"),
    *("coutent", "prix", "tarif", "cuesta", "cuestan", "precio", "euros"),
)
"""Words that a passage may use instead, one of each stem."""

_ALWAYS = frozenset(
    (
        *(
            "custa",
            "custam",
            "custar",
            "custaria",
            "custariam",
            "custo",
            "preco",
            "precos",
            "valor",
            "precinho",
        ),
        *(
            "cost",
            "costs",
            "price",
            "prices",
            "priced",
            "coute",
            "coutent",
            "couter",
            "couterait",
            "cout",
            "prix",
        ),
        *(
            "tarif",
            "tarifs",
            "cuesta",
            "cuestan",
            "costar",
            "costaria",
            "costo",
            "precio",
            "precios",
            "coste",
        ),
    )
)
# They ask for a price only right behind "how much".
_HOW_MUCH = re.compile(
    r"""\b(?:quanto|qto|qnto|qnt|how\ much|combien|cuanto)
        (?:\ (?:e|eh|que|ce|est|vc|vcs|voce|voces|do|does|would|you|they|it|se|me|te|nos|eu|i|on|por|pra))*
        \ (sai|saem|sairia|fica|ficam|ficaria|vale|valem|cobra|cobram|cobraria|pago|paga|pagaria
          |charge|charges|pay|worth|vaut|valent|payer|cobran|cobra|sale|salen|queda|valen)\b""",
    re.VERBOSE,
)


def price_words(text: str) -> frozenset[str]:
    """The folded words of a question that only ask for a price."""
    said = words(text)
    found = {word for word in said if word in _ALWAYS}
    match = _HOW_MUCH.search(re.sub(r"[\W_]+", " ", fold(text)))
    return frozenset(found | {match[1]} if match else found)

"""Words with which people say what they want to do: what they want to do it with is what they ask about."""

from __future__ import annotations

from models.text.folding import fold

_PT = """
levar leva levo trazer traz trago usar uso quero quer querem queria queremos gostaria preciso precisa precisamos
consigo consegue conseguimos saber sabe sabem dizer informar ajudar ver falar olhar achar possivel
"""
_EN = """
bring bringing take taking get getting use using want wants need needs like know see tell help possible whats
hows let come go going
"""
_FR = "amener apporter emmener utiliser veux voudrais souhaite besoin savoir voir possible"
_ES = """
llevar llevo traer traigo usar uso quiero quiere quisiera necesito necesita saber ver ayudar posible
"""

LIGHT_WORDS = frozenset(fold(word) for word in f"{_PT} {_EN} {_FR} {_ES}".split())

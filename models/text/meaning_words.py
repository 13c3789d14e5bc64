"""The small words of four languages as the answer cache weighs them: what may be left out, and what never."""

from __future__ import annotations

from models.text.folding import fold
from models.text.stopwords import STOP_WORDS


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Folded: "e" is "é" too, "a" is "à". No preposition that says where to, no "or", nothing that denies or compares.
_FILLING = {
    "pt": "o a os as um uma uns umas de da do das dos em no na nos nas num numa ao aos e eh sao esta estao "
    "voce voces vc vcs ce ces seu sua seus suas",
    "en": "the a an of do does is are am you your yours s u ur",
    "fr": "le la les l un une des du de d au aux a est sont ce vous votre vos tu ton",
    "es": "el la los las un una unos unas de del al en lo su sus usted ustedes es son esta estan y",
}
FILLING = {language: frozenset(listed.split()) for language, listed in _FILLING.items()}
ALL_FILLING = frozenset({"no", "c"}).union(*FILLING.values())

# "From A to B" is not "to A from B": beside one of the second, those of the first count.
FROM_AND_TO = _listed("de da do das dos d du des del of a ao aos au aux al")
TOWARDS = _listed("ao aos au aux al to para ate hasta jusqu vers pour")

# Said of what is denied, compared, bounded or left open: never left out.
_WEIGHTY = """
nao nem nunca jamais sem nenhum nenhuma not never without cannot none nor no non pas ne sans aucun aucune sin ni
tampoco com with avec con mais menos more less plus moins most few pouco pouca poucos muito muita antes depois before
after avant apres despues ate until till jusqu hasta desde from since depuis to para para pour vers por per on off in
out up down over under above below acima abaixo sob sobre between entre contra against only so solo seulement apenas
todos todas tudo all tous toutes todo toda alguns some or ou u same mesmo outra outro other autre otra otro ainda yet
encore aun ja already deja ya quem who qui quien where quando when each cada both ambos during durante dentro fora
within outside can could posso pode podem puedo puede pueden peux pouvez peut devo deve must should will would
"""
WEIGHTY = frozenset(fold(word) for word in _WEIGHTY.split())

# What depends on the day that it is asked.
_NOW = {
    "pt": "hoje hj amanha ontem agora atualmente proxima proximo proximas proximos passada passado",
    "en": "today tonight tomorrow yesterday now currently next last this",
    "fr": "aujourd aujourdhui demain hier maintenant actuellement prochain prochaine dernier derniere cet cette soir",
    "es": "hoy manana ayer ahora actualmente proximo proxima pasado pasada",
}
# What depends on who asks it.
_MINE = {
    "pt": "meu minha meus minhas chamo",
    "en": "my mine",
    "fr": "mon ma mes",
    "es": "mi mis mio mia llamo",
}
OF_THE_MOMENT = {one: frozenset(f"{_NOW[one]} {_MINE[one]}".split()) for one in _NOW}
OF_ANY_MOMENT = frozenset[str]().union(*OF_THE_MOMENT.values()) - {"this", "mes", "ma", "cet", "last", "soir"}

# Behind these a single letter is a name: vitamin A, plan B.
LETTERED = _listed(
    "vitamina vitamin vitamine hepatite hepatitis tipo type plano plan classe class clase grupo group groupe letra "
    "letter lettre bloco block bloque torre tower turma linha line ligne linea opcao option opcion sala room salle "
    "categoria category categorie serie"
)
DAYS = _listed("monday tuesday wednesday thursday friday saturday sunday weekdays weekends")

HOW_MUCH = _listed("quanto qto qnto how combien cuanto")
WHAT = _listed("qual quais what whats which quel quelle quels quelles cual cuales")
WHERE = _listed("onde aonde where donde")
LIES = _listed("fica ficam located situe situee trouve trouvent queda quedan encuentra encuentran")
WHEN = _listed("quando qdo when quand cuando")
MUCH = frozenset({"much"})
PRICE_NAMES = _listed("preco precos valor price prices prix tarif tarifs precio precios")
PRICED_WITH = _listed("pelo pela pelos pelas por for pour")

DROPPED_BY_MEANING = {language: words - WEIGHTY for language, words in STOP_WORDS.items()}

"""The question in a chat message: without greetings, thanks and the words that only lead up to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from models.text.folding import fold
from models.text.stopwords import STOP_WORDS

# Taken out wherever they stand: they never are what somebody asks about.
_PHRASES = """
voce sabe|vc sabe|voces sabem|vcs sabem|alguem sabe|sabe se|sabem se|sabe dizer|sabem dizer|alguien sabe|sabe si
saben si|tu sais|vous savez|quelqu'un sait|does anyone know|anyone know
bom dia|boa tarde|boa noite|tudo bem|tudo bom|td bem|td bom|tudo certo|como vai|como vao|por favor|por gentileza
queria saber|gostaria de saber|quero saber|preciso saber|queria perguntar|gostaria de perguntar
gostaria de tirar uma duvida|queria tirar uma duvida|queria uma informacao|gostaria de uma informacao
preciso de uma informacao|pode me dizer|podem me dizer|poderia me dizer|poderiam me dizer|pode me informar
podem me informar|poderia me informar|voce sabe me dizer|poderiam me informar|sabe me dizer|sabem me dizer
saberia me dizer|tem como me dizer|voce pode me dizer|voces podem me dizer|vc pode me dizer|vcs podem me dizer
me diz|me diga|me digam|me fala|me informa|me tira uma duvida|uma duvida|tenho uma duvida|estou com uma duvida
tenho uma pergunta|so uma pergunta|uma pergunta|desde ja agradeco|muito obrigado|muito obrigada|se possivel
queria uma ajuda|preciso de ajuda|podem me ajudar|pode me ajudar|good morning|good afternoon|good evening
good day|how are you|how are you doing|hope you are well|i would like to know|i'd like to know|i want to know
i need to know|would like to know|can you tell me|could you tell me|can you please tell me
could you please tell me|can someone tell me|please tell me|tell me please|do you know|do you happen to know
i was wondering|i am wondering|i'm wondering|just wondering|i have a question|i've got a question|quick question
hi there|hello there|hey there|thank you very much|thank you so much|thank you|thanks in advance|thanks a lot
many thanks|can you help me|could you help me|let me know|excuse me|s'il vous plait|s'il te plait
s il vous plait|s il te plait|je voudrais savoir|je veux savoir|j'aimerais savoir|j aimerais savoir
je souhaiterais savoir|je souhaite savoir|je cherche a savoir|pouvez-vous me dire|pouvez vous me dire
pourriez-vous me dire|pourriez vous me dire|tu peux me dire|vous pouvez me dire|est-ce que vous pouvez me dire
savez-vous|savez vous|dites-moi|dites moi|dis-moi|dis moi|j'ai une question|j ai une question
une petite question|une question|comment allez-vous|comment allez vous|comment ca va|ca va|merci d'avance
merci d avance|merci beaucoup|bonne journee|bonne soiree|pouvez-vous m'aider|excusez-moi|buenos dias|buen dia
buenas tardes|buenas noches|muy buenas|que tal|como estan|como esta usted|quisiera saber|quiero saber
me gustaria saber|necesito saber|queria preguntar|quisiera preguntar|me puede decir|me pueden decir
me podria decir|me podrian decir|podria decirme|podrian decirme|puede decirme|pueden decirme|me puedes decir
puedes decirme|sabe usted|sabria decirme|tengo una duda|tengo una pregunta|tengo una consulta|una consulta
bom fim de semana|bom final de semana|bom feriado|bom descanso|boa semana|tenha um bom dia|tenha um otimo dia
tenha uma boa tarde|tenha uma boa noite|have a nice day|have a good day|have a great day|have a nice weekend
have a good weekend|bon week-end|bon weekend|buen fin de semana|que tenga un buen dia|feliz dia|com certeza
por supuesto|bien sur|you're welcome|you are welcome|de rien|sem problema|sem problemas|no problem|no worries
pas de probleme|una pregunta|una duda|muchas gracias|de antemano|gracias de antemano|me puede ayudar|pueden ayudarme
"""
# Taken out only where the message begins or ends.
_EDGES = """
oi oie ola opa eai alo ei olá prezados prezado prezada caros caro pessoal gente galera amigo amiga moco moca
senhor senhora obrigado obrigada obg brigado brigada vlw valeu grato grata pfv pf pfvr blz beleza rs rsrs kk
kkk kkkk abs att hi hello hey heya hiya greetings dear please pls plz thanks thx ty cheers sir madam ok okay
bonjour bonsoir salut coucou allo svp stp merci madame monsieur hola buenas holi oye disculpe disculpa perdon
porfa porfavor gracias saludos abraco abracos bjs beijos
"""
# What may be left dangling where a phrase was taken out.
_DANGLING = frozenset(
    {
        "se",
        "que",
        "si",
        "if",
        "whether",
        "sobre",
        "about",
        "de",
        "e",
        "y",
        "et",
        "and",
        "mas",
        "pero",
        "mais",
        "but",
    }
)

# What people say to end a matter, or to go on with it; with what may stand around it, no question.
_AGREED = """
sim ok certo isso perfeito otimo legal show entendi combinado ta tah aham uhum pronto fechado
yes yep sure great perfect fine good alright cool nice understood
oui parfait super genial bien compris entendu d'accord daccord
si claro perfecto entendido vale bueno
"""
_SAID = """
nao tchau ate logo mais amanha breve tudo bem bom boa obg muito mto td com ser voce vc voces vcs tambem tbm
igualmente de nada por nada opa
no nope bye goodbye see later got it you too non au revoir a bientot adios hasta luego ja jaja haha hahaha kkkkk
"""
_SAID_ALONE = frozenset(f"{_AGREED} {_SAID}".split())
# Of those, words that say such a thing only with another of them: "amanhã", or "mais", asks for more.
_NEEDS_ANOTHER = frozenset({"logo", "mais", "amanha", "breve", "later", "luego"})
_THANKS = """
obrigado obrigada obg brigado brigada vlw valeu grato grata agradeco thanks thank thx ty cheers merci gracias okay
"""
# What somebody is thanked for is not asked for: "obrigado pela ajuda". "Merci de" asks.
_THANKED = frozenset(_THANKS.split())
_FOR = frozenset({"pela", "pelas", "pelo", "pelos", "por", "for", "pour"})
_IN_GREETINGS = "bom boa bem td tudo good ca va"
_ENDING = frozenset(_THANKS.split()) | _SAID_ALONE - frozenset(_IN_GREETINGS.split())
# A yes, in so many words or behind the question that it is given to.
_PLEASE = "favor pf pfv pfvr please pls plz plait svp stp porfa porfavor"
_YES = frozenset(f"{_AGREED} {_PLEASE} okay blz beleza certeza supuesto".split())
# Who is spoken to; alone it greets nobody, and "caro?" asks for a price.
_SPOKEN_TO = frozenset({"prezados", "prezado", "prezada", "caros", "caro", "dear", "abs", "att", "gente"})
# What may stand behind a greeting that asks: "tudo bem com você?"
_YOU = """
com contigo voce vc voces vcs por ai you usted ustedes vous toi
"""
_HOW_YOU_ARE = frozenset(_YOU.split())
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_PUNCTUATION = " \t\r\n,;:.!?¡¿-–—…"
_ALL_STOP_WORDS = frozenset[str]().union(*STOP_WORDS.values())


class _Span(NamedTuple):
    """A word, and where it begins and the next one does."""

    word: str
    start: int
    end: int
    ends: bool  # more than white space parts it from the next one


def clean_query(message: str) -> str:
    """``message`` without greeting, thanks and lead-in; unchanged where nothing would be left to look for."""
    spans = _spans(message)
    kept = _without_edges(_without_phrases(spans))
    if not any(span.word not in _ALL_STOP_WORDS for span in kept):
        return message.strip()
    return "".join(message[span.start : span.end] for span in kept).strip(_PUNCTUATION).strip()


def asks_something(message: str) -> bool:
    """Whether a message holds more than greetings, thanks, and yes or no."""
    left = _left(_spans(message))
    if _is_said(left):
        return False
    return "?" in message or any(word not in _ALL_STOP_WORDS for word in left)


def is_small_talk(message: str) -> bool:
    """Whether a message says nothing but a greeting, thanks, goodbye, yes or no, or has no words at all.

    In doubt it does not: "certo?" and "quanto" ask nothing by themselves, but may ask on.
    """
    spans = _spans(message)
    if not spans:
        return bool(message.strip()) and "?" not in message
    left = _left(spans)
    if _SPOKEN_TO.issuperset(span.word for span in spans):
        return False
    if "?" in message:
        return len(left) < len(spans) and _HOW_YOU_ARE.issuperset(left)
    return _is_said(left)


def may_agree(message: str) -> bool:
    """Whether a message may say yes to a question: in words, or with a thumb."""
    said = {span.word for span in _spans(message)}
    return not said or not said.isdisjoint(_YES)


def ends_something(message: str) -> bool:
    """Whether a message thanks, or says yes, no or goodbye, rather than greets."""
    said = {span.word for span in _spans(message)}
    return not said.isdisjoint(_ENDING)


def _spans(message: str) -> list[_Span]:
    matches = list(_WORD.finditer(message))
    until = [match.start() for match in matches[1:]]
    ends = [*until, len(message)][: len(matches)]
    return [
        _Span(_plain(match.group()), match.start(), end, bool(message[match.end() : end].strip()))
        for match, end in zip(matches, ends, strict=True)
    ]


def _left(spans: list[_Span]) -> list[str]:
    """The words that are neither greeting, thanks nor lead-in."""
    return [span.word for span in _without_edges(_without_phrases(spans))]


def _is_said(left: Sequence[str]) -> bool:
    """Whether nothing but yes, no or goodbye is ``left`` of a message."""
    return _SAID_ALONE.issuperset(left) and not (left and _NEEDS_ANOTHER.issuperset(left))


def _plain(word: str) -> str:
    """Folded, and ``oiiii`` as ``oi``."""
    return _STRETCHED.sub(r"\1", fold(word))


def _phrases() -> dict[str, list[tuple[str, ...]]]:
    """Phrases as words, longest first, by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(_PHRASES.replace("\n", "|").strip("|").split("|"), key=len, reverse=True):
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append(words)
    return found


_BY_FIRST_WORD = _phrases()
_EDGE_WORDS = frozenset(_plain(word) for word in _EDGES.split())


def _without_phrases(spans: list[_Span]) -> list[_Span]:
    kept: list[_Span] = []
    at = 0
    while at < len(spans):
        begun, length = at, _phrase_at(spans, at)
        if not length:
            kept.append(spans[at])
        at += length or 1
        thanked = _thanked_for(spans, begun, at)
        at += thanked
        while (length or thanked) and at < len(spans) and spans[at].word in _DANGLING:
            at += 1
    return kept


def _phrase_at(spans: list[_Span], at: int) -> int:
    """How many words the phrase has that begins here; 0 when none does."""
    for phrase in _BY_FIRST_WORD.get(spans[at].word, ()):
        if tuple(span.word for span in spans[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _thanked_for(spans: list[_Span], begun: int, at: int) -> int:
    """How many words from ``at`` say what those from ``begun`` thank for, with no stop in between; 0 when none do."""
    if at == len(spans) or spans[at].word not in _FOR or spans[at - 1].ends:
        return 0
    if _THANKED.isdisjoint(span.word for span in spans[begun:at]):
        return 0
    last = next((n for n in range(at, len(spans)) if spans[n].word not in _ALL_STOP_WORDS), at)
    return 0 if any(one.ends for one in spans[at:last]) else last + 1 - at


def _without_edges(spans: list[_Span]) -> list[_Span]:
    first, last = 0, len(spans)
    while first < last and spans[first].word in _EDGE_WORDS:
        first += 1
    while last > first and spans[last - 1].word in _EDGE_WORDS:
        last -= 1
    return spans[first:last]

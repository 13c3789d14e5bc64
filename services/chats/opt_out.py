"""Hear a contact say that they want no pushes, or want them again."""

from __future__ import annotations

import re

from models import phrases
from models.assistants import Assistant
from models.chats import Chat, Message
from models.text.folding import fold
from models.text.language import detect_language
from repositories.chats import ChatRepository
from services.chats.turns import Asking

MODEL = "opt_out"
# Each as the whole of a message, in whatever case; the language is empty where several have the word.
STOP_WORDS = {
    "stop": "", "unsubscribe": "en", "parar": "pt", "sair": "pt", "arret": "fr", "baja": "es",
}  # fmt: skip
START_WORDS = {"start": "", "voltar": "pt", "reprendre": "fr", "alta": "es"}
_BETWEEN = re.compile(r"[\W_]+")


class HearOptOut:
    """Takes stop words at their word, where the assistant has not switched that off; an NPC hears none."""

    def __init__(self, chats: ChatRepository) -> None:
        self._chats = chats

    def heard(self, assistant: Assistant, chat: Chat, message: Message) -> Asking | None:
        """A confirmation for a message that is such a word; ``None`` for any other.

        A word to be back counts from who opted out alone.
        """
        if assistant.is_npc or not assistant.settings.opt_out_words:
            return None
        word = _BETWEEN.sub(" ", fold(message.content[:40])).strip()
        if word in STOP_WORDS and len(message.content) <= 40:
            self._chats.set_opted_out(chat, opted_out=True)
            said, language = phrases.OPTED_OUT, STOP_WORDS[word]
        elif word in START_WORDS and chat.opted_out and len(message.content) <= 40:
            self._chats.set_opted_out(chat, opted_out=False)
            said, language = phrases.OPTED_IN, START_WORDS[word]
        else:
            return None
        return Asking(phrases.phrase(said, _language(assistant, chat, language)), MODEL)


def _language(assistant: Assistant, chat: Chat, of_word: str) -> str:
    """The assistant's; that of the word; that of what was answered last."""
    if assistant.settings.language in phrases.OPTED_OUT:
        return assistant.settings.language
    return of_word or detect_language(chat.response or "") or phrases.FALLBACK_LANGUAGE

"""What the doors can ask of chats."""

from __future__ import annotations

from dataclasses import dataclass

from services.chats.answer_message import AnswerMessage
from services.chats.deliver_replies import DeliverReplies
from services.chats.find_chats import FindChats
from services.chats.recover_turns import RecoverTurns
from services.chats.summarise_chat import SummariseChat
from services.chats.take_over import TakeOver


@dataclass(frozen=True)
class ChatUseCases:
    """Turns, chats and what people reply."""

    answer_message: AnswerMessage
    find_chats: FindChats
    take_over: TakeOver
    deliver_replies: DeliverReplies
    recover_turns: RecoverTurns
    summarise_chat: SummariseChat

"""How the use cases of chats are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from integrations.embeddings.base import Embedder
from integrations.embeddings.hashed import HashedEmbedder
from kit.clock import utc_now
from services.chats.answer_cache import AnswerCache
from services.chats.answer_message import AnswerMessage
from services.chats.compose_answer import ComposeAnswer
from services.chats.deliver_replies import DeliverReplies
from services.chats.find_chats import FindChats
from services.chats.follow_guide import FollowGuide
from services.chats.opt_out import HearOptOut
from services.chats.read_for_guide import ReadForGuide
from services.chats.recall_turns import RecallTurns
from services.chats.receive_message import ReceiveMessage
from services.chats.recover_turns import RecoverTurns
from services.chats.run_turn import RunTurn
from services.chats.settle_turn import SettleTurn
from services.chats.summarise_chat import SummariseChat
from services.chats.take_over import TakeOver
from services.chats.use_cases import ChatUseCases
from services.unanswered.note_unanswered import NoteUnanswered


def build(parts: Parts, shared: Shared) -> ChatUseCases:
    """Turns, chats and what people reply."""
    records = parts.repositories
    settle = SettleTurn(
        chats=records.chats, messages=records.messages, clock=utc_now, on_end=shared.metered.metrics.turned
    )
    recall = RecallTurns(messages=records.messages)
    return ChatUseCases(
        answer_message=_answer_message(parts, shared, settle, recall),
        find_chats=FindChats(
            chats=records.chats, messages=records.messages, assistants=shared.find_assistants
        ),
        take_over=TakeOver(
            chats=records.chats,
            messages=records.messages,
            outbox=records.outbox,
            unanswered=shared.group_unanswered,
            announce=shared.announce_event,
            guides=records.guides,
            calls=shared.metered.usage.forget_calls,
            clock=utc_now,
        ),
        deliver_replies=DeliverReplies(outbox=records.outbox, messages=records.messages),
        recover_turns=RecoverTurns(
            chats=records.chats, messages=records.messages, settle=settle, queue=shared.turns
        ),
        summarise_chat=SummariseChat(
            chats=records.chats,
            recall=recall,
            complete=shared.metered.models.complete,
            catalogue=shared.metered.models.catalogue,
        ),
    )


def _answer_message(parts: Parts, shared: Shared, settle: SettleTurn, recall: RecallTurns) -> AnswerMessage:
    records = parts.repositories
    compose = ComposeAnswer(
        recall=recall,
        ground=shared.ground,
        complete=shared.metered.models.complete,
        answers=AnswerCache(
            utc_now, _comparing(shared.knowledge.embedders.current), shared.metered.metrics.cache_looked
        ),
        budget=shared.budget,
        summarise_soon=parts.summarise_soon,
        record=shared.metered.usage.record_calls.record,
        clock=utc_now,
    )
    follow = FollowGuide(
        chats=records.chats,
        guides=records.guides,
        read=ReadForGuide(structured=shared.structured, catalogue=shared.metered.models.catalogue),
    )
    return AnswerMessage(
        queue=shared.turns,
        receive=ReceiveMessage(chats=records.chats, messages=records.messages, clock=utc_now),
        run_turn=RunTurn(
            chats=records.chats,
            compose=compose,
            follow=follow,
            opt_out=HearOptOut(records.chats),
            settle=settle,
            unanswered=NoteUnanswered(questions=records.unanswered_questions, clock=utc_now),
        ),
        follow=follow,
        settle=settle,
        requests=shared.metered.limits.requests,
    )


def _comparing(embedder: Embedder) -> Embedder | None:
    """The embedder if its vectors tell what a question means: those of the built-in one tell its letters."""
    return None if isinstance(embedder, HashedEmbedder) else embedder

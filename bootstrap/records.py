"""The database's client, and every collection on it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from integrations.database.embedded import EmbeddedDatabase
from kit.errors import SettingsError, Unavailable
from kit.settings import Settings
from repositories import connection
from repositories.assistants import AssistantRepository
from repositories.budgets import BudgetRepository
from repositories.card_templates import CardTemplateRepository
from repositories.cards import CardImageRepository, CardRepository
from repositories.chats import ChatRepository
from repositories.chunks import ChunkRepository
from repositories.deliveries import DeliveryRepository
from repositories.documents import DocumentRepository
from repositories.embedders import EmbedderRepository
from repositories.ended_tokens import EndedTokenRepository
from repositories.faq import FaqRepository
from repositories.generation_jobs import GenerationJobRepository
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository
from repositories.guides import GuideRepository, GuideVersionRepository
from repositories.identities import IdentityRepository
from repositories.members import MemberRepository
from repositories.messages import MessageRepository
from repositories.model_calls import ModelCallRepository
from repositories.model_entries import ModelEntryRepository
from repositories.npc_sessions import NpcSessionRepository
from repositories.old_keys import OldKeyRepository
from repositories.outbox import OutboxRepository
from repositories.pushes import PushContactRepository, PushRepository
from repositories.quizzes import AnswerSheetRepository, QuizRepository
from repositories.sessions import SessionRepository
from repositories.tokens import TokenRepository
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository
from repositories.users import UserRepository

DATABASE_WAIT_S = 30.0


@dataclass(frozen=True)
class Repositories:
    """Every collection."""

    users: UserRepository
    identities: IdentityRepository
    sessions: SessionRepository
    ended_tokens: EndedTokenRepository
    tokens: TokenRepository
    assistants: AssistantRepository
    members: MemberRepository
    old_keys: OldKeyRepository
    deliveries: DeliveryRepository
    chats: ChatRepository
    messages: MessageRepository
    outbox: OutboxRepository
    documents: DocumentRepository
    chunks: ChunkRepository
    npc_sessions: NpcSessionRepository
    generation_jobs: GenerationJobRepository
    quizzes: QuizRepository
    answer_sheets: AnswerSheetRepository
    cards: CardRepository
    card_images: CardImageRepository
    card_templates: CardTemplateRepository
    golden_questions: GoldenQuestionRepository
    golden_runs: GoldenRunRepository
    pushes: PushRepository
    push_contacts: PushContactRepository
    guides: GuideRepository
    guide_versions: GuideVersionRepository
    embedders: EmbedderRepository
    faq: FaqRepository
    models: ModelEntryRepository
    unanswered_questions: UnansweredQuestionRepository
    unanswered_groups: UnansweredGroupRepository
    budgets: BudgetRepository
    usage: UsageRepository
    usage_by_user: UserUsageRepository
    usage_by_token: TokenUsageRepository
    model_calls: ModelCallRepository

    @classmethod
    def on(cls, database: Database[Any]) -> Repositories:
        """All of them on one database."""
        return cls(
            users=UserRepository(database),
            identities=IdentityRepository(database),
            sessions=SessionRepository(database),
            ended_tokens=EndedTokenRepository(database),
            tokens=TokenRepository(database),
            assistants=AssistantRepository(database),
            members=MemberRepository(database),
            old_keys=OldKeyRepository(database),
            deliveries=DeliveryRepository(database),
            chats=ChatRepository(database),
            messages=MessageRepository(database),
            outbox=OutboxRepository(database),
            documents=DocumentRepository(database),
            chunks=ChunkRepository(database),
            npc_sessions=NpcSessionRepository(database),
            generation_jobs=GenerationJobRepository(database),
            quizzes=QuizRepository(database),
            answer_sheets=AnswerSheetRepository(database),
            cards=CardRepository(database),
            card_images=CardImageRepository(database),
            card_templates=CardTemplateRepository(database),
            golden_questions=GoldenQuestionRepository(database),
            golden_runs=GoldenRunRepository(database),
            pushes=PushRepository(database),
            push_contacts=PushContactRepository(database),
            guides=GuideRepository(database),
            guide_versions=GuideVersionRepository(database),
            embedders=EmbedderRepository(database),
            faq=FaqRepository(database),
            models=ModelEntryRepository(database),
            unanswered_questions=UnansweredQuestionRepository(database),
            unanswered_groups=UnansweredGroupRepository(database),
            budgets=BudgetRepository(database),
            usage=UsageRepository(database),
            usage_by_user=UserUsageRepository(database),
            usage_by_token=TokenUsageRepository(database),
            model_calls=ModelCallRepository(database),
        )


def records_client(settings: Settings, ends: contextlib.ExitStack) -> MongoClient[Any]:
    """Connected, and answering; ``SettingsError`` when it does not within half a minute."""
    uri = settings.mongo_uri
    if not uri:
        embedded = EmbeddedDatabase(settings.data_dir / "db")
        uri = embedded.start()
        ends.callback(embedded.stop)
    client = connection.connect(uri)
    ends.callback(client.close)
    _wait_for(client)
    return client


def _wait_for(client: MongoClient[Any]) -> None:
    give_up = time.monotonic() + DATABASE_WAIT_S
    while True:
        try:
            connection.ping(client)
        except Unavailable:
            if time.monotonic() > give_up:
                raise SettingsError("MONGO_URI: the database server does not answer.") from None
            time.sleep(0.5)
        else:
            return

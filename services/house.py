"""Everything a running installation can do, under one roof for the doors to call."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.metrics import Metrics
from kit.settings import Settings
from kit.workplaces import Workplaces
from services.accounts.use_cases import AccountUseCases
from services.assistants.use_cases import AssistantUseCases
from services.chats.use_cases import ChatUseCases
from services.delivery.use_cases import DeliveryUseCases
from services.documents.use_cases import DocumentUseCases
from services.faq.use_cases import FaqUseCases
from services.generation.use_cases import GenerationUseCases
from services.golden.use_cases import GoldenUseCases
from services.guides.use_cases import GuideUseCases
from services.limits.use_cases import LimitUseCases
from services.llm.use_cases import ModelUseCases
from services.npc.use_cases import NpcUseCases
from services.pushes.use_cases import PushUseCases
from services.quizzes.use_cases import QuizUseCases
from services.retrieval.use_cases import RetrievalUseCases
from services.studio.use_cases import StudioUseCases
from services.unanswered.use_cases import UnansweredUseCases
from services.upkeep.use_cases import UpkeepUseCases
from services.usage.use_cases import UsageUseCases


@dataclass(frozen=True)
class House:
    """The use cases by capability, built by ``bootstrap`` and shared by every thread."""

    settings: Settings
    jwt_secret: str
    workplaces: Workplaces
    accounts: AccountUseCases
    assistants: AssistantUseCases
    chats: ChatUseCases
    delivery: DeliveryUseCases
    documents: DocumentUseCases
    generation: GenerationUseCases
    npc: NpcUseCases
    golden: GoldenUseCases
    guides: GuideUseCases
    pushes: PushUseCases
    models: ModelUseCases
    limits: LimitUseCases
    metrics: Metrics
    usage: UsageUseCases
    quizzes: QuizUseCases
    studio: StudioUseCases
    retrieval: RetrievalUseCases
    faq: FaqUseCases
    unanswered: UnansweredUseCases
    upkeep: UpkeepUseCases

"""What several capabilities work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bootstrap import limits, models
from bootstrap.limits import metrics_of
from bootstrap.parts import Parts
from integrations.embeddings.choose import remake_embedder
from integrations.files import FileStore
from integrations.index_files import IndexFiles
from integrations.metrics import Metrics
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from kit.clock import utc_now
from kit.crypto import Vault
from models.assistants import Assistant
from models.usage import ModelCall
from services.assistants.delete_assistant import DeleteAssistant
from services.assistants.find_assistants import FindAssistants
from services.chats.summarise_chat import budget_for
from services.chats.turn_queue import TurnQueue
from services.delivery.announce_event import AnnounceEvent
from services.delivery.warn_of_budget import WarnOfBudget
from services.documents.place_file import PlaceFile
from services.documents.purge_document import PurgeDocument
from services.documents.read_prompt import ReadPrompt
from services.documents.recorded_knowledge import RecordedKnowledge
from services.documents.reindex_document import ReindexDocument
from services.faq.write_entry import WriteEntry
from services.limits.use_cases import LimitUseCases
from services.llm.use_cases import ModelUseCases
from services.prompts.compile import PromptBudget
from services.prompts.ground_prompt import BudgetFor, GroundPrompt
from services.retrieval.embedders import Embedders
from services.retrieval.keep_segments import KeepSegments
from services.retrieval.rerank import Rerank
from services.retrieval.search_passages import SearchPassages
from services.structured.ask_structured import AskStructured
from services.structured.belonging import Belonging
from services.unanswered.group_unanswered import GroupUnanswered
from services.usage.use_cases import UsageUseCases


@dataclass(frozen=True)
class Shared:
    """What several capabilities work with, made once."""

    vault: Vault
    models: ModelUseCases
    limits: LimitUseCases
    metrics: Metrics
    record_call: Callable[[ModelCall], None]
    usage: UsageUseCases
    files: FileStore
    outbound: Outbound
    embedders: Embedders
    knowledge: RecordedKnowledge
    search: SearchPassages
    ground: GroundPrompt
    budget: BudgetFor
    turns: TurnQueue
    structured: AskStructured
    belonging: Belonging
    find_assistants: FindAssistants
    announce_event: AnnounceEvent
    delete_assistant: DeleteAssistant
    group_unanswered: GroupUnanswered
    write_entry: WriteEntry
    places: PlaceFile
    purge: PurgeDocument
    reindex: ReindexDocument

    @classmethod
    def of(cls, parts: Parts) -> Shared:
        """All of them on these parts."""
        settings, records, vectors = parts.settings, parts.repositories, parts.vectors
        files, index_files = FileStore(settings.documents_dir), IndexFiles(settings.data_dir / "index")
        embedders = Embedders(
            parts.embedder, records=records.embedders, remake=lambda name: remake_embedder(name, settings)
        )
        knowledge = RecordedKnowledge(
            assistants=records.assistants,
            documents=records.documents,
            chunks=records.chunks,
            faq=records.faq,
        )
        search = SearchPassages(
            knowledge=knowledge,
            embedders=embedders,
            vectors=vectors,
            rerank=Rerank(parts.reranker),
            keep=KeepSegments(index_files),
        )
        places = PlaceFile(documents=records.documents, files=files)
        purge = PurgeDocument(
            documents=records.documents,
            chunks=records.chunks,
            places=places,
            embedders=embedders,
            vectors=vectors,
            index_files=index_files,
        )
        vault = Vault(parts.secrets.encryption)
        find_assistants = FindAssistants(assistants=records.assistants, members=records.members)
        announce_event = AnnounceEvent(
            assistants=records.assistants,
            deliveries=records.deliveries,
            clock=utc_now,
            deliver_soon=parts.deliver_soon,
        )
        of_models, turns = models.build(parts, vault), TurnQueue(settings.turn_slots)
        metrics = metrics_of(of_models, embedders.current.name, turns, records)
        warn_of_budget = WarnOfBudget(announce=announce_event)
        limit_cases, usage_cases = limits.build(
            parts, find_assistants, warn_of_budget, metrics, of_models.route.chain
        )

        def record(call: ModelCall) -> None:
            usage_cases.record_calls.record(call)
            metrics.called(call)

        of_models = limits.limited(of_models, limit_cases, record, metrics)

        def budget(assistant: Assistant, model: str) -> PromptBudget:
            return budget_for(assistant, of_models.catalogue, model)

        return cls(
            vault=vault,
            models=of_models,
            limits=limit_cases,
            metrics=metrics,
            record_call=record,
            usage=usage_cases,
            files=files,
            outbound=Outbound(allowed=Allowed.of(settings.outbound_allow)),
            embedders=embedders,
            knowledge=knowledge,
            search=search,
            ground=GroundPrompt(
                search=search,
                prompt=ReadPrompt(knowledge=knowledge, files=files, search=search),
                budget=budget,
            ),
            budget=budget,
            turns=turns,
            structured=AskStructured(complete=of_models.complete, catalogue=of_models.catalogue),
            belonging=Belonging(
                assistants=find_assistants,
                all_assistants=records.assistants,
                users=records.users,
                catalogue=of_models.catalogue,
            ),
            find_assistants=find_assistants,
            announce_event=announce_event,
            delete_assistant=DeleteAssistant(
                assistants=records.assistants,
                chats=records.chats,
                messages=records.messages,
                outbox=records.outbox,
                documents=records.documents,
                chunks=records.chunks,
                others=(
                    records.deliveries,
                    records.old_keys,
                    records.members,
                    records.generation_jobs,
                    records.golden_questions,
                    records.golden_runs,
                    records.faq,
                    records.pushes,
                    records.push_contacts,
                    records.guides,
                    records.guide_versions,
                    records.unanswered_questions,
                    records.unanswered_groups,
                    records.quizzes,
                    records.answer_sheets,
                    records.cards,
                    records.card_images,
                    usage_cases.forget_calls,
                    records.usage_by_user,
                    records.usage_by_token,
                    records.budgets,
                ),
                files=files,
                index_files=index_files,
                embedders=embedders,
                vectors=vectors,
            ),
            group_unanswered=GroupUnanswered(
                assistants=records.assistants,
                questions=records.unanswered_questions,
                groups=records.unanswered_groups,
            ),
            write_entry=WriteEntry(
                assistants=records.assistants,
                entries=records.faq,
                chunks=records.chunks,
                embedders=embedders,
                vectors=vectors,
                purge=purge,
            ),
            places=places,
            purge=purge,
            reindex=ReindexDocument(documents=records.documents, index_soon=parts.index_soon),
        )

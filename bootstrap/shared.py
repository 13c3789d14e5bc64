"""What several capabilities work with."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap import deletion, knowledge, metering
from bootstrap.knowledge import Knowledge
from bootstrap.metering import Metered
from bootstrap.parts import Parts
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from kit.clock import utc_now
from kit.crypto import Vault
from models.assistants import Assistant
from services.assistants.delete_assistant import DeleteAssistant
from services.assistants.find_assistants import FindAssistants
from services.chats.summarise_chat import budget_for
from services.chats.turn_queue import TurnQueue
from services.delivery.announce_event import AnnounceEvent
from services.delivery.warn_of_budget import WarnOfBudget
from services.prompts.compile import PromptBudget
from services.prompts.ground_prompt import BudgetFor, GroundPrompt
from services.structured.ask_structured import AskStructured
from services.structured.belonging import Belonging
from services.unanswered.group_unanswered import GroupUnanswered


@dataclass(frozen=True)
class Shared:
    """What several capabilities work with, made once."""

    vault: Vault
    outbound: Outbound
    turns: TurnQueue
    knowledge: Knowledge
    metered: Metered
    find_assistants: FindAssistants
    delete_assistant: DeleteAssistant
    announce_event: AnnounceEvent
    budget: BudgetFor
    ground: GroundPrompt
    structured: AskStructured
    belonging: Belonging
    group_unanswered: GroupUnanswered

    @classmethod
    def of(cls, parts: Parts) -> Shared:
        """All of them on these parts."""
        settings, records = parts.settings, parts.repositories
        vault, turns = Vault(parts.secrets.encryption), TurnQueue(settings.turn_slots)
        find_assistants = FindAssistants(assistants=records.assistants, members=records.members)
        announce_event = AnnounceEvent(
            assistants=records.assistants,
            deliveries=records.deliveries,
            clock=utc_now,
            deliver_soon=parts.deliver_soon,
        )
        known = knowledge.build(parts)
        metered = metering.build(
            parts,
            vault,
            turns,
            embedder=known.embedders.current.name,
            find_assistants=find_assistants,
            warn_of_budget=WarnOfBudget(announce=announce_event),
        )
        models = metered.models

        def budget(assistant: Assistant, model: str) -> PromptBudget:
            return budget_for(assistant, models.catalogue, model)

        return cls(
            vault=vault,
            outbound=Outbound(allowed=Allowed.of(settings.outbound_allow)),
            turns=turns,
            knowledge=known,
            metered=metered,
            find_assistants=find_assistants,
            delete_assistant=deletion.build(parts, known, metered.usage.forget_calls),
            announce_event=announce_event,
            budget=budget,
            ground=GroundPrompt(search=known.search, prompt=known.read_prompt, budget=budget),
            structured=AskStructured(complete=models.complete, catalogue=models.catalogue),
            belonging=Belonging(
                assistants=find_assistants,
                all_assistants=records.assistants,
                users=records.users,
                catalogue=models.catalogue,
            ),
            group_unanswered=GroupUnanswered(
                assistants=records.assistants,
                questions=records.unanswered_questions,
                groups=records.unanswered_groups,
            ),
        )

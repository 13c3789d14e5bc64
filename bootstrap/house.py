"""Every use case under one roof."""

from __future__ import annotations

from bootstrap import (
    accounts,
    assistants,
    chats,
    delivery,
    documents,
    faq,
    generation,
    golden,
    npc,
    unanswered,
    upkeep,
)
from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.workplaces import Workplaces
from services.house import House
from services.retrieval.use_cases import RetrievalUseCases

# Turns at work at once. A database of its own makes them wait, and others may work meanwhile; the embedded one
# works on our processors.
PLACES, PLACES_BESIDE_DATABASE = 16, 3


def build_house(parts: Parts) -> House:
    """Every use case, each with the narrow collaborators that it names."""
    settings, shared = parts.settings, Shared.of(parts)
    kept = upkeep.build(parts, shared)
    of_assistants, of_chats = assistants.build(parts, shared), chats.build(parts, shared)
    return House(
        settings=settings,
        jwt_secret=parts.secrets.jwt,
        workplaces=Workplaces(PLACES if settings.mongo_uri else PLACES_BESIDE_DATABASE),
        accounts=accounts.build(parts, shared),
        assistants=of_assistants,
        chats=of_chats,
        delivery=delivery.build(parts, shared),
        documents=documents.build(parts, shared),
        generation=generation.build(shared, kept.check_health),
        golden=golden.build(parts, shared),
        models=shared.models,
        npc=npc.build(parts, shared, of_assistants, of_chats),
        retrieval=RetrievalUseCases(search_passages=shared.search),
        faq=faq.build(parts, shared),
        unanswered=unanswered.build(parts, shared),
        upkeep=kept,
    )

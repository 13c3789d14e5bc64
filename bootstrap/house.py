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
    guides,
    npc,
    pushes,
    quizzes,
    studio,
    unanswered,
    upkeep,
)
from bootstrap.parts import Parts
from bootstrap.shared import Shared
from services.house import House
from services.retrieval.use_cases import RetrievalUseCases


def build_house(parts: Parts) -> House:
    """Every use case, each with the narrow collaborators that it names."""
    settings, shared = parts.settings, Shared.of(parts)
    kept = upkeep.build(parts, shared)
    of_assistants, of_chats = assistants.build(parts, shared), chats.build(parts, shared)
    of_studio = studio.build(parts, shared)
    of_generation = generation.build(parts, shared, kept.check_health, of_studio.card_jobs)
    return House(
        settings=settings,
        jwt_secret=parts.secrets.jwt,
        workplaces=parts.workplaces,
        accounts=accounts.build(parts, shared),
        assistants=of_assistants,
        chats=of_chats,
        delivery=delivery.build(parts, shared),
        documents=documents.build(parts, shared),
        generation=of_generation,
        pushes=pushes.build(parts, shared),
        guides=guides.build(parts, shared, of_generation),
        golden=golden.build(parts, shared),
        models=shared.metered.models,
        npc=npc.build(parts, shared, of_assistants, of_chats),
        limits=shared.metered.limits,
        metrics=shared.metered.metrics,
        usage=shared.metered.usage,
        quizzes=quizzes.build(parts, shared),
        studio=of_studio,
        retrieval=RetrievalUseCases(search_passages=shared.knowledge.search),
        faq=faq.build(parts, shared),
        unanswered=unanswered.build(parts, shared),
        upkeep=kept,
    )

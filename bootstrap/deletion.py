"""How the deletion of assistants is put together: every collection with something of theirs."""

from __future__ import annotations

from bootstrap.knowledge import Knowledge
from bootstrap.parts import Parts
from services.assistants.delete_assistant import DeleteAssistant
from services.usage.forget_calls import ForgetCalls


def build(parts: Parts, knowledge: Knowledge, forget_calls: ForgetCalls) -> DeleteAssistant:
    """An assistant goes with all that is its own."""
    records = parts.repositories
    return DeleteAssistant(
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
            forget_calls,
            records.usage_by_user,
            records.usage_by_token,
            records.budgets,
        ),
        files=knowledge.files,
        index_files=knowledge.index_files,
        embedders=knowledge.embedders,
        vectors=parts.vectors,
    )

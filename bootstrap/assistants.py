"""How the use cases of assistants are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.assistants.add_assistant import AddAssistant
from services.assistants.manage_members import ManageMembers
from services.assistants.provider_keys import ProviderKeys
from services.assistants.rotate_key import RotateKey
from services.assistants.set_webhook import SetWebhook
from services.assistants.update_assistant import UpdateAssistant
from services.assistants.use_cases import AssistantUseCases


def build(parts: Parts, shared: Shared) -> AssistantUseCases:
    """Assistants and their keys."""
    records = parts.repositories
    keys = ProviderKeys(catalogue=shared.metered.models.catalogue, vault=shared.vault)
    webhooks = SetWebhook(outbound=shared.outbound, vault=shared.vault)
    return AssistantUseCases(
        add_assistant=AddAssistant(
            assistants=records.assistants,
            users=records.users,
            webhooks=webhooks,
            vault=shared.vault,
            clock=utc_now,
            catalogue=shared.metered.models.catalogue,
            provider_keys=keys,
        ),
        find_assistants=shared.find_assistants,
        update_assistant=UpdateAssistant(
            assistants=records.assistants,
            users=records.users,
            chats=records.chats,
            documents=records.documents,
            webhooks=webhooks,
            others=(
                records.usage,
                records.usage_by_user,
                records.usage_by_token,
                records.model_calls,
                records.quizzes,
                records.answer_sheets,
                records.guides,
                records.cards,
                records.pushes,
            ),
            clock=utc_now,
            catalogue=shared.metered.models.catalogue,
            provider_keys=keys,
        ),
        delete_assistant=shared.delete_assistant,
        rotate_key=RotateKey(
            assistants=records.assistants, old_keys=records.old_keys, vault=shared.vault, clock=utc_now
        ),
        set_webhook=webhooks,
        manage_members=ManageMembers(
            assistants=records.assistants, members=records.members, users=records.users, clock=utc_now
        ),
    )

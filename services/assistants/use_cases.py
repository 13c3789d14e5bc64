"""What the doors can ask of assistants."""

from __future__ import annotations

from dataclasses import dataclass

from services.assistants.add_assistant import AddAssistant
from services.assistants.delete_assistant import DeleteAssistant
from services.assistants.find_assistants import FindAssistants
from services.assistants.manage_members import ManageMembers
from services.assistants.rotate_key import RotateKey
from services.assistants.set_webhook import SetWebhook
from services.assistants.update_assistant import UpdateAssistant


@dataclass(frozen=True)
class AssistantUseCases:
    """Assistants and their keys."""

    add_assistant: AddAssistant
    find_assistants: FindAssistants
    update_assistant: UpdateAssistant
    delete_assistant: DeleteAssistant
    set_webhook: SetWebhook
    rotate_key: RotateKey
    manage_members: ManageMembers

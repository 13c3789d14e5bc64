"""What ``make run`` shows: an account and an assistant with documents of its own, made at the first start."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from kit.errors import AppError
from kit.settings import PROJECT_ROOT
from models.actors import Actor, ActorKind, Role
from models.assistants import Assistant, AssistantSettings, Language
from models.documents import Document, DocumentStatus, DocumentType
from services.documents.add_document import Upload
from services.house import House

DOCUMENTS = PROJECT_ROOT / "deploy" / "demo" / "documents"
PROMPT_FILE = "prompt.md"
EMAIL = "demo@example.com"
QUESTION = "Quanto custa uma limpeza?"
READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Demo:
    """What the demo needs to be shown again at the next start."""

    email: str
    password: str
    assistant_id: str
    api_key: str


def prepare_demo(house: House, note: Path) -> Demo | None:
    """Make the demo if this installation has no account yet; what was made before is read from ``note``.

    ``None`` where the accounts are somebody's own.
    """
    if note.exists():
        return _noted(house, note)
    if house.accounts.register_user.any_account():
        return None
    password = secrets.token_urlsafe(12)
    user = house.accounts.register_user.register("Demo", EMAIL, password, actor=None, from_loopback=True)
    actor = Actor(kind=ActorKind.PERSON, user_id=user.id, name=user.name, role=Role.ADMIN)
    settings = AssistantSettings(
        company="Clínica Sorriso do Vale",
        language=Language.PT,
        no_answer_message="Não encontrei essa informação. Posso chamar alguém da recepção para ajudar?",
    )
    assistant = house.assistants.add_assistant.add(actor, "Clínica Sorriso do Vale", "", settings)
    _upload(house, assistant)
    demo = Demo(EMAIL, password, assistant.id, house.assistants.rotate_key.key_of(assistant))
    note.touch(mode=0o600)
    note.write_text(json.dumps(asdict(demo)), encoding="utf-8")
    return demo


def describe_demo(demo: Demo | None, address: str) -> str:
    """What is printed when the server is up."""
    if demo is None:
        return f"Orquestra listens on {address}\n"
    body = {"id": "+5511999990000", "message_service": "Whatsapp", "username": "Ana", "message": QUESTION}
    return (
        f"\nOrquestra listens on {address}\n"
        f"  sign in    {demo.email}  {demo.password}\n"
        f"  API page   {address}/swagger/\n\n"
        "Ask the demo assistant as a bot does:\n\n"
        f"curl -s {address}/chats/enviarMensagemLLM \\\n"
        f"  -H 'X-API-Key: {demo.api_key}' -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(body, ensure_ascii=False)}'\n\n"
    )


def _upload(house: House, assistant: Assistant) -> None:
    waiting: list[Document] = []
    for path in sorted(DOCUMENTS.iterdir()):
        kind = DocumentType.PROMPT if path.name == PROMPT_FILE else DocumentType.RAG
        with path.open("rb") as stream:
            waiting.append(house.documents.add_document.add(assistant, Upload(path.name, stream, kind)))
    give_up = time.monotonic() + READY_WITHIN_S
    while waiting and time.monotonic() < give_up:
        waiting = [one for one in waiting if not _ready(house, one)]
        time.sleep(0.02)


def _ready(house: House, document: Document) -> bool:
    found = house.documents.index_document.look(document.id)
    return found is None or found.status in (DocumentStatus.READY, DocumentStatus.FAILED)


def _noted(house: House, note: Path) -> Demo | None:
    demo = Demo(**json.loads(note.read_text(encoding="utf-8")))
    actor = Actor(kind=ActorKind.PERSON, role=Role.ADMIN)
    try:
        assistant = house.assistants.find_assistants.get(actor, demo.assistant_id)
    except AppError:
        return None  # it was deleted: then nothing is shown
    return Demo(demo.email, demo.password, demo.assistant_id, house.assistants.rotate_key.key_of(assistant))

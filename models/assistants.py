"""Assistants and their settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.catalogue import ProviderKey
from models.limits import Limits


class Language(StrEnum):
    """Languages that questions and documents come in; ``auto`` is told from the text."""

    AUTO = "auto"
    PT = "pt"
    EN = "en"
    FR = "fr"
    ES = "es"


@dataclass(frozen=True)
class Persona:
    """Whom an assistant plays."""

    char_descr: str = ""
    world_descr: str = ""


@dataclass(frozen=True)
class Webhook:
    """Where an assistant's events are posted, and the sealed secret that they are signed with; or nowhere."""

    url: str = ""
    secret_sealed: str = ""


@dataclass(frozen=True)
class AssistantSettings:
    """What an owner may set; every field has a working default.

    ``greeting`` goes before the first answer of a chat. ``min_evidence``, from 0 to 1, is what an answer is built
    on at least; ``None`` is what was calibrated.
    ``answer_cache`` has the first question of a chat answered as it was answered to others before; with an embedder
    beside the built-in one, their vectors' cosine is ``answer_cache_similarity`` at least. ``opt_out_words``: a
    contact who writes STOP or the like gets no pushes any more.
    """

    company: str = ""
    model: str = ""
    fallback_models: tuple[str, ...] = ()
    provider_keys: tuple[ProviderKey, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    language: Language = Language.AUTO
    history_turns: int = 100
    top_k: int = 5
    persona: Persona | None = None
    has_scratchpad: bool = False
    greeting: str = ""
    fallback_message: str = ""
    no_answer_message: str = ""
    min_evidence: float | None = None
    answer_cache: bool = False
    answer_cache_similarity: float = 0.97
    limits: Limits = field(default_factory=Limits)
    log_content: bool = False
    opt_out_words: bool = True


@dataclass(frozen=True)
class Assistant:
    """A client's assistant: its key, its settings, and the version of what it knows.

    ``knowledge_version`` moves whenever the set of its live chunks has, and while it does ``changing`` names
    what is under way: until that is over the version says nothing. ``deleted`` is set first
    when it is deleted: from then on nobody sees it and the sweeper may finish the rest. Until
    ``old_key_until`` a key from before the last rotation works too.
    """

    id: str
    owner_id: str
    name: str
    key_hash: str
    key_sealed: str
    created_at: datetime
    updated_at: datetime
    settings: AssistantSettings = field(default_factory=AssistantSettings)
    knowledge_version: int = 0
    changing: tuple[str, ...] = ()
    deleted: bool = False
    is_npc: bool = False
    old_key_until: datetime | None = None
    webhook: Webhook = field(default_factory=Webhook)

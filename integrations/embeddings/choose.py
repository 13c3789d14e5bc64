"""The embedder that ``EMBEDDING_MODEL`` names."""

from __future__ import annotations

from dataclasses import replace

from integrations.embeddings.base import Embedder
from integrations.embeddings.hashed import HashedEmbedder
from integrations.embeddings.remote import OLLAMA, OPENAI, Dialect, RemoteEmbedder
from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from kit.errors import SettingsError
from kit.settings import PROJECT_ROOT, Settings
from models.catalogue import OPENAI_URL

DOCUMENT_CALLS = 2
QUERY_CALLS = 8


def choose_embedder(settings: Settings) -> Embedder:
    """Make it, without asking any server; ``SettingsError`` says what it lacks."""
    kind, _, name = settings.embedding_model.partition(":")
    if kind == "openai":
        if not settings.openai_api_key and not settings.openai_base_url:
            raise SettingsError("EMBEDDING_MODEL: openai needs OPENAI_API_KEY, or OPENAI_BASE_URL, or both.")
        base_url = settings.openai_base_url or OPENAI_URL
        return _remote(OPENAI, name, base_url, "OPENAI_BASE_URL", settings.openai_api_key)
    if kind == "ollama":
        return _remote(OLLAMA, name, settings.ollama_base_url, "OLLAMA_BASE_URL")
    if kind == "local":
        # onnxruntime takes a moment to import: only who uses it pays.
        from integrations.embeddings.local import LocalEmbedder

        return LocalEmbedder(PROJECT_ROOT / name)
    return HashedEmbedder()


def remake_embedder(name: str, settings: Settings) -> Embedder | None:
    """The embedder of that name, which an installation had before, where its name says all that it takes."""
    hashed = HashedEmbedder()
    if name == hashed.name:
        return hashed
    if name.partition(":")[0] not in ("openai", "ollama"):
        return None
    try:
        return choose_embedder(replace(settings, embedding_model=name))
    except SettingsError:
        return None  # its address is not set any more


def _remote(dialect: Dialect, model: str, base_url: str, setting: str, api_key: str = "") -> RemoteEmbedder:
    url = checked_url(base_url, setting, dialect.path)

    def connect(calls: int) -> JsonServer:
        return JsonServer(url, model=model, calls=calls, api_key=api_key, key_setting="OPENAI_API_KEY")

    return RemoteEmbedder(dialect, model, documents=connect(DOCUMENT_CALLS), queries=connect(QUERY_CALLS))

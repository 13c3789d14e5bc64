"""The reranker that ``RERANK_URL`` and ``RERANK_MODEL`` name."""

from __future__ import annotations

from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from integrations.rerank.base import Reranker
from integrations.rerank.remote import RemoteReranker
from kit.errors import SettingsError
from kit.settings import PROJECT_ROOT, Settings

CALLS = 8
_PATH = "/rerank"


def choose_reranker(settings: Settings) -> Reranker | None:
    """Make it, without asking any server; ``None`` when none is named. ``SettingsError`` for half of one, or two."""
    kind, _, folder = settings.rerank_model.partition(":")
    if settings.rerank_url:
        if kind == "local":
            raise SettingsError("RERANK_URL and RERANK_MODEL=local:… name two rerankers: set one of them.")
        return _remote(settings)
    if kind == "local":
        # onnxruntime takes a moment to import: only who uses it pays.
        from integrations.rerank.local import LocalReranker

        return LocalReranker(PROJECT_ROOT / folder)
    if settings.rerank_model:
        raise SettingsError("RERANK_MODEL names a model of a server: RERANK_URL is needed too.")
    return None


def _remote(settings: Settings) -> RemoteReranker:
    url = checked_url(settings.rerank_url, "RERANK_URL")
    if url.path in (None, "/"):
        url = checked_url(settings.rerank_url, "RERANK_URL", _PATH)
    model = settings.rerank_model
    server = JsonServer(
        url,
        model=model or "reranker",
        calls=CALLS,
        api_key=settings.rerank_api_key,
        key_setting="RERANK_API_KEY",
    )
    return RemoteReranker(server, model)

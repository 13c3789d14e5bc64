"""Connect to the server of a catalogue entry."""

from __future__ import annotations

from typing import Any

from integrations.llm.base import ModelServer
from integrations.llm.http_server import HttpServer
from integrations.llm.langchain_models import LangChainModels
from integrations.llm.offline import OfflineModel
from integrations.llm.ollama import Ollama
from integrations.llm.openai_compatible import OpenAICompatible
from integrations.llm.plain_http import PlainHttp
from models.catalogue import ModelEntry, Provider


def connect(entry: ModelEntry, calls: int) -> ModelServer:
    """The server that ``entry`` is served by, for at most ``calls`` at once; it is not asked anything yet.

    ``SettingsError`` when the entry cannot be one.
    """
    match entry.provider:
        case Provider.OPENAI:
            return OpenAICompatible(api_key="", base_url=entry.base_url, pool_size=calls)
        case Provider.OLLAMA:
            return Ollama(HttpServer(entry.base_url, calls=calls))
        case Provider.HTTP:
            return PlainHttp(HttpServer(entry.base_url, calls=calls))
        case Provider.LANGCHAIN:
            return LangChainModels(_init_chat_model, entry.base_url)
        case Provider.OFFLINE:
            return OfflineModel()


def _init_chat_model(model: str, **options: Any) -> Any:
    # LangChain takes seconds to import: whoever asks a model of it pays, once.
    from langchain.chat_models import init_chat_model

    return init_chat_model(model, **options)

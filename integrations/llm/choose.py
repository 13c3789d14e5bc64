"""Connect to the server of a catalogue entry."""

from __future__ import annotations

from integrations.llm.base import ModelServer
from integrations.llm.offline import OfflineModel
from integrations.llm.openai_compatible import OpenAICompatible
from kit.errors import SettingsError
from models.catalogue import ModelEntry, Provider


def connect(entry: ModelEntry, calls: int) -> ModelServer:
    """The server that ``entry`` is served by, for at most ``calls`` at once; it is not asked anything yet.

    ``SettingsError`` when the entry cannot be one.
    """
    if entry.provider is Provider.OFFLINE:
        return OfflineModel()
    if entry.provider is Provider.OPENAI:
        return OpenAICompatible(api_key="", base_url=entry.base_url, pool_size=calls)
    raise SettingsError(f"the provider {entry.provider} is not known")

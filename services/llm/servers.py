"""The servers that models are asked at, each connected to once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from integrations.llm.base import ChatModel, ModelServer
from kit.crypto import Vault
from kit.errors import SettingsError
from models.catalogue import ModelEntry, ProviderKey
from models.model_errors import ModelNotConfigured

MOST = 128


class Servers:
    """Connections by provider and address, made at the first call; the longest unused goes first.

    A key reaches the server that it was entered for and no other: an entry's own is part of the entry, an
    assistant's counts only where its ``home`` is that of the entry.
    """

    def __init__(self, connect: Callable[[ModelEntry], ModelServer], vault: Vault | None = None) -> None:
        self._connect = connect
        self._vault = vault
        self._lock = threading.Lock()
        self._servers: OrderedDict[tuple[str, ...], ModelServer] = OrderedDict()

    def model(self, entry: ModelEntry, own: ProviderKey | None = None) -> ChatModel:
        """What answers for ``entry``; ``ModelNotConfigured`` when it cannot be set up."""
        key = entry.api_key
        if own is not None and self._vault is not None:
            key = self._vault.shown(own.sealed)
            if not key:
                raise ModelNotConfigured("The assistant's own key cannot be opened any more: enter it again.")
        return self._server(entry).with_key(key)

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._lock:
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()

    def _server(self, entry: ModelEntry) -> ModelServer:
        name = (entry.provider, entry.base_url)
        with self._lock:
            server = self._servers.get(name)
            if server is not None:
                self._servers.move_to_end(name)
                return server
            try:
                server = self._servers[name] = self._connect(entry)
            except SettingsError as problem:
                raise ModelNotConfigured(f"The model {entry.name} is not set up: {problem}") from problem
            # One that is in use goes on to its end: closing lets go of what is idle.
            gone = self._servers.popitem(last=False)[1] if len(self._servers) > MOST else None
        if gone is not None:
            gone.close()
        return server


def own_key(keys: tuple[ProviderKey, ...], entry: ModelEntry) -> ProviderKey | None:
    """The assistant's own key for where ``entry`` is served, if it has one."""
    return next((one for one in keys if one.home == entry.key_home), None) if keys else None

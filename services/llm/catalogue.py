"""Which models there are right now: the file's or the settings', the admins', and those found at a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from kit.errors import Unavailable
from models.catalogue import OFFLINE, ModelEntry, Origin, Provider

# How long another process' change to the records may go unseen; reading them costs no turn more often than that.
TTL_S = 1.0
OPENAI_DEFAULT = "gpt-4o-mini"  # with OpenAI's key and no LLM_MODEL: small, cheap, reads all four languages
BUILT_IN = ModelEntry(name=OFFLINE, provider=Provider.OFFLINE, origin=Origin.BUILT_IN)


class Entries(Protocol):
    """Where entries come from that change while we run."""

    def all(self) -> Iterable[ModelEntry]:
        """All of them, their keys opened."""
        ...


class Nothing:
    """No entries."""

    def all(self) -> Iterable[ModelEntry]:
        """None."""
        return ()


class Catalogue:
    """Entries by name, kept in memory.

    ``fixed`` are those of the file or the settings. A record stands before a setting and behind the file; what
    is ``found`` at a server behind both; the built-in model is always there. ``pass_on`` serves names that
    nobody knows, where the settings name one server and no file: it may know more models than we do. What
    the settings add to the file's entries (an address, a key for it), ``completed`` does.
    """

    def __init__(
        self,
        *,
        fixed: Sequence[ModelEntry],
        default_model: str,
        pass_on: ModelEntry | None = None,
        records: Entries | None = None,
        found: Entries | None = None,
        completed: Callable[[ModelEntry], ModelEntry] = lambda entry: entry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fixed = tuple(fixed)
        self._default = default_model
        self._pass_on = pass_on
        self._records = records or Nothing()
        self._found = found or Nothing()
        self._completed = completed
        self._clock = clock
        self._reading = threading.Lock()
        self._good_until = float("-inf")
        self._known: Mapping[str, ModelEntry] = self._joined(())

    @property
    def default_model(self) -> str:
        """The name that an empty one stands for; empty itself when ``LLM_MODEL`` is needed and not set."""
        return self._default

    @property
    def is_kept(self) -> bool:
        """Whether somebody says which models there are, in a file or as entries of their own."""
        kept = (Origin.FILE, Origin.RECORDS)
        return any(one.origin in kept for one in self.known().values())

    def find(self, name: str) -> ModelEntry | None:
        """The entry of this name."""
        entry = self.known().get(name)
        if entry is None and name:
            entry = next((one for one in self._found.all() if one.name == name), None)
        return entry

    def find_or_pass_on(self, name: str) -> ModelEntry | None:
        """The same, or the server that may know this name though we do not."""
        entry = self.find(name)
        if entry is None and name and self._pass_on is not None:
            entry = replace(self._pass_on, name=name, model="")
        return entry

    def entries(self) -> tuple[ModelEntry, ...]:
        """All of them, the default first."""
        found = {one.name: one for one in self._found.all()} | dict(self.known())
        return tuple(sorted(found.values(), key=lambda one: (one.name != self._default, one.name)))

    def embedder(self, name: str) -> ModelEntry:
        """What an embedder costs: its server's entry for it, or one that is free where it runs here."""
        kind, _, model = name.partition(":")
        if kind not in (Provider.OPENAI, Provider.OLLAMA):
            return replace(BUILT_IN, name=name)
        priced = (one for one in self.known().values() if (one.provider, one.served_as) == (kind, model))
        return next(priced, ModelEntry(name=model, provider=Provider(kind)))

    def known(self) -> Mapping[str, ModelEntry]:
        """Those that need not be asked for at a server, by name."""
        if self._clock() >= self._good_until and self._reading.acquire(blocking=not self._has_read()):
            try:
                if self._clock() >= self._good_until:
                    self._read()
            finally:
                self._reading.release()
        return self._known

    def changed(self) -> None:
        """Say that the records are others now; the next look reads them."""
        with self._reading:
            self._good_until = float("-inf")

    def beneath(self, name: str) -> ModelEntry | None:
        """What would be there without the records."""
        return next((one for one in (*self._fixed, BUILT_IN) if one.name == name), None)

    def _has_read(self) -> bool:
        return self._good_until > float("-inf")

    def _read(self) -> None:
        try:
            self._known = self._joined(self._records.all())
        except Unavailable:  # what was known goes on
            if not self._known:
                raise
        self._good_until = self._clock() + TTL_S

    def _joined(self, records: Iterable[ModelEntry]) -> Mapping[str, ModelEntry]:
        known = {one.name: one for one in self._fixed if one.origin is not Origin.FILE}
        known |= {one.name: one for one in records}
        known |= {one.name: self._completed(one) for one in self._fixed if one.origin is Origin.FILE}
        return MappingProxyType({**known, BUILT_IN.name: BUILT_IN})


def choose_default(*, llm_model: str, api_key: str, base_url: str) -> str:
    """The model of assistants that name none, from the settings.

    Without key and base URL it is the built-in one; with OpenAI's key alone a small model of theirs;
    at another server nothing can be guessed, and an empty name says so.
    """
    if not api_key and not base_url:
        return OFFLINE
    return llm_model or ("" if base_url else OPENAI_DEFAULT)

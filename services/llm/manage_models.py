"""Keep the model catalogue: what admins add, change and remove."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.crypto import Vault
from kit.errors import AppError, Conflict, Invalid, NotFound
from kit.masks import hint_of, is_mask, mask_of
from models.catalogue import KeptEntry, ModelEntry, Origin, cycle_in, entry_problems
from models.completions import Completion
from models.pages import Page
from repositories.errors import Duplicate
from repositories.model_entries import ModelEntryRepository
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt

_WHERE = {
    Origin.FILE: "it stands in MODELS_FILE; change it there",
    Origin.SETTINGS: "it comes from the settings; add a model of the same name to put one in its place",
    Origin.FOUND: "it was found at its server; add a model of the same name to put one in its place",
    Origin.BUILT_IN: "it is built in",
}


@dataclass(frozen=True)
class Shown:
    """An entry as an admin sees it: its key masked, and whether it may be changed here."""

    entry: ModelEntry
    masked_key: str
    ready: bool


@dataclass(frozen=True)
class Tested:
    """What came of asking a model; ``problem`` is ``None`` when it answered."""

    name: str
    ms: int
    completion: Completion | None = None
    problem: AppError | None = None


class ManageModels:
    """Adds, changes and removes the admins' entries; those of the file and the settings are only shown."""

    def __init__(
        self,
        *,
        entries: ModelEntryRepository,
        catalogue: Catalogue,
        route: CompletePrompt,
        vault: Vault,
        completed: Callable[[ModelEntry], ModelEntry],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries = entries
        self._catalogue = catalogue
        self._route = route
        self._vault = vault
        self._completed = completed
        self._clock = clock

    def page(self, limit: int, cursor: str) -> Page[Shown]:
        """Models, the default first and the others by name; ``cursor`` is the name of the last one before them."""
        default = self._catalogue.default_model
        after = (cursor != default, cursor)
        left = [
            one for one in self._catalogue.entries() if not cursor or (one.name != default, one.name) > after
        ]
        shown = tuple(map(self._shown, left[:limit]))
        return Page(shown, left[limit - 1].name if len(left) > limit else "")

    def count(self) -> int:
        """How many there are."""
        return len(self._catalogue.entries())

    def get(self, name: str) -> Shown:
        """One model; ``NotFound`` when there is none of this name."""
        entry = self._catalogue.find(name)
        if entry is None:
            raise NotFound
        return self._shown(entry)

    def add(self, entry: ModelEntry, api_key: str) -> Shown:
        """A new entry; ``Conflict`` when its name is taken, ``Invalid`` when it cannot be one."""
        before = self._catalogue.find(entry.name)
        if before is not None and before.origin in (Origin.RECORDS, Origin.FILE, Origin.BUILT_IN):
            raise Conflict(f"There is a model {entry.name} already.")
        if is_mask(api_key):
            raise Invalid.field("api_key", "Is a mask, not a key.")
        self._check(entry)
        try:
            self._entries.add(self._sealed(entry, api_key))
        except Duplicate:
            raise Conflict(f"There is a model {entry.name} already.") from None
        return self._now(entry.name)

    def change(self, name: str, changes: Mapping[str, Any], api_key: str | None) -> Shown:
        """Change an admin's entry; ``api_key`` is ``None``, or the mask of the present one, to keep it.

        A key goes to the place that it was entered for: with another address it must be given anew (``Invalid``).
        ``NotFound`` where there is no such entry.
        """
        kept = self._kept(name)
        entry = replace(kept.entry, **changes)
        self._check(entry)
        if api_key is None or api_key == mask_of(kept.hint, kept.sealed):
            if kept.sealed and self._completed(entry).key_home != kept.home:
                raise Invalid.field(
                    "api_key", "The model is asked at another place now: give its key anew, or an empty one."
                )
            changed = replace(kept, entry=entry)
        elif is_mask(api_key):
            raise Invalid.field("api_key", "Is a mask, and not that of the present key.")
        else:
            changed = self._sealed(entry, api_key)
        if not self._entries.update(changed):
            raise NotFound
        return self._now(name)

    def delete(self, name: str) -> None:
        """Remove an admin's entry; ``Conflict`` while another falls back to it. ``NotFound`` where there is none."""
        self._kept(name)
        others = [one.name for one in self._catalogue.entries() if name in one.fallbacks]
        if others and self._catalogue.beneath(name) is None:
            raise Conflict(f"The model {name} is a fall-back of {', '.join(others)}; change that first.")
        if not self._entries.delete(name):
            raise NotFound
        self._catalogue.changed()

    def test(self, name: str) -> Tested:
        """Ask a model for one word, past its fall-backs.

        ``NotFound`` where there is none; what else went wrong is in what is given back.
        """
        entry = self._catalogue.find(name)
        if entry is None:
            raise NotFound
        began = self._clock()
        completion, problem = None, None
        try:
            completion = self._route.try_out(entry)
        except AppError as failed:
            problem = failed
        return Tested(name, round((self._clock() - began) * 1000), completion, problem)

    def _now(self, name: str) -> Shown:
        self._catalogue.changed()
        return self.get(name)

    def _kept(self, name: str) -> KeptEntry:
        kept = self._entries.get(name)
        entry = self._catalogue.find(name)
        if entry is not None and (kept is None or entry.origin is Origin.FILE):
            raise Conflict(f"The model {name} cannot be changed here: {_WHERE[entry.origin]}.")
        if kept is None:
            raise NotFound
        return kept

    def _check(self, entry: ModelEntry) -> None:
        known = {one.name: one for one in self._catalogue.entries()} | {entry.name: entry}
        problems = entry_problems(entry)
        missing = [name for name in entry.fallbacks if name not in known]
        if missing:
            problems["fallbacks"] = [f"There is no model {name}." for name in missing]
        elif way := cycle_in(known, entry.name):
            problems["fallbacks"] = [f"Fall-backs go in a circle: {' → '.join(way)}."]
        if problems:
            raise Invalid.fields(problems)

    def _sealed(self, entry: ModelEntry, api_key: str) -> KeptEntry:
        if not api_key:
            return KeptEntry(entry)
        home = self._completed(entry).key_home
        return KeptEntry(entry, self._vault.encrypt(api_key), home, hint_of(api_key))

    def _shown(self, entry: ModelEntry) -> Shown:
        kept = self._entries.get(entry.name) if entry.origin is Origin.RECORDS else None
        if kept is not None:
            # As it was entered: what the settings add is not the entry's, and would not be sent back unchanged.
            return Shown(kept.entry, mask_of(kept.hint, kept.sealed), self._route.ready(entry))
        masked = mask_of(hint_of(entry.api_key), entry.api_key)
        return Shown(entry, masked, self._route.ready(entry))

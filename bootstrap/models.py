"""How the model catalogue and the way to its models are put together."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from dotenv import dotenv_values

from bootstrap.parts import Parts
from integrations.llm.choose import connect
from integrations.llm.ollama_tags import FoundAtOllama
from integrations.models_file import read_models_file
from kit.crypto import Vault
from kit.settings import PROJECT_ROOT, Settings
from models.catalogue import OFFLINE, ModelEntry, Origin, Provider
from services.llm.catalogue import Catalogue, choose_default
from services.llm.complete import CompletePrompt
from services.llm.log_calls import LogCalls
from services.llm.manage_models import ManageModels
from services.llm.recorded_entries import RecordedEntries
from services.llm.servers import Servers
from services.llm.trace_calls import TraceCalls
from services.llm.use_cases import ModelUseCases


def build(parts: Parts, vault: Vault) -> ModelUseCases:
    """The catalogue, and the one way to ask a model."""
    settings, entries = parts.settings, parts.repositories.models
    completed = completed_by(settings)
    recorded = RecordedEntries(entries=entries, vault=vault, completed=completed)
    fixed, default, pass_on = fixed_entries(settings)
    catalogue = Catalogue(
        fixed=fixed,
        default_model=default,
        pass_on=pass_on,
        records=recorded,
        found=FoundAtOllama(settings.ollama_base_url),
        completed=completed,
    )
    route = CompletePrompt(
        catalogue=catalogue,
        servers=Servers(lambda entry: connect(entry, settings.turn_slots), vault),
        timeout_s=settings.llm_timeout_s,
        observers=(LogCalls(), TraceCalls()),
    )
    manage = ManageModels(entries=entries, catalogue=catalogue, route=route, vault=vault, completed=completed)
    # Whatever limits, meters or remembers wraps ``route`` here, and is a ``Model`` itself.
    return ModelUseCases(catalogue=catalogue, complete=route, route=route, manage=manage)


def completed_by(settings: Settings) -> Callable[[ModelEntry], ModelEntry]:
    """What the settings add to an entry: the address that it does not say, and the key for that very place."""
    addresses = {Provider.OPENAI: settings.openai_base_url, Provider.OLLAMA: settings.ollama_base_url}
    home = _server_of(settings).key_home

    def completed(entry: ModelEntry) -> ModelEntry:
        whole = replace(entry, base_url=entry.base_url or addresses.get(entry.provider, ""))
        if not whole.api_key and whole.provider is Provider.OPENAI and whole.key_home == home:
            return replace(whole, api_key=settings.openai_api_key)
        return whole

    return completed


def fixed_entries(settings: Settings) -> tuple[tuple[ModelEntry, ...], str, ModelEntry | None]:
    """The entries of the file or the settings, the default's name, and the server that other names go to."""
    if settings.models_file is not None:
        entries = read_models_file(settings.models_file, _variable)
        return entries, settings.llm_model or entries[0].name, None
    default = choose_default(
        llm_model=settings.llm_model, api_key=settings.openai_api_key, base_url=settings.openai_base_url
    )
    if not settings.openai_api_key and not settings.openai_base_url:
        return (), default, None
    server = _server_of(settings)
    entries = from_settings(server, default, settings.llm_fallback_models)
    return tuple(_priced(one, settings) if one.name == default else one for one in entries), default, server


def _priced(entry: ModelEntry, settings: Settings) -> ModelEntry:
    """The settings' own model with what the settings say it costs: other models cost something else."""
    return replace(entry, price_in=settings.llm_price_in, price_out=settings.llm_price_out)


def _server_of(settings: Settings) -> ModelEntry:
    """The one server that the settings name; its entry has the name of none of its models."""
    return ModelEntry(
        name="",
        provider=Provider.OPENAI,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        origin=Origin.SETTINGS,
    )


def from_settings(server: ModelEntry, default: str, fallbacks: tuple[str, ...]) -> tuple[ModelEntry, ...]:
    """The default with its fall-backs, and an entry for each of these."""
    names = dict.fromkeys(name for name in (default, *fallbacks) if name and name != OFFLINE)
    others = tuple(one for one in fallbacks if one != default)
    return tuple(replace(server, name=name, fallbacks=others if name == default else ()) for name in names)


def _variable(name: str) -> str | None:
    """A variable of the environment, or of the ``.env`` that the settings are read from too."""
    return os.environ.get(name) or dotenv_values(PROJECT_ROOT / ".env").get(name)

"""How the model catalogue and the way to its models are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from integrations.llm.choose import connect
from kit.crypto import Vault
from kit.settings import Settings
from models.catalogue import OFFLINE, ModelEntry, Origin, Provider
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt, choose_default
from services.llm.log_calls import LogCalls
from services.llm.servers import Servers
from services.llm.use_cases import ModelUseCases


def build(parts: Parts, vault: Vault) -> ModelUseCases:
    """The catalogue, and the one way to ask a model."""
    settings = parts.settings
    catalogue = _catalogue(settings)
    route = CompletePrompt(
        catalogue=catalogue,
        servers=Servers(lambda entry: connect(entry, settings.turn_slots), vault),
        timeout_s=settings.llm_timeout_s,
        observers=(LogCalls(),),
    )
    # Whatever limits, meters or remembers wraps ``route`` here, and is a ``Model`` itself.
    return ModelUseCases(catalogue=catalogue, complete=route, route=route)


def _catalogue(settings: Settings) -> Catalogue:
    default = choose_default(
        llm_model=settings.llm_model, api_key=settings.openai_api_key, base_url=settings.openai_base_url
    )
    pass_on = _server_of(settings)
    fixed = () if pass_on is None else from_settings(pass_on, default, settings.llm_fallback_models)
    return Catalogue(fixed=fixed, default_model=default, pass_on=pass_on)


def _server_of(settings: Settings) -> ModelEntry | None:
    """The one server that the settings name; its entry has the name of none of its models."""
    if not settings.openai_api_key and not settings.openai_base_url:
        return None
    return ModelEntry(
        name="",
        provider=Provider.OPENAI,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        origin=Origin.SETTINGS,
    )


def from_settings(server: ModelEntry, default: str, fallbacks: tuple[str, ...]) -> tuple[ModelEntry, ...]:
    """The default with its fall-backs, and an entry for each of these."""
    names = [name for name in (default, *fallbacks) if name and name != OFFLINE]
    return tuple(
        ModelEntry(
            name=name,
            provider=server.provider,
            base_url=server.base_url,
            api_key=server.api_key,
            fallbacks=tuple(one for one in fallbacks if one != name) if name == default else (),
            origin=Origin.SETTINGS,
        )
        for name in dict.fromkeys(names)
    )

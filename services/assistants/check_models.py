"""Whether the models that an assistant names are in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.errors import Invalid
from models.assistants import AssistantSettings
from models.catalogue import chain_of
from models.limits import no_price
from services.llm.catalogue import Catalogue

MOST_NAMED = 10
_BEAR_ON_MONEY = ("limits", "model", "fallback_models")


def check_models(catalogue: Catalogue, before: AssistantSettings, changes: Mapping[str, Any]) -> None:
    """Refuse (``Invalid``) a model that is newly named and that nobody knows; what is there already stays.

    Where nobody keeps a catalogue (no file, no entry of an admin's) any name goes: its server may know it.
    """
    if not catalogue.is_kept:
        return
    problems: dict[str, list[str]] = {}
    model = changes.get("model") or before.model
    if model != before.model and catalogue.find(model) is None:
        problems["model"] = [_unknown(catalogue, model)]
    for n, name in enumerate(changes.get("fallback_models", ())):
        if name not in before.fallback_models and catalogue.find(name) is None:
            problems[f"fallback_models.{n}"] = [_unknown(catalogue, name)]
    if problems:
        raise Invalid.fields(problems)


def check_prices(catalogue: Catalogue, before: AssistantSettings, after: AssistantSettings) -> None:
    """Refuse (``Invalid``) a budget of money that is newly set for a model, or gets a model, without a price."""
    if all(getattr(before, name) == getattr(after, name) for name in _BEAR_ON_MONEY):
        return
    names = unpriced(catalogue, after)
    if names:
        raise Invalid.field("limits.money_per_month", no_price(names))


def unpriced(catalogue: Catalogue, settings: AssistantSettings) -> tuple[str, ...]:
    """The models that an assistant with a budget of money may ask, and that have no price."""
    if not settings.limits.count_money:
        return ()
    first = catalogue.find_or_pass_on(settings.model or catalogue.default_model)
    chain = chain_of((first, *map(catalogue.find, settings.fallback_models)), catalogue.find)
    return tuple(one.name for one in chain if not one.is_priced)


def check_named(catalogue: Catalogue, name: str) -> None:
    """Refuse (``Invalid``) a model that a request names and that no server here is known to have."""
    if name and catalogue.find_or_pass_on(name) is None:
        raise Invalid.field("model", _unknown(catalogue, name))


def _unknown(catalogue: Catalogue, name: str) -> str:
    names = [one.name for one in catalogue.entries()]
    more = ", …" if len(names) > MOST_NAMED else ""
    return f"There is no model {name} in the catalogue; there are: {', '.join(names[:MOST_NAMED])}{more}."

"""An assistant's own keys for what it asks: sealed, shown masked, each for one server alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from kit.crypto import Vault
from kit.errors import Invalid
from kit.masks import hint_of, is_mask, mask_of
from models.catalogue import ModelEntry, Provider, ProviderKey
from services.llm.catalogue import Catalogue


class ProviderKeys:
    """Seals the keys that an owner enters.

    A key is entered under a provider (``openai``) or a host (``api.groq.com``) of the catalogue, and bound
    there and then to that one server: whatever the catalogue says later, it is sent nowhere else.
    """

    def __init__(self, *, catalogue: Catalogue, vault: Vault) -> None:
        self._catalogue = catalogue
        self._vault = vault

    def sealed(
        self, before: tuple[ProviderKey, ...], given: Mapping[str, str | None], model: str = ""
    ) -> tuple[ProviderKey, ...]:
        """The keys as given: a mask keeps the present one, nothing removes it, ``Invalid`` names what is wrong.

        Of several servers of one provider a key is for that of ``model``, the assistant's own, or of the default.
        """
        present = {one.provider: one for one in before}
        return tuple(self._one(name, key, present.get(name), model) for name, key in given.items() if key)

    def _one(self, name: str, key: str, present: ProviderKey | None, model: str) -> ProviderKey:
        if present is not None and key == mask_of(present.hint, present.sealed):
            return present
        if is_mask(key):
            raise Invalid.field(f"provider_keys.{name}", "Is a mask, and not that of the present key.")
        return ProviderKey(name, self._home(name, model), self._vault.encrypt(key), hint_of(key))

    def _home(self, name: str, model: str) -> str:
        entries = [one for one in self._catalogue.entries() if one.provider is not Provider.OFFLINE]
        homes = sorted({one.key_home for one in entries if name in _names(one)})
        if len(homes) > 1:
            for asked in (self._catalogue.find(model), self._catalogue.find(self._catalogue.default_model)):
                if asked is not None and asked.key_home in homes:
                    return asked.key_home
        if len(homes) == 1:
            return homes[0]
        if homes:
            hosts = ", ".join(filter(None, (_host(one) for one in homes)))
            raise Invalid.field(
                f"provider_keys.{name}", f"There are several servers of it; name one: {hosts}."
            )
        names = sorted({one for entry in entries for one in _names(entry)})
        known = f"; there are: {', '.join(names)}" if names else ""
        raise Invalid.field(f"provider_keys.{name}", f"No model in the catalogue is served by it{known}.")


def masked(keys: Iterable[ProviderKey]) -> dict[str, str]:
    """What their owner is shown of them."""
    return {one.provider: mask_of(one.hint, one.sealed) for one in keys}


def _names(entry: ModelEntry) -> set[str]:
    """What a key for this entry's server may be entered under."""
    host = _host(entry.key_home)
    return {str(entry.provider), host} if host else {str(entry.provider), entry.key_home}


def _host(home: str) -> str:
    return urlsplit(home).netloc.removesuffix(":443").removesuffix(":80") if "://" in home else ""

"""What the settings make of the model catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.models import completed_by, fixed_entries
from kit.errors import SettingsError
from kit.settings import Settings
from models.catalogue import ModelEntry, Provider

KEYED = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://one/v1"}


def test_without_a_file_there_is_the_model_of_the_settings_with_its_fall_backs() -> None:
    settings = Settings.from_env({**KEYED, "MODEL_NAME": "big", "LLM_FALLBACK_MODELS": "small, tiny"})
    entries, default, pass_on = fixed_entries(settings)
    assert [(one.name, one.fallbacks) for one in entries] == [
        ("big", ("small", "tiny")),
        ("small", ()),
        ("tiny", ()),
    ]
    assert {(one.api_key, one.base_url) for one in entries} == {("sk-1", "http://one/v1")}
    assert default == "big"
    assert pass_on is not None
    assert [one.is_priced for one in entries] == [False] * 3
    assert fixed_entries(Settings()) == ((), "offline", None)


def test_the_price_of_the_settings_is_that_of_their_own_model_alone() -> None:
    variables = {
        "LLM_MODEL": "big",
        "LLM_FALLBACK_MODELS": "small",
        "LLM_PRICE_IN": "2.5",
        "LLM_PRICE_OUT": "0",
    }
    [big, small], _, pass_on = fixed_entries(Settings.from_env({**KEYED, **variables}))

    assert (big.price_in, big.price_out, big.is_priced) == (2.5, 0.0, True)
    assert pass_on is not None
    assert not small.is_priced
    assert not pass_on.is_priced
    with pytest.raises(SettingsError, match="LLM_PRICE_IN"):
        Settings.from_env({"LLM_PRICE_IN": "-1"})


@pytest.mark.parametrize(("named", "default"), [("", "first"), ("second", "second")])
def test_a_file_is_the_catalogue_and_other_names_go_nowhere(tmp_path: Path, named: str, default: str) -> None:
    path = tmp_path / "models.toml"
    tables = [f'[[models]]\nname = "{name}"\nprovider = "openai"\n' for name in ("first", "second")]
    path.write_text("".join(tables), encoding="utf-8")
    settings = Settings.from_env({**KEYED, "MODELS_FILE": str(path), "LLM_MODEL": named})
    entries, chosen, pass_on = fixed_entries(settings)
    assert ([one.name for one in entries], chosen, pass_on) == (["first", "second"], default, None)


def test_the_settings_add_the_address_and_a_key_for_that_very_place() -> None:
    completed = completed_by(Settings.from_env({**KEYED, "OLLAMA_BASE_URL": "http://o:1"}))
    assert completed(ModelEntry("a", Provider.OPENAI)).base_url == "http://one/v1"
    assert completed(ModelEntry("a", Provider.OPENAI)).api_key == "sk-1"
    assert completed(ModelEntry("a", Provider.OPENAI, api_key="own")).api_key == "own"
    assert completed(ModelEntry("a", Provider.OPENAI, base_url="http://two/v1")).api_key == ""
    assert completed(ModelEntry("a", Provider.HTTP, base_url="http://one/v1")).api_key == ""
    assert completed(ModelEntry("a", Provider.OLLAMA)).base_url == "http://o:1"

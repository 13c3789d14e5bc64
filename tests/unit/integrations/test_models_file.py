"""The model catalogue as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.models_file import read_models_file
from kit.errors import SettingsError
from kit.settings import PROJECT_ROOT
from models.catalogue import JsonMode, Origin, Provider

ONE = '[[models]]\nname = "a"\nprovider = "openai"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models.toml"


def test_the_example_is_read() -> None:
    entries = read_models_file(PROJECT_ROOT / "models.example.toml", {"OPENAI_API_KEY": "sk-1"}.get)
    first = entries[0]
    assert [one.name for one in entries] == ["gpt-4o-mini", "llama3.1", "house-model"]
    assert (first.provider, first.api_key, first.fallbacks) == (Provider.OPENAI, "sk-1", ("llama3.1",))
    assert (first.price_in, first.max_concurrent, first.origin) == (0.15, 32, Origin.FILE)
    assert [one.json_mode for one in entries] == [JsonMode.SCHEMA, JsonMode.TOOL, JsonMode.AUTO]
    assert "sk-1" not in repr(first)
    assert first.cost(1_000_000, 500_000) == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one"),
        ("models = 3", "at least one"),
        ("x = 1\n" + ONE, "nothing else"),
        ("[[models", "not TOML"),
        ('[[models]]\nprovider = "openai"', "model 1: needs a name"),
        ('[[models]]\nname = "a"\nprovider = "magic"', "a provider of openai, ollama"),
        (ONE + "colour = 1", "colour is not known"),
        (ONE + 'context = "much"', "context cannot be"),
        (ONE + "context = true", "context cannot be"),
        (ONE + 'json_mode = "telepathy"', "json_mode cannot be"),
        (ONE + "fallbacks = [1]", "fallbacks cannot be"),
        (ONE + "temperature = 3", "Must be from 0 to 2"),
        (ONE + 'base_url = "ftp://x"', "http://"),
        (ONE + 'base_url = "http://user:pass@x"', "no password"),
        (ONE + 'api_key = "a b"', "no API key has"),
        (ONE + 'api_key = "env:MISSING"', "MISSING, which is not set"),
        (ONE + ONE, "two models a"),
        ('[[models]]\nname = "offline"\nprovider = "openai"', "two models offline"),
        (ONE + 'fallbacks = ["b"]', "there is no model b"),
        (ONE + 'fallbacks = ["a"]', "a → a"),
        ('[[models]]\nname = "a"\nprovider = "http"', "address"),
        ('[[models]]\nname = "a b"\nprovider = "openai"', "letters"),
    ],
)
def test_what_does_not_fit_is_said(path: Path, text: str, said: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="MODELS_FILE") as caught:
        read_models_file(path, lambda _: None)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_said(path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_models_file(path, lambda _: None)

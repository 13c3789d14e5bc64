from __future__ import annotations

from pathlib import Path

import pytest

from integrations.embeddings.choose import choose_embedder
from kit.errors import SettingsError
from kit.settings import Settings
from tests.builders.onnx import embedder_folder, word_weights
from tests.servers.vector_server import VectorServer


def settings(**environ: str) -> Settings:
    return Settings.from_env(environ)


@pytest.mark.parametrize("value", ["openai:", "word2vec", "openai", "local: ", "huggingface:x", ":x"])
def test_what_is_no_embedder_stops_the_start_and_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="EMBEDDING_MODEL"):
        settings(EMBEDDING_MODEL=value)


def test_kinds_are_read_in_any_case_and_names_as_they_are(tmp_path: Path) -> None:
    assert settings(EMBEDDING_MODEL=" Hashed ").embedding_model == "hashed"
    assert settings(EMBEDDING_MODEL="Ollama: Nomic:v1.5 ").embedding_model == "ollama:Nomic:v1.5"
    assert choose_embedder(settings()).name == "hashed-1024-1"
    assert choose_embedder(settings(EMBEDDING_MODEL="ollama:nomic:v1.5")).name == "ollama:nomic:v1.5"
    folder = embedder_folder(tmp_path / "small", word_weights(a=[1, 2]))
    assert choose_embedder(settings(EMBEDDING_MODEL=f"local:{folder}")).name.startswith("local:small:")


def test_openai_needs_a_key_or_an_address() -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        choose_embedder(settings(EMBEDDING_MODEL="openai:small"))
    with pytest.raises(SettingsError, match="OPENAI_API_KEY holds characters"):
        choose_embedder(settings(EMBEDDING_MODEL="openai:small", OPENAI_API_KEY="two words"))
    with pytest.raises(SettingsError, match="OLLAMA_BASE_URL: must begin with http"):
        choose_embedder(settings(EMBEDDING_MODEL="ollama:small", OLLAMA_BASE_URL="ftp://here"))


def test_servers_are_asked_where_the_settings_say() -> None:
    with VectorServer() as server:
        base_url = f"{server.url}/v1/"
        choose_embedder(settings(EMBEDDING_MODEL="openai:x", OPENAI_BASE_URL=base_url)).embed(["a"])
        choose_embedder(settings(EMBEDDING_MODEL="ollama:y", OLLAMA_BASE_URL=server.url)).embed(["a"])
    assert [one.path for one in server.requests] == ["/v1/embeddings", "/api/embed"]
    assert [one.body["model"] for one in server.requests] == ["x", "y"]
    assert "authorization" not in server.requests[0].headers

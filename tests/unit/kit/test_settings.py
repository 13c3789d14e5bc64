from __future__ import annotations

from pathlib import Path

import pytest

from kit.errors import SettingsError
from kit.settings import PROJECT_ROOT, Settings


def test_the_environment_goes_over_the_file_also_where_it_is_set_to_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nOPENAI_API_KEY=sk-real\nLLM_MODEL=gpt\n", encoding="utf-8")

    settings = Settings.from_env({"OPENAI_API_KEY": "", "LLM_MODEL": "other"}, file)

    assert settings.port == 9000
    assert settings.openai_api_key == ""
    assert settings.llm_model == "other"


def test_the_model_has_a_second_name() -> None:
    assert Settings.from_env({"MODEL_NAME": "llama"}).llm_model == "llama"
    assert Settings.from_env({"MODEL_NAME": "llama", "LLM_MODEL": "gpt"}).llm_model == "gpt"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("THREADS", "0"),
        ("REGISTRATION", "maybe"),
        ("LOG_LEVEL", "LOUD"),
        ("CHROMA_URL", "chroma:8000"),
        ("OPENAI_BASE_URL", "http://"),
        ("PUBLIC_URL", "https://bots.example.com:99999"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_relative_folders_count_from_the_project() -> None:
    settings = Settings.from_env({"DATA_DIR": "elsewhere", "DOCUMENTS_DIR": "/srv/documents"})
    assert settings.data_dir == PROJECT_ROOT / "elsewhere"
    assert settings.documents_dir == Path("/srv/documents")


@pytest.mark.parametrize("threads", [8, 16, 64, 288, 2000])
def test_turns_leave_threads_in_reserve(threads: int) -> None:
    settings = Settings.from_env({"THREADS": str(threads)})
    assert 2 <= settings.turn_slots <= threads - 2


def test_256_turns_wait_by_default() -> None:
    assert Settings().turn_slots == 256

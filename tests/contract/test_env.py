"""`.env.example`, `docs/operations.md` and `Settings` say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.settings import PROJECT_ROOT, Settings, variable_names

EXAMPLE = PROJECT_ROOT / ".env.example"
_LINE = re.compile(r"#?([A-Z][A-Z0-9_]*)=(.*)")


def test_example_and_settings_name_the_same_variables_in_both_directions() -> None:
    named = [name for name, _ in _assignments()]
    assert len(named) == len(set(named))
    assert set(named) - _compose_only() == set(variable_names())


def test_variables_of_compose_alone_are_in_the_example_too() -> None:
    assert _compose_only() <= {name for name, _ in _assignments()}


def test_unedited_copy_gives_the_defaults(tmp_path: Path) -> None:
    copy = tmp_path / ".env"
    copy.write_bytes(EXAMPLE.read_bytes())
    assert Settings.from_env({}, copy) == Settings()


def test_every_value_shown_is_the_default(tmp_path: Path) -> None:
    copy = tmp_path / ".env"
    shown = "\n".join(f"{name}={value}" for name, value in _assignments())
    copy.write_text(shown, encoding="utf-8")
    assert Settings.from_env({}, copy) == Settings()


def test_every_variable_has_a_comment_above() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if _LINE.fullmatch(line) and not above.startswith("# ")
    ]
    assert bare == []


@pytest.mark.parametrize("name", variable_names())
def test_operations_page_names_every_variable(name: str) -> None:
    page = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page


def _assignments() -> list[tuple[str, str]]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return [(found[1], found[2]) for line in lines if (found := _LINE.fullmatch(line))]


def _compose_only() -> set[str]:
    compose = (PROJECT_ROOT / "compose.yaml").read_text(encoding="utf-8")
    read = set(re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)", compose))
    return read - set(variable_names())

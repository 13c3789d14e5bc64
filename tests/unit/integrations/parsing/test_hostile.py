"""Files made to do harm: each is refused in words, or read as the little that it says, within time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.parsing.base import FORMATS, Unreadable
from integrations.parsing.child import ChildParser
from tests.builders.hostile import HOSTILE, names, write_hostile
from tests.builders.office import WRITERS
from tests.builders.pdf import Text, build_pdf

# A reading that took longer, or more memory, would be ended and refused with other words than are expected.
MAX_SECONDS, MAX_MEMORY_MB = 20, 200


@pytest.fixture(scope="module")
def parser() -> Iterator[ChildParser]:
    made = ChildParser(max_seconds=MAX_SECONDS, max_memory_mb=MAX_MEMORY_MB)
    yield made
    made.close()


@pytest.mark.parametrize("name", names())
def test_a_hostile_file_is_refused_in_words_or_read_and_the_next_one_works(
    parser: ChildParser, tmp_path: Path, name: str
) -> None:
    path, words = write_hostile(tmp_path, name), HOSTILE[name][1]
    if words:
        with pytest.raises(Unreadable, match=words):
            parser.parse(path, path.suffix[1:])
    else:
        assert parser.parse(path, path.suffix[1:]).pieces
    after = tmp_path / "after.md"
    after.write_text("Abrimos às oito.", encoding="utf-8")
    assert parser.parse(after, "md").pieces[0].text == "Abrimos às oito."


@pytest.mark.parametrize("kind", [*WRITERS, "pdf"])
def test_a_file_under_another_extension_is_refused_by_name(
    parser: ChildParser, tmp_path: Path, kind: str
) -> None:
    for extension in (one for one in FORMATS if one != kind):
        path = tmp_path / f"named.{extension}"
        if kind == "pdf":
            path.write_bytes(build_pdf([[Text("O corte custa R$ 45.", 72)]]))
        else:
            WRITERS[kind](path)
        with pytest.raises(Unreadable, match=rf"\.{extension}"):
            parser.parse(path, extension)

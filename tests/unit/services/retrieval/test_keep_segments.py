from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from integrations.index_files import IndexFiles
from models.documents import DocumentType
from services.retrieval import keep_segments
from services.retrieval.build_index import BuildIndex
from services.retrieval.keep_segments import FORMAT, KeepSegments, decode, encode
from services.retrieval.lexical_index import LexicalIndex, QueryWord
from services.retrieval.segment import Segment, build_segment
from tests.servers.remembered_knowledge import RememberedKnowledge, document

RAG = DocumentType.RAG
TEXTS = ["A limpeza custa 1.234,50 reais às 14h30.", "Wi-Fi: (13) 98859-3464, órgão e ações", ""]


def _segment(identity: str = "d1") -> Segment:
    held, chunks = document(identity, TEXTS, title="Preços", heading=("Limpeza",))
    return build_segment([held], chunks)


class Disk:
    """Files, knowledge, and indexes built as after a start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keep = KeepSegments(IndexFiles(folder))
        self.knowledge = RememberedKnowledge()
        self.knowledge.put(document("d1", TEXTS), document("d2", ["Aberto aos sábados"]))

    def build(self, older: LexicalIndex | None = None) -> LexicalIndex:
        return BuildIndex(self.knowledge, self.keep).build("a1", RAG, older)

    @property
    def file(self) -> Path:
        return self.folder / f"a1-{RAG}.index"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "index")


def _scores(index: LexicalIndex, word: str) -> list[float]:
    found: list[float] = index.search([QueryWord(word)]).scores.tolist()
    return found


def test_segments_come_back_as_they_were() -> None:
    segments = (_segment(), _segment("d2"), build_segment([], []))
    back = decode(encode(segments))
    assert [one.documents for one in back] == [one.documents for one in segments]
    for one, other in zip(segments, back, strict=True):
        assert one.vocabulary.words() == other.vocabulary.words()
        assert other.vocabulary.near("limpesa", 1) == one.vocabulary.near("limpesa", 1)
        assert one.nbytes == other.nbytes
        for name in ("numbers", "ends", "places", "counts", "sizes", "gram_keys", "gram_ends", "gram_words"):
            before, after = getattr(one, name), getattr(other, name)
            assert before.dtype == after.dtype
            np.testing.assert_array_equal(before, after)


def test_another_way_to_make_segments_is_another_format() -> None:
    """When segments are made in another way on purpose: raise FORMAT, and write the new digest here."""
    made = hashlib.sha256(encode([_segment()])).hexdigest()[:16]
    assert (FORMAT, made) == (1, "f9d124d799f85d6e")


def test_of_another_format_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode([_segment()])
    monkeypatch.setattr(keep_segments, "FORMAT", FORMAT + 1)
    assert decode(content) == ()


def test_after_a_start_the_index_comes_from_disk_and_what_is_new_from_the_records(disk: Disk) -> None:
    first = disk.build()
    assert disk.knowledge.reads == [["d1", "d2"]]
    again = disk.build()
    assert disk.knowledge.reads == [["d1", "d2"]]
    assert _scores(again, "limpeza") == _scores(first, "limpeza")
    disk.knowledge.put(document("d3", ["Novo preço"]))
    disk.build()
    assert disk.knowledge.reads == [["d1", "d2"], ["d3"]]


def test_the_words_of_a_document_that_is_gone_do_not_stay_on_disk(disk: Disk) -> None:
    index = disk.build()
    disk.knowledge.drop("d2")
    index = disk.build(index)
    assert not disk.file.exists()
    disk.build()
    assert b"limpeza" in disk.file.read_bytes()
    assert b"sabados" not in disk.file.read_bytes()


def test_a_document_that_goes_while_its_words_are_written_leaves_none(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = disk.keep.save

    def deleted_meanwhile(
        assistant_id: str, document_type: DocumentType, segments: tuple[Segment, ...]
    ) -> None:
        disk.knowledge.drop("d2")
        save(assistant_id, document_type, segments)

    monkeypatch.setattr(disk.keep, "save", deleted_meanwhile)
    disk.build()
    assert not disk.file.exists()


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"half"])
def test_a_damaged_file_is_removed_and_the_index_made_anew(disk: Disk, damage: bytes) -> None:
    disk.build()
    content = disk.file.read_bytes()
    disk.file.write_bytes(content[: len(content) // 2] if damage == b"half" else damage)
    assert _scores(disk.build(), "limpeza")[0] > 0
    assert len(disk.knowledge.reads) == 2
    assert disk.file.read_bytes() == content


def test_there_is_room_for_so_much_and_the_oldest_go(tmp_path: Path) -> None:
    files = IndexFiles(tmp_path / "i", room=2_500)
    for name in ("a", "b", "c"):
        files.write(name, RAG, name.encode() * 1_000)
    assert [files.has(name, RAG) for name in ("a", "b", "c")] == [False, True, True]
    files.write("big", RAG, b"x" * 9_000)
    assert [files.has(name, RAG) for name in ("b", "c", "big")] == [False, False, True]
    files.drop("big")
    files.drop("never")
    assert list((tmp_path / "i").iterdir()) == []


def test_without_a_directory_to_write_to_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    files = IndexFiles(tmp_path / "file")
    files.write("a", RAG, b"x")
    assert files.read("a", RAG) is None

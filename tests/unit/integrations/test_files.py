"""Uploads on disk: whole or not at all, and never outside their folder."""

from __future__ import annotations

import errno
import io
import os
import threading
import unicodedata
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations import files as files_module
from integrations.files import MAX_NAME_BYTES, FileStore, Received, relative_path, safe_filename
from kit.errors import Invalid, StorageFull, TooLarge
from models.documents import Document, DocumentType
from tests.made import a_document

ESCAPES = [
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\boot.ini",
    "....//....//x.md",
    "..%2f..%2fx.md",
    "a/../../x.md",
    ".",
    "..",
    "...",
    "",
    " ",
    "/",
    "\\",
    "\0",
    "x\0.md",
    "x.md\0.exe",
    "\n.md",
    "a\r\nSet-Cookie: x.md",
    ".htaccess",
    "._x.md",
    ".versions/x.md",
    "knowledge",
    "knowledge/",
    "\u202egpj.md",
    "\u2025/x.md",
    "\uff0e\uff0e\uff0fx.md",
    "\u2215etc\u2215x.md",
    "a" * 5000 + ".md",
    "é" * 3000 + ".md",
    "😀" * 300 + ".pdf",
    "x." + "y" * 5000,
    "." * 5000,
    "con",
    "NUL.md",
    "a:b.md",
    'a<b>"c|d?e*.md',
    "x.md ",
    "x.md.",
    "~/x.md",
    "$(id).md",
    "`id`.md",
    "-rf.md",
    "e\u0301.md",
    "\u200b.md",
    "\ufeffx.md",
    "\x7f\x1b[2J.md",
]
PARTS = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "\0",
        "%2e",
        "%2f",
        "a",
        "é",
        "\u202e",
        "\u2215",
        "\uff0f",
        ".md",
        " ",
        "~",
        ":",
        "\n",
    ]
)
NAMES = st.one_of(st.lists(PARTS, min_size=1, max_size=12).map("".join), st.text(max_size=300))


def document(filename: str = "a.md", **more: Any) -> Document:
    return a_document(filename=filename, **more)


def received(store: FileStore, content: bytes = b"text") -> Received:
    return store.receive(io.BytesIO(content), 1 << 20)


def put(store: FileStore, one: Document, content: bytes, *, aside: bool = False) -> None:
    store.place(received(store, content), one, aside=aside)


def read(store: FileStore, one: Document) -> bytes:
    with store.open(one) as stream:
        return stream.read()


def all_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def examples(test: Any) -> Any:
    for name in ESCAPES:
        test = example(name=name, kind=DocumentType.RAG)(test)
    return test


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@examples
@settings(max_examples=2 * settings().max_examples, deadline=None)
@given(name=NAMES, kind=st.sampled_from(DocumentType))
def test_no_name_leads_outside_or_to_another_place(shared: Path, name: str, kind: DocumentType) -> None:
    root = shared / "documents"
    store = FileStore(root)
    try:
        safe = safe_filename(name)
    except Invalid:
        return
    assert safe_filename(safe) == safe
    assert len(safe.encode()) <= MAX_NAME_BYTES
    assert not any(unicodedata.category(ch)[0] == "C" for ch in safe)
    assert "/" not in safe
    assert "\\" not in safe
    assert safe.strip(". ") == safe
    one = document(safe, type=kind)
    put(store, one, b"x")
    folder = root / one.assistant_id / ("knowledge" if kind is DocumentType.RAG else "")
    assert all_files(shared) == [folder / safe]
    assert store.path_of(one) == folder / safe
    assert relative_path(one) == f"documents/{(folder / safe).relative_to(root)}"
    store.remove(one, owns_place=True)
    assert all_files(shared) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Preços – julho.PDF", "Preços – julho.PDF"),
        ("C:\\Users\\ana\\manual.docx", "manual.docx"),
        ("e\u0301te\u0301.md", "été.md"),
        ("  a   b .md", "a b.md"),
        ("報告書.pdf", "報告書.pdf"),
        ("archive.tar.md", "archive.tar.md"),
        ("what?.md", "what_.md"),
        ("no ending", "no ending"),
        (".md", "md"),
        ("x." + "_" * 30 + "y", "x"),
    ],
)
def test_harmless_names_stay(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@pytest.mark.parametrize("name", ["", " ", "/", "..", "\0", "a/", "\u200b"])
def test_a_name_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        safe_filename(name)
    assert refusal.value.details["file"]


def test_only_an_assistant_has_a_folder(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "documents")
    for bad in ("..", "../x", "", "a" * 23, "A" * 24):
        with pytest.raises(ValueError, match="not an id"):
            store.path_of(document(assistant_id=bad))
        with pytest.raises(ValueError, match="not an id"), store.naming(bad):
            pass
    outside = tmp_path / "precious"
    outside.mkdir()
    store.remove_assistant("../precious")
    assert outside.is_dir()


def test_what_is_received_is_whole_with_its_size_and_hash(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    content = os.urandom(3_000_000)
    one = store.receive(io.BytesIO(content), 3_000_000)
    assert (one.size, one.sha256) == (len(content), sha256(content).hexdigest())
    assert one.path.read_bytes() == content
    store.discard(one)
    store.discard(one)
    assert all_files(tmp_path) == []


def test_what_is_too_large_or_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise ConnectionResetError

    store = FileStore(tmp_path)
    with pytest.raises(TooLarge):
        store.receive(io.BytesIO(b"x" * 11), 10)
    with pytest.raises(ConnectionResetError):
        store.receive(Broken(), 10)
    assert all_files(tmp_path) == []


class FullDisk:
    """A file on a disk that has room for so many bytes, or that fills up when it is flushed."""

    def __init__(self, path: Path, room: int | None, code: int) -> None:
        self._stream = path.open("xb")
        self._room = room
        self._code = code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, block: bytes) -> int:
        if self._room is not None and self._stream.tell() + len(block) > self._room:
            raise OSError(self._code, "no room")
        return self._stream.write(block)

    def flush(self) -> None:
        if self._room is None:
            raise OSError(self._code, "no room")
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT], ids=["disk", "quota"])
@pytest.mark.parametrize("room", [0, 1 << 20, None], ids=["from the start", "midway", "at the end"])
def test_a_full_disk_is_named_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int | None, code: int
) -> None:
    store = FileStore(tmp_path)
    opened = Path.open

    def on_full_disk(path: Path, mode: str = "r", *more: Any) -> Any:
        monkeypatch.setattr(Path, "open", opened)
        return FullDisk(path, room, code)

    monkeypatch.setattr(Path, "open", on_full_disk)
    with pytest.raises(StorageFull):
        store.receive(io.BytesIO(bytes(3 << 20)), 10 << 20)
    assert all_files(tmp_path) == []
    assert received(store).size == 4  # and with room again it works


def test_a_disk_without_room_for_a_folder_is_full_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    upload = received(store)

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(files_module, "_made", no_room)
    with pytest.raises(StorageFull):
        store.place(upload, document(), aside=False)
    with pytest.raises(StorageFull):
        store.receive(io.BytesIO(b"x"), 10)


def test_any_other_trouble_is_not_called_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / ".incoming").write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        received(FileStore(tmp_path))


def test_a_replacement_waits_aside_and_takes_the_place(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    old, new = document(), document()
    put(store, old, b"old")
    put(store, new, b"new", aside=True)
    assert (read(store, old), read(store, new)) == (b"old", b"new")
    assert (store.is_aside(old), store.is_aside(new)) == (False, True)
    store.remove(old, owns_place=True)
    store.promote(new)
    store.promote(new)
    assert read(store, new) == b"new"
    assert all_files(tmp_path) == [tmp_path / new.assistant_id / "knowledge" / "a.md"]
    assert list(store.files_of(new.assistant_id)) == [store.path_of(new)]


def test_an_earlier_version_makes_way_and_comes_back(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    old, new = (document("prompt.md", type=DocumentType.PROMPT) for _ in range(2))
    put(store, old, b"old")
    store.set_aside(old)
    store.set_aside(old)
    put(store, new, b"new")
    assert (read(store, old), read(store, new)) == (b"old", b"new")
    store.set_aside(old)  # what lies aside already never takes the newer one's bytes
    assert read(store, new) == b"new"
    store.remove(new, owns_place=True)
    store.promote(old)
    assert store.path_of(old) == tmp_path / old.assistant_id / "prompt.md"
    assert read(store, old) == b"old"


def test_removing_leaves_what_belongs_to_a_namesake(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    old, new = document(), document()
    put(store, old, b"old")
    put(store, new, b"new", aside=True)
    store.remove(new, owns_place=False)
    store.remove(new, owns_place=False)
    assert read(store, old) == b"old"
    with pytest.raises(FileNotFoundError):
        read(store, replace(new, filename="b.md"))


def test_a_file_can_be_read_while_it_moves(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    one = document()
    put(store, one, b"content")
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            store.set_aside(one)
            store.promote(one)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        assert {read(store, one) for _ in range(2000)} == {b"content"}
    finally:
        over.set()
        mover.join()


def test_names_have_one_holder_at_a_time(tmp_path: Path) -> None:
    store, again = FileStore(tmp_path), FileStore(tmp_path)
    inside, most = 0, 0
    lock = threading.Lock()

    def hold(which: FileStore) -> None:
        nonlocal inside, most
        for _ in range(50):
            with which.naming(document().assistant_id):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=hold, args=(which,)) for which in (store, again, store)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_an_assistants_folder_goes_whole_and_half_done_uploads_are_forgotten(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    one = document()
    put(store, one, b"x")
    put(store, document(), b"y", aside=True)
    received(store)
    assert list(store.assistants()) == [one.assistant_id]
    store.clear_incoming()
    store.remove_assistant(one.assistant_id)
    store.remove_assistant(one.assistant_id)
    assert all_files(tmp_path) == []
    assert list(store.assistants()) == []
    assert list(FileStore(tmp_path / "not there").assistants()) == []

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.child import ChildParser
from kit.errors import Unavailable
from tests.builders.office import MAIN_PARTS, WRITERS, rewrite
from tests.builders.pdf import Text, build_pdf

HEAVY = ("lxml", "docx", "pptx", "openpyxl", "pypdfium2", "langchain_text_splitters", "langchain_core")


@pytest.fixture(scope="module")
def shared() -> Iterator[ChildParser]:
    parser = ChildParser(max_seconds=60)
    yield parser
    parser.close()


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., ChildParser]:
    def made(**options: object) -> ChildParser:
        parser = ChildParser(**options)  # type: ignore[arg-type]  # the test's own choice of options
        request.addfinalizer(parser.close)
        return parser

    return made


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.md"
    path.write_text("# Preços\n\nO corte custa R$ 45.\n", encoding="utf-8")
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file whose reading goes on until a test writes its end: a pipe with a name."""
    path = tmp_path / "endless.txt"
    os.mkfifo(path)
    return path


def worker_pid(parser: ChildParser) -> int:
    (worker,) = parser._started
    return worker.pid


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def open_when_read(path: Path) -> int:
    """The writing end of a named pipe, once somebody has begun to read it."""
    found: list[int] = []

    def opens() -> bool:
        with contextlib.suppress(OSError):  # nobody reads it yet
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    wait_until(opens)
    return found[0]


def outcome(parser: ChildParser, path: Path) -> str:
    """How the reading of a file ends; what is neither of the two fails the test."""
    try:
        parser.parse(path, path.suffix[1:])
    except Unreadable as refusal:
        return refusal.sentence
    return "read"


def test_one_process_reads_many_files(shared: ChildParser, note: Path, tmp_path: Path) -> None:
    assert shared.parse(note, "md").title == "Preços"
    first = worker_pid(shared)
    for file_format, write in WRITERS.items():
        path = tmp_path / f"file.{file_format}"
        write(path)
        assert shared.parse(path, file_format).pieces
    assert worker_pid(shared) == first


def test_what_the_process_says_comes_over_whole(shared: ChildParser, tmp_path: Path) -> None:
    path = tmp_path / "arquivo 'ção'.pdf"
    path.write_bytes(build_pdf([[Text("Título", 72, size=20), Text("Ação é “assim”.", 110)], []]))
    document = shared.parse(path, "pdf")
    assert (document.title, document.pages) == ("Título", 2)
    assert [(one.text, one.heading, one.page) for one in document.pieces] == [
        ("Ação é “assim”.", ("Título",), 1)
    ]
    assert document.warnings == ("Page 2 holds nothing.",)


def test_a_refusal_comes_over_and_the_process_goes_on(
    shared: ChildParser, note: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.md"
    empty.touch()
    pid = worker_pid(shared) if shared._started else None
    with pytest.raises(Unreadable, match="holds no text"):
        shared.parse(empty, "md")
    assert shared.parse(note, "md").pieces
    assert pid in {None, worker_pid(shared)}


def test_a_missing_file_and_an_unknown_format(shared: ChildParser, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        shared.parse(tmp_path / "none.md", "md")
    with pytest.raises(Unreadable, match=r"named \.exe are not read"):
        shared.parse(tmp_path / "none.exe", "exe")


@pytest.mark.parametrize("file_format", [*WRITERS, "pdf"])
def test_damaged_files_are_refused_or_read_never_worse(
    shared: ChildParser, tmp_path: Path, file_format: str
) -> None:
    chance = random.Random(file_format)
    path = tmp_path / f"file.{file_format}"
    if file_format == "pdf":
        path.write_bytes(build_pdf([[Text("O corte custa R$ 45.", 100)]] * 3))
    else:
        WRITERS[file_format](path)
    whole = path.read_bytes()
    for n in range(60):
        cut = len(whole) if n % 2 else chance.randrange(len(whole))
        path.write_bytes(damaged(whole[:cut], chance, 1 + n // 4))
        assert outcome(shared, path).endswith((".", "read"))


@pytest.mark.parametrize("file_format", WRITERS)
def test_damage_within_a_whole_archive_is_refused_or_read_never_worse(
    shared: ChildParser, tmp_path: Path, file_format: str
) -> None:
    chance = random.Random(file_format)
    path = tmp_path / f"file.{file_format}"
    WRITERS[file_format](path)
    whole = path.read_bytes()
    outcomes = set()
    for n in range(45):
        path.write_bytes(whole)

        def damage(parts: dict[str, bytes], n: int = n) -> None:
            name = MAIN_PARTS[file_format] if n % 3 else chance.choice(sorted(parts))
            parts[name] = damaged(parts[name], chance, 1 + n // 15)

        rewrite(path, damage)
        outcomes.add(outcome(shared, path))
    assert "read" in outcomes
    assert any(one.endswith(".") for one in outcomes)


def damaged(raw: bytes, chance: random.Random, places: int) -> bytes:
    changed = bytearray(raw)
    for _ in range(min(places, len(changed))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def test_threads_queue_for_one_process(shared: ChildParser, note: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shared.parse(note, "md"), range(40)))
    assert {document.title for document in found} == {"Preços"}
    assert len(shared._started) == 1


def test_several_processes_read_at_once(make: Callable[..., ChildParser], note: Path, endless: Path) -> None:
    parser = make(workers=2)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(parser.parse, endless, "txt")
        pipe = open_when_read(endless)
        assert parser.parse(note, "md").pieces
        os.write(pipe, b"fim")
        os.close(pipe)
        assert slow.result().pieces[0].text == "fim"


def test_a_reading_that_takes_too_long_is_ended_and_the_next_works(
    make: Callable[..., ChildParser], note: Path, endless: Path
) -> None:
    parser = make(max_seconds=1)
    assert parser.parse(note, "md").pieces
    first = worker_pid(parser)
    with pytest.raises(Unreadable, match="longer than 1 seconds"):
        parser.parse(endless, "txt")
    assert is_gone(first)
    assert parser.parse(note, "md").pieces


def test_a_reading_that_takes_too_much_memory_is_refused_and_the_next_works(
    make: Callable[..., ChildParser], note: Path, tmp_path: Path
) -> None:
    path = tmp_path / "big.json"
    path.write_text("[" + "[[]]," * 1_500_000 + "1]", encoding="ascii")
    parser = make(max_memory_mb=64)
    with pytest.raises(Unreadable, match=r"more memory .*\(64 MB\)"):
        parser.parse(path, "json")
    assert parser.parse(note, "md").pieces


def test_more_text_than_the_bound_is_refused(make: Callable[..., ChildParser], tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("palavra " * 1_000, encoding="ascii")
    with pytest.raises(Unreadable, match="more than 5,000 characters"):
        make(bounds=Bounds(max_characters=5_000)).parse(path, "txt")


def test_a_process_killed_in_the_middle_is_replaced_and_the_file_read_again(
    make: Callable[..., ChildParser], endless: Path
) -> None:
    parser = make()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(parser.parse, endless, "txt")
        pipe = open_when_read(endless)
        first = worker_pid(parser)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: is_gone(first))
        os.close(pipe)
        pipe = open_when_read(endless)
        os.write(pipe, b"lido na segunda vez")
        os.close(pipe)
        assert reading.result().pieces[0].text == "lido na segunda vez"


def test_a_file_that_brings_down_every_process_is_refused_and_the_next_works(
    make: Callable[..., ChildParser], note: Path, endless: Path
) -> None:
    parser = make()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(parser.parse, endless, "txt")
        for _ in range(2):
            pipe = open_when_read(endless)
            pid = worker_pid(parser)
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]  # bound now, not later
            os.close(pipe)
        with pytest.raises(Unreadable, match="brings down the program"):
            reading.result()
    assert parser.parse(note, "md").pieces


def test_a_process_that_died_while_idle_is_replaced(make: Callable[..., ChildParser], note: Path) -> None:
    parser = make()
    parser.parse(note, "md")
    first = worker_pid(parser)
    os.kill(first, signal.SIGKILL)
    assert parser.parse(note, "md").pieces
    assert worker_pid(parser) != first


def test_an_idle_process_ends_and_leaves_no_zombie(make: Callable[..., ChildParser], note: Path) -> None:
    parser = make(idle_seconds=0.2)
    parser.parse(note, "md")
    first = worker_pid(parser)
    wait_until(lambda: is_gone(first))
    assert parser.parse(note, "md").pieces


def test_the_process_knows_no_secret_and_has_its_own_session(
    make: Callable[..., ChildParser], note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-parsers")
    monkeypatch.setenv("MONGO_URI", "mongodb://user:secret@host")
    monkeypatch.chdir("/")
    parser = make()
    parser.parse(note, "md")
    pid = worker_pid(parser)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"sk-not-for-parsers" not in environment
    assert b"secret" not in environment
    assert os.getsid(pid) == pid != os.getsid(0)


def test_noise_on_standard_output_does_not_break_the_protocol(
    make: Callable[..., ChildParser], note: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = (
        "import os, threading, time\n"
        "def noise():\n    while True:\n        os.write(1, b'noise')\n        time.sleep(0.001)\n"
        "threading.Thread(target=noise, daemon=True).start()\n"
    )
    (tmp_path / "sitecustomize.py").write_text(noise, encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    parser = make()
    assert all(parser.parse(note, "md").pieces for _ in range(20))


def test_after_closing_no_process_is_left_and_none_is_started(note: Path, endless: Path) -> None:
    parser = ChildParser(workers=2)
    parser.parse(note, "md")
    pids = [worker.pid for worker in parser._started]
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(parser.parse, endless, "txt")
        pipe = open_when_read(endless)
        parser.close()
        with pytest.raises(Unavailable):
            reading.result()
        os.close(pipe)
    wait_until(lambda: all(map(is_gone, pids)))
    with pytest.raises(Unavailable):
        parser.parse(note, "md")
    assert not parser._started
    parser.close()


def test_the_process_ends_with_its_parent_in_the_middle_of_a_file(endless: Path) -> None:
    program = (
        "import sys, threading\nfrom pathlib import Path\nfrom integrations.parsing.child import ChildParser\n"
        "parser = ChildParser()\n"
        "threading.Thread(target=parser.parse, args=(Path(sys.argv[1]), 'txt'), daemon=True).start()\n"
        "sys.stdin.readline()\nprint(next(iter(parser._started)).pid, flush=True)\nsys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", program, str(endless)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin
        assert parent.stdout
        pipe = open_when_read(endless)
        parent.stdin.write("which?\n")
        parent.stdin.flush()
        pid = int(parent.stdout.readline())
        assert not is_gone(pid)
        parent.kill()
    wait_until(lambda: is_gone(pid) or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])
    os.close(pipe)


def test_a_process_that_cannot_start_is_not_the_files_fault(
    make: Callable[..., ChildParser], note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    parser = make()
    with pytest.raises(Unavailable, match="cannot be started"):
        parser.parse(note, "md")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="did not start"):
        parser.parse(note, "md")
    monkeypatch.undo()
    assert parser.parse(note, "md").pieces


def test_the_server_itself_imports_no_parsing_library() -> None:
    program = (
        "import sys\nimport integrations.parsing.child\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_pipes_and_threads_are_let_go_of(note: Path) -> None:
    before = open_descriptors(), threading.active_count()
    for _ in range(3):
        parser = ChildParser()
        parser.parse(note, "md")
        parser.close()
    wait_until(lambda: (open_descriptors(), threading.active_count()) <= before)

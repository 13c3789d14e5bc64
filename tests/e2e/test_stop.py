"""Stopping: what runs is answered, nothing is left behind; and who must not start does not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.database.lockfile import holder_says
from kit.settings import PROJECT_ROOT, variable_names
from tests.crash.ledger import Down
from tests.servers.chroma_server import free_port
from tests.servers.killable import Forked, Killable, Template
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import Asking, events, wait_until
from tests.visitor import Visitor, visited

HELD = Reply("Já respondo.", held=True)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def application(template: Template, tmp_path: Path, server: OpenAIServer) -> Iterator[Killable]:
    settings = {
        "RATE_LIMIT": "10000000 per minute",
        "LOG_LEVEL": "WARNING",
        "THREADS": "16",  # of which twelve may be turns
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "sk-test-key",
        "LLM_MODEL": "test-model",
    }
    with Killable(template, tmp_path, settings) as running:
        yield running


def say(visitor: Visitor, number: int) -> Asking[tuple[int, Any]]:
    return Asking(lambda: visitor.say(f"contact {number}", "1"))


def children_of(pid: int) -> set[int]:
    """Every process under ``pid``."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= {int(child)} | children_of(int(child))
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_stop_answers_what_runs_takes_nothing_new_and_leaves_no_process(
    application: Killable, server: OpenAIServer
) -> None:
    with visited(application, "test-model") as visitor:
        document = visitor.upload("a.md", "A limpeza custa 120 reais.")
        wait_until(lambda: visitor.is_ready(document))
        children = children_of(application.pid)
        server.default = HELD
        turns = [say(visitor, number) for number in range(8)]
        wait_until(lambda: server.served == 8)
        os.kill(application.pid, signal.SIGTERM)
        wait_until(lambda: refuses(application.port))
        assert not any(one.done for one in turns)
        with pytest.raises(Down):
            visitor.say("too late", "1")
        server.release()
        answers = [one.result() for one in turns]
        assert application.stop() == 0
    assert [(status, body["response"]) for status, body in answers] == [(200, "Já respondo.")] * 8
    assert children
    wait_until(lambda: not any(is_alive(one) for one in children))
    application.start()
    sign_in = {"email": "ana@example.com", "password": "correct horse battery"}
    _, session = application.request("POST", "/auth/login", sign_in)
    token = {"Authorization": f"Bearer {session['token']}"}
    _, chats = application.request("GET", "/chats/list", **token)
    assert len(chats) == 8
    assert {one["response"] for one in chats} == {"Já respondo."}


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except ConnectionRefusedError:
        return True
    return False


def test_while_all_turns_are_taken_one_more_is_503_and_the_rest_answers(
    application: Killable, server: OpenAIServer
) -> None:
    with visited(application, "test-model") as visitor:
        server.default = HELD
        turns = [say(visitor, number) for number in range(12)]
        wait_until(lambda: server.served == 12)
        status, body = visitor.say("one more", "1")
        assert (status, body["error"]) == (503, "busy")
        assert application.request("GET", "/health") == (200, {"status": "healthy"})
        assert visitor.person.call("GET", "/chats/list")[0] == 200
        assert not any(one.done for one in turns)
        server.default = Reply()
        server.release()
        assert {one.result()[0] for one in turns} == {200}
        assert visitor.say("one more", "1")[0] == 200


def test_who_hangs_up_on_a_stream_finds_the_answer_stored(
    application: Killable, server: OpenAIServer
) -> None:
    with visited(application, "test-model") as visitor:
        server.script(Reply(pieces=[f"palavra{n} " for n in range(40)], drip_s=0.01))
        body = {"id": "c", "message_service": "W", "message": "Oi", "message_id": "1", "stream": True}
        with socket.create_connection(("127.0.0.1", application.port), 30) as line:
            line.sendall(request("/chats/enviarMensagemLLM", body, visitor.assistant["api_key"]))
            seen = b""
            while b"event: token" not in seen:
                seen += line.recv(4096)
        wait_until(lambda: visitor.person.call("GET", "/chats/get/c")[1]["response"])
        status, answer = visitor.say("c", "1")
        assert (status, answer["response"].split()[-1]) == (200, "palavra39")
        assert server.served == 1


def test_a_stream_reaches_its_client_piece_by_piece_and_an_error_midway_is_an_event(
    application: Killable, server: OpenAIServer
) -> None:
    with visited(application, "test-model") as visitor:
        server.script(Reply(pieces=["um ", "dois ", "três "], cut_after=3))
        body = {"id": "c", "message_service": "W", "message": "Oi", "stream": True}
        with socket.create_connection(("127.0.0.1", application.port), 30) as line:
            line.sendall(request("/chats/enviarMensagemLLM", body, visitor.assistant["api_key"]))
            seen = b"".join(iter(lambda: line.recv(4096), b""))
        head, _, rest = seen.partition(b"\r\n\r\n")
        found = events(unchunked(rest).decode())
        assert head.startswith(b"HTTP/1.1 200")
        assert [name for name, _ in found][-1] == "error"
        assert found[0] == ("token", {"text": "um "})
        assert found[-1][1].keys() == {"error", "message", "details", "request_id"}
        assert found[-1][1]["request_id"]


def request(path: str, body: dict[str, Any], key: str) -> bytes:
    content = json.dumps(body).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"X-API-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "Connection: close",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def unchunked(body: bytes) -> bytes:
    """The body without the lengths of its chunks, if it has them."""
    if body.startswith(b"event"):
        return body
    whole = b""
    while body:
        length, _, body = body.partition(b"\r\n")
        size = int(length, 16)
        whole, body = whole + body[:size], body[size + 2 :]
    return whole


def started_to_be_refused(template: Template, folder: Path, port: int) -> tuple[int, str]:
    """The exit code of one more ``main.py``, and what it wrote."""
    folder.mkdir(exist_ok=True)
    log = folder / "refused.log"
    code = Forked(template, environment(folder, port), log).wait(60)
    return code, log.read_text()


def test_a_second_server_on_the_same_data_is_refused(
    application: Killable, template: Template, tmp_path: Path
) -> None:
    code, written = started_to_be_refused(template, tmp_path, free_port())
    assert code == 2
    assert written.count("\n") == 1
    assert f"Another process runs on {tmp_path / 'data'}" in written
    assert application.request("GET", "/health/ready")[0] == 200


def test_a_taken_port_is_said_and_nothing_is_left_running(
    application: Killable, template: Template, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    code, written = started_to_be_refused(template, other, application.port)
    assert code == 2, written
    assert str(application.port) in written
    assert "Traceback" not in written
    wait_until(lambda: holder_says(other / "data" / "db" / "child.lock") is None)


@pytest.mark.slow
def test_waitress_serves_it_too_and_killed_leaves_no_database_behind(tmp_path: Path) -> None:
    port = free_port()
    program = str(Path(sys.executable).with_name("waitress-serve"))
    command = [program, f"--port={port}", "--host=127.0.0.1", "--call", "main:create_app"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment(tmp_path, port), stdout=log, stderr=log
        )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None)
        assert answers(port), (tmp_path / "log").read_text()
        database = int(holder_says(tmp_path / "data" / "db" / "child.lock") or 0)
        assert is_alive(database)
        assert database in children_of(process.pid)
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not is_alive(database))
    assert holder_says(tmp_path / "data" / "db" / "child.lock") is None


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return b"healthy" in b"".join(iter(lambda: line.recv(4096), b""))
    except OSError:
        return False


def environment(folder: Path, port: int) -> dict[str, str]:
    """That of a process of its own on ``folder``."""
    kept = {name: text for name, text in os.environ.items() if name not in variable_names()}
    return {
        **kept,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "DOCUMENTS_DIR": str(folder / "documents"),
    }

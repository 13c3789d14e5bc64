"""An installation whose embedder is changed, killed in the middle of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.settings import PROJECT_ROOT
from services.documents.reembed import BATCH
from tests.servers.application import Application
from tests.servers.vector_server import Reply, VectorServer

ADMIN = {"email": "ana@example.com", "password": "correct horse battery"}
CHUNKS = 3 * BATCH
WITHIN_S = 60.0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_answers_go_on_through_a_change_of_embedder_and_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "installation"
    with VectorServer() as server:
        changed = {"EMBEDDING_MODEL": "ollama:letters", "OLLAMA_BASE_URL": server.url}
        with Application(folder) as before:
            assistant, person = filled(before, folder, tmp_path)
            assert reembedding(before) == 0
            expected = found(before, assistant, person)
            assert expected

        server.script(Reply(), Reply())
        server.default = Reply(delay_s=120.0)
        with Application(folder, changed) as after:
            until(lambda: len(server.requests) > 2)
            assert reembedding(after) == 1
            assert found(after, assistant, person) == expected  # by the embedder before, which is at hand
            assert doctor(folder).stdout.strip().endswith("agree.")
            assert not asked_for_questions(server)
            after.kill()

        done = {text for one in server.requests[:2] for text in one.body["input"]}
        assert len(done) == BATCH
        server.requests.clear()
        server.default = Reply()
        with Application(folder, changed) as after:
            until(lambda: reembedding(after) == 0)
            sent = [text for one in server.requests for text in one.body["input"]]
            assert len(sent) == CHUNKS - BATCH
            assert done.isdisjoint(sent)
            assert found(after, assistant, person)
            assert asked_for_questions(server)


def filled(application: Application, folder: Path, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """An assistant with a document of so many chunks, and the header that a signed-in admin sends."""
    status, _ = application.request("POST", "/auth/register", {"name": "Ana", **ADMIN})
    assert status == 201
    _, session = application.request("POST", "/auth/login", ADMIN)
    person = {"Authorization": f"Bearer {session['token']}"}
    _, assistant = application.request("POST", "/assistants/add", {"name": "Clínica"}, **person)
    words = "Words. " * 120
    sections = "".join(
        f"# Treatment {n}\n\nThe treatment number{n} costs {n} euros. {words}\n\n" for n in range(CHUNKS)
    )
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "prices.md").write_text(sections, encoding="utf-8")
    done = command(folder, "ingest", str(uploads), "--assistant", assistant["_id"])
    assert done.returncode == 0, done.stdout + done.stderr
    _, documents = application.request("GET", f"/documents/list?assistant_id={assistant['_id']}", **person)
    assert [one["chunks"] for one in documents] == [CHUNKS]
    return assistant["_id"], person


def found(application: Application, assistant: str, person: dict[str, str]) -> list[str]:
    """The texts of the passages for a question."""
    asked = {"query": "what is the fee of number77?", "top_k": 3}
    status, answer = application.request("POST", f"/assistants/search/{assistant}", asked, **person)
    assert status == 200
    passages = answer["passages"] if isinstance(answer, dict) else answer
    texts = [one["text"] for one in passages]
    assert "number77 " in texts[0]
    return texts


def reembedding(application: Application) -> int:
    """How many assistants are still to be done."""
    status, body = application.request("GET", "/health/ready")
    assert status == 200
    return int(body.get("reembedding", 0))


def asked_for_questions(server: VectorServer) -> bool:
    """Whether the server was asked for the vector of the question."""
    return any("fee" in text for one in server.requests for text in one.body["input"])


def doctor(folder: Path) -> subprocess.CompletedProcess[str]:
    return command(folder, "doctor")


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DATA_DIR": str(folder / "data"),
        "DOCUMENTS_DIR": str(folder / "documents"),
    }
    return subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def until(done: Callable[[], Any]) -> None:
    give_up = time.monotonic() + WITHIN_S
    while not done():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)

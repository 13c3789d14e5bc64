"""An installation whose embedder is changed, killed in the middle of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.operator_door import knock
from services.documents.reembed import BATCH
from tests.servers.application import Application
from tests.servers.killable import Killable, Template
from tests.servers.vector_server import Reply, VectorServer
from tests.talk import wait_until
from tests.visitor import Visitor

CHUNKS = 3 * BATCH
WORDS = "Words. " * 120
SETTINGS = {"RATE_LIMIT": "10000000 per minute", "LOG_LEVEL": "WARNING"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_answers_go_on_through_a_change_of_embedder_and_a_kill(template: Template, tmp_path: Path) -> None:
    with VectorServer() as server:
        changed = {**SETTINGS, "EMBEDDING_MODEL": "ollama:letters", "OLLAMA_BASE_URL": server.url}
        with Killable(template, tmp_path, SETTINGS) as before:
            visitor = Visitor(before, "offline")
            fill(visitor)
            assert reembedding(before) == 0
            expected = found(visitor)
            assert expected

        server.script(Reply(), Reply())
        server.default = Reply(delay_s=120.0)
        with Killable(template, tmp_path, changed) as after:
            visitor.come_back(after)
            wait_until(lambda: len(server.requests) > 2)
            assert reembedding(after) == 1
            assert found(visitor) == expected  # by the embedder before, which is at hand
            assert knock(tmp_path / "data", "doctor") == []
            assert not asked_for_questions(server)
            after.kill()

        done = {text for one in server.requests[:2] for text in one.body["input"]}
        assert len(done) == BATCH
        server.requests.clear()
        server.default = Reply()
        with Killable(template, tmp_path, changed) as after:
            visitor.come_back(after)
            wait_until(lambda: reembedding(after) == 0)
            sent = [text for one in server.requests for text in one.body["input"]]
            assert len(sent) == CHUNKS - BATCH
            assert done.isdisjoint(sent)
            assert found(visitor)
            assert asked_for_questions(server)
            visitor.close()


def fill(visitor: Visitor) -> None:
    """Upload a document of so many chunks."""
    sections = (
        f"# Treatment {n}\n\nThe treatment number{n} costs {n} euros. {WORDS}\n\n" for n in range(CHUNKS)
    )
    document = visitor.upload("prices.md", "".join(sections))
    wait_until(lambda: visitor.is_ready(document))
    _, listed = visitor.person.call("GET", f"/documents/get/{document['_id']}")
    assert listed["chunks"] == CHUNKS


def found(visitor: Visitor) -> list[str]:
    """The texts of the passages for a question."""
    asked = {"query": "what is the fee of number77?", "top_k": 3}
    status, answer = visitor.person.call("POST", f"/assistants/search/{visitor.assistant['_id']}", asked)
    assert status == 200
    texts = [one["text"] for one in answer["passages"]]
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

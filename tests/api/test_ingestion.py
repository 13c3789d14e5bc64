"""What an uploader is told of a document on its way, and what it was cut into."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bootstrap.installation import Installation
from integrations.parsing.base import Parser, Unreadable
from jobs import background
from jobs.threads import INDEXERS
from kit.errors import Unavailable, UpstreamFailed
from kit.ids import new_id
from models.documents import ParsedDocument
from services.documents import index_document
from tests.builders.pdf import Text, build_pdf
from tests.people import Caller
from tests.talk import wait_until

WITHIN_S = 20.0
PRICES = "# Preços\n\nA limpeza custa 120 reais.\n\n## Horários\n\nAbrimos às 8 horas.\n"


class Scripted:
    """A parser that does what each step of a script says before it reads."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.steps: list[Callable[[], object]] = []

    def parse(self, path: Path, file_format: str) -> ParsedDocument:
        if self.steps:
            self.steps.pop(0)()
        return self._parser.parse(path, file_format)

    def close(self) -> None:
        """The parser behind it is closed by its owner."""


@pytest.fixture
def script(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    index = installation.house.documents.index_document
    scripted = Scripted(index._parser)
    monkeypatch.setattr(index, "_parser", scripted)
    monkeypatch.setattr(background, "BACK_OFF_S", (0.01,))
    yield scripted
    scripted.steps.clear()


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant()


def fails(problem: Exception) -> Callable[[], object]:
    def step() -> None:
        raise problem

    return step


def uploaded(owner: Caller, assistant: dict[str, Any], name: str = "precos.md", text: str = PRICES) -> str:
    response = owner.upload(assistant["_id"], name, text)
    assert response.status_code == 201, response.text
    return str(response.get_json()["_id"])


def shown(owner: Caller, document_id: str, *names: str) -> tuple[Any, ...]:
    document = owner.get(f"/documents/get/{document_id}").get_json()
    return tuple(document[name] for name in names)


def test_stages_are_told_with_an_estimate_and_what_was_found(
    owner: Caller, assistant: dict[str, Any], script: Scripted, installation: Installation
) -> None:
    wait_until(lambda: not installation.house.workplaces.busy_lately)  # beside a turn fewer are read at once
    reached, leave = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        reached.release()
        assert leave.wait(WITHIN_S)

    script.steps += [wait] * INDEXERS
    first, *others = [uploaded(owner, assistant, f"{n}.md") for n in range(INDEXERS)]
    for _ in range(INDEXERS):
        assert reached.acquire(timeout=WITHIN_S)
    second = uploaded(owner, assistant, "outro.md")
    state = ("status", "stage", "progress", "seconds_left")
    assert shown(owner, second, *state) == ("pending", "queued", 0, None)
    status, stage, progress, seconds_left = shown(owner, first, *state)
    assert (status, stage) == ("processing", "parsing")
    assert 0 < progress < 10
    assert seconds_left is None or seconds_left >= 1
    leave.set()
    owner.settled(first)
    assert shown(owner, first, *state) == ("ready", "ready", 100, 0)
    found = shown(owner, first, "language", "pages", "words", "chunks", "warnings")
    assert found == ("pt", None, found[2], 1, [])
    assert 9 <= found[2] <= 13
    for one in (second, *others):
        owner.settled(one)


def test_what_was_odd_about_a_file_is_told(owner: Caller, assistant: dict[str, Any]) -> None:
    pdf = build_pdf([[Text("A limpeza custa 120 reais e dura meia hora.", 100)], [], []])
    document = owner.ready_document(assistant["_id"], "manual.pdf", pdf)
    assert (document["status"], document["pages"]) == ("ready", 3)
    assert document["warnings"] == ["Pages 2–3 hold nothing."]


def test_chunks_are_paged_in_the_documents_order(owner: Caller, assistant: dict[str, Any]) -> None:
    text = "# Guia\n\n" + "\n\n".join(
        f"## Parte {n}\n\n{'Esta é a parte que fala do que não muda. ' * 20}" for n in range(7)
    )
    document = owner.ready_document(assistant["_id"], "guia.md", text)
    path = f"/documents/chunks/{document['_id']}"
    whole = owner.get(path, query_string={"count": "true"})
    chunks = whole.get_json()
    assert [one["n"] for one in chunks] == list(range(document["chunks"]))
    assert whole.headers["X-Total-Count"] == str(len(chunks)) == str(document["chunks"])
    assert chunks[0] | {"text": ""} == {
        "_id": f"{document['_id']}:1:0",
        "id": f"{document['_id']}:1:0",
        "document_id": document["_id"],
        "n": 0,
        "title": "Guia",
        "heading": "Guia > Parte 0",
        "page": None,
        "language": "pt",
        "text": "",
    }
    assert chunks[0]["text"].startswith("Esta é a parte")
    paged, cursor = [], ""
    while True:
        response = owner.get(path, query_string={"limit": 3, "cursor": cursor})
        paged += response.get_json()
        cursor = response.headers.get("X-Next-Cursor", "")
        if not cursor:
            break
    assert paged == chunks
    assert [owner.get(f"{path}/{one['n']}").get_json() for one in chunks] == chunks


def test_a_document_read_anew_shows_its_new_chunks(owner: Caller, assistant: dict[str, Any]) -> None:
    document = owner.ready_document(assistant["_id"], "precos.md", PRICES)
    assert owner.post(f"/documents/reindex/{document['_id']}").status_code == 202
    owner.settled(document["_id"])
    chunks = owner.get(f"/documents/chunks/{document['_id']}").get_json()
    assert [one["_id"] for one in chunks] == [f"{document['_id']}:2:0"]


@pytest.mark.parametrize("n", ["2", "99999999", "-1", "0.0", "x", "9" * 5000, "%20", "٣"])
def test_a_chunk_that_is_not_there_is_not_found(owner: Caller, assistant: dict[str, Any], n: str) -> None:
    document = owner.ready_document(assistant["_id"], "precos.md", PRICES)
    response = owner.get(f"/documents/chunks/{document['_id']}/{n}")
    assert (response.status_code, response.get_json()["error"]) == (404, "not_found")


def test_a_document_that_is_not_in_answers_has_no_chunks(
    owner: Caller, assistant: dict[str, Any], script: Scripted
) -> None:
    script.steps.append(fails(Unreadable("It is torn.")))
    failed = owner.settled(uploaded(owner, assistant))
    assert (failed["status"], failed["stage"], failed["error"]) == ("failed", "failed", "It is torn.")
    assert owner.get(f"/documents/chunks/{failed['_id']}").get_json() == []
    assert owner.get(f"/documents/chunks/{failed['_id']}/0").status_code == 404


def test_one_that_failed_is_tried_again_when_asked(
    owner: Caller, assistant: dict[str, Any], script: Scripted
) -> None:
    script.steps.append(fails(Unreadable("It is torn.")))
    failed = owner.settled(uploaded(owner, assistant))
    response = owner.post(f"/documents/retry/{failed['_id']}")
    assert (response.status_code, list(response.get_json())) == (202, ["message"])
    document = owner.settled(failed["_id"])
    assert (document["status"], document["error"], document["chunks"]) == ("ready", None, 1)
    response = owner.post(f"/documents/retry/{failed['_id']}")
    assert (response.status_code, response.get_json()["error"]) == (409, "not_failed")


def test_one_in_answers_whose_new_reading_failed_can_be_retried(
    owner: Caller, assistant: dict[str, Any], script: Scripted
) -> None:
    document = owner.ready_document(assistant["_id"], "precos.md", PRICES)
    script.steps.append(fails(Unreadable("It is torn.")))
    owner.post(f"/documents/reindex/{document['_id']}")
    document = owner.settled(document["_id"])
    assert (document["status"], document["error"]) == ("ready", "It is torn.")
    assert owner.post(f"/documents/retry/{document['_id']}").status_code == 202
    assert owner.settled(document["_id"])["error"] is None


def test_what_fails_again_and_again_ends_in_words(
    owner: Caller, assistant: dict[str, Any], script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_document, "MOST_ATTEMPTS", 3)
    script.steps += [fails(UpstreamFailed("The embedding server refused it."))] * 3
    document = owner.settled(uploaded(owner, assistant))
    assert document["status"] == "failed"
    assert "try it again later" in document["error"]
    assert document["error"].endswith("The embedding server refused it.")
    assert owner.post(f"/documents/retry/{document['_id']}").status_code == 202
    assert owner.settled(document["_id"])["status"] == "ready"


def test_what_waits_for_a_server_says_so_and_is_never_given_up(
    owner: Caller, assistant: dict[str, Any], script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_document, "MOST_ATTEMPTS", 3)
    said: list[tuple[Any, ...]] = []
    ids: list[str] = []
    known = threading.Event()

    def look() -> None:
        assert known.wait(WITHIN_S)
        said.append(shown(owner, ids[0], "status", "error", "seconds_left"))

    script.steps += [fails(Unavailable("The vectors are away."))] * 6
    script.steps.append(look)
    ids.append(uploaded(owner, assistant))
    known.set()
    assert owner.settled(ids[0])["status"] == "ready"
    status, error, _ = said[0]
    assert (status, error) == ("processing", "The vectors are away.")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/documents/chunks/{}"), ("GET", "/documents/chunks/{}/0"), ("POST", "/documents/retry/{}")],
)
def test_an_outsider_finds_nothing_and_an_admin_everything(
    owner: Caller, outsider: Caller, team_mate: Caller, assistant: dict[str, Any], method: str, path: str
) -> None:
    document = owner.ready_document(assistant["_id"], "precos.md", PRICES)
    theirs = outsider.call(method, path.format(document["_id"]))
    nowhere = owner.call(method, path.format(new_id()))
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.get_json() | {"request_id": ""} == nowhere.get_json() | {"request_id": ""}
    assert team_mate.call(method, path.format(document["_id"])).status_code in (200, 409)
    assert owner.call(method, path.format("x")).status_code == 404

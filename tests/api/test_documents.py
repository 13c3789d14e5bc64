"""Uploads and what becomes of them: every rule of the contract's section on documents."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from integrations.parsing.base import Parser
from jobs.threads import Threads
from kit.errors import Unavailable
from kit.ids import new_id
from models.documents import ParsedDocument
from tests.builders.office import TEXT, WRITERS
from tests.builders.pdf import Text, build_pdf
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer

WITHIN_S = 20.0
PRICES = "# Preços\n\nA limpeza custa 120 reais.\n"
SHOWN = {
    "_id", "filepath", "filename", "type", "assistant_id", "createdAt", "status", "progress", "error", "size",
    "sha256", "chunks",
}  # fmt: skip


def _written(write: Callable[[Path], None]) -> Callable[[Path], bytes]:
    def content(path: Path) -> bytes:
        write(path)
        return path.read_bytes()

    return content


def _plain(text: str) -> Callable[[Path], bytes]:
    return lambda _: text.encode()


def _pdf(_: Path) -> bytes:
    cover = [
        Text(f"Na linha {n} da capa fala-se de outros assuntos, sem preço algum.", 60 + 20 * n)
        for n in range(35)
    ]
    return build_pdf([cover, [Text(TEXT, 72)]])


CONTENTS: dict[str, Callable[[Path], bytes]] = {
    "a.md": _plain(f"# Preços\n\n{TEXT}\n"),
    "a.txt": _plain(TEXT),
    "a.csv": _plain(f"serviço,nota\ncorte,{TEXT}\n"),
    "a.html": _plain(f"<html><body><h1>Preços</h1><p>{TEXT}</p></body></html>"),
    "a.json": _plain(json.dumps({"nota": TEXT})),
    "a.pdf": _pdf,
    "a.MARKDOWN": _plain(TEXT),
    "a.Htm": _plain(f"<p>{TEXT}</p>"),
    **{f"a.{ending}": _written(write) for ending, write in WRITERS.items()},
    **{f"A.{ending.upper()}": _written(write) for ending, write in WRITERS.items()},
}


class Gate:
    """A parser that waits for leave before it reads: what happens meanwhile happens during indexing."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.reached = threading.Event()
        self.leave = threading.Event()

    def parse(self, path: Path, file_format: str) -> ParsedDocument:
        self.reached.set()
        assert self.leave.wait(WITHIN_S)
        return self._parser.parse(path, file_format)

    def close(self) -> None:
        """The parser behind it is closed by its owner."""


@pytest.fixture
def gate(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    index = installation.house.documents.index_document
    gate = Gate(index._parser)
    monkeypatch.setattr(index, "_parser", gate)
    yield gate
    gate.leave.set()
    wait_until(lambda: cast("Threads", installation.engine).idle)


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant(model="test-model")


@pytest.fixture
def on_disk(installation: Installation) -> Callable[[str], list[str]]:
    """The paths of an assistant's files, as the contract writes them."""

    def paths(assistant_id: str) -> list[str]:
        root = installation.house.settings.documents_dir
        found = [path for path in (root / assistant_id).rglob("*") if path.is_file()]
        return sorted(f"documents/{path.relative_to(root)}" for path in found)

    return paths


def wait_until(fact: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(int(WITHIN_S / 0.01)):
        if fact():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def again(app: Flask, caller: Caller) -> Caller:
    """The same caller with a client of its own, for another thread."""
    return replace(caller, client=app.test_client())


def found(caller: Caller, assistant: dict[str, Any], query: str) -> list[dict[str, Any]]:
    answer = caller.post(f"/assistants/search/{assistant['_id']}", {"query": query})
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["passages"])


def system_prompt(app: Flask, assistant: dict[str, Any], server: OpenAIServer) -> str:
    """What the model is told when the assistant is asked something now."""
    message = {"id": new_id(), "message_service": "Whatsapp", "message": "Quanto custa a limpeza?"}
    assert bot(app, assistant).post("/chats/enviarMensagemLLM", message).status_code == 200
    return str(server.bodies()[-1]["messages"][0]["content"])


# Taking it in


@pytest.mark.parametrize("kind", ["rag", "RAG", " Rag "])
def test_an_upload_is_answered_with_the_document(owner: Caller, assistant: dict[str, Any], kind: str) -> None:
    answer = owner.upload(assistant["_id"], "precos.md", PRICES, kind)

    assert answer.status_code == 201
    document = answer.get_json()
    assert document.keys() >= SHOWN
    assert answer.headers["Location"] == f"/documents/get/{document['_id']}"
    assert owner.get(answer.headers["Location"]).get_json()["_id"] == document["id"] == document["_id"]
    expected = {
        "filename": "precos.md",
        "type": "rag",
        "assistant_id": assistant["_id"],
        "filepath": f"documents/{assistant['_id']}/knowledge/precos.md",
        "size": len(PRICES.encode()),
        "sha256": sha256(PRICES.encode()).hexdigest(),
        "error": None,
    }
    assert expected.items() <= document.items()
    ready = owner.settled(document["_id"])
    assert (ready["status"], ready["progress"], ready["chunks"] > 0) == ("ready", 100, True)
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [document["_id"]]


def test_the_upload_answers_before_indexing_ends(
    owner: Caller, assistant: dict[str, Any], gate: Gate
) -> None:
    answer = owner.upload(assistant["_id"], "precos.md", PRICES)
    assert gate.reached.wait(WITHIN_S)
    path = f"/documents/get/{answer.get_json()['_id']}"

    assert answer.status_code == 201
    assert answer.get_json()["status"] == "pending"
    assert owner.get(path).get_json()["status"] in ("pending", "processing")
    assert found(owner, assistant, "limpeza") == []
    gate.leave.set()
    assert owner.settled(answer.get_json()["_id"])["status"] == "ready"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_format_is_read(owner: Caller, assistant: dict[str, Any], name: str, tmp_path: Path) -> None:
    document = owner.ready_document(assistant["_id"], name, CONTENTS[name](tmp_path / "file"))

    assert (document["status"], document["error"], document["chunks"] > 0) == ("ready", None, True)
    passages = [one for one in found(owner, assistant, "quanto custa o corte?") if TEXT in one["text"]]
    assert [one["filename"] for one in passages] == [name]
    if name == "a.pdf":
        assert document["pages"] == 2
        assert passages[0]["page"] in (1, 2)  # a passage may begin on the page before


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.exe", "rag"), ("a", "rag"), ("md", "rag"), ("a.md.zip", "rag"), (".md", "rag")]
    + [(f"a.{ending}", "prompt") for ending in ("pdf", "docx", "html", "json", "csv")],
)
def test_other_formats_are_415(
    owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]], name: str, kind: str
) -> None:
    answer = owner.upload(assistant["_id"], name, "text", kind)

    assert (answer.status_code, answer.get_json()["error"]) == (415, "unsupported_format")
    assert "md" in answer.get_json()["message"]
    assert on_disk(assistant["_id"]) == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"type": "image"}, "type"),
        ({"type": ""}, "type"),
        ({"type": None}, "type"),
        ({"assistant_id": None}, "assistant_id"),
        ({"file": None}, "file"),
        ({"file": (b"", "empty.md")}, "file"),
        ({"file": (b"x", "..")}, "file"),
        ({"replace": "perhaps"}, "replace"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(
    owner: Caller, assistant: dict[str, Any], form: dict[str, Any], field: str
) -> None:
    whole = {"file": (b"x", "a.md"), "type": "rag", "assistant_id": assistant["_id"], **form}
    data = {name: value for name, value in whole.items() if value is not None}
    if "file" in data:
        content, filename = data["file"]
        data["file"] = (io.BytesIO(content), filename)
    answer = owner.call("POST", "/documents/add", data=data, content_type="multipart/form-data")

    assert answer.status_code == 422, answer.text
    assert list(answer.get_json()["details"]) == [field]
    assert owner.get("/documents/list").get_json() == []


def test_what_is_no_form_is_refused_in_the_one_error_shape(owner: Caller) -> None:
    for more in ({"json": {"type": "rag"}}, {"data": b"\x00\xff", "content_type": "multipart/form-data"}, {}):
        answer = owner.call("POST", "/documents/add", **more)
        assert answer.status_code in (400, 415, 422), more
        assert answer.get_json().keys() == {"error", "message", "details", "request_id"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"this is no PDF"),
        ("a.docx", b"PK\x03\x04 nor is this a document"),
        ("a.xlsx", b"%PDF-1.4"),
        ("a.json", b"{"),
        ("a.md", b"\x00\x01\x02\x03" * 50),
        ("a.txt", b" \n\t\n "),
        ("a.html", b"<html><body><script>1</script></body></html>"),
    ],
)
def test_content_that_is_not_what_its_name_says_fails_with_a_reason(
    owner: Caller, assistant: dict[str, Any], name: str, content: bytes
) -> None:
    answer = owner.upload(assistant["_id"], name, content)

    if answer.status_code == 422:
        assert answer.get_json()["message"]
        return
    failed = owner.settled(answer.get_json()["_id"])
    assert failed["status"] == "failed"
    assert len(failed["error"]) > 10
    assert "Traceback" not in failed["error"]
    assert failed["chunks"] == 0
    assert owner.delete(f"/documents/delete/{failed['_id']}").status_code == 200


def upload_raw(caller: Caller, assistant: dict[str, Any], content: bytes) -> TestResponse:
    """Upload a.txt; written by hand, because the client leaves the temporary file of a large form open."""
    fields = {"type": "rag", "assistant_id": assistant["_id"]}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in fields.items()]
    parts.append('Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n')
    head = "".join(f"--edge\r\n{part}\r\n" for part in parts).removesuffix("\r\n")
    body = head.encode() + content + b"\r\n--edge--\r\n"
    return caller.call("POST", "/documents/add", data=body, content_type="multipart/form-data; boundary=edge")


@pytest.mark.parametrize("over", [1, 3 << 20], ids=["by a byte", "by megabytes"])
def test_what_is_larger_than_25_mb_is_413_and_leaves_nothing(
    owner: Caller, assistant: dict[str, Any], installation: Installation, over: int
) -> None:
    answer = upload_raw(owner, assistant, bytes((25 << 20) + over))

    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
    root = installation.house.settings.documents_dir
    assert list((root / ".incoming").glob("*")) == []
    assert owner.get("/documents/list").get_json() == []


def test_25_mb_are_taken(
    owner: Caller, assistant: dict[str, Any], gate: Gate, on_disk: Callable[[str], list[str]]
) -> None:
    answer = upload_raw(owner, assistant, b"x" * (25 << 20))

    assert answer.status_code == 201
    assert answer.get_json()["size"] == 25 << 20
    assert owner.delete(f"/documents/delete/{answer.get_json()['_id']}").status_code == 200
    assert on_disk(assistant["_id"]) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Preços – julho (2026).md", "Preços – julho (2026).md"),
        ("報告書.md", "報告書.md"),
        ("e\u0301te\u0301.md", "été.md"),
        ("../../../etc/cron.d/x.md", "x.md"),
        ("..\\..\\x.md", "x.md"),
        ("a<b>;c?.md", "a_b_;c_.md"),
        ("2026-11-20.md", "2026-11-20.md"),
        ("a" * 300 + ".md", "a" * 197 + ".md"),
    ],
)
def test_names_are_made_safe_and_stay_readable(
    owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]], sent: str, kept: str
) -> None:
    document = owner.ready_document(assistant["_id"], sent, PRICES)

    path = f"documents/{assistant['_id']}/knowledge/{kept}"
    assert (document["filename"], document["filepath"]) == (kept, path)
    assert on_disk(assistant["_id"]) == [path]
    for method in ("GET", "PUT"):
        assert owner.call(method, f"/documents/path/get/{document['_id']}").get_json() == {"path": path}
    download = owner.get(f"/documents/download/{document['_id']}")
    assert download.data == PRICES.encode()
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert [one["filename"] for one in found(owner, assistant, "limpeza")] == [kept]


@pytest.mark.parametrize("content", [b"# a\r\n\r\nb \xe9", "\ufeffx\n".encode(), bytes(range(1, 256)) * 1500])
def test_a_download_is_the_bytes_as_uploaded(
    owner: Caller, assistant: dict[str, Any], content: bytes
) -> None:
    document = owner.upload(assistant["_id"], "a.txt", content).get_json()
    download = owner.get(f"/documents/download/{document['_id']}")

    assert download.data == content
    assert download.content_length == len(content)
    assert download.mimetype == "application/octet-stream"


def test_a_file_that_the_disk_has_lost_is_404_and_says_so(
    owner: Caller, assistant: dict[str, Any], installation: Installation
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)
    (installation.house.settings.documents_dir / assistant["_id"] / "knowledge" / "a.md").unlink()

    answer = owner.get(f"/documents/download/{document['_id']}")
    assert (answer.status_code, answer.get_json()["error"]) == (404, "file_missing")
    assert owner.post(f"/documents/reindex/{document['_id']}").status_code == 202
    wait_until(lambda: owner.get(f"/documents/get/{document['_id']}").get_json()["error"])
    assert found(owner, assistant, "limpeza") != []  # what it said is known still
    assert owner.delete(f"/documents/delete/{document['_id']}").status_code == 200


# Seeing it


def test_lists_hold_the_callers_documents_newest_first(
    owner: Caller, outsider: Caller, assistant: dict[str, Any]
) -> None:
    other = owner.new_assistant()
    made = [owner.upload(assistant["_id"], f"{n}.md", PRICES).get_json()["_id"] for n in range(3)]
    elsewhere = owner.upload(other["_id"], "0.md", PRICES).get_json()["_id"]
    outsider.upload(outsider.new_assistant()["_id"], "theirs.md", PRICES)
    of_assistant = f"/documents/list?assistant_id={assistant['_id']}"

    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [elsewhere, *made[::-1]]
    assert [one["_id"] for one in owner.get(of_assistant).get_json()] == made[::-1]
    first = owner.get(f"{of_assistant}&limit=2&count=true")
    assert [one["_id"] for one in first.get_json()] == [made[2], made[1]]
    assert first.headers["X-Total-Count"] == "3"
    rest = owner.get(f"{of_assistant}&limit=2&cursor={first.headers['X-Next-Cursor']}")
    assert [one["_id"] for one in rest.get_json()] == [made[0]]
    assert "X-Next-Cursor" not in rest.headers
    assert "X-Total-Count" not in rest.headers
    assert owner.get("/documents/list").get_json()[0].keys() >= SHOWN


def test_nobody_elses_documents_can_be_seen_or_touched(
    app: Flask, owner: Caller, outsider: Caller, team_mate: Caller, assistant: dict[str, Any]
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)
    routes = [
        ("GET", "/documents/get/{}"),
        ("GET", "/documents/path/get/{}"),
        ("PUT", "/documents/path/get/{}"),
        ("GET", "/documents/download/{}"),
        ("POST", "/documents/reindex/{}"),
        ("DELETE", "/documents/delete/{}"),
    ]
    for method, route in routes:
        theirs = outsider.call(method, route.format(document["_id"]))
        missing = outsider.call(method, route.format(new_id()))
        malformed = outsider.call(method, route.format("not-an-id"))
        assert (theirs.status_code, missing.status_code, malformed.status_code) == (404, 404, 404), route
        assert replace_id(theirs.get_json()) == replace_id(missing.get_json())
        assert bot(app, assistant).call(method, route.format(document["_id"])).status_code == 403
    assert outsider.upload(assistant["_id"], "b.md", PRICES).status_code == 404
    assert outsider.get(f"/documents/list?assistant_id={assistant['_id']}").status_code == 404
    assert owner.get("/documents/list?assistant_id=nonsense").status_code == 404
    assert owner.upload("nonsense", "a.md", PRICES).status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [document["_id"]]
    assert team_mate.get(f"/documents/download/{document['_id']}").data == PRICES.encode()


def replace_id(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "request_id": ""}


# Replacing it


def test_the_same_name_again_replaces_the_document(
    owner: Caller, assistant: dict[str, Any], gate: Gate, on_disk: Callable[[str], list[str]]
) -> None:
    gate.leave.set()
    old = owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 100 reais.")
    gate.leave.clear()
    gate.reached.clear()
    answer = owner.upload(assistant["_id"], "a.md", "A limpeza custa 200 reais.")
    new = answer.get_json()
    assert gate.reached.wait(WITHIN_S)

    assert (answer.status_code, new["_id"] != old["_id"]) == (201, True)
    assert owner.get(f"/documents/get/{old['_id']}").get_json()["status"] == "ready"
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [new["_id"], old["_id"]]
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [old["_id"]]
    assert b"100" in owner.get(f"/documents/download/{old['_id']}").data
    assert b"200" in owner.get(f"/documents/download/{new['_id']}").data
    gate.leave.set()
    assert owner.settled(new["_id"])["status"] == "ready"
    assert owner.get(f"/documents/get/{old['_id']}").status_code == 404
    assert owner.get(f"/documents/download/{old['_id']}").status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [new["_id"]]
    passages = found(owner, assistant, "limpeza")
    assert [(one["document_id"], "200" in one["text"]) for one in passages] == [(new["_id"], True)]
    wait_until(lambda: on_disk(assistant["_id"]) == [new["filepath"]])
    assert b"200" in owner.get(f"/documents/download/{new['_id']}").data


def test_a_replacement_that_cannot_be_read_leaves_the_old_one_in_answers(
    owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]]
) -> None:
    old = owner.ready_document(assistant["_id"], "a.json", '{"limpeza": "custa 100 reais"}')
    new = owner.ready_document(assistant["_id"], "a.json", "{")

    assert (new["status"], owner.get(f"/documents/get/{old['_id']}").get_json()["status"]) == (
        "failed",
        "ready",
    )
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [old["_id"]]
    third = owner.ready_document(assistant["_id"], "a.json", '{"limpeza": "custa 300 reais"}')
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [third["_id"]]
    wait_until(lambda: [one["_id"] for one in owner.get("/documents/list").get_json()] == [third["_id"]])
    wait_until(lambda: on_disk(assistant["_id"]) == [third["filepath"]])


def test_replace_false_is_409_and_changes_nothing(owner: Caller, assistant: dict[str, Any]) -> None:
    old = owner.ready_document(assistant["_id"], "a.md", PRICES)
    refused = owner.upload(assistant["_id"], "../a.md", "other", replace="false")

    assert (refused.status_code, refused.get_json()["error"]) == (409, "name_taken")
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [old["_id"]]
    assert owner.get(f"/documents/download/{old['_id']}").data == PRICES.encode()
    assert owner.upload(assistant["_id"], "b.md", PRICES, replace="false").status_code == 201
    assert owner.upload(assistant["_id"], "a.md", PRICES, "prompt", replace="false").status_code == 201
    other = owner.new_assistant()
    assert owner.upload(other["_id"], "a.md", PRICES, replace="false").status_code == 201
    assert owner.delete(f"/documents/delete/{old['_id']}").status_code == 200
    assert owner.upload(assistant["_id"], "a.md", PRICES, replace="false").status_code == 201


def test_of_many_uploads_of_one_name_at_once_one_wins(
    app: Flask, owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]]
) -> None:
    def upload(n: int) -> int:
        return again(app, owner).upload(assistant["_id"], "a.md", f"{n}", replace="false").status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(upload, range(8)))
    assert statuses == [201, *[409] * 7]
    with ThreadPoolExecutor(8) as threads:
        ids = list(
            threads.map(
                lambda n: (
                    again(app, owner)
                    .upload(assistant["_id"], "a.md", f"A limpeza custa {n} reais.")
                    .get_json()["_id"]
                ),
                range(8),
            )
        )
    newest = max(ids)
    wait_until(lambda: [one["_id"] for one in owner.get("/documents/list").get_json()] == [newest])
    owner.settled(newest)
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [newest]
    wait_until(lambda: on_disk(assistant["_id"]) == [f"documents/{assistant['_id']}/knowledge/a.md"])


def test_there_is_no_moment_without_either_nor_with_both(
    app: Flask, owner: Caller, assistant: dict[str, Any]
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 0 reais.")
    owner.ready_document(assistant["_id"], "outro.md", "O clareamento custa 900 reais.")
    seen: list[str] = []
    listed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        watcher = again(app, owner)
        while not over.is_set():
            of_name = [one for one in found(watcher, assistant, "limpeza custa") if one["filename"] == "a.md"]
            seen.append(", ".join(one["text"] for one in of_name))
            documents = watcher.get(f"/documents/list?assistant_id={assistant['_id']}").get_json()
            listed.append(sum(one["filename"] == "a.md" and one["status"] == "ready" for one in documents))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for n in range(1, 9):
            owner.ready_document(assistant["_id"], "a.md", f"A limpeza custa {n} reais.")
    finally:
        over.set()
        watcher.join()
    prices = [text.removeprefix("A limpeza custa ").removesuffix(" reais.") for text in seen]
    assert set(prices) <= {str(n) for n in range(9)}, set(seen)
    assert prices == sorted(prices)
    assert set(listed) == {1}


# The system prompt


def test_the_newest_prompt_is_in_force_and_deleting_it_brings_the_one_before_back(
    app: Flask,
    owner: Caller,
    assistant: dict[str, Any],
    model_server: OpenAIServer,
    on_disk: Callable[[str], list[str]],
) -> None:
    folder = f"documents/{assistant['_id']}"
    first = owner.ready_document(assistant["_id"], "prompt.md", "Fale como pirata.", "prompt")
    assert first["filepath"] == f"{folder}/prompt.md"
    assert "Fale como pirata." in system_prompt(app, assistant, model_server)
    second = owner.ready_document(assistant["_id"], "prompt.md", "Fale como poeta.", "PROMPT")
    third = owner.ready_document(assistant["_id"], "outro.txt", "Fale como juiz.", "Prompt")

    told = system_prompt(app, assistant, model_server)
    assert ("juiz" in told, "poeta" in told, "pirata" in told) == (True, False, False)
    listed = owner.get("/documents/list").get_json()
    assert [one["_id"] for one in listed] == [third["_id"], second["_id"], first["_id"]]
    assert {one["status"] for one in listed} == {"ready"}
    assert owner.get(f"/documents/download/{first['_id']}").data == b"Fale como pirata."

    assert owner.delete(f"/documents/delete/{third['_id']}").status_code == 200
    assert "poeta" in system_prompt(app, assistant, model_server)
    assert owner.delete(f"/documents/delete/{second['_id']}").status_code == 200
    assert "pirata" in system_prompt(app, assistant, model_server)
    assert on_disk(assistant["_id"]) == [f"{folder}/prompt.md"]
    assert owner.get(f"/documents/download/{first['_id']}").data == b"Fale como pirata."
    assert owner.delete(f"/documents/delete/{first['_id']}").status_code == 200
    assert "Fale como" not in system_prompt(app, assistant, model_server)


def test_an_earlier_prompt_can_go_without_touching_the_one_in_force(
    app: Flask, owner: Caller, assistant: dict[str, Any], model_server: OpenAIServer
) -> None:
    first = owner.ready_document(assistant["_id"], "prompt.md", "Fale como pirata.", "prompt")
    second = owner.ready_document(assistant["_id"], "prompt.md", "Fale como poeta.", "prompt")
    assert owner.delete(f"/documents/delete/{first['_id']}").status_code == 200

    assert "poeta" in system_prompt(app, assistant, model_server)
    assert owner.get(f"/documents/download/{second['_id']}").data == b"Fale como poeta."


def test_until_a_new_prompt_is_ready_the_one_before_is_in_force(
    app: Flask, owner: Caller, assistant: dict[str, Any], model_server: OpenAIServer, gate: Gate
) -> None:
    gate.leave.set()
    owner.ready_document(assistant["_id"], "prompt.md", "Fale como pirata.", "prompt")
    gate.leave.clear()
    gate.reached.clear()
    new = owner.upload(assistant["_id"], "prompt.md", "Fale como poeta.", "prompt").get_json()
    assert gate.reached.wait(WITHIN_S)
    assert "pirata" in system_prompt(app, assistant, model_server)
    gate.leave.set()
    owner.settled(new["_id"])
    assert "poeta" in system_prompt(app, assistant, model_server)


def test_a_prompt_that_is_read_while_a_newer_one_takes_its_place_is_kept_as_a_version(
    app: Flask, owner: Caller, assistant: dict[str, Any], model_server: OpenAIServer, gate: Gate
) -> None:
    first = owner.upload(assistant["_id"], "prompt.md", "Fale como pirata.", "prompt").get_json()
    assert gate.reached.wait(WITHIN_S)
    second = owner.upload(assistant["_id"], "prompt.md", "Fale como poeta.", "prompt").get_json()
    gate.leave.set()

    assert {owner.settled(one["_id"])["status"] for one in (first, second)} == {"ready"}
    assert "poeta" in system_prompt(app, assistant, model_server)
    owner.delete(f"/documents/delete/{second['_id']}")
    assert "pirata" in system_prompt(app, assistant, model_server)


def test_a_prompt_is_never_among_the_sources(app: Flask, owner: Caller, assistant: dict[str, Any]) -> None:
    owner.ready_document(assistant["_id"], "prompt.md", "A limpeza custa segredo.", "prompt")
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)

    assert [one["document_id"] for one in found(owner, assistant, "limpeza custa")] == [document["_id"]]
    message = {"id": "1", "message_service": "Whatsapp", "message": "Quanto custa a limpeza?"}
    answer = bot(app, assistant).post("/chats/enviarMensagemLLM", message).get_json()
    assert [one["document_id"] for one in answer["sources"]] == [document["_id"]]


def test_of_a_long_prompt_the_head_is_always_sent_and_the_rest_by_relevance(
    app: Flask, owner: Caller, assistant: dict[str, Any], model_server: OpenAIServer
) -> None:
    filler = "\n\n".join(f"Regra {n}: trate todo mundo com gentileza e paciência." for n in range(300))
    text = f"CABEÇALHO\n\n{filler}\n\n# Limpeza\n\nDa limpeza diga sempre que custa 120 reais.\n\n{filler}"
    owner.ready_document(assistant["_id"], "prompt.md", text, "prompt")
    told = system_prompt(app, assistant, model_server)

    assert "CABEÇALHO" in told
    assert "Da limpeza diga sempre" in told
    assert len(told) < len(text)


def test_a_prompt_whose_file_is_lost_is_still_followed(
    app: Flask,
    owner: Caller,
    assistant: dict[str, Any],
    model_server: OpenAIServer,
    installation: Installation,
) -> None:
    owner.ready_document(assistant["_id"], "prompt.md", "Fale como pirata.", "prompt")
    (installation.house.settings.documents_dir / assistant["_id"] / "prompt.md").unlink()
    assert "pirata" in system_prompt(app, assistant, model_server)


# Deleting it, reading it anew


def test_deleting_removes_record_file_chunks_and_vectors(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    on_disk: Callable[[str], list[str]],
) -> None:
    gone = owner.ready_document(assistant["_id"], "a.md", PRICES)
    stays = owner.ready_document(assistant["_id"], "b.md", PRICES.replace("120", "130"))
    answer = owner.delete(f"/documents/delete/{gone['_id']}")

    assert answer.status_code == 200
    assert answer.get_json().keys() == {"message"}
    assert owner.get(f"/documents/get/{gone['_id']}").status_code == 404
    assert owner.delete(f"/documents/delete/{gone['_id']}").status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [stays["_id"]]
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [stays["_id"]]
    assert on_disk(assistant["_id"]) == [stays["filepath"]]
    left = what_is_stored(installation, assistant)
    assert left == {stays["_id"]}


def what_is_stored(installation: Installation, assistant: dict[str, Any]) -> set[str]:
    """The ids of the documents that anything in the records or the vectors belongs to."""
    index = installation.house.documents.index_document
    documents = {one.id for one in index._documents.all_of(assistant["_id"])}
    chunks = {
        document_id for _, document_id in index._write_chunks._chunks.keys_of_assistant(assistant["_id"])
    }
    names = [name for name in index._write_chunks._vectors.collections() if name.startswith(assistant["_id"])]
    vectors = {one.partition(":")[0] for name in names for one in index._write_chunks._vectors.ids(name)}
    return documents | chunks | vectors


def test_deleting_while_it_is_indexed_leaves_nothing(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    gate: Gate,
    on_disk: Callable[[str], list[str]],
) -> None:
    document = owner.upload(assistant["_id"], "a.md", PRICES).get_json()
    assert gate.reached.wait(WITHIN_S)
    assert owner.delete(f"/documents/delete/{document['_id']}").status_code == 200
    again = owner.upload(assistant["_id"], "a.md", PRICES.replace("120", "130")).get_json()
    gate.leave.set()

    assert owner.settled(again["_id"])["status"] == "ready"
    assert owner.get(f"/documents/download/{again['_id']}").data == PRICES.replace("120", "130").encode()
    wait_until(lambda: what_is_stored(installation, assistant) == {again["_id"]})
    assert on_disk(assistant["_id"]) == [again["filepath"]]


def test_deleting_the_assistant_while_a_document_is_indexed_leaves_nothing(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    gate: Gate,
    on_disk: Callable[[str], list[str]],
) -> None:
    owner.upload(assistant["_id"], "a.md", PRICES)
    assert gate.reached.wait(WITHIN_S)
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    gate.leave.set()

    wait_until(lambda: cast("Threads", installation.engine).idle)
    assert what_is_stored(installation, assistant) == set()
    assert on_disk(assistant["_id"]) == []
    collections = installation.house.documents.index_document._write_chunks._vectors.collections()
    assert not any(name.startswith(assistant["_id"]) for name in collections)


def test_reading_anew_is_202_and_keeps_answering(
    owner: Caller, assistant: dict[str, Any], gate: Gate
) -> None:
    gate.leave.set()
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)
    gate.leave.clear()
    gate.reached.clear()
    answer = owner.post(f"/documents/reindex/{document['_id']}")
    assert gate.reached.wait(WITHIN_S)

    assert (answer.status_code, answer.get_json().keys()) == (202, {"message"})
    during = owner.get(f"/documents/get/{document['_id']}").get_json()
    assert (during["status"], during["progress"] < 100) == ("ready", True)
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [document["_id"]]
    assert owner.post(f"/documents/reindex/{document['_id']}").status_code == 202  # again is the same
    gate.leave.set()
    after = owner.settled(document["_id"])
    assert {**after, "progress": 0} == {**document, "progress": 0}
    assert len(found(owner, assistant, "limpeza")) == 1


def test_what_failed_for_want_of_vectors_is_indexed_later(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index, refused = installation.house.documents.index_document, threading.Event()
    monkeypatch.setattr("jobs.background.BACK_OFF_S", (0.01,))
    monkeypatch.setattr("services.documents.index_document.MOST_ATTEMPTS", 3)
    vectors = index._write_chunks._vectors
    tries: list[str] = []

    class Down:
        def __getattr__(self, name: str) -> Any:
            tries.append(name)
            if len(tries) > 6:
                refused.set()
            raise Unavailable

    monkeypatch.setattr(index._write_chunks, "_vectors", Down())
    document = owner.upload(assistant["_id"], "a.md", PRICES).get_json()
    assert refused.wait(WITHIN_S)
    assert owner.get(f"/documents/get/{document['_id']}").get_json()["status"] == "pending"
    monkeypatch.setattr(index._write_chunks, "_vectors", vectors)
    assert owner.settled(document["_id"])["status"] == "ready"

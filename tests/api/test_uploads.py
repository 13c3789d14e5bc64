"""Uploads: what is taken, what is refused, and what comes back as a download."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from tests.builders.office import TEXT, WRITERS
from tests.builders.pdf import Text, build_pdf
from tests.people import Caller
from tests.talk import wait_until
from tests.uploads import PRICES, WITHIN_S, Gate, found

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

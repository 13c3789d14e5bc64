"""Folders and archives: a document of each file that can be one, and a reason for each other."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from tests.people import Caller

TEXT = "# Preços\n\nA limpeza custa {} reais.\n"


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant()


def pack(files: dict[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def send(
    caller: Caller, assistant: dict[str, Any], files: dict[str, bytes | str], kind: str = "rag", **form: str
) -> TestResponse:
    """Several parts called ``file`` in one form."""
    parts = [
        (io.BytesIO(content.encode() if isinstance(content, str) else content), name)
        for name, content in files.items()
    ]
    data = {"type": kind, "assistant_id": assistant["_id"], "file": parts, **form}
    return caller.call("POST", "/documents/add", data=data, content_type="multipart/form-data")


def refusals(response: TestResponse) -> dict[str, str]:
    assert response.status_code == 201, response.text
    body = response.get_json()
    assert set(body) == {"documents", "refused"}
    return {one["name"]: one["reason"] for one in body["refused"]}


def test_each_file_of_an_archive_becomes_a_document(owner: Caller, assistant: dict[str, Any]) -> None:
    archive = pack(
        {"precos.md": TEXT.format(120), "pasta/": "", "pasta/horário.txt": "Abrimos às oito horas."}
    )
    response = owner.upload(assistant["_id"], "Tudo.ZIP", archive)
    assert refusals(response) == {}
    made = response.get_json()["documents"]
    assert [(one["filename"], one["status"]) for one in made] == [
        ("precos.md", "pending"),
        ("horário.txt", "pending"),
    ]
    ready = [owner.settled(one["_id"]) for one in made]
    assert [(one["status"], one["filepath"]) for one in ready] == [
        ("ready", f"documents/{assistant['_id']}/knowledge/precos.md"),
        ("ready", f"documents/{assistant['_id']}/knowledge/horário.txt"),
    ]
    assert owner.get(f"/documents/download/{made[0]['_id']}").text == TEXT.format(120)
    found = owner.post(f"/assistants/search/{assistant['_id']}", {"query": "quanto custa a limpeza?"})
    assert found.get_json()["passages"][0]["filename"] == "precos.md"


def test_what_cannot_be_taken_in_is_named_with_its_reason(
    owner: Caller, assistant: dict[str, Any], installation: Installation
) -> None:
    archive = pack(
        {
            "a.md": "texto",
            "foto.png": b"\x89PNG",
            "vazio.md": "",
            "outro.zip": pack({"x.md": "x"}),
            "../../../fora.md": "fora",
            "bomba.csv": b"\0" * (8 << 20),
        }
    )
    response = owner.upload(assistant["_id"], "a.zip", archive)
    told = refusals(response)
    assert [one["filename"] for one in response.get_json()["documents"]] == ["a.md", "fora.md"]
    assert told["foto.png"].startswith("A rag document is one of: md,")
    assert told["vazio.md"] == "The file is empty."
    assert "archive within an archive" in told["outro.zip"]
    assert "unpacks to more than 200 times" in told["bomba.csv"]
    root = installation.house.settings.documents_dir
    assert not list(root.parent.rglob("bomba.csv"))
    assert {path.name for path in root.parent.rglob("fora.md")} == {"fora.md"}
    assert all(path.is_relative_to(root / assistant["_id"]) for path in root.parent.rglob("fora.md"))
    for one in response.get_json()["documents"]:
        assert owner.settled(one["_id"])["status"] == "ready"


def test_two_hundred_names_that_try_to_escape_stay_inside(
    owner: Caller, assistant: dict[str, Any], installation: Installation
) -> None:
    root: Path = installation.house.settings.documents_dir
    before = set(root.parent.rglob("*"))
    starts = ("../" * 9, "/", "\\..\\", "C:\\", "a/../../", "./", "....//", "~/", "%2e%2e/", "..\\../")
    archive = pack({f"{start}{'x' * n}fuga.md": "texto" for n in range(20) for start in starts})
    response = owner.upload(assistant["_id"], "fuga.zip", archive)
    assert refusals(response) == {}
    made = response.get_json()["documents"]
    assert len({one["filename"] for one in made}) == len(made) == 200
    new = {path for path in set(root.parent.rglob("*")) - before if "fuga" in path.name}
    assert {path.parent for path in new} == {root / assistant["_id"] / "knowledge"}
    assert {path.name for path in new} == {one["filename"] for one in made}
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200


def test_the_same_archive_again_replaces_what_it_brought(owner: Caller, assistant: dict[str, Any]) -> None:
    files = {"norte/precos.md": TEXT.format(120), "sul/precos.md": TEXT.format(130)}
    first = owner.upload(assistant["_id"], "a.zip", pack(dict(files))).get_json()["documents"]
    for one in first:
        owner.settled(one["_id"])
    again = owner.upload(assistant["_id"], "a.zip", pack(dict(files))).get_json()["documents"]
    for one in again:
        assert owner.settled(one["_id"])["status"] == "ready"
    names = ["norte - precos.md", "sul - precos.md"]
    assert [one["filename"] for one in first] == [one["filename"] for one in again] == names
    listed = owner.get("/documents/list", query_string={"assistant_id": assistant["_id"]}).get_json()
    assert {one["_id"] for one in listed} == {one["_id"] for one in again}


def test_names_that_are_taken_are_refused_one_by_one_when_asked(
    owner: Caller, assistant: dict[str, Any]
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "texto")
    response = owner.upload(
        assistant["_id"], "a.zip", pack({"a.md": "outro", "b.md": "novo"}), replace="false"
    )
    assert refusals(response) == {"a.md": "There is a document called a.md already."}
    owner.settled(response.get_json()["documents"][0]["_id"])


def test_several_files_in_one_form_are_a_folder(owner: Caller, assistant: dict[str, Any]) -> None:
    files: dict[str, bytes | str] = {
        "loja/precos.md": TEXT.format(120),
        "loja/sub/precos.md": TEXT.format(130),
        "loja/foto.png": "x",
        "loja/mais.zip": pack({"c.md": "texto"}),
    }
    response = send(owner, assistant, files)
    assert list(refusals(response)) == ["loja/foto.png"]
    made = response.get_json()["documents"]
    assert [one["filename"] for one in made] == [
        "loja - precos.md",
        "loja - sub - precos.md",
        "c.md",
    ]
    for one in made:
        assert owner.settled(one["_id"])["status"] == "ready"


def test_prompts_can_be_sent_together_but_not_in_an_archive(owner: Caller, assistant: dict[str, Any]) -> None:
    response = owner.upload(assistant["_id"], "p.zip", pack({"p.md": "Seja breve."}), "prompt")
    assert (response.status_code, response.get_json()["error"]) == (415, "unsupported_format")
    response = send(owner, assistant, {"a.md": "Seja breve.", "b.md": "Seja gentil."}, "prompt")
    assert [one["type"] for one in response.get_json()["documents"]] == ["prompt", "prompt"]
    for one in response.get_json()["documents"]:
        owner.settled(one["_id"])


def test_one_plain_file_keeps_its_answer(owner: Caller, assistant: dict[str, Any]) -> None:
    response = send(owner, assistant, {"a.md": "texto"})
    body = response.get_json()
    assert response.headers["Location"] == f"/documents/get/{body['_id']}"
    assert {"documents", "refused"}.isdisjoint(body)
    owner.settled(body["_id"])


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (pack({}), 422, "no files"),
        (pack({"a/": ""}), 422, "no files"),
        (pack({"a.md": "x" * 999})[:-20], 422, "damaged"),
        (pack({f"{n}.md": "x" for n in range(1001)}), 422, "more than 1,000 files"),
        (b"no archive", 415, "md, txt"),
    ],
    ids=["empty", "folders", "torn", "many", "none"],
)
def test_an_archive_of_which_nothing_can_be_had_is_refused(
    owner: Caller, assistant: dict[str, Any], content: bytes, status: int, word: str
) -> None:
    response = owner.upload(assistant["_id"], "a.zip", content)
    assert response.status_code == status
    assert word in response.get_json()["message"]
    assert owner.get("/documents/list", query_string={"assistant_id": assistant["_id"]}).get_json() == []


def test_when_no_file_fits_each_is_told_why(owner: Caller, assistant: dict[str, Any]) -> None:
    response = owner.upload(assistant["_id"], "a.zip", pack({"a.png": "x", "b/vazio.md": ""}))
    body = response.get_json()
    assert (response.status_code, body["error"]) == (422, "nothing_added")
    assert list(body["details"]) == ["a.png", "b/vazio.md"]
    assert body["details"]["b/vazio.md"] == ["The file is empty."]


def test_an_outsider_can_add_nothing(
    owner: Caller, outsider: Caller, team_mate: Caller, assistant: dict[str, Any]
) -> None:
    archive = pack({"a.md": "texto"})
    response = outsider.upload(assistant["_id"], "a.zip", archive)
    assert (response.status_code, response.get_json()["error"]) == (404, "not_found")
    assert send(outsider, assistant, {"a.md": "x", "b.md": "y"}).status_code == 404
    assert owner.get("/documents/list", query_string={"assistant_id": assistant["_id"]}).get_json() == []
    response = team_mate.upload(assistant["_id"], "a.zip", archive)
    assert refusals(response) == {}
    owner.settled(response.get_json()["documents"][0]["_id"])

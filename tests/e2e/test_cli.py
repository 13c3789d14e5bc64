"""The operator's commands, beside a running server and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.settings import PROJECT_ROOT
from tests.servers.application import Application, command
from tests.servers.killable import Killable, Template

ADMIN = {"email": "ana@example.com", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def application(template: Template, folder: Path) -> Iterator[Application]:
    """A server whose first account was made at the command line while it ran."""
    with Killable(template, folder) as running:
        made = template.command(folder, "create-admin", "--name", "Ana", *options(ADMIN))
        assert made.returncode == 0, made.stderr
        yield running


@pytest.fixture(scope="module")
def person(application: Application) -> dict[str, str]:
    """The header that a signed-in admin sends."""
    status, session = application.request("POST", "/auth/login", ADMIN)
    assert status == 200
    assert session["user"]["role"] == "admin"
    return {"Authorization": f"Bearer {session['token']}"}


@pytest.fixture(scope="module")
def assistant(application: Application, person: dict[str, str]) -> dict[str, Any]:
    status, made = application.request("POST", "/assistants/add", {"name": "Clínica"}, **person)
    assert status == 201
    return dict(made)


def test_folder_is_added_beside_a_running_server_and_is_in_answers_at_the_end(
    application: Application,
    template: Template,
    person: dict[str, str],
    assistant: dict[str, Any],
    folder: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "precos.md").write_text("# Preços\n\nA limpeza custa R$ 180,00.", encoding="utf-8")
    (tmp_path / "deeper" / "horarios.txt").write_text("Abrimos aos sábados das 8h às 13h.", encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"not a PDF at all")
    (tmp_path / "ignored.exe").write_bytes(b"MZ")
    done = template.command(folder, "ingest", str(tmp_path), "--assistant", assistant["_id"])
    assert done.returncode == 1
    assert "2 of 3 documents are in answers." in done.stdout
    assert "broken.pdf" in done.stderr
    _, documents = application.request("GET", f"/documents/list?assistant_id={assistant['_id']}", **person)
    assert {one["filename"]: one["status"] for one in documents} == {
        "precos.md": "ready",
        "horarios.txt": "ready",
        "broken.pdf": "failed",
    }


def test_what_cannot_be_done_is_one_line_and_no_traceback(
    application: Application, template: Template, folder: Path
) -> None:
    nobody = template.command(
        folder, "ingest", str(PROJECT_ROOT / "deploy" / "demo"), "--assistant", "0" * 24
    )
    assert nobody.returncode == 2
    assert nobody.stderr == f"orquestra: There is no assistant {'0' * 24}.\n"


def test_golden_questions_gate_a_pipeline_beside_a_running_server_and_alone(
    application: Application,
    template: Template,
    person: dict[str, str],
    assistant: dict[str, Any],
    folder: Path,
) -> None:
    for question, expected in (("Quanto custa a limpeza?", "R$ 180,00"), ("Aceitam cheque?", "cheque")):
        body = {"question": question, "expects": [expected]}
        status, _ = application.request("POST", f"/assistants/golden/{assistant['_id']}", body, **person)
        assert status == 201
    asked = ("golden", "--assistant", assistant["_id"])
    passed = template.command(folder, *asked, "--fail-under", "0.5")
    assert (passed.returncode, passed.stderr) == (0, "")
    assert "1 of 2 found among the first 5: hit rate 0.500" in passed.stdout
    assert "precos.md" in passed.stdout
    assert application.stop() == 0
    failed = template.command(folder, *asked, "--fail-under", "0.9", "--top-k", "1")
    application.start()
    assert failed.returncode == 1, failed.stderr
    assert "1 of 2 found among the first 1: hit rate 0.500" in failed.stdout
    assert "Since the last run: no change." in failed.stdout
    assert "under 0.9" in failed.stderr
    for wrong in (("--assistant", "0" * 24), ("--assistant", assistant["_id"], "--fail-under", "90")):
        refused = template.command(folder, "golden", *wrong)
        assert (refused.returncode, refused.stdout) == (2, "")


def test_routes_are_listed_with_their_guards(application: Application, folder: Path) -> None:
    listed = command(folder, "routes")
    assert listed.returncode == 0, listed.stderr
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert ["POST", "/chats/enviarMensagemLLM", "bot"] in rows
    assert all(len(row) == 3 for row in rows), "a route without a guard"


def test_doctor_asks_a_running_server_and_mends_alone(
    application: Application,
    template: Template,
    person: dict[str, str],
    assistant: dict[str, Any],
    folder: Path,
) -> None:
    beside = template.command(folder, "doctor")
    assert (beside.returncode, beside.stdout) == (0, "Files, records and vectors agree.\n"), beside.stderr
    stray = folder / "documents" / assistant["_id"] / "knowledge" / "stray.txt"
    stray.write_text("nobody knows me", encoding="utf-8")
    assert application.stop() == 0
    mended = template.command(folder, "doctor", "--fix")
    assert mended.returncode == 0, mended.stderr
    assert "stray.txt" in mended.stdout
    assert mended.stdout.endswith("Mended.\n")
    assert not stray.exists()
    read_anew = template.command(folder, "reindex", "--assistant", assistant["_id"])
    assert "2 of 3 documents were read anew." in read_anew.stdout
    application.start()
    status, documents = application.request("GET", "/documents/list", **person)
    assert status == 200
    assert len(documents) == 3


def options(values: dict[str, str]) -> list[str]:
    return [text for name, value in values.items() for text in (f"--{name}", value)]

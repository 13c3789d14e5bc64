"""The demo clinic's assistant answers what its patients ask, with no language model and from the right file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from commands.demo_assistant import DOCUMENTS, EMAIL, PROMPT_FILE, QUESTION, Demo, describe_demo
from kit.settings import PROJECT_ROOT
from models.documents import DocumentType
from tests.people import Caller, bot, made

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
QUESTIONS: list[dict[str, str]] = json.loads(
    (DOCUMENTS.parent / "questions.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def clinic(app: Flask, admin: Caller) -> Caller:
    """The bot of an assistant with the demo's documents."""
    del admin  # the first account is the admin's
    owner = made(app, "clinic")
    assistant = owner.new_assistant(language="pt", company="Clínica Sorriso do Vale")
    for path in sorted(DOCUMENTS.iterdir()):
        kind = DocumentType.PROMPT if path.name == PROMPT_FILE else DocumentType.RAG
        document = owner.ready_document(assistant["_id"], path.name, path.read_bytes(), kind)
        assert document["status"] == "ready", document
    return bot(app, assistant)


@pytest.mark.parametrize("row", QUESTIONS, ids=[row["question"] for row in QUESTIONS])
def test_answer_holds_the_fact_and_names_its_file(clinic: Caller, row: dict[str, str]) -> None:
    answer = ask(clinic, row["question"])
    assert row["expects"] in answer["response"]
    cited = [source for source in answer["sources"] if f"[{source['n']}]" in answer["response"]]
    assert row["file"] in {source["filename"] for source in cited}


def test_printed_question_gets_the_price_and_the_answer_that_readme_shows(clinic: Caller) -> None:
    answer = ask(clinic, QUESTION)
    assert "R$ 180,00" in answer["response"]
    assert f'"response": {json.dumps(answer["response"], ensure_ascii=False)},' in README


def test_readme_shows_what_is_printed() -> None:
    shown = describe_demo(Demo(EMAIL, "…", "", "ask_…"), "http://127.0.0.1:8080").strip()
    assert shown in README


@pytest.mark.parametrize("question", ["vocês vendem pneu de caminhão?", "qual a capital da Mongólia?"])
def test_what_the_documents_do_not_hold_is_not_made_up(clinic: Caller, question: str) -> None:
    answer = ask(clinic, question)
    assert "[1]" not in answer["response"]


def test_prompt_is_never_a_source(clinic: Caller) -> None:
    answer = ask(clinic, "qual o tom e o idioma da assistente? quando chamar uma pessoa?")
    assert PROMPT_FILE not in {source["filename"] for source in answer["sources"]}


def test_facts_of_the_questions_stand_in_their_files() -> None:
    for row in QUESTIONS:
        assert row["expects"] in (DOCUMENTS / row["file"]).read_text(encoding="utf-8"), row


def ask(clinic: Caller, question: str) -> dict[str, Any]:
    body = {"id": f"contact of: {question}"[:128], "message_service": "Whatsapp", "message": question}
    response = clinic.post("/chats/enviarMensagemLLM", body)
    assert response.status_code == 200, response.text
    return dict(response.get_json())

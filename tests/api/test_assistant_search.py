"""What an assistant's documents give for a question."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import Caller


class TestSearch:
    @pytest.fixture
    def knowing(self, owner: Caller) -> dict[str, Any]:
        assistant = owner.new_assistant()
        text = "# Horários\n\nA clínica abre às 8h.\n\n# Preços\n\nA consulta custa 150 reais.\n"
        assert owner.ready_document(assistant["_id"], "clinica.md", text)["status"] == "ready"
        return assistant

    def test_it_shows_what_an_answer_would_be_given(self, owner: Caller, knowing: dict[str, Any]) -> None:
        answer = owner.post(f"/assistants/search/{knowing['_id']}", {"query": "Quanto custa a consulta?"})

        assert answer.status_code == 200
        assert answer.get_json().keys() == {"passages", "enough", "evidence"}
        assert answer.get_json()["enough"] is True
        passages = answer.get_json()["passages"]
        named = {"document_id", "filename", "heading", "page", "text", "score"}
        assert all(one.keys() == named for one in passages)
        assert "150 reais" in passages[0]["text"]
        assert passages[0]["filename"] == "clinica.md"
        assert [one["score"] for one in passages] == sorted((one["score"] for one in passages), reverse=True)
        assert all(len(one["text"]) <= 2500 for one in passages)

    def test_no_more_than_asked_for(self, owner: Caller, knowing: dict[str, Any]) -> None:
        path = f"/assistants/search/{knowing['_id']}"

        assert len(owner.post(path, {"query": "clínica", "top_k": 1}).get_json()["passages"]) == 1
        assert owner.post(path, {"query": "clínica", "top_k": None}).status_code == 200

    def test_without_documents_there_is_nothing(self, owner: Caller) -> None:
        answer = owner.post(f"/assistants/search/{owner.new_assistant()['_id']}", {"query": "x"})

        assert answer.get_json() == {"passages": [], "enough": False, "evidence": 0.0}

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ({}, "query"),
            ({"query": ""}, "query"),
            ({"query": "  "}, "query"),
            ({"query": None}, "query"),
            ({"query": {"$ne": None}}, "query"),
            ({"query": "x" * 20_001}, "query"),
            ({"query": "x", "top_k": 0}, "top_k"),
            ({"query": "x", "top_k": 51}, "top_k"),
            ({"query": "x", "top_k": "5"}, "top_k"),
            ({"query": "x", "filter": {}}, "filter"),
        ],
    )
    def test_what_does_not_fit_is_named(self, owner: Caller, body: Any, named: str) -> None:
        answer = owner.post(f"/assistants/search/{owner.new_assistant()['_id']}", body)

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [named])

"""Quizzes through HTTP: without a model, with one that is scripted, kept, answered."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from services.llm.catalogue import Catalogue
from tests.people import Caller, bot, nobody
from tests.servers.openai_server import OpenAIServer, Reply

MAKE = "/app/generate_quiz_from_text/"
TEXT = """Lisboa é a capital de Portugal e tem cerca de 545 mil habitantes. A cidade fica na margem norte do rio Tejo.
O terramoto de 1755 destruiu grande parte da cidade. O Marquês de Pombal dirigiu a reconstrução da Baixa."""
WANTED = {"text_input": TEXT, "num_questions": 3}


def questions(count: int, **more: Any) -> dict[str, Any]:
    made = {
        "choices": ["A) Lisboa", "B) Porto", "C) Faro", "D) Braga"],
        "answer": "C",
        "explanation": "O texto diz que é assim.",
        "passage": 1,
    }
    return {
        "questions": [{"question": f"Qual é a cidade {n} do país?", **made, **more} for n in range(count)]
    }


def made(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post(MAKE, {**WANTED, **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_quiz_has_exactly_so_many_questions(owner: Caller, count: int) -> None:
    quiz = made(owner, num_questions=count)
    assert len(quiz["questions"]) == quiz["num_questions"] == count
    assert quiz["model"] == "offline"
    assert quiz["language"] == "pt"
    for one in quiz["questions"]:
        assert len(set(one["choices"])) == 4
        assert one["answer"] in range(4)
        assert one["explanation"]
        assert one["passage"] in " ".join(TEXT.split())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"num_questions": 0}, "num_questions"),
        ({"num_questions": 21}, "num_questions"),
        ({"num_questions": "3"}, "num_questions"),
        ({"text_input": " "}, "text_input"),
        ({"text_input": "Curto."}, "num_questions"),
        ({"num_questions": 20}, "num_questions"),
        ({"difficulty": "brutal"}, "difficulty"),
    ],
)
def test_what_does_not_fit_is_named(owner: Caller, wrong: dict[str, Any], field: str) -> None:
    answer = owner.post(MAKE, {**WANTED, **wrong})
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])


def test_a_model_writes_it_and_what_it_breaks_is_put_right(owner: Caller, server: OpenAIServer) -> None:
    server.script(Reply("Claro!"), Reply(f"```json\n{json.dumps(questions(4))}\n```"))
    quiz = made(owner, model="test-model", language="pt")
    assert quiz["model"] == "test-model"
    assert [one["answer"] for one in quiz["questions"]] == [2, 2, 2]
    assert quiz["questions"][0]["choices"] == ["Lisboa", "Porto", "Faro", "Braga"]
    assert quiz["tokens"]["in"] == 22
    body = server.bodies()[-2]
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "Write in Portuguese." in body["messages"][0]["content"]
    assert "[1] Lisboa é a capital" in body["messages"][1]["content"]


@pytest.mark.parametrize(
    "wrong",
    [
        questions(2),
        questions(3, choices=["a", "A", "b", "c"]),
        questions(3, question="A mesma?"),
        questions(3, answer=9),
    ],
    ids=["few", "alike", "repeated", "beyond"],
)
def test_what_is_no_quiz_is_502_with_the_reasons(owner: Caller, server: OpenAIServer, wrong: Any) -> None:
    server.default = Reply(json.dumps(wrong))
    before = server.served
    answer = owner.post(MAKE, {**WANTED, "model": "test-model"})
    assert (answer.status_code, answer.get_json()["error"]) == (502, "model_answer_invalid")
    assert answer.get_json()["details"]["answer"]
    assert server.served - before == 3


def test_the_wrong_language_is_asked_for_again_and_taken_where_there_is_no_other(
    owner: Caller, server: OpenAIServer
) -> None:
    english = questions(3, explanation="The text says so, and that is what it means for the whole city.")
    english["questions"] = [
        {**one, "question": f"Which is the city of the north, number {n}?"}
        for n, one in enumerate(english["questions"])
    ]
    server.script(Reply(json.dumps(english)), Reply(json.dumps(questions(3))))
    assert "cidade" in made(owner, model="test-model")["questions"][0]["question"]
    server.script(*[Reply(json.dumps(english))] * 3)
    assert "north" in made(owner, model="test-model")["questions"][0]["question"]


def test_it_is_made_from_an_assistants_documents(app: Flask, owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    document = owner.ready_document(assistant["_id"], "lisboa.md", TEXT)
    other = owner.ready_document(
        assistant["_id"], "porto.md", TEXT.replace("Lisboa", "Porto").replace("Tejo", "Douro")
    )
    wanted = {"text_input": None, "num_questions": 2}

    whole = made(owner, **wanted, assistant_id=assistant["_id"])
    assert whole["assistant_id"] == assistant["_id"]
    part = made(owner, **wanted, document_ids=[document["_id"]])
    assert {one["document_id"] for one in part["questions"]} == {document["_id"]}
    by_key = made(bot(app, assistant), **wanted, document_ids=[other["_id"]])
    assert {one["document_id"] for one in by_key["questions"]} == {other["_id"]}
    refused = outsider.post(MAKE, {**wanted, "document_ids": [document["_id"]]})
    assert refused.status_code == 404
    foreign = owner.new_assistant()
    mixed = {**wanted, "assistant_id": foreign["_id"], "document_ids": [document["_id"]]}
    assert owner.post(MAKE, mixed).status_code == 404
    nothing = owner.post(MAKE, {**wanted, "assistant_id": foreign["_id"]})
    assert nothing.status_code == 422


def test_markdown_folds_the_answers_at_the_end(owner: Caller) -> None:
    answer = owner.post("/app/generate_quiz_from_text_to_md/", {**WANTED, "title": "Lisboa <b>"})
    assert answer.content_type == "text/markdown; charset=utf-8"
    asked, _, answers = answer.text.partition("<details>")
    assert asked.startswith("# Lisboa &lt;b>\n\n## 1. ")
    assert asked.count("\n- A) ") == 3
    assert "<summary>Respostas</summary>" in answers
    assert answers.count("O texto diz") == 3


def test_markdown_without_the_answers(owner: Caller) -> None:
    quiz = made(owner)
    whole = owner.get(f"/quizzes/{quiz['_id']}/markdown").text
    asked = owner.get(f"/quizzes/{quiz['_id']}/markdown?answers=false").text
    assert asked.strip() == whole.partition("<details>")[0].strip()
    assert "O texto diz" in whole


def test_it_is_kept_listed_answered_and_deleted(app: Flask, owner: Caller, outsider: Caller) -> None:
    quiz = made(owner)
    assert made(owner, save=False)["_id"] is None
    path = f"/quizzes/{quiz['_id']}"
    assert [one["_id"] for one in owner.get("/quizzes").get_json()] == [quiz["_id"]]
    assert owner.get(path).get_json() == quiz
    shown = owner.get(f"{path}?answers=false").get_json()
    assert [list(one) for one in shown["questions"]] == [["question", "choices"]] * 3
    right = quiz["questions"][0]["answer"]
    sheet = owner.post(
        f"{path}/answers", {"answers": [right, None, (quiz["questions"][2]["answer"] + 1) % 4]}
    )
    score = sheet.get_json()
    assert (score["score"], score["total"], score["percent"]) == (1, 3, 33.3)
    assert [one["correct"] for one in score["results"]] == [True, False, False]
    bot_sheet = {"answers": [right, None, None], "name": "Ana", "save": False}
    assert owner.post(f"{path}/answers", bot_sheet).get_json()["_id"] is None
    assert owner.post(f"{path}/answers", {**bot_sheet, "save": True}).get_json()["by"] == owner.user_id
    kept = owner.get(f"{path}/answers?limit=1&count=true")
    assert kept.headers["X-Total-Count"] == "2"
    assert [(one["name"], one["score"], one["answers"]) for one in kept.get_json()] == [
        ("Ana", 1, [right, None, None])
    ]
    [first] = owner.get(f"{path}/answers?limit=1&cursor={kept.headers['X-Next-Cursor']}").get_json()
    assert first == {name: value for name, value in score.items() if name != "results"}
    assert outsider.get(f"{path}/answers").status_code == 404
    for wrong in ([0], [0, 0, 4], "abc", [0, 0, True]):
        assert owner.post(f"{path}/answers", {"answers": wrong}).status_code == 422
    assert outsider.get(path).status_code == 404
    assert nobody(app).get(path).status_code == 401
    assert owner.delete(path).status_code == 200
    assert owner.get(path).status_code == 404
    assert owner.get(f"{path}/answers").status_code == 404


def test_a_quiz_of_an_assistant_goes_where_it_goes(app: Flask, owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    quiz = made(bot(app, assistant))
    path = f"/quizzes/{quiz['_id']}"
    assert [one["_id"] for one in bot(app, assistant).get("/quizzes").get_json()] == [quiz["_id"]]
    assert bot(app, owner.new_assistant()).get(path).status_code == 404
    viewer = {"user_id": outsider.user_id, "role": "viewer"}
    assert owner.put(f"/assistants/members/{assistant['_id']}", viewer).status_code == 200
    assert outsider.get(path).status_code == 200
    assert outsider.post(f"{path}/answers", {"answers": [0, 0, 0]}).status_code == 200
    assert (
        bot(app, assistant).post(f"{path}/answers", {"answers": [0, 0, 0], "name": "Rui"}).get_json()["by"]
        is None
    )
    assert [one["name"] for one in outsider.get(f"{path}/answers").get_json()] == ["Rui", "outsider"]
    assert bot(app, assistant).get(f"{path}/answers").status_code == 403
    assert outsider.delete(path).status_code == 403
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    assert owner.get(path).status_code == 404


def test_a_model_that_nobody_serves_is_refused_by_name(
    installation: Installation, make_app: Callable[..., Flask], owner: Caller
) -> None:
    quizzes = installation.house.quizzes
    make = copy.copy(quizzes.make_quiz)
    belonging = copy.copy(vars(make)["_belonging"])
    vars(belonging).update(_catalogue=Catalogue(fixed=(), default_model="offline"))
    vars(make).update(_belonging=belonging)
    house = replace(installation.house, quizzes=replace(quizzes, make_quiz=make))
    answer = replace(owner, client=make_app(house).test_client()).post(MAKE, {**WANTED, "model": "nope"})
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["model"])


def test_markdown_shows_the_words_as_they_are(owner: Caller, server: OpenAIServer) -> None:
    choices = ["__init__", "2*3*4", "[x](javascript:alert(1))", r"C:\*.* <i>"]
    quiz = questions(1, question="O que é `self.a_b*c*`, e _____ ?", choices=choices, answer=0)
    server.script(Reply(json.dumps(quiz, ensure_ascii=False)))
    text = owner.post(
        "/app/generate_quiz_from_text_to_md/", {**WANTED, "num_questions": 1, "model": "test-model"}
    ).text
    assert "## 1. O que é `self.a_b*c*`, e _____ ?" in text
    for shown in (r"\_\_init\_\_", r"2\*3\*4", r"\[x](javascript:alert(1))", r"C:\\\*.\* &lt;i>"):
        assert f") {shown}\n" in text


def test_an_assistant_without_documents_is_named(app: Flask, owner: Caller) -> None:
    assistant = owner.new_assistant()
    asked = {"num_questions": 2, "assistant_id": assistant["_id"]}
    for caller, body, field in (
        (owner, asked, "assistant_id"),
        (bot(app, assistant), {"num_questions": 2}, "text_input"),
    ):
        answer = caller.post(MAKE, body)
        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])

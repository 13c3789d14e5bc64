from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import asked_for

PRICES = "# Preços\n\nA limpeza custa R$ 180,00 e dura uma hora.\n"
VARIABLES = [
    {"name": "servico", "label": "Qual serviço?", "choices": ["limpeza", "canal"]},
    {"name": "nome", "label": "Como você se chama?", "default": "cliente"},
    {"name": "sessoes", "type": "integer", "required": False},
]
BODY = "Faça um orçamento de **{{ servico }}** para {{ nome | title }}. {{ sessoes }}"


@pytest.fixture
def guide(owner: Caller, assistant: dict[str, Any]) -> dict[str, Any]:
    return added(owner, assistant)


def added(person: Caller, assistant: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {
        "name": "Orçamento",
        "body": BODY,
        "variables": VARIABLES,
        "assistant_id": assistant["_id"],
        **more,
    }
    answer = person.post("/guides", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/guides/{answer.get_json()['_id']}"
    return dict(answer.get_json())


def test_a_guide_is_kept_as_it_was_sent(
    owner: Caller, assistant: dict[str, Any], guide: dict[str, Any]
) -> None:
    assert guide["variables"][0] == {
        "name": "servico",
        "label": "Qual serviço?",
        "required": True,
        "default": None,
        "type": "text",
        "choices": ["limpeza", "canal"],
    }
    assert (guide["version"], guide["changed_by"]) == (1, "owner")
    assert owner.get(f"/guides/{guide['_id']}").get_json() == guide
    assert owner.get("/guides").get_json() == [guide]
    other = added(owner, owner.new_assistant())
    assert owner.get("/guides").get_json() == [other, guide]
    assert owner.get(f"/guides?assistant_id={assistant['_id']}&count=true").headers["X-Total-Count"] == "1"
    first = owner.get("/guides?limit=1")
    rest = owner.get(f"/guides?limit=1&cursor={first.headers['X-Next-Cursor']}")
    assert [*first.get_json(), *rest.get_json()] == [other, guide]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"body": "{{ preco }} {{ nome }} {{ outro }}"}, {"body": ["preco", "outro"]}),
        ({"body": "{% for a in b %}{% endfor %}"}, {"body": ["Line 1"]}),
        ({"body": "x\n{{ nome.upper() }}"}, {"body": ["Line 2"]}),
        ({"variables": [*VARIABLES, VARIABLES[0]]}, {"variables.3.name": ["twice"]}),
        ({"variables": [{"name": "a b"}], "body": "x"}, {"variables.0.name": ["no name"]}),
        (
            {"variables": [{"name": "a", "type": "integer", "default": "x"}], "body": "x"},
            {"variables.0.default": [""]},
        ),
        (
            {"variables": [{"name": "a", "choices": ["x"], "default": "y"}], "body": "x"},
            {"variables.0.default": ["x"]},
        ),
        ({"variables": [{"name": "a", "choices": ["x", 1]}], "body": "x"}, {"variables.0.choices": [""]}),
        (
            {"variables": [{"name": "a", "choices": ["x", "x"]}], "body": "x"},
            {"variables.0.choices": ["twice"]},
        ),
        ({"variables": [{"name": "a", "type": "code"}], "body": "x"}, {"variables.0.type": [""]}),
    ],
    ids=["undeclared", "loop", "call", "twice", "name", "default", "no choice", "choices", "same", "type"],
)
def test_what_does_not_fit_is_named_when_it_is_saved(
    owner: Caller,
    assistant: dict[str, Any],
    guide: dict[str, Any],
    change: dict[str, Any],
    named: dict[str, list[str]],
) -> None:
    body = {"name": "x", "body": BODY, "variables": VARIABLES, "assistant_id": assistant["_id"], **change}
    refused = [owner.post("/guides", body), owner.put(f"/guides/{guide['_id']}", change)]

    for answer in refused:
        assert answer.status_code == 422, answer.text
        details = answer.get_json()["details"]
        assert details.keys() == named.keys()
        for field, words in named.items():
            assert all(word in " ".join(details[field]) for word in words)
    assert owner.get("/guides").get_json() == [guide]


def test_rendering(app: Flask, owner: Caller, assistant: dict[str, Any], guide: dict[str, Any]) -> None:
    path = f"/guides/render/{guide['_id']}"
    filled = {"variables": {"servico": "canal", "nome": "ana maria", "sessoes": 2}}

    for caller in (owner, bot(app, assistant)):
        text = caller.post(path, filled).get_json()
        assert text == {"text": "Faça um orçamento de **canal** para Ana Maria. 2"}
    usual = owner.post(path, {"variables": {"servico": "canal"}}).get_json()
    assert usual == {"text": "Faça um orçamento de **canal** para Cliente. "}


def test_what_was_got_may_be_sent_back(owner: Caller, guide: dict[str, Any]) -> None:
    got = owner.get(f"/guides/{guide['_id']}").get_json()
    changed = owner.put(f"/guides/{guide['_id']}", {**got, "name": "Outro"})
    assert (changed.status_code, changed.get_json()["name"], changed.get_json()["version"]) == (
        200,
        "Outro",
        2,
    )
    refused = owner.put(f"/guides/{guide['_id']}", {**got, "_id": "0" * 24})
    assert (refused.status_code, list(refused.get_json()["details"])) == (422, ["_id"])


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "variables.servico"),
        ({"servico": None}, "variables.servico"),
        ({"servico": "clareamento"}, "variables.servico"),
        ({"servico": ["limpeza"]}, "variables.servico"),
        ({"servico": "x" * 10_001}, "variables.servico"),
        ({"servico": "canal", "sessoes": "2"}, "variables.sessoes"),
        ({"servico": "canal", "sessoes": True}, "variables.sessoes"),
        ({"servico": "canal", "cor": "azul"}, "variables.cor"),
    ],
    ids=["missing", "null", "no choice", "list", "long", "text", "truth", "unknown"],
)
def test_a_value_that_is_missing_or_wrong_is_named(
    owner: Caller, guide: dict[str, Any], values: dict[str, Any], named: str
) -> None:
    for action in ("render", "run"):
        answer = owner.post(f"/guides/{action}/{guide['_id']}", {"variables": values})
        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == [named]


def test_values_of_a_wrong_shape_are_refused(owner: Caller, guide: dict[str, Any]) -> None:
    for values in ({"servico": ["canal"]}, {"servico": {"$ne": 1}}, ["canal"], "canal"):
        assert owner.post(f"/guides/render/{guide['_id']}", {"variables": values}).status_code == 422


def test_a_run_has_the_guide_as_its_instruction_and_the_documents(
    app: Flask, owner: Caller, assistant: dict[str, Any], guide: dict[str, Any], model_server: OpenAIServer
) -> None:
    document = owner.ready_document(assistant["_id"], "precos.md", PRICES)

    for caller in (owner, bot(app, assistant)):
        sent = {"variables": {"servico": "limpeza"}, "message": "Quanto custa a limpeza?"}
        model_server.script(Reply("São R$ 180,00 [1]."))
        answer = caller.post(f"/guides/run/{guide['_id']}", sent)

        assert answer.status_code == 200, answer.text
        body = answer.get_json()
        assert (body["output"], body["meta"]["model"]) == ("São R$ 180,00 [1].", "test-model")
        assert [one["document_id"] for one in body["sources"]] == [document["_id"]]
        (*_, asked) = asked_for(model_server, "Quanto custa a limpeza?")
        told = "\n".join(one["content"] for one in asked["messages"])
        assert "Faça um orçamento de **limpeza** para Cliente." in told
        assert "A limpeza custa R$ 180,00" in told


def test_a_run_without_a_message_asks_the_guide_itself(owner: Caller, assistant: dict[str, Any]) -> None:
    owner.ready_document(assistant["_id"], "precos.md", PRICES)
    guide = added(owner, assistant, body="Quanto custa a {{ servico }}?")

    answer = owner.post(
        f"/guides/run/{guide['_id']}", {"variables": {"servico": "limpeza"}, "model": "offline"}
    )

    assert "R$ 180,00" in answer.get_json()["output"]


def test_versions(
    app: Flask, owner: Caller, outsider: Caller, assistant: dict[str, Any], guide: dict[str, Any]
) -> None:
    member = {"user_id": outsider.user_id, "role": "editor"}
    assert owner.put(f"/assistants/members/{assistant['_id']}", member).status_code == 200
    path = f"/guides/{guide['_id']}"
    second = outsider.put(path, {"name": "Preço"}).get_json()
    third = owner.put(path, {"body": "Outro.", "variables": []}).get_json()
    assert (second["version"], second["changed_by"], second["body"]) == (2, "outsider", BODY)
    assert third["name"] == "Preço"

    assert owner.get(f"/guides/versions/{guide['_id']}").get_json() == [third, second, guide]
    back = owner.post(f"/guides/restore/{guide['_id']}", {"version": 1})

    assert back.status_code == 200, back.text
    now = back.get_json()
    assert (now["version"], now["name"], now["body"], now["variables"]) == (
        4,
        guide["name"],
        BODY,
        guide["variables"],
    )
    assert owner.get(path).get_json() == now
    shown, cursor = [], ""
    for _ in range(4):
        page = owner.get(f"/guides/versions/{guide['_id']}?limit=1&count=true&cursor={cursor}")
        assert page.headers["X-Total-Count"] == "4"
        shown += page.get_json()
        cursor = page.headers.get("X-Next-Cursor", "")
    assert ([one["version"] for one in shown], cursor) == ([4, 3, 2, 1], "")
    for version in (5, 99):
        answer = owner.post(f"/guides/restore/{guide['_id']}", {"version": version})
        assert answer.status_code == 404


def test_a_guide_stays_with_its_assistant(
    owner: Caller, assistant: dict[str, Any], guide: dict[str, Any]
) -> None:
    path, other = f"/guides/{guide['_id']}", owner.new_assistant()["_id"]

    assert owner.put(path, {"assistant_id": assistant["_id"]}).status_code == 200
    assert list(owner.put(path, {"assistant_id": other}).get_json()["details"]) == ["assistant_id"]


def test_it_goes_by_itself_and_with_its_assistant(owner: Caller, assistant: dict[str, Any]) -> None:
    one, two = added(owner, assistant), added(owner, assistant)

    assert owner.delete(f"/guides/{one['_id']}").status_code == 200
    assert owner.get(f"/guides/{one['_id']}").status_code == 404
    assert owner.get(f"/guides/versions/{one['_id']}").status_code == 404
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    assert owner.get(f"/guides/{two['_id']}").status_code == 404
    assert owner.get("/guides").get_json() == []


def test_a_key_reads_renders_and_runs_its_own_and_no_more(
    app: Flask, owner: Caller, assistant: dict[str, Any], guide: dict[str, Any]
) -> None:
    program, other = bot(app, assistant), added(owner, owner.new_assistant())

    assert program.get("/guides").get_json() == [guide]
    assert program.get(f"/guides/{guide['_id']}").get_json() == guide
    assert program.get(f"/guides/{other['_id']}").status_code == 404
    assert program.get(f"/guides?assistant_id={other['assistant_id']}").status_code == 404
    assert program.post(f"/guides/render/{other['_id']}").status_code == 404
    assert program.post("/guides", {}).status_code == 403
    assert program.put(f"/guides/{guide['_id']}", {"name": "x"}).status_code == 403
    assert program.delete(f"/guides/{guide['_id']}").status_code == 403
    assert program.get(f"/guides/versions/{guide['_id']}").status_code == 403
    assert program.post(f"/guides/restore/{guide['_id']}", {"version": 1}).status_code == 403


def test_a_new_owner_finds_them(
    owner: Caller, admin: Caller, outsider: Caller, guide: dict[str, Any]
) -> None:
    handed = {"owner_id": outsider.user_id}

    assert admin.put(f"/assistants/update/{guide['assistant_id']}", handed).status_code == 200

    assert [one["_id"] for one in outsider.get("/guides").get_json()] == [guide["_id"]]
    assert owner.get("/guides").get_json() == []


def test_what_a_guide_is_about_is_looked_for_where_its_words_find_nothing(owner: Caller) -> None:
    assistant = owner.new_assistant()
    owner.ready_document(assistant["_id"], "precos.md", PRICES)
    guide = added(
        owner,
        assistant,
        body="Escreva três frases animadas sobre {{ servico }}, em verso.",
        variables=[{"name": "servico"}],
    )

    answer = owner.post(f"/guides/run/{guide['_id']}", {"variables": {"servico": "limpeza"}}).get_json()
    nothing = owner.post(f"/guides/run/{guide['_id']}", {"variables": {"servico": "xadrez"}}).get_json()

    assert "R$ 180,00" in answer["output"]
    assert "R$ 180,00" not in nothing["output"]

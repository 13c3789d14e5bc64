"""A prompt is a document too: the newest that is ready is in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from bootstrap.installation import Installation
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer
from tests.uploads import PRICES, WITHIN_S, Gate, found, system_prompt


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

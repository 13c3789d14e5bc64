"""Keys that end, and assistants that end with all that belonged to them."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from bootstrap.installation import Installation
from tests.people import Caller, bot

MESSAGE = {"id": "+5513988593464", "message_service": "Whatsapp", "message": "A que horas abre?"}


class TestKey:
    def test_a_rotated_key_works_and_the_old_one_is_dead_at_once(self, app: Flask, owner: Caller) -> None:
        assistant = owner.new_assistant()
        assert bot(app, assistant).get("/chats/outbox").status_code == 200

        answer = owner.post(f"/assistants/rotate_key/{assistant['_id']}")

        assert (answer.status_code, list(answer.get_json())) == (200, ["api_key"])
        rotated = {"api_key": answer.get_json()["api_key"]}
        assert rotated["api_key"] != assistant["api_key"]
        assert bot(app, assistant).get("/chats/outbox").status_code == 401
        assert bot(app, rotated).get("/chats/outbox").status_code == 200
        shown = owner.get(f"/assistants/get/{assistant['_id']}").get_json()
        assert shown["api_key"] == rotated["api_key"]

    def test_at_rest_there_are_a_keyed_hash_and_an_encrypted_copy(
        self, installation: Installation, owner: Caller
    ) -> None:
        assistant = owner.new_assistant()

        record = installation.house.assistants.find_assistants._assistants._records.find_one(
            {"_id": assistant["_id"]}
        )

        assert record is not None
        assert assistant["api_key"].removeprefix("ask_") not in str(record)


class TestDelete:
    def test_all_that_belonged_to_it_is_gone_with_it(
        self, app: Flask, installation: Installation, owner: Caller
    ) -> None:
        kept, gone = owner.new_assistant(), owner.new_assistant()
        for assistant in (kept, gone):
            assert bot(app, assistant).post("/chats/enviarMensagemLLM", MESSAGE).status_code == 200
            owner.ready_document(assistant["_id"], "a.md", "Abre às 8h.")
            owner.ready_document(assistant["_id"], "prompt.md", "Seja breve.", "prompt")
        chat = owner.get(f"/chats/list?assistant_id={gone['_id']}").get_json()[0]["_id"]
        owner.post(f"/chats/reply/{chat}", {"message": "Já vou."})
        document = owner.get(f"/documents/list?assistant_id={gone['_id']}").get_json()[0]
        its_bot = bot(app, gone)

        answer = owner.delete(f"/assistants/delete/{gone['_id']}")

        assert (answer.status_code, list(answer.get_json())) == (200, ["message"])
        assert its_bot.get("/chats/outbox").status_code == 401
        for path in (
            f"/assistants/get/{gone['_id']}",
            f"/chats/get/{chat}",
            f"/chats/messages/{chat}",
            f"/documents/get/{document['_id']}",
            f"/documents/download/{document['_id']}",
            f"/documents/list?assistant_id={gone['_id']}",
            f"/chats/list?assistant_id={gone['_id']}",
        ):
            assert owner.get(path).status_code == 404, path
        assert owner.delete(f"/assistants/delete/{gone['_id']}").status_code == 404
        assert _traces(installation, gone["_id"]) == []
        assert len(_traces(installation, kept["_id"])) > 5
        assert len(owner.get("/documents/list").get_json()) == 2
        assert len(owner.get("/chats/list").get_json()) == 1


def _traces(installation: Installation, assistant_id: str) -> list[str]:
    """The collections with records of an assistant, one for each record, and its files."""
    house = installation.house
    database = house.assistants.find_assistants._assistants._records.database
    found = [
        name
        for name in ("chats", "messages", "outbox", "documents", "chunks")
        for _ in database[name].find({"assistant_id": assistant_id})
    ]
    found += ["assistants" for _ in database["assistants"].find({"_id": assistant_id})]
    folder: Path = house.settings.documents_dir / assistant_id
    return [*found, *(f"file {one.name}" for one in folder.rglob("*"))]

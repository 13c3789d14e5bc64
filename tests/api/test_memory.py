"""What a chat has outgrown is summed up, and the summary goes on with it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from bootstrap.installation import Installation
from models.completions import PromptMessage
from models.tokens import estimate_prompt
from repositories.scope import Scope
from services.prompts import wording
from services.prompts.compile import PromptBudget
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import said, wait_until

LONG = "palavra " * 700  # about 1,600 tokens


def prompts(server: OpenAIServer) -> list[list[dict[str, Any]]]:
    return [one["messages"] for one in server.bodies()]


def is_summary(messages: list[dict[str, Any]]) -> bool:
    return bool(messages[0]["content"] == wording.SUMMARISE)


def test_older_turns_are_summed_up_by_the_model_and_the_notes_stand_in_the_next_prompt(
    app: Flask, owner: Caller, installation: Installation, server: OpenAIServer
) -> None:
    made = owner.new_assistant(model="test-model")
    contact, chats = bot(app, made), installation.house.chats.find_chats._chats
    server.default = Reply("A Bia quer uma limpeza na terça.")
    chat_id = said(contact, f"Sou a Bia. {LONG}")["chat_id"]
    for _ in range(3):
        said(contact, LONG)

    def summed_up() -> int:
        chat = chats.get(Scope(assistant_id=made["_id"]), chat_id)
        return chat.summary_turn if chat else 0

    wait_until(summed_up)
    asked = next(one for one in prompts(server) if is_summary(one))
    assert "Contact: Sou a Bia." in asked[1]["content"]
    said(contact, "E agora?")

    system, *rest = prompts(server)[-1]
    assert "A Bia quer uma limpeza na terça.\n<<<END OF NOTES" in system["content"]
    assert "Sou a Bia." not in str(rest)
    assert rest[-1]["content"] == "E agora?"
    assert estimate_prompt_of(prompts(server)[-1]) < PromptBudget().total
    # What was summed up goes with its chat.
    assert owner.delete(f"/chats/delete/{chat_id}").status_code == 200
    assert chats.get(Scope(assistant_id=made["_id"]), chat_id) is None


def test_a_second_summary_begins_with_the_first(
    app: Flask, owner: Caller, installation: Installation, server: OpenAIServer
) -> None:
    made = owner.new_assistant(model="test-model")
    contact, chats = bot(app, made), installation.house.chats.find_chats._chats
    server.default = Reply("Primeiras notas.")
    chat_id = said(contact, LONG)["chat_id"]
    turns = [0]

    def further() -> bool:
        chat = chats.get(Scope(assistant_id=made["_id"]), chat_id)
        return chat is not None and chat.summary_turn > turns[-1]

    for _ in range(2):
        for _ in range(4):
            said(contact, LONG)
        wait_until(further)
        chat = chats.get(Scope(assistant_id=made["_id"]), chat_id)
        turns.append(chat.summary_turn if chat else 0)
    last = [one for one in prompts(server) if is_summary(one)][-1]
    assert last[1]["content"].startswith("Notes on what came before:\nPrimeiras notas.")


def test_a_model_that_cannot_sum_up_costs_no_answer(
    app: Flask, owner: Caller, installation: Installation, server: OpenAIServer
) -> None:
    made = owner.new_assistant(model="test-model")
    contact = bot(app, made)
    for _ in range(3):
        chat_id = said(contact, LONG)["chat_id"]
    record = installation.house.assistants.find_assistants._assistants.by_id(made["_id"])
    assert record is not None
    said(contact, LONG)
    wait_until(lambda: not installation.summaries._waiting)
    server.default = Reply(status=400)
    summarise = installation.house.chats.summarise_chat
    chat = summarise._chats.get(Scope(assistant_id=made["_id"]), chat_id)
    assert chat is not None
    assert summarise._chats.set_summary(chat, "", 0)
    assert not summarise.run(record, chat_id)


def test_the_built_in_model_leaves_the_oldest_out(
    app: Flask, owner: Caller, installation: Installation
) -> None:
    made = owner.new_assistant(model="offline")
    contact = bot(app, made)
    for _ in range(5):
        chat_id = said(contact, LONG)["chat_id"]
    record = installation.house.assistants.find_assistants._assistants.by_id(made["_id"])
    assert record is not None
    assert not installation.house.chats.summarise_chat.run(record, chat_id)


def test_a_small_context_gets_a_small_prompt() -> None:
    assert PromptBudget.within(None) == PromptBudget()
    assert PromptBudget.within(1_000_000) == PromptBudget()
    small = PromptBudget.within(4_096)
    assert small.total == 3_072
    assert small.history == small.passages == small.prompt == 1_024
    assert PromptBudget.within(4_096, 200).total == 3_896
    assert PromptBudget.within(10).total == 256


def estimate_prompt_of(messages: list[dict[str, Any]]) -> int:
    return estimate_prompt(PromptMessage(one["role"], one["content"]) for one in messages)

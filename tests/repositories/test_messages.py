from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from pymongo.database import Database

from kit.ids import new_id
from models.chats import Message, MessageStatus, Source, Tokens
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from repositories.scope import Scope
from repositories.values import Record
from tests.made import ASSISTANT, a_chat, a_message, a_reply, an_answer

CHAT = a_chat()
SCOPE = Scope(assistant_id=ASSISTANT)


@pytest.fixture
def messages(database: Database[Record]) -> MessageRepository:
    return MessageRepository(database)


def test_messages_come_back_as_they_were_kept(messages: MessageRepository) -> None:
    incoming = a_message(CHAT, requested_model="gpt-x", message_id="wamid.1", error="model_busy")
    sources = (
        Source(1, new_id(), "preços.pdf", ("Preços", "Limpeza"), 3, "Limpeza: R$ 120", 0.9321),
        Source(2, new_id(), "b.md", (), None, "", 0.0),
    )
    answer = an_answer(incoming, sources=sources, tokens=Tokens(1, 2, estimated=True))
    reply = a_reply(CHAT)
    for one in (incoming, answer, reply):
        messages.add(one)
        assert messages.get(SCOPE, one.id) == one
    assert messages.by_message_id(CHAT.id, "wamid.1") == incoming
    assert messages.answer_to(incoming) == answer
    assert messages.get(Scope(assistant_id=new_id()), incoming.id) is None


@pytest.mark.parametrize("message_id", ["2024-01-02", "a:m:b", "$ne", "é" * 128, " ", "null"])
def test_a_message_is_once_in_its_chat(messages: MessageRepository, message_id: str) -> None:
    first = a_message(CHAT, message_id=message_id)
    messages.add(first)
    with pytest.raises(Duplicate):
        messages.add(a_message(CHAT, message_id=message_id))
    elsewhere = a_message(a_chat(), message_id=message_id)
    messages.add(elsewhere)
    assert messages.by_message_id(CHAT.id, message_id) == first
    assert messages.by_message_id(elsewhere.chat_id, message_id) == elsewhere
    assert messages.by_message_id(CHAT.id, message_id + "x") is None


def test_a_message_id_is_never_taken_for_an_answer(messages: MessageRepository) -> None:
    incoming = a_message(CHAT)
    messages.add(incoming)
    messages.add(a_message(CHAT, message_id=f"a:{incoming.id}"))
    assert messages.answer_to(incoming) is None


def test_a_message_has_one_answer_whoever_is_first(messages: MessageRepository) -> None:
    incoming = a_message(CHAT)
    messages.add(incoming)
    kept, refused = [], []
    start = threading.Barrier(6)

    def answer() -> None:
        one = an_answer(incoming)
        start.wait()
        try:
            messages.add(one)
        except Duplicate:
            refused.append(one)
        else:
            kept.append(one)

    threads = [threading.Thread(target=answer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [messages.answer_to(incoming)] == kept
    assert len(refused) == 5


def test_a_chat_is_read_by_turn_the_contact_first(messages: MessageRepository) -> None:
    late_answer = an_answer(a_message(CHAT, turn=1))  # its turn failed, and ran again after the second
    first, second = a_message(CHAT, turn=1), a_message(CHAT, turn=2)
    to_second, reply = an_answer(second), a_reply(CHAT, turn=10)
    to_first = replace(late_answer, id=new_id(), reply_to=first.id)
    stranger = a_message(a_chat(), turn=1)
    for one in (first, second, to_second, reply, to_first, stranger):
        messages.add(one)
    ordered = [first, to_first, second, to_second, reply]
    assert list(messages.page(CHAT.id, 10).items) == ordered
    assert messages.latest(CHAT.id, 2) == ordered[-2:]
    assert messages.after_turn(CHAT.id, 1, 10) == ordered[2:]
    assert messages.after_turn(CHAT.id, 1, 2) == ordered[2:4]
    assert messages.after_turn(CHAT.id, 10, 2) == []
    assert messages.count(CHAT.id) == 5
    seen: list[Message] = []
    cursor = ""
    while True:
        page = messages.page(CHAT.id, 2, cursor)
        seen += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == ordered


def test_only_a_contacts_waiting_message_is_an_open_turn(messages: MessageRepository) -> None:
    kept = {}
    for status in MessageStatus:
        kept[status] = a_message(CHAT, status=status)
        messages.add(kept[status])
    messages.add(a_reply(CHAT))  # it waits too, for the bot
    assert list(messages.with_open_turns()) == [kept[MessageStatus.WAITING]]
    assert messages.set_status(kept[MessageStatus.WAITING], MessageStatus.ANSWERED)
    assert messages.set_status(kept[MessageStatus.FAILED], MessageStatus.WAITING)
    assert [one.id for one in messages.with_open_turns()] == [kept[MessageStatus.FAILED].id]


def test_a_status_carries_its_error_and_loses_it_again(messages: MessageRepository) -> None:
    one = a_message(CHAT)
    messages.add(one)
    assert messages.set_status(one, MessageStatus.FAILED, error="model_timed_out")
    assert messages.get(SCOPE, one.id) == replace(one, status=MessageStatus.FAILED, error="model_timed_out")
    assert messages.set_status(one, MessageStatus.WAITING)
    assert messages.get(SCOPE, one.id) == one
    assert not messages.set_status(a_message(CHAT), MessageStatus.FAILED)


def test_messages_go_one_by_one_with_their_chat_and_with_their_assistant(messages: MessageRepository) -> None:
    other_chat, other_assistant = a_chat(), a_chat(assistant_id=new_id())
    kept = [a_message(chat) for chat in (CHAT, CHAT, CHAT, other_chat, other_assistant)]
    for one in kept:
        messages.add(one)
    messages.remove(kept[0])
    messages.remove(kept[0])
    assert messages.delete_all_of_chat(CHAT.id) == 2
    assert messages.count(other_chat.id) == 1
    assert messages.delete_all_of(ASSISTANT) == 1
    assert messages.page(other_assistant.id, 5).items == (kept[4],)


def test_what_another_version_wrote_can_be_read(
    messages: MessageRepository, database: Database[Record]
) -> None:
    one = a_message(CHAT)
    messages.add(one)
    unknown = {"status": "translated", "tokens": None}
    database["messages"].update_one(
        {"_id": one.id}, {"$set": unknown, "$unset": {"sources": "", "model": ""}}
    )
    assert messages.get(SCOPE, one.id) == replace(one, status=MessageStatus.ANSWERED)

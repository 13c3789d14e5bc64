from __future__ import annotations

import pytest
from pymongo.database import Database

from kit.ids import new_id
from repositories.errors import Duplicate
from repositories.outbox import OutboxRepository, Waiting
from repositories.values import Record
from tests.made import ASSISTANT, a_chat, a_reply


@pytest.fixture
def outbox(database: Database[Record]) -> OutboxRepository:
    return OutboxRepository(database)


def waiting(assistant_id: str = ASSISTANT, text: str = "Oi") -> Waiting:
    chat = a_chat(assistant_id=assistant_id)
    return Waiting(a_reply(chat, content=text), chat.channel, chat.username)


def test_a_reply_waits_as_it_was_written(outbox: OutboxRepository) -> None:
    one = waiting(text="Olá, é a Bia ☎")
    outbox.add(one)
    assert outbox.get(ASSISTANT, one.reply.id) == one
    assert outbox.get(new_id(), one.reply.id) is None
    with pytest.raises(Duplicate):
        outbox.add(one)


def test_replies_are_offered_oldest_first_a_page_at_a_time(outbox: OutboxRepository) -> None:
    kept = [waiting() for _ in range(5)]
    for one in kept[::-1]:
        outbox.add(one)
    outbox.add(waiting(new_id()))
    first = outbox.page(ASSISTANT, 3)
    rest = outbox.page(ASSISTANT, 3, first.next_cursor)
    assert [*first.items, *rest.items] == kept
    assert rest.next_cursor == ""
    assert outbox.count(ASSISTANT) == 5


def test_a_reply_is_taken_out_once_and_by_its_assistant_alone(outbox: OutboxRepository) -> None:
    one = waiting()
    outbox.add(one)
    assert not outbox.remove(new_id(), one.reply.id)
    assert outbox.remove(ASSISTANT, one.reply.id)
    assert not outbox.remove(ASSISTANT, one.reply.id)
    assert outbox.page(ASSISTANT, 5).items == ()


def test_what_waits_goes_with_its_chat_and_with_its_assistant(outbox: OutboxRepository) -> None:
    one, two, theirs = waiting(), waiting(), waiting(new_id())
    for each in (one, two, theirs):
        outbox.add(each)
    assert outbox.delete_all_of_chat(one.reply.chat_id) == 1
    assert outbox.page(ASSISTANT, 5).items == (two,)
    assert outbox.delete_all_of(ASSISTANT) == 1
    assert outbox.count(theirs.reply.assistant_id) == 1

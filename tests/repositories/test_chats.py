from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.actors import Actor, ActorKind
from models.chats import Channel, Chat, Tokens
from repositories.chats import ChatFilter, ChatRepository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record
from tests.made import ASSISTANT, OWNER, a_chat, a_message, an_answer

EVERY = ChatFilter()
OF_ASSISTANT = Scope(assistant_id=ASSISTANT)


@pytest.fixture
def chats(database: Database[Record]) -> ChatRepository:
    return ChatRepository(database)


def test_a_chat_comes_back_as_it_was_kept(chats: ChatRepository) -> None:
    one = a_chat(response="Oi", tokens=Tokens(3, 4), username="João ☎", turns=7, active=False)
    chats.add(one)
    assert chats.get(OF_ASSISTANT, one.id) == one
    assert chats.by_channel(ASSISTANT, one.channel) == one
    assert list(chats.each(WHOLE)) == [one]


@pytest.mark.parametrize(
    "channel",
    [
        Channel("2024-01-02", "2024-01-02"),
        Channel("a:b", "c"),
        Channel("b", "c:a"),
        Channel("%3A", ":"),
        Channel("é" * 128, "WhatsApp Business"),
        Channel("$where", "$gt"),
        Channel(" ", " "),
        Channel("+55 (13) 98859-3464/../x?y#z", "Whatsapp"),
    ],
    ids=repr,
)
def test_a_contact_is_found_by_any_id_and_taken_for_nobody_else(
    chats: ChatRepository, channel: Channel
) -> None:
    one = a_chat(channel=channel)
    others = [
        a_chat(channel=Channel(channel.id, channel.message_service + ".")),
        a_chat(channel=Channel(channel.id + ".", channel.message_service)),
        a_chat(channel=channel, assistant_id=new_id()),
        a_chat(channel=Channel(f"{channel.message_service}:{channel.id}", "")),
    ]
    for each in (one, *others):
        chats.add(each)
    assert chats.by_channel(ASSISTANT, channel) == one
    assert chats.by_channel(new_id(), channel) is None


def test_a_contact_has_one_chat_with_an_assistant(chats: ChatRepository) -> None:
    first = a_chat()
    chats.add(first)
    with pytest.raises(Duplicate):
        chats.add(a_chat(channel=first.channel))
    chats.add(a_chat(channel=first.channel, assistant_id=new_id()))
    assert chats.by_channel(ASSISTANT, first.channel) == first


def test_of_many_who_open_it_at_once_one_does(chats: ChatRepository) -> None:
    channel, opened = Channel("contact", "Telegram"), []
    start = threading.Barrier(8)

    def open_chat() -> None:
        chat = a_chat(channel=channel)
        start.wait()
        try:
            chats.add(chat)
        except Duplicate:
            return
        opened.append(chat)

    threads = [threading.Thread(target=open_chat) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [chats.by_channel(ASSISTANT, channel)] == opened


def test_a_contacts_most_recent_chat_is_found_on_any_channel(chats: ChatRepository) -> None:
    old = a_chat(channel=Channel("2024-01-02", "Whatsapp"))
    new = a_chat(channel=Channel("2024-01-02", "Telegram"))
    theirs = a_chat(channel=Channel("2024-01-02", "Whatsapp"), assistant_id=new_id(), owner_id=new_id())
    for one in (old, new, theirs, a_chat()):
        chats.add(one)
    assert chats.latest_of(Scope(owner_id=OWNER), "2024-01-02") == new
    assert chats.latest_of(Scope(assistant_id=theirs.assistant_id), "2024-01-02") == theirs
    assert chats.latest_of(WHOLE, "2024-01-02") == theirs
    assert chats.latest_of(WHOLE, "2024-01-0") is None


def test_others_are_not_seen(chats: ChatRepository) -> None:
    mine, theirs = a_chat(), a_chat(owner_id=new_id(), assistant_id=new_id())
    for one in (mine, theirs):
        chats.add(one)
    owner = Scope.of(Actor(ActorKind.PERSON, user_id=OWNER))
    assert chats.get(owner, theirs.id) is None
    assert chats.page(owner, EVERY, 5).items == (mine,)
    assert not chats.set_active(owner, theirs.id, active=False, at=utc_now())
    assert not chats.delete(owner, theirs.id)
    assert chats.page(WHOLE, EVERY, 5).items == (theirs, mine)


def test_pages_are_newest_first_and_hold_each_chat_once(chats: ChatRepository) -> None:
    kept = [a_chat() for _ in range(7)]
    for one in kept:
        chats.add(one)
    seen: list[Chat] = []
    cursor, pages = "", 0
    while True:
        page = chats.page(OF_ASSISTANT, EVERY, 3, cursor)
        seen += page.items
        pages += 1
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == kept[::-1]
    assert pages == 3
    assert chats.count(OF_ASSISTANT, EVERY) == 7
    assert chats.page(OF_ASSISTANT, EVERY, 7).next_cursor == ""


def test_filters_narrow_a_list_and_its_count(chats: ChatRepository) -> None:
    now = utc_now()
    old = a_chat(updated_at=now - timedelta(days=2), username="Conceição", message="sobre preços")
    new = a_chat(updated_at=now, active=False, channel=Channel("+33", "Telegram"), message="100% (a.b)*")
    for one in (old, new):
        chats.add(one)
    wanted: list[tuple[ChatFilter, list[Chat]]] = [
        (EVERY, [new, old]),
        (ChatFilter(active=True), [old]),
        (ChatFilter(active=False), [new]),
        (ChatFilter(message_service="Telegram"), [new]),
        (ChatFilter(text="conceicao"), [old]),
        (ChatFilter(text="PREÇOS"), [old]),
        (ChatFilter(text="+33"), [new]),
        (ChatFilter(text="(a.b)*"), [new]),
        (ChatFilter(text=".*"), []),
        (ChatFilter(text="(a+b"), []),
        (ChatFilter(since=now), [new]),
        (ChatFilter(until=now), [new, old]),
        (ChatFilter(until=now - timedelta(days=1)), [old]),
        (ChatFilter(since=now - timedelta(days=3), until=now - timedelta(days=1)), [old]),
        (ChatFilter(since=now, active=True), []),
    ]
    for filtered, expected in wanted:
        assert list(chats.page(OF_ASSISTANT, filtered, 5).items) == expected, filtered
        assert chats.count(OF_ASSISTANT, filtered) == len(expected), filtered


def test_the_latest_message_is_shown_and_found_and_its_turn_counted(chats: ChatRepository) -> None:
    one = a_chat(message="primeira")
    chats.add(one)
    later = one.updated_at + timedelta(seconds=3)
    assert chats.note_message(one, turn=5, text="segunda", username="Ana Maria", at=later)
    assert chats.note_message(
        one, turn=4, text="segunda", username="Ana Maria", at=later
    )  # late: no step back
    shown = replace(one, message="segunda", username="Ana Maria", turns=5, updated_at=later)
    assert chats.get(WHOLE, one.id) == shown
    assert chats.page(WHOLE, ChatFilter(text="segunda"), 5).items == (shown,)
    assert chats.page(WHOLE, ChatFilter(text="primeira"), 5).items == ()
    assert not chats.note_message(a_chat(), turn=1, text="x", username="", at=later)


def test_an_answer_is_shown_and_its_tokens_count_once(chats: ChatRepository) -> None:
    one = a_chat()
    chats.add(one)
    first, second = (an_answer(a_message(one), content=text) for text in ("um", "dois"))
    for answer in (first, first, second, second):
        assert chats.note_answer(one, answer, only_active=True)
    found = chats.get(WHOLE, one.id)
    assert found is not None
    assert (found.response, found.tokens) == ("dois", Tokens(22, 14))


def test_an_inactive_chat_takes_an_answer_only_where_it_was_sent(chats: ChatRepository) -> None:
    one = a_chat()
    chats.add(one)
    noted, late = an_answer(a_message(one)), an_answer(a_message(one))
    assert chats.note_answer(one, noted, only_active=True)
    assert chats.set_active(OF_ASSISTANT, one.id, active=False, at=utc_now())
    assert not chats.note_answer(one, late, only_active=True)
    assert chats.note_answer(one, noted, only_active=True)  # it was noted before the takeover
    assert chats.note_answer(one, late, only_active=False)
    assert not chats.note_answer(a_chat(), late, only_active=False)


def test_a_reply_is_shown_and_counts_a_turn(chats: ChatRepository) -> None:
    one = a_chat(turns=3)
    chats.add(one)
    reply = an_answer(a_message(one, turn=4), content="Aqui é a Bia", reply_to="")
    assert chats.note_reply(one, reply)
    found = chats.get(WHOLE, one.id)
    assert found is not None
    assert (found.response, found.turns, found.tokens) == ("Aqui é a Bia", 4, Tokens())


def test_chats_follow_their_assistant_to_a_new_owner_and_go_with_it(chats: ChatRepository) -> None:
    mine, other = [a_chat() for _ in range(3)], a_chat(assistant_id=new_id())
    for one in (*mine, other):
        chats.add(one)
    heir = new_id()
    chats.change_owner(ASSISTANT, heir)
    assert {one.id for one in chats.page(Scope(owner_id=heir), EVERY, 9).items} == {one.id for one in mine}
    assert chats.page(Scope(owner_id=OWNER), EVERY, 9).items == (other,)
    assert chats.delete_all_of(ASSISTANT) == 3
    assert list(chats.each(WHOLE)) == [other]
    assert chats.delete(WHOLE, other.id)
    assert not chats.delete(WHOLE, other.id)

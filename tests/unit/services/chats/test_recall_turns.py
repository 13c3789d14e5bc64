from __future__ import annotations

from dataclasses import replace

import mongomock
import pytest

from models.chats import Chat, Message, MessageStatus
from repositories.messages import MessageRepository
from services.chats.recall_turns import BYTES_A_TURN, NEW, RecallTurns
from services.prompts.compile import Turn
from tests.made import a_chat, a_message, a_reply, an_answer


class CountedMessages(MessageRepository):
    """Messages in memory, and how many were read."""

    def __init__(self) -> None:
        super().__init__(mongomock.MongoClient(tz_aware=True)["app"])
        self.read = 0

    def latest(self, chat_id: str, limit: int) -> list[Message]:
        return self._counted(super().latest(chat_id, limit))

    def after_turn(self, chat_id: str, turn: int, limit: int) -> list[Message]:
        return self._counted(super().after_turn(chat_id, turn, limit))

    def _counted(self, found: list[Message]) -> list[Message]:
        self.read += len(found)
        return found


@pytest.fixture
def messages() -> CountedMessages:
    return CountedMessages()


@pytest.fixture
def recall(messages: CountedMessages) -> RecallTurns:
    return RecallTurns(messages=messages)


def ask(messages: MessageRepository, chat: Chat, turn: int) -> Message:
    message = a_message(chat, turn=turn, content=f"q{turn}")
    messages.add(message)
    return message


def answer(messages: MessageRepository, message: Message) -> None:
    messages.add(an_answer(message, content=f"a{message.turn}"))
    messages.set_status(message, MessageStatus.ANSWERED)


def talk(messages: MessageRepository, chat: Chat, first: int, last: int) -> None:
    for turn in range(first, last + 1):
        answer(messages, ask(messages, chat, turn))


def turns(first: int, last: int) -> list[Turn]:
    return [Turn(f"q{turn}", f"a{turn}") for turn in range(first, last + 1)]


def test_the_last_turns_come_oldest_first_without_the_message_itself(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 12)
    assert recall.before(ask(messages, chat, 13), 3) == turns(10, 12)


def test_a_first_message_and_an_assistant_without_memory_read_nothing(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 3)
    assert recall.before(a_message(a_chat(), turn=1), 5) == []
    assert recall.before(ask(messages, chat, 4), 0) == []
    assert messages.read == 0


def test_of_a_chat_read_before_only_what_is_new_is_read(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 6)
    message = ask(messages, chat, 7)
    assert recall.before(message, 5) == turns(2, 6)
    answer(messages, message)
    messages.read = 0
    assert recall.before(ask(messages, chat, 8), 5) == turns(3, 7)
    assert messages.read == 3  # the message and answer of turn 7, and the message itself


def test_a_turn_that_was_just_answered_is_not_read_again(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    for turn in range(1, 5):
        message = ask(messages, chat, turn)
        assert recall.before(message, 3) == turns(max(1, turn - 3), turn - 1)
        answer(messages, message)
        recall.add(message, f"a{turn}")
    assert messages.read == 0


def test_an_answer_after_a_turn_that_is_not_known_is_read_with_it(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 2)
    third = ask(messages, chat, 3)
    recall.add(third, "said of a chat that was never read")
    answer(messages, third)
    assert recall.before(ask(messages, chat, 4), 9) == turns(1, 3)
    talk(messages, chat, 5, 5)  # by another process
    sixth = ask(messages, chat, 6)
    recall.add(sixth, "said with the fifth turn unknown")
    answer(messages, sixth)
    assert recall.before(ask(messages, chat, 7), 9) == [*turns(1, 3), *turns(5, 6)]


def test_a_turn_between_two_known_ones_is_read(messages: CountedMessages, recall: RecallTurns) -> None:
    chat = a_chat()
    first = ask(messages, chat, 1)
    answer(messages, first)
    recall.add(first, "a1")
    messages.add(a_reply(chat, turn=2, content="a person"))
    assert recall.before(ask(messages, chat, 3), 9) == [*turns(1, 1), Turn("", "a person")]


def test_chats_are_not_mixed_up(messages: CountedMessages, recall: RecallTurns) -> None:
    ours, others = a_chat(), a_chat()
    talk(messages, ours, 1, 2)
    messages.add(a_message(others, turn=1, content="secret", status=MessageStatus.KEPT))
    for _ in range(2):
        assert recall.before(a_message(ours, turn=3), 5) == turns(1, 2)
        assert recall.before(a_message(others, turn=2), 5) == [Turn("secret", "")]


def test_a_turn_that_failed_is_seen_when_it_has_run_again(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 2)
    failed = ask(messages, chat, 3)
    messages.set_status(failed, MessageStatus.FAILED)
    talk(messages, chat, 4, 4)
    assert recall.before(ask(messages, chat, 5), 9) == [*turns(1, 2), Turn("q3", ""), *turns(4, 4)]
    assert recall.before(failed, 9) == turns(1, 2)
    answer(messages, failed)
    assert recall.before(a_message(chat, turn=5), 9) == turns(1, 4)


def test_a_message_that_waits_is_no_turn_yet(messages: CountedMessages, recall: RecallTurns) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 1)
    waiting = ask(messages, chat, 2)
    later = ask(messages, chat, 3)
    assert recall.before(later, 9) == turns(1, 1)
    answer(messages, waiting)
    assert recall.before(later, 9) == turns(1, 2)


def test_a_persons_reply_and_what_was_kept_for_them_are_turns_that_do_not_change(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    messages.add(a_message(chat, turn=1, content="q1", status=MessageStatus.KEPT))
    reply = replace(a_reply(chat, turn=2, content="a person"), status=MessageStatus.WAITING)
    messages.add(reply)
    expected = [Turn("q1", ""), Turn("", "a person")]
    assert recall.before(ask(messages, chat, 3), 9) == expected
    messages.read = 0
    assert recall.before(a_message(chat, turn=3), 9) == expected
    assert messages.read == 0  # all turns before are known, and change no more


def test_an_assistant_that_comes_to_remember_more_is_read_for_afresh(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 8)
    message = ask(messages, chat, 9)
    assert recall.before(message, 2) == turns(7, 8)
    assert recall.before(message, 6) == turns(3, 8)
    assert recall.before(message, 4) == turns(5, 8)


def test_what_another_process_added_in_the_meantime_is_there_however_much(
    messages: CountedMessages, recall: RecallTurns
) -> None:
    chat = a_chat()
    talk(messages, chat, 1, 3)
    assert recall.before(ask(messages, chat, 4), 5) == turns(1, 3)
    talk(messages, chat, 5, 5 + NEW)
    assert recall.before(a_message(chat, turn=6 + NEW), 5) == turns(1 + NEW, 5 + NEW)


def test_memory_is_bounded_and_the_chat_that_was_used_last_stays(messages: CountedMessages) -> None:
    recall = RecallTurns(messages=messages, room=3 * (BYTES_A_TURN + len("q1a1")))
    chats = [a_chat() for _ in range(4)]
    for chat in chats:
        talk(messages, chat, 1, 1)
        recall.before(a_message(chat, turn=2), 5)
    messages.read = 0
    assert [recall.before(a_message(chat, turn=2), 5) for chat in reversed(chats)] == [turns(1, 1)] * 4
    assert messages.read == 2  # of the first chat alone, which was forgotten


def test_one_chat_larger_than_the_room_is_not_kept(messages: CountedMessages) -> None:
    recall = RecallTurns(messages=messages, room=10)
    chat = a_chat()
    talk(messages, chat, 1, 2)
    for _ in range(2):
        assert recall.before(a_message(chat, turn=3), 5) == turns(1, 2)
    assert messages.read == 8

"""Let pushes out: each contact is written down first, so that nobody gets one twice or is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from kit.clock import Clock, rfc3339
from kit.ids import new_id
from models.chats import Chat, Message, MessageRole, MessageStatus
from models.deliveries import Event
from models.pushes import Outcome, Push, PushContact, PushFilter, PushStatus
from repositories.chats import ChatFilter, ChatRepository
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository, Waiting
from repositories.pushes import PushContactRepository, PushRepository
from repositories.scope import Scope
from services.delivery.announce_event import AnnounceEvent

CHATS_AT_ONCE = 200
CONTACTS_AT_ONCE = 50


class RunPush:
    """Does pushes in steps; one process alone does them. Again after a kill, a step finishes what it had begun."""

    def __init__(
        self,
        *,
        chats: ChatRepository,
        messages: MessageRepository,
        outbox: OutboxRepository,
        pushes: PushRepository,
        contacts: PushContactRepository,
        announce: AnnounceEvent,
        clock: Clock,
    ) -> None:
        self._chats = chats
        self._messages = messages
        self._outbox = outbox
        self._pushes = pushes
        self._contacts = contacts
        self._announce = announce
        self._clock = clock

    def due(self) -> list[str]:
        """The pushes whose time has come and that are not over."""
        now = self._clock()
        return [one.id for one in self._pushes.open_pushes() if one.at <= now]

    def step(self, push_id: str) -> bool:
        """Let the push out to some more contacts; whether there are more after them."""
        push = self._pushes.get_any(push_id)
        if push is None or push.is_over:
            return False
        push = replace(push, status=PushStatus.RUNNING)
        if not push.collected:
            push = replace(push, collected=True, total=self._collect(push))
            return self._pushes.write(push)
        page = self._contacts.page(push, CONTACTS_AT_ONCE, push.cursor)
        outcomes = [self._settled(push, one) for one in page.items]
        push = replace(
            push,
            sent=push.sent + outcomes.count(Outcome.SENT),
            opted_out=push.opted_out + outcomes.count(Outcome.OPTED_OUT),
            gone=push.gone + outcomes.count(Outcome.GONE),
            cursor=page.next_cursor or push.cursor,
        )
        if not page.next_cursor:
            push = replace(push, status=PushStatus.DONE, finished_at=self._clock())
        return self._pushes.write(push) and bool(page.next_cursor)

    def fail(self, push_id: str, error: str) -> None:
        """Give a push up that cannot be done."""
        push = self._pushes.get_any(push_id)
        if push is not None:
            self._pushes.write(
                replace(push, status=PushStatus.FAILED, error=error, finished_at=self._clock())
            )

    def _collect(self, push: Push) -> int:
        """Write down whom it goes to; how many they are."""
        for chats in self._wanted(push):
            self._contacts.add([PushContact(push.id, push.assistant_id, chat.id, new_id()) for chat in chats])
        return self._contacts.count(push)

    def _wanted(self, push: Push) -> Iterator[list[Chat]]:
        scope, wanted, cursor = Scope(assistant_id=push.assistant_id), push.filter, ""
        if wanted.chat_ids:
            found = (self._chats.get(scope, one) for one in dict.fromkeys(wanted.chat_ids))
            yield [chat for chat in found if chat is not None and _fits(chat, wanted)]
            return
        narrowed = ChatFilter(
            message_service=wanted.message_service,
            active=wanted.active,
            since=wanted.since,
            until=wanted.until,
        )
        while True:
            page = self._chats.page(scope, narrowed, CHATS_AT_ONCE, cursor)
            yield list(page.items)
            cursor = page.next_cursor
            if not cursor:
                return

    def _settled(self, push: Push, contact: PushContact) -> Outcome:
        """What became of a contact, after it was let out if that was to be done."""
        if contact.outcome not in (Outcome.WAITING, Outcome.SENDING):
            return contact.outcome
        chat = self._chats.get(Scope(assistant_id=contact.assistant_id), contact.chat_id)
        if contact.outcome is Outcome.WAITING:
            first = Outcome.GONE if chat is None else Outcome.OPTED_OUT if chat.opted_out else Outcome.SENDING
            if not self._contacts.settle(contact, first, self._clock(), was=Outcome.WAITING):
                return Outcome.CANCELLED
            if first is not Outcome.SENDING:
                return first
        outcome = Outcome.SENT if chat is not None and self._send(push, contact, chat) else Outcome.GONE
        self._contacts.settle(contact, outcome, self._clock(), was=Outcome.SENDING)
        return outcome

    def _send(self, push: Push, contact: PushContact, chat: Chat) -> bool:
        """In the outbox first, then in the chat, as a person's reply is; ``False`` when the chat is gone."""
        scope = Scope(assistant_id=push.assistant_id)
        message = Message(
            id=contact.message_id,
            chat_id=chat.id,
            assistant_id=push.assistant_id,
            turn=chat.turns + 1,
            role=MessageRole.ASSISTANT,
            content=push.text,
            status=MessageStatus.WAITING,
            created_at=self._clock(),
            author=push.created_by,
        )
        # In this order: what was acknowledged is in the chat before it leaves the outbox.
        waits = self._outbox.get(push.assistant_id, message.id) is not None
        kept = self._messages.get(scope, message.id)
        if not waits and kept is None:
            self._outbox.add(Waiting(message, chat.channel, chat.username))
        if kept is None:
            with suppress(Duplicate):
                self._messages.add(message)
        if not self._chats.note_reply(chat, kept or message):
            self._outbox.remove(push.assistant_id, message.id)
            self._messages.remove(message)
            return False
        told = {
            "chat_id": chat.id,
            "channel": {"id": chat.channel.id, "message_service": chat.channel.message_service},
            "username": chat.username,
            "_id": message.id,
            "message": push.text,
            "author": push.created_by,
            "push_id": push.id,
            "createdAt": rfc3339(message.created_at),
        }
        self._announce.announce(push.assistant_id, Event.REPLY_CREATED, told, once=message.id)
        return True


def _fits(chat: Chat, wanted: PushFilter) -> bool:
    return (
        wanted.message_service in ("", chat.channel.message_service)
        and wanted.active in (None, chat.active)
        and (wanted.since is None or chat.updated_at >= wanted.since)
        and (wanted.until is None or chat.updated_at <= wanted.until)
    )

"""Order among turns: one after the other per contact, a bounded number at once in all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from kit.errors import AppError, TooManyRequests, Unavailable
from kit.workplaces import away
from services.chats.turns import Answer

WAITING_PER_CONTACT = 4


class ServerBusy(Unavailable):
    """As many turns as this server takes are under way."""

    code = "busy"
    message = "The server is answering as many messages as it can; try again in a moment."


class ContactBusy(TooManyRequests):
    """One contact has too many messages waiting."""

    code = "contact_busy"
    message = "This contact has too many messages waiting for an answer."


class Ticket:
    """A place in a lane: one turn of one contact, known by the channel's id of its message.

    ``outcome`` is, once ``finished``, the answer or the error that every sender of the message gets.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.outcome: Answer | AppError | None = None
        self.finished = threading.Event()
        self._called = threading.Event()

    def call(self) -> None:
        """Let the holder run."""
        self._called.set()

    def wait(self) -> bool:
        """Return when it is this ticket's turn; whether that took waiting."""
        if self._called.is_set():
            return False
        with away():
            self._called.wait()
        return True


class Lane:
    """The turns of one contact.

    ``arrival`` is held while a message is stored and queued, so that the order of the records is the order
    of the answers.
    """

    def __init__(self, waiting: int = WAITING_PER_CONTACT) -> None:
        self.arrival = threading.Lock()
        self.users = 0
        self._waiting = waiting
        self._tickets: deque[Ticket] = deque()
        self._lock = threading.Lock()

    @property
    def has_room(self) -> bool:
        """Whether one more turn may wait."""
        with self._lock:
            return len(self._tickets) <= self._waiting

    def check_room(self) -> None:
        """``ContactBusy`` when as many turns wait as may; to be asked before a message is stored."""
        if not self.has_room:
            raise ContactBusy(retry_after=5)

    def join(self, key: str) -> Ticket:
        """A place at the end of the lane."""
        ticket = Ticket(key)
        with self._lock:
            self._tickets.append(ticket)
            if len(self._tickets) == 1:
                ticket.call()
        return ticket

    def under_way(self, key: str) -> Ticket | None:
        """The ticket of a message that waits or runs."""
        with self._lock:
            return next((ticket for ticket in self._tickets if ticket.key == key), None)

    def leave(self, ticket: Ticket) -> None:
        """Give the place up and call the next one; again is the same."""
        with self._lock:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
            if self._tickets:
                self._tickets[0].call()
        ticket.finished.set()


class TurnQueue:
    """Admits turns: at most ``slots`` at once; of one contact ``per_contact`` may wait beside the running one.

    Who only waits for the answer of a turn that is under way already takes a slot, but no place in the lane.
    """

    def __init__(self, slots: int, per_contact: int = WAITING_PER_CONTACT) -> None:
        self._slots = slots
        self._per_contact = per_contact
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """How many turns are admitted and not yet done."""
        return self._under_way

    @contextmanager
    def admitted(self, chat_key: str) -> Iterator[Lane]:
        """The contact's lane, for as long as one turn takes; ``ServerBusy`` at once when all slots are taken."""
        lane = self._enter(chat_key)
        try:
            yield lane
        finally:
            self._exit(chat_key)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A slot for what belongs to no contact; ``ServerBusy`` at once when all are taken."""
        with self._lock:
            self._take_slot()
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _take_slot(self) -> None:
        if self._under_way >= self._slots:
            raise ServerBusy(retry_after=2)
        self._under_way += 1

    def _enter(self, chat_key: str) -> Lane:
        with self._lock:
            self._take_slot()
            lane = self._lanes.setdefault(chat_key, Lane(self._per_contact))
            lane.users += 1
        return lane

    def _exit(self, chat_key: str) -> None:
        with self._lock:
            lane = self._lanes[chat_key]
            lane.users -= 1
            self._under_way -= 1
            if lane.users == 0:
                del self._lanes[chat_key]

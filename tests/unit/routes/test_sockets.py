from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from waitress import wasyncore

from routes.sockets import PolledSockets, Sockets, make_sockets
from tests.talk import wait_until

LONG_S = 30.0
KINDS = [
    Sockets,
    pytest.param(PolledSockets, marks=pytest.mark.skipif(not hasattr(select, "epoll"), reason="no epoll")),
]


class Watched(wasyncore.dispatcher):  # type: ignore[misc]  # waitress ships no types
    """A socket that says what it waits for, and counts how often it is asked."""

    def __init__(self, sock: socket.socket, sockets: Sockets) -> None:
        super().__init__(sock, map=sockets)
        self.connected = True
        self.wants_to_read, self.wants_to_write = True, False
        self.asked = self.written = 0
        self.read = b""

    def readable(self) -> bool:
        self.asked += 1
        return self.wants_to_read

    def writable(self) -> bool:
        return self.wants_to_write

    def handle_read(self) -> None:
        self.read += self.recv(100)

    def handle_write(self) -> None:
        self.written += 1
        self.wants_to_write = False

    def handle_close(self) -> None:
        self.close()


@dataclass
class Pairs:
    """Sockets under test, each with its far end."""

    sockets: Sockets
    made: list[tuple[Watched, socket.socket]] = field(default_factory=list)

    def new(self) -> tuple[Watched, socket.socket]:
        near, far = socket.socketpair()
        pair = (Watched(near, self.sockets), far)
        self.made.append(pair)
        return pair

    @property
    def polled(self) -> PolledSockets:
        """The sockets, where they are watched with epoll."""
        assert isinstance(self.sockets, PolledSockets)
        return self.sockets

    def run_until(self, condition: Callable[[], Any]) -> None:
        for _ in range(100):
            if condition():
                return
            self.sockets.round(0.1)
        raise AssertionError("it did not happen")


@pytest.fixture(params=KINDS)
def pairs(request: pytest.FixtureRequest) -> Iterator[Pairs]:
    yield from _pairs(request.param())


def _pairs(sockets: Sockets) -> Iterator[Pairs]:
    made = Pairs(sockets)
    yield made
    wasyncore.close_all(made.sockets)
    for _, far in made.made:
        far.close()


@pytest.fixture
def polled() -> Iterator[Pairs]:
    """Sockets watched with epoll."""
    sockets = make_sockets()
    if not isinstance(sockets, PolledSockets):
        pytest.skip("no epoll")
    yield from _pairs(sockets)


def test_what_arrives_is_handled_again_and_again(pairs: Pairs) -> None:
    (one, far_one), (other, far_other) = pairs.new(), pairs.new()
    for number in range(3):
        far_one.sendall(b"a")
        pairs.run_until(lambda: len(one.read) == number + 1)  # noqa: B023  # it is called at once
    far_other.sendall(b"b")
    pairs.run_until(lambda: other.read)
    assert (one.read, other.read) == (b"aaa", b"b")


def test_a_socket_that_wants_nothing_is_left_alone_until_it_says_so(pairs: Pairs) -> None:
    one, far = pairs.new()
    one.wants_to_read = False
    far.sendall(b"early")
    for _ in range(3):
        pairs.sockets.round(0.01)
    assert one.read == b""
    one.wants_to_read = True
    pairs.sockets.changed(one._fileno)
    pairs.run_until(lambda: one.read)
    assert one.read == b"early"


def test_another_thread_has_a_socket_written_to(pairs: Pairs) -> None:
    one, _ = pairs.new()
    pairs.sockets.round(0.01)

    def write() -> None:
        one.wants_to_write = True
        pairs.sockets.changed(one._fileno)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(LONG_S)
    pairs.run_until(lambda: one.written)
    assert one.written == 1


def test_a_wait_under_way_takes_notice_of_what_another_thread_says(polled: Pairs) -> None:
    pairs, sockets = polled, polled.polled
    one, far = pairs.new()
    one.wants_to_read = False
    sockets.round(0.01)
    far.sendall(b"early")
    waiting = threading.Thread(target=sockets.round, args=(LONG_S,))
    waiting.start()
    one.wants_to_read = True
    assert sockets.changed(one._fileno)
    waiting.join(LONG_S)
    assert one.read == b"early"


class SlowToReturn:
    """An ``epoll`` whose ``modify`` returns only after what it led to."""

    def __init__(self, poll: Any, led_to: Callable[[], object]) -> None:
        self._poll = poll
        self._led_to = led_to

    def modify(self, descriptor: int, events: int) -> None:
        self._poll.modify(descriptor, events)
        if events:
            self._led_to()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poll, name)


def test_what_arrives_before_a_thread_is_done_having_it_watched_for_is_not_the_last(polled: Pairs) -> None:
    pairs, sockets = polled, polled.polled
    one, far = pairs.new()
    one.wants_to_read = False
    sockets.round(0.01)
    sockets._rescan_at = float("inf")
    far.sendall(b"a")
    handling = threading.Thread(target=sockets.round, args=(LONG_S,))
    poll = sockets._poll

    def handle() -> None:
        sockets._poll = poll
        handling.start()
        wait_until(lambda: one.read)

    sockets._poll = SlowToReturn(poll, handle)  # type: ignore[assignment]  # it does what one does
    one.wants_to_read = True
    sockets.changed(one._fileno)
    handling.join(LONG_S)
    far.sendall(b"b")
    pairs.run_until(lambda: one.read == b"ab")


def test_without_epoll_whoever_says_so_has_to_end_the_wait() -> None:
    assert not Sockets().changed(1)


def test_a_socket_that_a_thread_closes_while_it_is_asked_is_no_error(polled: Pairs) -> None:
    pairs, sockets = polled, polled.polled
    one, far = pairs.new()
    other, far_other = pairs.new()

    def closes_itself() -> bool:
        one.close()
        return True

    one.readable = closes_itself  # type: ignore[method-assign]  # what a thread would do in between
    far_other.sendall(b"b")
    pairs.run_until(lambda: other.read)
    sockets.changed(one._fileno)  # by the thread that closed it
    sockets.round(0.01)
    assert list(sockets) == [other._fileno]
    far.close()
    far_other.close()


def test_a_far_end_that_closes_is_noticed_and_forgotten(pairs: Pairs) -> None:
    one, far = pairs.new()
    far.close()
    pairs.run_until(lambda: not pairs.sockets)
    assert not one.connected


def test_a_descriptor_that_is_used_again_is_watched_again(pairs: Pairs) -> None:
    one, _ = pairs.new()
    pairs.sockets.round(0.01)
    number = one._fileno
    one.close()
    pairs.sockets.changed(number)  # by a thread that has not heard of it
    pairs.sockets.round(0.01)
    again, far = pairs.new()
    assert again._fileno == number
    far.sendall(b"new")
    pairs.run_until(lambda: again.read)
    assert again.read == b"new"


def test_idle_sockets_are_not_asked_each_time(polled: Pairs) -> None:
    pairs, sockets = polled, polled.polled
    busy, far = pairs.new()
    idle = [pairs.new()[0] for _ in range(20)]
    sockets._rescan_at = float("inf")
    sockets.round(0.01)
    before = [one.asked for one in idle]
    for number in range(10):
        far.sendall(b"x")
        pairs.run_until(lambda: len(busy.read) == number + 1)  # noqa: B023  # it is called at once
    assert [one.asked for one in idle] == before
    sockets._rescan_at = 0.0
    sockets.round(0.01)
    assert [one.asked for one in idle] == [count + 1 for count in before]

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from kit.workplaces import Workplaces, away
from tests.talk import wait_until

LONG_S = 30.0


class Crew:
    """Threads that work until they are told to stop, and how many of them do at a time."""

    def __init__(self, places: Workplaces) -> None:
        self._places = places
        self._changed = threading.Condition()
        self.working = 0
        self.most = 0

    def work(self, until: threading.Event) -> None:
        with self._places.taken(), self._counted():
            until.wait(LONG_S)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._add(1)
        yield
        self._add(-1)

    def _add(self, number: int) -> None:
        with self._changed:
            self.working += number
            self.most = max(self.most, self.working)
            self._changed.notify_all()

    def wait_until(self, working: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.working == working, LONG_S)


def start(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def test_no_more_threads_work_than_there_are_places_and_all_have_their_turn() -> None:
    crew = Crew(Workplaces(2, LONG_S))
    done, stop = [], threading.Event()

    def one() -> None:
        crew.work(stop)
        done.append(1)

    threads = [start(one) for _ in range(6)]
    assert crew.wait_until(2)
    stop.set()
    for thread in threads:
        thread.join(LONG_S)
    assert (len(done), crew.most) == (6, 2)


def test_who_is_away_leaves_the_place_to_others() -> None:
    places = Workplaces(1, LONG_S)
    crew = Crew(places)
    stop = threading.Event()
    with places.taken():
        thread = start(lambda: crew.work(stop))
        assert crew.working == 0
        with away():
            assert crew.wait_until(1)
            stop.set()
        assert crew.working == 0  # the place is ours again only when the other has left it
        thread.join(LONG_S)


def test_away_within_away_and_without_a_place_changes_nothing() -> None:
    places = Workplaces(1, LONG_S)
    with away():
        pass
    for _ in range(2):  # a place given up twice, or taken twice, would show at the second time
        with places.taken():
            with away(), away(), places.taken():
                pass
            with away():
                pass


def test_the_place_is_free_again_after_an_error() -> None:
    places = Workplaces(1, LONG_S)
    for _ in range(2):
        with pytest.raises(ValueError, match="at work"), places.taken():
            raise ValueError("at work")
        with pytest.raises(ValueError, match="while away"), places.taken(), away():
            raise ValueError("while away")


def test_whose_patience_ends_works_without_a_place_and_gives_none_up() -> None:
    places = Workplaces(1, patience_s=0.01)
    inside = threading.Event()

    def impatient() -> None:
        with places.taken(), away():
            inside.set()

    with places.taken():
        start(impatient).join(LONG_S)
        assert inside.is_set()
    places.patience_s = LONG_S
    crew, stop = Crew(places), threading.Event()
    threads = [start(lambda: crew.work(stop)) for _ in range(2)]
    assert crew.wait_until(1)
    stop.set()
    for thread in threads:
        thread.join(LONG_S)
    assert crew.most == 1


def test_who_came_first_is_served_first() -> None:
    places = Workplaces(1, LONG_S)
    served, threads = list[int](), list[threading.Thread]()

    def one(number: int) -> None:
        with places.taken():
            served.append(number)

    with places.taken():
        for number in range(4):
            threads.append(start(partial(one, number)))
            wait_until(lambda: len(places._waiting) == number + 1)  # noqa: B023  # it is called at once
    for thread in threads:
        thread.join(LONG_S)
    assert served == [0, 1, 2, 3]


def test_a_place_that_nobody_waits_for_is_told_of_and_can_be_taken_at_once() -> None:
    places, told = Workplaces(1, LONG_S), list[str]()
    places.when_free(lambda: told.append("free"))
    assert places.take_now()
    assert not places.take_now()
    crew, stop = Crew(places), threading.Event()
    waiting = start(lambda: crew.work(stop))
    wait_until(lambda: places.wanted)
    places.give_up()  # to the one that waits
    assert crew.wait_until(1)
    assert (told, places.wanted, places.take_now()) == ([], False, False)
    stop.set()
    waiting.join(LONG_S)
    assert told == ["free"]
    assert places.take_now()


def test_a_thread_that_holds_a_place_already_takes_no_second() -> None:
    places = Workplaces(1, LONG_S)
    with places.taken(), places.taken():
        assert not places.take_now()
    assert places.take_now()


def test_who_does_what_nobody_waits_for_stands_back_for_a_moment() -> None:
    now = [100.0]
    places = Workplaces(2, LONG_S, clock=lambda: now[0])
    busy = [places.busy_lately]
    places.stand_back(LONG_S)  # nobody is at work: at once
    with places.taken():
        busy.append(places.busy_lately)
        places.stand_back(0.0)  # it is not held up for ever
        gone = threading.Event()

        def stand_back() -> None:
            places.stand_back(LONG_S)
            gone.set()

        thread = start(stand_back)
        assert not gone.is_set()
        with away():  # who waits for a model is not at work
            thread.join(LONG_S)
            assert gone.is_set()
    busy.append(places.busy_lately)
    now[0] += 10.0
    busy.append(places.busy_lately)
    assert busy == [False, True, True, False]

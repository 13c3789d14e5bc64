from __future__ import annotations

from kit.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rests_after_failures_in_a_row_and_lets_one_try_again() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=10.0, clock=clock)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 10.0
    assert [breaker.allows(), breaker.allows()] == [True, False]


def test_a_try_that_fails_begins_another_rest_and_one_that_goes_well_ends_it() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=10.0, clock=clock)
    breaker.failed()
    clock.now += 10.0
    assert breaker.allows()
    breaker.failed()
    clock.now += 9.0
    assert not breaker.allows()
    clock.now += 1.0
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()


def test_failures_with_a_success_between_them_are_not_in_a_row() -> None:
    breaker = Breaker(failures=2)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()


def test_who_has_nowhere_else_to_go_tries_early_one_at_a_time() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=10.0, clock=clock)
    breaker.failed()
    assert (breaker.early_in_s, breaker.allows(early=True)) == (1.0, False)
    clock.now += 1.0
    assert not breaker.allows()
    assert [breaker.allows(early=True), breaker.allows(early=True)] == [True, False]
    assert breaker.early_in_s == 1.0  # to see what comes of it
    clock.now += 1.0
    assert not breaker.allows(early=True)
    breaker.failed()
    assert breaker.early_in_s == 1.0
    clock.now += 1.0
    assert breaker.allows(early=True)
    clock.now += 10.0  # that try never said how it went
    assert breaker.allows()

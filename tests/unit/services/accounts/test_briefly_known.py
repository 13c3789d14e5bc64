from __future__ import annotations

from services.accounts.briefly_known import TTL_S, BrieflyKnown


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_read_once_in_less_than_a_second() -> None:
    watch, reads = Watch(), list[int]()
    known = BrieflyKnown[str](clock=watch)

    def read() -> str:
        reads.append(1)
        watch.now += 0.1
        return "x"

    assert [known.get("a", read), known.get("a", read)] == ["x", "x"]
    assert len(reads) == 1
    watch.now = TTL_S  # counted from the beginning of the read
    known.get("a", read)
    assert len(reads) == 2
    assert TTL_S < 1


def test_what_is_not_there_is_looked_for_anew() -> None:
    known = BrieflyKnown[str]()
    assert known.get("a", lambda: None) is None
    assert known.get("a", lambda: "x") == "x"


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    known = BrieflyKnown[str]()

    def read() -> str:
        known.forget()  # somebody changes it while it is read
        return "old"

    assert known.get("a", read) == "old"
    assert known.get("a", lambda: "new") == "new"
    known.forget()
    assert known.get("a", lambda: "newer") == "newer"

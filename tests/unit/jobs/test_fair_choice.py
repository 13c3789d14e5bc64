"""In which order waiting work is chosen."""

from __future__ import annotations

from jobs.fair_choice import FairChoice


class Queue:
    """Keys that wait, as the records give them; counts what is read."""

    def __init__(self, *keys: str) -> None:
        self.keys = sorted(keys)
        self.read = 0

    def waiting(self, above: str, below: str, limit: int) -> list[str]:
        found = [key for key in self.keys if above < key < below][:limit]
        self.read += len(found)
        return found

    def drained(self) -> list[str]:
        choice, order = FairChoice(self.waiting), []
        while key := next(choice.candidates(), None):
            choice.chosen(key)
            self.keys.remove(key)
            order.append(key)
        return order


def test_owners_take_turns_and_within_an_owner_its_assistants() -> None:
    queue = Queue("1:a:01", "1:a:02", "1:a:03", "1:b:04", "2:c:05", "2:c:06", "9:d:07")
    assert queue.drained() == ["1:a:01", "2:c:05", "9:d:07", "1:b:04", "2:c:06", "1:a:02", "1:a:03"]


def test_a_single_document_waits_for_one_of_an_import_however_large() -> None:
    queue = Queue(*(f"1:a:{n:04}" for n in range(1000)))
    choice = FairChoice(queue.waiting)
    first = next(choice.candidates())
    choice.chosen(first)
    queue.keys = sorted([*queue.keys[1:], "2:b:0000"])
    queue.read = 0
    assert next(choice.candidates()) == "2:b:0000"
    assert queue.read < 30


def test_what_others_have_in_hand_is_passed_over_once_each() -> None:
    queue = Queue(*(f"1:a:{n:02}" for n in range(30)), "1:b:00", "2:c:00")
    choice = FairChoice(queue.waiting)
    choice.chosen("1:a:00")
    looked = list(choice.candidates())
    assert looked[0] == "2:c:00"
    assert looked[1] == "1:b:00"
    assert len(looked) == len(set(looked)) == 22  # the first twenty of the import


def test_where_nothing_waits_nothing_is_chosen() -> None:
    assert list(FairChoice(Queue().waiting).candidates()) == []

"""Do the next piece of work of a kind, whichever process of the installation asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobs.attempt import Attempt
from jobs.fair_choice import FairChoice
from jobs.kinds import Kind
from kit.logging import get_logger
from services.work.hold_leases import HoldLeases

_log = get_logger("jobs")


class NextWork:
    """Chooses fairly among what the records say is not done, takes a lease on it, and does it.

    ``again_in`` is told when something was put off, and for how many seconds.
    """

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        leases: HoldLeases,
        *,
        keep_on: Callable[[], bool],
        again_in: Callable[[str, float], None],
    ) -> None:
        self._kinds = dict(kinds)
        self._choices = {name: FairChoice(kind.waiting) for name, kind in kinds.items()}
        self._leases = leases
        self._keep_on = keep_on
        self._again_in = again_in

    def do(self, kind_name: str) -> bool:
        """Whether there was anything to do that nobody else does."""
        kind, choice = self._kinds[kind_name], self._choices[kind_name]
        for key in choice.candidates():
            if not self._keep_on():
                return False
            record_id = key.rpartition(":")[2]
            if self._leases.take(lease_name(kind_name, record_id)):
                choice.chosen(key)
                self._do(kind, record_id)
                return True
        return False

    def due(self, kind_name: str, most: int) -> int:
        """How many wait that nobody has in hand, at most so many."""
        taken = self._leases.taken()
        kind = self._kinds[kind_name]
        keys = kind.waiting("", "\x7f", most + len(taken))
        return sum(lease_name(kind_name, key.rpartition(":")[2]) not in taken for key in keys)

    def _do(self, kind: Kind, record_id: str) -> None:
        name = lease_name(kind.name, record_id)
        with Attempt("work", kind=kind.name, record_id=record_id) as attempt:
            kind.run(record_id, self._keep_on)
        if attempt.failed and kind.broke is not None:
            kind.broke(record_id)
        if attempt.went_well:
            self._leases.give_back(name)
        else:
            seconds = self._leases.put_off(name)
            _log.info("work waits", work=name, seconds=seconds)
            self._again_in(kind.name, seconds)


def lease_name(kind_name: str, record_id: str) -> str:
    """Under which a piece of work is held."""
    return f"{kind_name}:{record_id}"

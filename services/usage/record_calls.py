"""Record model calls without making them wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from kit.errors import AppError, Unavailable
from kit.logging import get_logger
from models.usage import Counts, ModelCall, UsageKey, counts_of
from repositories.model_calls import ModelCallRepository
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository

MOST_WAITING = 20_000
MOST_ARRIVED = 1000
_log = get_logger("usage")


class RecordCalls:
    """Keeps calls in memory until they are flushed: many of them in one write, and counts added up before.

    While the records are away the log keeps its newest calls, and all counts. A process that is killed loses
    what was not flushed; budgets are not kept here.
    """

    def __init__(
        self,
        *,
        calls: ModelCallRepository,
        usage: UsageRepository,
        by_user: UserUsageRepository,
        by_token: TokenUsageRepository,
    ) -> None:
        self._calls = calls
        self._counted: Callable[[ModelCall], None] | None = None
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._arrived: deque[ModelCall] = deque()
        self._waiting: deque[ModelCall] = deque(maxlen=MOST_WAITING)
        self._usage = _Added(usage)
        self._by_user = _Added(by_user)
        self._by_token = _Added(by_token)

    def tell(self, counted: Callable[[ModelCall], None]) -> None:
        """Have this told of every call when it is counted."""
        self._counted = counted

    def record(self, call: ModelCall) -> None:
        """Have a call written soon. It is only put down here: a turn waits for this."""
        self._arrived.append(call)
        if len(self._arrived) > MOST_ARRIVED:
            self.count()

    def count(self) -> None:
        """Add up the calls that came since, so that whoever asks finds them counted."""
        together: dict[tuple[object, ...], list[ModelCall]] = {}
        with self._lock:
            arrived = [self._arrived.popleft() for _ in range(len(self._arrived))]
            self._waiting.extend(arrived)
            for call in arrived:
                names = (call.assistant_id, call.owner_id, call.model, call.user_id, call.key_id)
                together.setdefault((call.at.date(), *names), []).append(call)
            for calls in together.values():
                self._add(calls)
        if self._counted is not None:
            for call in arrived:
                self._counted(call)

    def _add(self, calls: Sequence[ModelCall]) -> None:
        call, counts = calls[0], counts_of(calls)
        key = UsageKey(call.assistant_id, call.owner_id, call.at.date(), call.model, call.user_id)
        self._usage.add(key.of_anybody(), counts)
        self._by_user.add(key, counts)
        if call.key_id and call.key_id != call.assistant_id:
            self._by_token.add(replace(key, user_id=call.key_id), counts)

    def flush_calls(self) -> None:
        """Write the calls that wait; ``Unavailable`` while the records are away, and they wait on."""
        with self._flushing:
            self.count()
            with self._lock:
                calls = list(self._waiting)
                self._waiting.clear()
            try:
                self._calls.add_all(calls)
            except Unavailable:
                with self._lock:
                    room = MOST_WAITING - len(self._waiting)
                    self._waiting.extendleft(reversed(calls[-room:] if room else ()))
                raise
            except AppError as problem:
                _log.warning("calls lost", calls=len(calls), code=problem.error_code)

    def flush(self) -> None:
        """Write everything that waits."""
        self.flush_calls()
        with self._flushing:
            for one in (self._usage, self._by_user, self._by_token):
                with self._lock:
                    counts = one.taken()
                try:
                    one.write(counts)
                finally:
                    with self._lock:
                        for key, left in counts.items():
                            one.add(key, left)


class _Added:
    """Counts that wait to be added to the records."""

    def __init__(self, usage: UsageRepository) -> None:
        self._usage = usage
        self._counts: dict[UsageKey, Counts] = {}

    def add(self, key: UsageKey, counts: Counts) -> None:
        before = self._counts.get(key)
        self._counts[key] = counts if before is None else before + counts

    def taken(self) -> dict[UsageKey, Counts]:
        counts, self._counts = self._counts, {}
        return counts

    def write(self, counts: dict[UsageKey, Counts]) -> None:
        """Add them to the records, and take out of ``counts`` what is added."""
        for key in tuple(counts):
            self._usage.add(key, counts[key])
            del counts[key]

"""Ask for a run of an assistant's golden questions."""

from __future__ import annotations

from collections.abc import Callable

from kit.clock import Clock
from kit.errors import Conflict, NotFound
from kit.ids import new_id
from models.assistants import Assistant
from models.golden import GoldenRun
from repositories.assistants import AssistantRepository
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository


class StartGoldenRun:
    """Queues a run; the record alone is enough for it to be found and done some time."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        questions: GoldenQuestionRepository,
        runs: GoldenRunRepository,
        clock: Clock,
        run_soon: Callable[[GoldenRun], None],
    ) -> None:
        self._assistants = assistants
        self._questions = questions
        self._runs = runs
        self._clock = clock
        self._run_soon = run_soon

    def start(self, assistant: Assistant, top_k: int | None = None) -> GoldenRun:
        """A queued run, with as many passages as the assistant's chats get unless told otherwise.

        One that is queued already and not begun is the same run. ``Conflict`` when there is no question,
        ``NotFound`` when the assistant is gone.
        """
        if not self._questions.has_any(assistant.id):
            raise Conflict("There are no golden questions to run.", code="no_golden_questions")
        wanted = top_k or assistant.settings.top_k
        waiting = [one for one in self._runs.queued(assistant.id) if one.top_k == wanted]
        run = waiting[0] if waiting else GoldenRun(new_id(), assistant.id, wanted, self._clock())
        if not waiting:
            self._runs.add(run)
            if self._assistants.by_id(assistant.id) is None:
                self._runs.delete_all_of(assistant.id)
                raise NotFound  # the assistant was deleted in this moment
        self._run_soon(run)
        return run

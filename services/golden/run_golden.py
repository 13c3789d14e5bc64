"""Search for an assistant's golden questions, and say what was found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from kit.clock import Clock
from kit.errors import AppError, Unavailable
from models.assistants import Assistant
from models.golden import (
    GoldenQuestion,
    GoldenResult,
    GoldenRun,
    RunStatus,
    compare,
    first_hit,
    mean_reciprocal_rank,
)
from repositories.assistants import AssistantRepository
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository
from services.retrieval.search_passages import SearchPassages

KEPT_RUNS = 50  # of one assistant
# Counted when a process begins it, so that a run that ends the process, too, is given up some day.
MOST_ATTEMPTS = 3
WENT_WRONG = "The run went wrong; the server's log says why."
GIVEN_UP = "The run was interrupted several times; start another one."
NO_QUESTIONS = "The golden questions were deleted before the run began."


class RunGolden:
    """Does a queued run: every question through the search that chats go through.

    A run that was interrupted is begun again from its first question.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        questions: GoldenQuestionRepository,
        runs: GoldenRunRepository,
        search: SearchPassages,
        clock: Clock,
    ) -> None:
        self._assistants = assistants
        self._questions = questions
        self._runs = runs
        self._search = search
        self._clock = clock

    def open_runs(self) -> list[GoldenRun]:
        """Every run that is not over, oldest first."""
        return self._runs.open_runs()

    def run(self, run_id: str, keep_on: Callable[[], bool] = lambda: True) -> None:
        """Do a run, unless it is over already.

        It is queued again when ``keep_on`` says no, and on an ``AppError`` that the search or the records raise.
        """
        run = self._runs.get_any(run_id)
        if run is None or run.is_over:
            return
        assistant = self._assistants.by_id(run.assistant_id)
        if assistant is None:
            self._runs.delete(run.assistant_id, run.id)
        elif run.attempts >= MOST_ATTEMPTS:
            self._fail(run, GIVEN_UP)
        elif self._runs.begin(run, self._clock()):
            self._do(replace(run, attempts=run.attempts + 1), assistant, keep_on)

    def fail(self, run_id: str) -> None:
        """Mark a run failed that ended in an error nobody foresaw."""
        run = self._runs.get_any(run_id)
        if run is not None:
            self._fail(run, WENT_WRONG)

    def _do(self, run: GoldenRun, assistant: Assistant, keep_on: Callable[[], bool]) -> None:
        try:
            questions = list(self._questions.each(assistant.id))
            if not questions:
                self._fail(run, NO_QUESTIONS)
                return
            results = self._results(run, assistant, questions, keep_on)
            if results is None:
                self._runs.give_back(run)
                return
            self._finish(run, results)
        except AppError:
            with suppress(Unavailable):
                self._runs.give_back(run)
            raise

    def _results(
        self,
        run: GoldenRun,
        assistant: Assistant,
        questions: list[GoldenQuestion],
        keep_on: Callable[[], bool],
    ) -> list[GoldenResult] | None:
        """What each question came to, in their order; ``None`` when the run has to stop or was deleted."""
        results: list[GoldenResult] = []
        step = max(1, len(questions) // 20)
        for question in questions:
            if not keep_on():
                return None
            if results and len(results) % step == 0:
                progress = 100 * len(results) // len(questions)
                if not self._runs.set_progress(run, progress):
                    return None
            results.append(self._result(assistant, question, run.top_k))
        return results

    def _result(self, assistant: Assistant, question: GoldenQuestion, top_k: int) -> GoldenResult:
        found = self._search.search(assistant, question.question, top_k)
        hit = first_hit(found.passages, question.expects)
        return GoldenResult(question.id, question.question, hit, enough=found.enough)

    def _finish(self, run: GoldenRun, results: list[GoldenResult]) -> None:
        before = self._runs.latest_done(run.assistant_id)
        done = replace(
            run,
            status=RunStatus.DONE,
            progress=100,
            finished_at=self._clock(),
            questions=len(results),
            hits=sum(one.hit is not None for one in results),
            mean_reciprocal_rank=mean_reciprocal_rank(results),
            results=tuple(results),
            change=compare(before, results) if before else None,
        )
        self._forget_oldest(run.assistant_id)  # before: who sees this one done sees no more than are kept
        self._runs.finish(done)

    def _fail(self, run: GoldenRun, error: str) -> None:
        self._forget_oldest(run.assistant_id)
        self._runs.finish(replace(run, status=RunStatus.FAILED, error=error, finished_at=self._clock()))

    def _forget_oldest(self, assistant_id: str) -> None:
        newest = self._runs.page(assistant_id, KEPT_RUNS)
        if newest.next_cursor:
            for run in self._runs.page(assistant_id, 10 * KEPT_RUNS, newest.next_cursor).items:
                if run.is_over:
                    self._runs.delete(assistant_id, run.id)

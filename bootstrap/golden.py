"""How the use cases of golden are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.golden.add_golden import AddGolden
from services.golden.delete_golden import DeleteGolden
from services.golden.find_golden import FindGolden
from services.golden.run_golden import RunGolden
from services.golden.start_golden_run import StartGoldenRun
from services.golden.use_cases import GoldenUseCases


def build(parts: Parts, shared: Shared) -> GoldenUseCases:
    """Golden questions and their runs."""
    records = parts.repositories
    return GoldenUseCases(
        find_golden=FindGolden(questions=records.golden_questions, runs=records.golden_runs),
        add_golden=AddGolden(
            assistants=records.assistants, questions=records.golden_questions, clock=utc_now
        ),
        delete_golden=DeleteGolden(questions=records.golden_questions),
        start_golden_run=StartGoldenRun(
            assistants=records.assistants,
            questions=records.golden_questions,
            runs=records.golden_runs,
            clock=utc_now,
            run_soon=parts.run_golden_soon,
        ),
        run_golden=RunGolden(
            assistants=records.assistants,
            questions=records.golden_questions,
            runs=records.golden_runs,
            search=shared.knowledge.search,
            clock=utc_now,
        ),
    )

"""What the doors can ask of golden."""

from __future__ import annotations

from dataclasses import dataclass

from services.golden.add_golden import AddGolden
from services.golden.delete_golden import DeleteGolden
from services.golden.find_golden import FindGolden
from services.golden.run_golden import RunGolden
from services.golden.start_golden_run import StartGoldenRun


@dataclass(frozen=True)
class GoldenUseCases:
    """Golden questions and their runs."""

    find_golden: FindGolden
    add_golden: AddGolden
    delete_golden: DeleteGolden
    start_golden_run: StartGoldenRun
    run_golden: RunGolden

"""What the doors can ask of pushes."""

from __future__ import annotations

from dataclasses import dataclass

from services.pushes.find_pushes import FindPushes
from services.pushes.run_push import RunPush
from services.pushes.start_push import StartPush


@dataclass(frozen=True)
class PushUseCases:
    """Messages to many contacts."""

    start_push: StartPush
    find_pushes: FindPushes
    run_push: RunPush

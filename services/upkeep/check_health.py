"""Whether every part that answers depend on can be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kit.errors import AppError


class CheckHealth:
    """Asks each dependency; ``checks`` maps its name to a call that raises an ``AppError`` when it is down."""

    def __init__(self, checks: Mapping[str, Callable[[], None]]) -> None:
        self._checks = dict(checks)

    def states(self) -> dict[str, str]:
        """``"ready"`` or the machine code of what is wrong, by the dependency's name."""
        return {name: _state(check) for name, check in self._checks.items()}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except AppError as problem:
        return problem.error_code
    return "ready"

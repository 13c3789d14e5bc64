"""How a command ends that cannot do what it is asked."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from kit.errors import AppError


def fail(problem: object) -> NoReturn:
    """Say why on standard error, and exit with 2."""
    sentence = problem.sentence if isinstance(problem, AppError) else str(problem)
    click.echo(f"orquestra: {sentence}", err=True)
    sys.exit(2)

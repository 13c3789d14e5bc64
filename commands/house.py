"""The use cases for a command, whether a server runs or not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bootstrap.installation import open_beside, open_installation, owner_lives
from commands.fail import fail
from jobs.operator_door import knock
from kit.errors import AppError, NotFound, SettingsError, Unavailable
from kit.settings import Settings
from models.actors import Actor, ActorKind, Role
from models.assistants import Assistant
from services.house import House

OPERATOR = Actor(kind=ActorKind.PERSON, name="operator", role=Role.ADMIN)


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """A house on this installation: beside the server that runs on it, or alone.

    What the application refuses inside ends the command with its sentence.
    """
    try:
        with contextlib.ExitStack() as ends:
            if owner_lives(settings):
                house, close = open_beside(
                    settings,
                    index_soon=lambda document: _ask_server(settings, "index", document.id),
                    run_golden_soon=lambda run: _ask_server(settings, "golden", run.id),
                )
                ends.callback(close)
            else:
                installation = open_installation(settings)
                ends.callback(installation.stop)
                installation.start_work()
                house = installation.house
            yield house
    except (AppError, SettingsError) as problem:
        fail(problem)


def assistant_of(house: House, assistant_id: str) -> Assistant:
    """The assistant that was named; the refusal says which there is not."""
    try:
        return house.assistants.find_assistants.get(OPERATOR, assistant_id)
    except NotFound:
        raise NotFound(f"There is no assistant {assistant_id}.") from None


def _ask_server(settings: Settings, task: str, record_id: str) -> None:
    with contextlib.suppress(Unavailable):  # then its next sweep finds the record
        knock(settings.data_dir, task, ids=[record_id])

"""``make fuzz``: what nobody expects, sent to every described route; no answer may be a 5xx.

Not a part of ``make test``: it looks for what nobody thought of, and takes as long as it is given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from tests.servers.application import Application

PASSWORD = "correct horse battery"
# What is limited on purpose would hide what is behind it.
SETTINGS = {"RATE_LIMIT": "1000000 per minute", "LOG_LEVEL": "WARNING"}


@click.command()
@click.option("--seconds", default=300, show_default=True, help="How long to look.")
@click.option("--seed", type=int, help="Repeat a run.")
def fuzz(seconds: int, seed: int | None) -> None:
    """Start the application on a folder of its own and send it what its description allows, and what not."""
    with tempfile.TemporaryDirectory() as folder, Application(Path(folder), SETTINGS) as application:
        person, bot = _credentials(application)
        options = ["--checks", "not_a_server_error", "--continue-on-failure", "--max-time", str(seconds)]
        options += ["--request-timeout", "60", "--header", f"Authorization: Bearer {person}"]
        options += ["--header", f"X-API-Key: {bot}", *([] if seed is None else ["--seed", str(seed)])]
        schemathesis = Path(sys.executable).with_name("schemathesis")
        # In the folder: what it writes down for its next run would else lie in the project's.
        ended = subprocess.run(  # our own environment's
            [sys.executable, str(schemathesis), "run", f"{application.url}/openapi.json", *options],
            cwd=folder,
            check=False,
        )
        if ended.returncode:
            click.echo(application.log.read_text()[-8000:], err=True)
        sys.exit(ended.returncode)


def _credentials(application: Application) -> tuple[str, str]:
    """A personal token of an admin, which unlike a sign-in no ``POST /auth/logout`` ends, and a bot's key."""
    account = {"name": "Fuzz", "email": "fuzz@example.com", "password": PASSWORD}
    _made(application.request("POST", "/auth/register", account))
    _, session = application.request(
        "POST", "/auth/login", {name: account[name] for name in ("email", "password")}
    )
    bearer = f"Bearer {session['token']}"
    token = _made(application.request("POST", "/auth/tokens", {"name": "fuzz"}, Authorization=bearer))
    assistant = _made(application.request("POST", "/assistants/add", {"name": "Fuzz"}, Authorization=bearer))
    return token["token"], assistant["api_key"]


def _made(answer: tuple[int, dict[str, str]]) -> dict[str, str]:
    status, body = answer
    assert status == 201, body
    return body


if __name__ == "__main__":
    fuzz()

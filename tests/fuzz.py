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
from tests.servers.openai_server import OpenAIServer

ACCOUNT = {"name": "Fuzz", "email": "fuzz@example.com", "password": "correct horse battery"}
# These can end the credential that the rest is asked with: they go last, with ids that nobody has.
ACCOUNTS = "^/auth/(tokens|users|password)"
LOGOUT = "^/auth/logout"


@click.command()
@click.option("--seconds", default=300, show_default=True, help="How long to look, at least.")
@click.option("--seed", type=int, help="Repeat a run.")
def fuzz(seconds: int, seed: int | None) -> None:
    """Start the application on a folder of its own and send it what its description allows, and what not."""
    again = [] if seed is None else ["--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder, OpenAIServer() as model:
        settings = {
            # What is limited on purpose would hide what is behind it.
            "RATE_LIMIT": "1000000 per minute",
            # A model server that is missing is a 503 by contract: this one knows every name.
            "OPENAI_BASE_URL": model.base_url,
            "LLM_MODEL": "offline",
            "LOG_LEVEL": "WARNING",
        }
        with Application(Path(folder), settings) as application:
            credentials = _credentials(application)
            runs = (
                ["--exclude-path-regex", f"{ACCOUNTS}|{LOGOUT}", "--max-time", str(seconds), *again],
                ["--include-path-regex", ACCOUNTS, "--phases", "examples,coverage,fuzzing", *again],
                ["--include-path-regex", LOGOUT, "--phases", "examples,coverage,fuzzing", *again],
            )
            codes = [_run(Path(folder), application, [*credentials, *options]) for options in runs]
        if any(codes):
            click.echo(application.log.read_text()[-8000:], err=True)
        sys.exit(max(codes))


def _run(folder: Path, application: Application, options: list[str]) -> int:
    schemathesis = Path(sys.executable).with_name("schemathesis")
    fixed = ["--checks", "not_a_server_error", "--continue-on-failure", "--request-timeout", "60"]
    # In the folder: what it writes down for its next run would else lie in the project's.
    return subprocess.run(
        [sys.executable, str(schemathesis), "run", f"{application.url}/openapi.json", *fixed, *options],
        cwd=folder,
        check=False,
    ).returncode


def _credentials(application: Application) -> list[str]:
    """The headers of an admin's program and, beside it, of an assistant's bot: each route takes its own."""
    _made(application.request("POST", "/auth/register", ACCOUNT))
    sign_in = {name: ACCOUNT[name] for name in ("email", "password")}
    _, session = application.request("POST", "/auth/login", sign_in)
    bearer = f"Bearer {session['token']}"
    token = _made(application.request("POST", "/auth/tokens", {"name": "fuzz"}, Authorization=bearer))
    assistant = _made(application.request("POST", "/assistants/add", {"name": "Fuzz"}, Authorization=bearer))
    person, bot = f"Authorization: Bearer {token['token']}", f"X-API-Key: {assistant['api_key']}"
    return ["--header", person, "--header", bot]


def _made(answer: tuple[int, dict[str, str]]) -> dict[str, str]:
    status, body = answer
    assert status == 201, body
    return body


if __name__ == "__main__":
    fuzz()

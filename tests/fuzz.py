"""The second half of ``make fuzz``: what nobody expects, sent to every described route; no answer may be a 5xx.

Not a part of ``make test``: it looks for what nobody thought of, and takes as long as it is given, and a
minute more for the routes that go last.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

import click
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.servers.application import Application
from tests.servers.openai_server import OpenAIServer

ACCOUNT = {"name": "Fuzz", "email": "fuzz@example.com", "password": "correct horse battery"}
# These can end the credential that the rest is asked with: they go last, with ids that nobody has.
ACCOUNTS = "^/auth/(tokens|users|password)"
LOGOUT = "^/auth/logout"
# Every second id is one of something that is there, so that more is met than 404; but what removes things
# is kept from removing these.
CONFIGURATION = """\
[dictionaries]
chats = {{ values = {chats} }}
assistants = {{ values = {assistants} }}
documents = {{ values = {documents} }}
nobodys = {{ values = ["000000000000000000000000"] }}

[parameters]
"path.name" = {{ dictionary = "chats", probability = 0.5 }}
"path.assistant_id" = {{ dictionary = "assistants", probability = 0.5 }}
"path.document_id" = {{ dictionary = "documents", probability = 0.5 }}
"query.assistant_id" = {{ dictionary = "assistants", probability = 0.5 }}
"body.assistant_id" = {{ dictionary = "assistants", probability = 0.9 }}

[[operations]]
include-method = "DELETE"
parameters = {{ "path.name" = {nobodys}, "path.assistant_id" = {nobodys}, "path.document_id" = {nobodys} }}
"""


@click.command()
@click.option("--seconds", default=120, show_default=True, help="How long to look, at least.")
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
            Path(folder, "schemathesis.toml").write_text(_configuration(application, credentials))
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


def _configuration(application: Application, credentials: list[str]) -> str:
    """Things that are there, for the routes that need some, as Schemathesis is told of them."""
    person, bot = (dict([credentials[n].split(": ")]) for n in (1, 3))
    own = {name.replace("-", "_"): value for name, value in bot.items()}
    status, mine = application.request("GET", "/assistants/list", **person)
    assert status == 200, mine
    assistant = mine[0]["_id"]
    chats = []
    for contact in ("+5513988593464", "a/b", "0"):
        said = {"id": contact, "message_service": "Web", "message": "A que horas abre?"}
        status, answer = application.request("POST", "/chats/enviarMensagemLLM", said, **own)
        assert status == 200, answer
        chats += [answer["chat_id"], quote(contact, safe="")]
    documents = [_uploaded(application.url, assistant, name, person) for name in ("a.md", "b.txt")]
    nobodys = '{ dictionary = "nobodys", probability = 0.5 }'
    return CONFIGURATION.format(
        chats=json.dumps(chats),
        assistants=json.dumps([assistant]),
        documents=json.dumps(documents),
        nobodys=nobodys,
    )


def _uploaded(url: str, assistant_id: str, name: str, person: dict[str, str]) -> str:
    file = FileStorage(io.BytesIO("Abre às 8h.".encode()), name)
    boundary, form = encode_multipart({"assistant_id": assistant_id, "type": "rag", "file": file})
    headers = {**person, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    asked = urllib.request.Request(f"{url}/documents/add", form, headers)  # noqa: S310  # loopback
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  # loopback
        return str(json.load(answer)["_id"])


def _made(answer: tuple[int, dict[str, str]]) -> dict[str, str]:
    status, body = answer
    assert status == 201, body
    return body


if __name__ == "__main__":
    fuzz()

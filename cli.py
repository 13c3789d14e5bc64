"""Operator commands: ``python cli.py --help``."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

import click
import urllib3

import main as server
from bootstrap.installation import open_beside, open_installation, owner_lives
from integrations.identity.trial_keys import PUBLISHED, PrivateKey, read_key, write_keys
from integrations.parsing.base import FORMATS
from jobs.demo import describe_demo, prepare_demo
from jobs.golden_table import describe_run
from jobs.identity_trial import published, run_trial
from jobs.operator_door import knock
from kit import logging
from kit.errors import AppError, SettingsError, Unavailable
from kit.settings import PROJECT_ROOT, Settings
from models.actors import Actor, ActorKind, Role
from models.assistants import Assistant
from models.documents import Document, DocumentStatus, DocumentType
from models.golden import GoldenRun, RunStatus
from routes.app import create_flask
from routes.guards import GUARD_ATTRIBUTE
from routes.server import serve
from services.documents.add_document import Upload, format_of
from services.house import House

OPERATOR = Actor(kind=ActorKind.PERSON, name="operator", role=Role.ADMIN)
POLL_S = 0.1
LOOKED_AT_ONCE = 10
MENDED_WITHIN_S = 60.0
STANDSTILL_S = 300.0  # longer than any one document takes to be parsed


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """Run and look after Orquestra. Every command also works while the server runs."""
    try:
        context.obj = Settings.from_env(os.environ, PROJECT_ROOT / ".env")
    except SettingsError as problem:
        _fail(problem)
    # A command speaks for itself; log lines only where something is wrong.
    logging.configure("WARNING" if context.invoked_subcommand != "demo" else context.obj.log_level)


@cli.command("demo")
@click.pass_obj
def run_demo(settings: Settings) -> None:
    """Start the server, at the first start with an account and an assistant to try."""
    try:
        installation, app = server.start(settings)
    except (AppError, SettingsError) as problem:
        _fail(problem)
    try:
        shown = prepare_demo(installation.house, settings.data_dir / "demo.json")
        serve(app, settings, when_up=lambda port: click.echo(describe_demo(shown, _address(settings, port))))
    except SettingsError as problem:
        _fail(problem)
    finally:
        installation.stop()


@cli.command("create-admin")
@click.option("--name", prompt=True)
@click.option("--email", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.pass_obj
def create_admin(settings: Settings, name: str, email: str, password: str) -> None:
    """Make an account with the role admin."""
    with _opened(settings) as house:
        user = house.accounts.register_user.create_admin(name, email, password)
        click.echo(f"{user.email} is an admin now (id {user.id}).")


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--assistant", "assistant_id", required=True, help="The assistant's id.")
@click.option(
    "--type",
    "document_type",
    type=click.Choice([one.value for one in DocumentType]),
    default=DocumentType.RAG.value,
    show_default=True,
)
@click.pass_obj
def ingest(settings: Settings, folder: Path, assistant_id: str, document_type: str) -> None:
    """Add every document in FOLDER (and below) to an assistant, and wait until they are in answers."""
    files = _named(
        folder, [one for one in sorted(folder.rglob("*")) if one.is_file() and format_of(one.name) in FORMATS]
    )
    if not files:
        _fail(f"There is no document in {folder}: {', '.join(FORMATS)} are read.")
    with _opened(settings) as house:
        assistant = house.assistants.find_assistants.get(OPERATOR, assistant_id)
        documents, refused = _uploaded(house, assistant, files, DocumentType(document_type))
        failed = _indexed(house, documents)
    for line in [*refused, *failed]:
        click.echo(line, err=True)
    click.echo(f"{len(documents) - len(failed)} of {len(files)} documents are in answers.")
    if refused or failed:
        sys.exit(1)


@cli.command()
@click.option("--assistant", "assistant_id", help="Only this assistant's documents.")
@click.option("--document", "document_id", help="Only this document.")
@click.pass_obj
def reindex(settings: Settings, assistant_id: str | None, document_id: str | None) -> None:
    """Read documents anew (all of them, unless told otherwise); they stay in answers meanwhile."""
    with _opened(settings) as house:
        documents = list(_chosen(house, assistant_id, document_id))
        for document in documents:
            house.documents.reindex_document.reindex(document)
        failed = _indexed(house, documents)
    for line in failed:
        click.echo(line, err=True)
    click.echo(f"{len(documents) - len(failed)} of {len(documents)} documents were read anew.")
    if failed:
        sys.exit(1)


@cli.command()
@click.option("--fix", is_flag=True, help="Make them agree.")
@click.pass_obj
def doctor(settings: Settings, *, fix: bool) -> None:
    """Say whether files, records and vectors agree."""
    lines = _doctored(settings, fix=fix)
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("Files, records and vectors agree.")
    elif fix:
        again = _doctored(settings, fix=False)
        click.echo("Mended." if not again else "Not all of it could be mended:")
        for line in again:
            click.echo(line)
        lines = again
    if lines:
        sys.exit(1)


@cli.command()
@click.option("--assistant", "assistant_id", required=True, help="The assistant's id.")
@click.option(
    "--top-k", type=click.IntRange(1, 50), help="Passages to look at; as many as chats get, unless told."
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 1), default=0.0, help="Exit with 1 when the hit rate is lower."
)
@click.pass_obj
def golden(settings: Settings, assistant_id: str, top_k: int | None, fail_under: float) -> None:
    """Search for an assistant's golden questions, and say which were found and what changed."""
    with _opened(settings) as house:
        assistant = house.assistants.find_assistants.get(OPERATOR, assistant_id)
        run = _run_over(house, assistant, house.golden.start_golden_run.start(assistant, top_k))
    if run.status is RunStatus.FAILED:
        _fail(run.error)
    for line in describe_run(run):
        click.echo(line)
    if run.hit_rate < fail_under:
        click.echo(f"The hit rate is under {fail_under}.", err=True)
        sys.exit(1)


@cli.command()
@click.pass_obj
def routes(settings: Settings) -> None:
    """List every route with who may call it."""
    # Nothing behind the doors is asked, so nothing is opened.
    app = create_flask(cast("House", SimpleNamespace(settings=settings, jwt_secret="-" * 64)))
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        guard = getattr(app.view_functions[rule.endpoint], GUARD_ATTRIBUTE, "")
        click.echo(f"{methods:10} {rule.rule:45} {guard}")


@cli.command("generate-keys")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--algorithm", type=click.Choice(["RS256", "ES256"]), default="RS256", show_default=True)
@click.pass_obj
def generate_keys(settings: Settings, folder: Path | None, algorithm: str) -> None:
    """Write a key pair and its JWKS into FOLDER (else DATA_DIR/identity), to try external identity with."""
    try:
        private, published = write_keys(folder or settings.data_dir / "identity", algorithm)
    except (SettingsError, OSError) as problem:
        _fail(problem)
    click.echo(f"{private} signs tokens: keep it to yourself.")
    click.echo(f"{published} is what JWT_JWKS_URL leads to.")


@cli.command("test-auth")
@click.option("--keys", "folder", type=click.Path(path_type=Path), help="Folder that generate-keys wrote.")
@click.option(
    "--url", default="", help="A running server with JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE set."
)
@click.pass_obj
def test_auth(settings: Settings, folder: Path | None, url: str) -> None:
    """Prove that tokens of an identity provider are taken, and bad ones are not."""
    with contextlib.ExitStack() as ends:
        work = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        try:
            if folder is None:
                folder = work / "keys"
                write_keys(folder, "RS256")
            key = read_key(folder)
            steps = _trial(settings, url, folder, key, work, ends)
            results = [_told(*step) for step in steps]
        except (AppError, SettingsError, OSError) as problem:
            _fail(problem)
    if not all(results):
        _fail("Not everything went as it must.")
    click.echo("External identity works.")


def _trial(
    settings: Settings, url: str, folder: Path, key: PrivateKey, work: Path, ends: contextlib.ExitStack
) -> Iterator[tuple[bool, str]]:
    """Serve the keys where that is needed, and run the trial against a server or an installation of its own."""
    content = (folder / PUBLISHED).read_bytes()
    issuer, audience = settings.jwt_issuer or "https://issuer.invalid", settings.jwt_audience or "orquestra"
    if url:
        wanted = urlsplit(settings.jwt_jwks_url)
        if not (settings.jwt_jwks_url and settings.jwt_issuer and settings.jwt_audience):
            raise SettingsError("JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE: set them as the server has them")
        if wanted.hostname in ("127.0.0.1", "localhost"):
            with contextlib.suppress(OSError):  # somebody serves it already
                served = ends.enter_context(published(content, "127.0.0.1", wanted.port or 80))
                yield True, f"serving {folder / PUBLISHED} at {served}"
        yield True, f"asking {url}/auth/me"
        yield from run_trial(key, issuer, audience, lambda token: _asked_me(url, token))
        return
    served = ends.enter_context(published(content))
    yield True, f"serving {folder / PUBLISHED} at {served}"
    own = replace(
        settings,
        data_dir=work / "data",
        documents_dir=work / "documents",
        mongo_uri="",
        chroma_url="",
        jwt_jwks_url=served,
        jwt_issuer=issuer,
        jwt_audience=audience,
    )
    installation = open_installation(own)
    ends.callback(installation.stop)
    client = create_flask(installation.house).test_client()
    yield True, "an installation of its own is up"

    def call(token: str) -> tuple[int, dict[str, Any]]:
        answer = client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.get_json()

    yield from run_trial(key, issuer, audience, call)


def _asked_me(url: str, token: str) -> tuple[int, dict[str, Any]]:
    answer = urllib3.request(
        "GET", f"{url.rstrip('/')}/auth/me", headers={"Authorization": f"Bearer {token}"}, timeout=10.0
    )
    return answer.status, answer.json()


def _told(went_well: bool, what: str) -> bool:  # noqa: FBT001  # a step as it comes
    click.echo(f"{'ok  ' if went_well else 'BAD '} {what}")
    return went_well


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[House]:
    """A house on this installation: beside the server that runs on it, or alone."""
    try:
        if owner_lives(settings):
            house, close = open_beside(
                settings,
                index_soon=lambda document: _ask_server(settings, "index", document.id),
                run_golden_soon=lambda run: _ask_server(settings, "golden", run.id),
            )
            with contextlib.ExitStack() as ends:
                ends.callback(close)
                yield house
        else:
            installation = open_installation(settings)
            with contextlib.ExitStack() as ends:
                ends.callback(installation.stop)
                installation.start_work()
                yield installation.house
    except (AppError, SettingsError) as problem:
        _fail(problem)


def _address(settings: Settings, port: int) -> str:
    return settings.public_url or f"http://{settings.host}:{port}"


def _ask_server(settings: Settings, task: str, record_id: str) -> None:
    with contextlib.suppress(Unavailable):  # then its next sweep finds the record
        knock(settings.data_dir, task, ids=[record_id])


def _named(folder: Path, files: list[Path]) -> dict[Path, str]:
    """A name for each file: its own, or with its folders in front where two have the same."""
    times = Counter(path.name for path in files)
    return {
        path: path.name if times[path.name] == 1 else " - ".join(path.relative_to(folder).parts)
        for path in files
    }


def _uploaded(
    house: House, assistant: Assistant, files: dict[Path, str], document_type: DocumentType
) -> tuple[list[Document], list[str]]:
    documents, refused = [], []
    with click.progressbar(files.items(), label="Adding  ", file=sys.stderr) as bar:
        for path, name in bar:
            try:
                with path.open("rb") as stream:
                    documents.append(
                        house.documents.add_document.add(assistant, Upload(name, stream, document_type))
                    )
            except AppError as problem:
                refused.append(f"{path}: {problem.sentence}")
            except OSError as problem:
                refused.append(f"{path}: {problem.strerror}")
    return documents, refused


def _indexed(house: House, documents: list[Document]) -> list[str]:
    """Wait until every document is ready or failed; a line for each that failed."""
    waiting = {document.id: document.filename for document in documents}
    failed = []
    patience = _Patience()
    with click.progressbar(length=len(documents), label="Indexing", file=sys.stderr) as bar:
        while waiting:
            # The oldest few: they are read in this order, and thousands need not be asked for each time.
            looked = {one: house.documents.index_document.look(one) for one in list(waiting)[:LOOKED_AT_ONCE]}
            for document_id, found in looked.items():
                if found is None or _settled(found):
                    filename = waiting.pop(document_id)
                    bar.update(1)
                    if found is not None and found.error:
                        failed.append(f"{filename}: {found.error}")
            if not looked.keys() - waiting.keys():
                patience.wait([one for one in looked.values() if one is not None])
    return failed


def _run_over(house: House, assistant: Assistant, run: GoldenRun) -> GoldenRun:
    """The run once it is done or failed."""
    patience = _Patience()
    while not run.is_over:
        patience.wait([run])
        run = house.golden.find_golden.run(assistant, run.id)
    return run


def _settled(document: Document) -> bool:
    return document.status is DocumentStatus.FAILED or (
        document.status is DocumentStatus.READY and document.progress == 100
    )


def _chosen(house: House, assistant_id: str | None, document_id: str | None) -> Iterator[Document]:
    if document_id:
        yield house.documents.find_documents.get(OPERATOR, document_id)
        return
    cursor = ""
    while True:
        page = house.documents.find_documents.page(OPERATOR, assistant_id or "", 500, cursor)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _doctored(settings: Settings, *, fix: bool) -> list[str]:
    try:
        if owner_lives(settings):
            return _doctored_by_server(settings, fix=fix)
        with _opened(settings) as house:
            _check_health(house)
            _wait_until_idle(house)
            lines = house.upkeep.keep_consistent.check(fix=fix)
            _wait_until_idle(house)
            return lines
    except (AppError, SettingsError) as problem:
        _fail(problem)


def _doctored_by_server(settings: Settings, *, fix: bool) -> list[str]:
    lines = [str(line) for line in knock(settings.data_dir, "doctor", fix=fix)]
    give_up = time.monotonic() + MENDED_WITHIN_S
    # What was asked to be read anew; a server that is never idle says the rest when it is asked again.
    while fix and lines and not knock(settings.data_dir, "idle") and time.monotonic() < give_up:
        time.sleep(POLL_S)
    return lines


def _check_health(house: House) -> None:
    down = [name for name, state in house.upkeep.check_health.states().items() if state != "ready"]
    if down:
        raise Unavailable(f"The {' and the '.join(down)} cannot be reached.")


def _wait_until_idle(house: House) -> None:
    """Let the work that is in the records come to its end."""
    patience = _Patience()
    while work := house.documents.index_document.with_work():
        patience.wait(work)


class _Patience:
    """Waits for work to go on, and gives up where it stands still."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, str, int]] = []
        self._since = time.monotonic()

    def wait(self, work: Sequence[Document | GoldenRun]) -> None:
        """Sleep for a moment; ``Unavailable`` when nothing has moved for minutes."""
        seen = [(one.id, one.status.value, one.progress) for one in work]
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > STANDSTILL_S:
            raise Unavailable("The work does not go on; the server's log says why.")
        time.sleep(POLL_S)


def _fail(problem: object) -> NoReturn:
    sentence = problem.sentence if isinstance(problem, AppError) else str(problem)
    click.echo(f"orquestra: {sentence}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    cli()

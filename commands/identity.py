"""``cli.py generate-keys`` and ``cli.py test-auth``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import urllib3

from bootstrap.installation import open_installation
from commands.fail import fail
from commands.identity_trial import Step, published, run_trial
from integrations.identity.trial_keys import PUBLISHED, PrivateKey, read_key, write_keys
from kit.errors import AppError, SettingsError
from kit.settings import Settings
from routes.app import create_flask


@click.command("generate-keys")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--algorithm", type=click.Choice(["RS256", "ES256"]), default="RS256", show_default=True)
@click.pass_obj
def generate_keys(settings: Settings, folder: Path | None, algorithm: str) -> None:
    """Write a key pair and its JWKS into FOLDER (else DATA_DIR/identity), to try external identity with."""
    try:
        private, published = write_keys(folder or settings.data_dir / "identity", algorithm)
    except (SettingsError, OSError) as problem:
        fail(problem)
    click.echo(f"{private} signs tokens: keep it to yourself.")
    click.echo(f"{published} is what JWT_JWKS_URL leads to.")


@click.command("test-auth")
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
            if url:
                steps = _against_server(settings, url, folder, key, ends)
            else:
                steps = _against_own(settings, folder, key, work, ends)
            results = [_told(step) for step in steps]
        except (AppError, SettingsError, OSError) as problem:
            fail(problem)
    if not all(results):
        fail("Not everything went as it must.")
    click.echo("External identity works.")


def _against_server(
    settings: Settings, url: str, folder: Path, key: PrivateKey, ends: contextlib.ExitStack
) -> Iterator[Step]:
    """Ask a running server, with the keys served where it looks for them if that is this machine."""
    if not (settings.jwt_jwks_url and settings.jwt_issuer and settings.jwt_audience):
        raise SettingsError("JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE: set them as the server has them")
    wanted = urlsplit(settings.jwt_jwks_url)
    if wanted.hostname in ("127.0.0.1", "localhost"):
        with contextlib.suppress(OSError):  # somebody serves it already
            content = (folder / PUBLISHED).read_bytes()
            served = ends.enter_context(published(content, "127.0.0.1", wanted.port or 80))
            yield True, f"serving {folder / PUBLISHED} at {served}"
    yield True, f"asking {url}/auth/me"
    yield from run_trial(key, settings.jwt_issuer, settings.jwt_audience, lambda token: _asked_me(url, token))


def _against_own(
    settings: Settings, folder: Path, key: PrivateKey, work: Path, ends: contextlib.ExitStack
) -> Iterator[Step]:
    """Ask an installation of its own, which is thrown away with the folder ``work``."""
    served = ends.enter_context(published((folder / PUBLISHED).read_bytes()))
    yield True, f"serving {folder / PUBLISHED} at {served}"
    issuer, audience = settings.jwt_issuer or "https://issuer.invalid", settings.jwt_audience or "orquestra"
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


def _told(step: Step) -> bool:
    went_well, what = step
    click.echo(f"{'ok  ' if went_well else 'BAD '} {what}")
    return went_well

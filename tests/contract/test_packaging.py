"""What is built and started from the outside: Makefile, .ci/run, Dockerfile, compose.yaml, bundled files."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.settings import PROJECT_ROOT, Settings

CONSOLE = PROJECT_ROOT / "console"
PAGES = ("index.html", "swagger.html", "redoc.html")


def _text(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def _instructions() -> list[tuple[str, str]]:
    joined = _text("Dockerfile").replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def _final_stage() -> list[tuple[str, str]]:
    steps = _instructions()
    last = max(n for n, (name, _) in enumerate(steps) if name == "FROM")
    return steps[last:]


def _one(name: str) -> str:
    found = [value for step, value in _final_stage() if step == name]
    assert len(found) == 1, f"{name} stands {len(found)} times in the final stage"
    return found[0]


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_text("compose.yaml"))
    return loaded


def _seconds(duration: str) -> int:
    assert duration.endswith("s")
    return int(duration[:-1])


# Makefile and .ci/run


def test_readme_names_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    pages = [
        _text("README.md"),
        *(path.read_text(encoding="utf-8") for path in sorted((PROJECT_ROOT / "docs").rglob("*.md"))),
    ]
    named = {name for page in pages for name in re.findall(r"(?:`|^)make ([a-z]+)\b", page, re.MULTILINE)}
    assert {"run", "test"} <= named
    assert named <= targets


def test_help_names_every_target() -> None:
    makefile = _text("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    helped = set(re.findall(r"@echo 'make ([a-z]+)", makefile))
    assert set(phony[1].split()) - {"help", "setup"} == helped


def test_ci_is_make_test_and_ends_with_it() -> None:
    path = PROJECT_ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "exec make test"
    assert "set -euo pipefail" in lines


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        loose = [
            line for line in _text(name).splitlines() if line and not re.match(r"[A-Za-z0-9._-]+==\S+", line)
        ]
        assert loose == []


def test_image_and_makefile_install_with_the_same_uv() -> None:
    wanted = re.search(r"^UV_VERSION := (\S+)$", _text("Makefile"), re.MULTILINE)
    assert wanted is not None
    assert re.findall(r"\buv==(\S+)", _text("Dockerfile")) == [wanted[1]]


# Dockerfile


def test_base_images_are_pinned_by_tag() -> None:
    bases = [value.split()[0] for name, value in _instructions() if name == "FROM"]
    assert bases
    for base in bases:
        _, _, tag = base.partition(":")
        assert tag
        assert tag != "latest"


def test_image_is_built_in_stages_and_installs_only_what_reads_scans_in_the_last() -> None:
    assert sum(name == "FROM" for name, _ in _instructions()) > 1
    commands = " ".join(value for name, value in _final_stage() if name == "RUN")
    assert not re.search(r"\b(pip|uv|gcc|curl|wget)\b", commands)
    [installed] = re.findall(
        r"apt-get install -y --no-install-recommends ([^&]+) &&", " ".join(commands.split())
    )
    assert all(name.startswith("tesseract-ocr") for name in installed.split())
    assert "rm -rf /var/lib/apt/lists/*" in commands


def test_container_is_not_root() -> None:
    user = _one("USER")
    assert int(user.split(":")[0]) > 0


def test_signals_reach_python_itself() -> None:
    assert json.loads(_one("CMD")) == ["python", "main.py"]
    assert _one("STOPSIGNAL") == "SIGTERM"
    assert "ENTRYPOINT" not in [name for name, _ in _final_stage()]


def test_container_says_how_it_is() -> None:
    probe = _one("HEALTHCHECK").partition("CMD ")[2]
    command = json.loads(probe)
    assert command[0] == "python"
    assert "/health" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")


def test_container_keeps_what_must_last_in_volumes() -> None:
    settings = Settings()
    lasting = {
        f"/app/{path.relative_to(PROJECT_ROOT)}" for path in (settings.data_dir, settings.documents_dir)
    }
    assert set(json.loads(_one("VOLUME"))) == lasting


def test_image_holds_what_the_server_imports_and_no_records_or_secrets() -> None:
    kept = {line[1:] for line in _text(".dockerignore").splitlines() if line.startswith("!")}
    code = {path.parent.name for path in PROJECT_ROOT.glob("*/__init__.py")}
    assert code - {"tests", "bench"} <= kept
    assert {"bootstrap", "cli.py", "main.py", "requirements.txt", "console"} <= kept
    assert not kept & {"data", "documents", ".env", ".git", "tests"}
    assert "*" in _text(".dockerignore").splitlines()


# compose.yaml


@pytest.mark.parametrize("name", ["mongo", "chroma"])
def test_databases_are_pinned_watched_kept_and_not_published(name: str) -> None:
    service = _compose()["services"][name]
    assert re.search(r":\d", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "ports" not in service
    assert [volume.split(":")[0] for volume in service["volumes"]] == [name]
    assert service["networks"] == ["records"]


def test_databases_share_a_network_with_no_way_out() -> None:
    assert _compose()["networks"]["records"] == {"internal": True}


def test_chroma_server_is_of_the_version_of_its_client() -> None:
    pinned = re.search(r"^chromadb==(\S+)", _text("requirements.txt"), re.MULTILINE)
    assert pinned is not None
    assert _compose()["services"]["chroma"]["image"] == f"chromadb/chroma:{pinned[1]}"


def test_application_waits_for_both_databases() -> None:
    waits = _compose()["services"]["app"]["depends_on"]
    assert {name: one["condition"] for name, one in waits.items()} == dict.fromkeys(
        ("mongo", "chroma"), "service_healthy"
    )


def test_stop_outlasts_the_longest_answer() -> None:
    app = _compose()["services"]["app"]
    assert _seconds(app["stop_grace_period"]) > Settings().llm_timeout_s


def test_compose_holds_no_secret() -> None:
    uris = re.findall(r"mongodb://[^:]+:([^@]+)@", _text("compose.yaml"))
    assert uris
    assert all(password.startswith("${MONGO_PASSWORD:?") for password in uris)


def test_named_volumes_are_declared() -> None:
    compose = _compose()
    used = {volume.split(":")[0] for one in compose["services"].values() for volume in one["volumes"]}
    assert used == set(compose["volumes"])


def test_workers_have_the_applications_files_settings_and_databases() -> None:
    with_workers = yaml.safe_load(_text("deploy/compose.workers.yaml"))["services"]
    app, worker = _compose()["services"]["app"], with_workers["worker"]
    assert {name: worker[name] for name in ("image", "env_file", "volumes", "networks")} == {
        name: app[name] for name in ("image", "env_file", "volumes", "networks")
    }
    served = {**app["environment"], **with_workers["app"]["environment"]}
    assert worker["environment"] == {
        name: value for name, value in served.items() if name not in ("HOST", "PORT")
    }
    assert worker["command"] == ["celery", "-A", "worker", "worker"]
    redis = with_workers["redis"]
    assert re.search(r":\d", redis["image"])
    assert ("ports" in redis, redis["networks"]) == (False, ["records"])


# What others wrote, and the pages on it


def test_bundled_files_are_those_that_are_named() -> None:
    page = (CONSOLE / "vendor" / "README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", page, re.MULTILINE))
    bundled = [path for path in sorted((CONSOLE / "vendor").rglob("*")) if path.suffix in {".js", ".css"}]
    sums = {
        path.relative_to(CONSOLE / "vendor").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in bundled
    }
    assert sums == named


@pytest.mark.parametrize("folder", ["swagger-ui", "redoc"])
def test_bundled_files_come_with_their_licence(folder: str) -> None:
    assert (CONSOLE / "vendor" / folder / "LICENSE").stat().st_size > 1000


@pytest.mark.parametrize("name", PAGES)
def test_pages_load_only_files_that_are_here(name: str) -> None:
    page = (CONSOLE / name).read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|img)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)"', page)
    paths = [Path(script or link) for script, link in loaded]
    assert paths
    for path in paths:
        assert (PROJECT_ROOT / path.relative_to("/")).is_file()


@pytest.mark.parametrize("name", PAGES)
def test_pages_forbid_other_hosts_and_inline_scripts(name: str) -> None:
    page = (CONSOLE / name).read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "script-src 'self';" in policy[1]
    assert "http" not in policy[1]
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\son[a-z]+=", page)

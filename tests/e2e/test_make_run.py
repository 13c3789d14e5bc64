"""README's first minute, as a new user has it: a fresh clone, ``make run``, the printed ``curl``."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# The first start installs every package: on a slow line that takes its time.
SET_UP_WITHIN_S = 600
START_WITHIN_S = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(SET_UP_WITHIN_S + 2 * START_WITHIN_S)]


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """What git holds, and nothing else of this machine; on a disk, for what is installed is large."""
    with tempfile.TemporaryDirectory(prefix="orquestra-clone-", ignore_cleanup_errors=True) as folder:
        target = Path(folder) / "orquestra"
        subprocess.run(["git", "clone", "--quiet", "--local", str(ROOT), str(target)], check=True)
        yield target


def test_the_printed_curl_gets_a_right_answer_and_a_restart_keeps_everything(clone: Path) -> None:
    first = Running(clone)
    try:
        printed = first.printed(SET_UP_WITHIN_S)
        answer = run_curl(printed)
        assert "R$ 180,00" in answer["response"], answer
        cited = re.findall(r"\[(\d+)\]", answer["response"])
        filenames = {str(source["n"]): source["filename"] for source in answer["sources"]}
        assert [filenames[n] for n in cited] == ["precos-e-convenios.md"]
    finally:
        first.stop()
    second = Running(clone)
    try:
        again = second.printed(START_WITHIN_S)
        assert api_key(again) == api_key(printed)
        assert password(again) == password(printed)
        later = run_curl(again)
        assert later["chat_id"] == answer["chat_id"]
    finally:
        second.stop()
    assert not (clone / "data" / "operator_door.json").exists()


class Running:
    """``make run`` in a clone, on a free port."""

    def __init__(self, clone: Path) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("VIRTUAL_ENV", "PYTHONPATH", "DATA_DIR")
        }
        self._log = clone.parent / f"run-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["make", "run"],
                cwd=clone,
                env={**environment, "PORT": "0"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self, within_s: float) -> str:
        """What it had printed once the command to copy was there."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            text = self._log.read_text(encoding="utf-8", errors="replace")
            if re.search(r"-d '\{.*\}'", text):
                return text
            assert self._process.poll() is None, text
            time.sleep(0.1)
        raise AssertionError(self._log.read_text(encoding="utf-8", errors="replace"))

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
            self._process.wait(timeout=30)


def run_curl(printed: str) -> dict[str, Any]:
    """Copy the printed command and run it."""
    command = printed[printed.index("curl -s") :].split("\n\n", maxsplit=1)[0].replace("\\\n", " ")
    assert shutil.which("curl"), "curl is needed to run what is printed"
    done = subprocess.run(shlex.split(command), check=True, capture_output=True, timeout=30)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def api_key(printed: str) -> str:
    return str(re.findall(r"ask_[\w-]+", printed)[0])


def password(printed: str) -> str:
    return str(re.findall(r"sign in\s+\S+\s+(\S+)", printed)[0])

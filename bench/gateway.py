"""What a call through ``/v1/chat/completions`` adds, against the model server reached directly and LiteLLM's proxy.

    python -m bench.gateway [--quick] [--without-litellm]

All in one run, by turns in eight rounds: directly, through Orquestra (a person's token, records embedded, limits and
usage on), and through LiteLLM's proxy. That one is installed from PyPI at the first run, in a virtual environment
of its own under ``build/`` (it needs another version of openai), and runs without its database. "Added" is the
median time of a call less the median of a call made directly with as many connections.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.contacts import Figures, Load, run_load
from bench.stand import NO_LIMIT, Person, children, memory_mb, memory_of_application
from bench.turn import model_server
from kit.settings import PROJECT_ROOT
from tests.servers.application import Application

CONNECTIONS = (1, 16, 64)
PATH = "/v1/chat/completions"
QUESTIONS = ["Qual é o horário de sábado?", "Quanto custa a limpeza?", "Vocês atendem crianças?"]
LITELLM = "litellm[proxy]"
LITELLM_KEY = "sk-bench"
READY_WITHIN_S = 120.0
ROUNDS = 8
# What the issue asks for: added time at one connection, requests a second at the others, memory.
GOALS = {"added": 0.4, "rate": 5.0, "memory": 0.5}


@dataclass(frozen=True)
class Door:
    """A way to the model: where it listens, with which key, and the memory it takes in MB."""

    name: str
    port: int
    key: str
    pid: int = 0

    def memory(self) -> float:
        """Resident memory of the process and of what it started."""
        if self.name == "orquestra":
            return sum(memory_of_application(self.pid).values())
        return memory_mb(self.pid) + sum(memory_mb(child) for child in children(self.pid).values())


def main() -> None:
    """Measure every door at every number of connections and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a third of the time")
    parser.add_argument("--without-litellm", action="store_true")
    chosen = parser.parse_args()
    with contextlib.ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        base_url = running.enter_context(model_server())
        doors = [Door("directly", urlsplit(base_url).port or 80, "none")]
        doors.append(running.enter_context(orquestra(base_url, Path(folder) / "own")))
        if not chosen.without_litellm:
            doors.append(running.enter_context(litellm(base_url, Path(folder))))
        measure(doors, 2.0 if chosen.quick else 8.0)


def measure(doors: list[Door], seconds: float) -> None:
    """Run the cases, print a line for each, and how far the goals are met."""
    print(f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}; ", end="")
    print(f"{seconds:g} s a case; load before: {os.getloadavg()[0]:.1f}")
    print(
        f"{'connections':>11} {'door':>10} {'requests/s':>11} {'p50':>9} {'added':>9} {'p95':>8} {'errors':>7}"
    )
    found: dict[tuple[str, int], tuple[Figures, float]] = {}
    for connections in CONNECTIONS:
        for door, figures in by_turns(doors, connections, seconds / ROUNDS):
            base = found.get(("directly", connections), (figures, 0.0))[0]
            added = (figures.percentile(50) - base.percentile(50)) * 1000
            found[door.name, connections] = figures, added
            p50, p95 = (figures.percentile(percent) * 1000 for percent in (50, 95))
            print(
                f"{connections:11d} {door.name:>10} {figures.turns_per_second:11.1f} {p50:6.2f} ms "
                f"{added:6.2f} ms {p95:5.1f} ms {sum(figures.errors.values()):7d} {figures.errors or ''}",
                flush=True,
            )
    memory = {door.name: door.memory() for door in doors if door.pid}
    print("memory (RSS) after: " + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))
    if "litellm" in memory:
        report_goals(found, memory)


def by_turns(doors: list[Door], connections: int, seconds: float) -> list[tuple[Door, Figures]]:
    """So many seconds for each door, several times over: what else the machine does is then all doors' share."""
    rounds: list[list[Figures]] = [
        [
            run_load(
                Load(door.port, door.key, "fast", connections, seconds, QUESTIONS, path=PATH, warm_s=0.5)
            )
            for door in doors
        ]
        for _ in range(ROUNDS)
    ]
    return [(door, together(figures)) for door, figures in zip(doors, zip(*rounds, strict=True), strict=True)]


def together(rounds: Iterable[Figures]) -> Figures:
    """Several rounds as one."""
    took, errors, seconds = list[float](), Counter[str](), 0.0
    for one in rounds:
        took += one.took
        errors.update(one.errors)
        seconds += one.seconds
    return Figures(seconds, took, dict(errors))


def report_goals(found: dict[tuple[str, int], tuple[Figures, float]], memory: dict[str, float]) -> None:
    """Print each goal beside what was measured."""
    added = found["orquestra", 1][1] / found["litellm", 1][1]
    print(f"added time at 1: {added:.2f} of LiteLLM's (goal: at most {GOALS['added']:g})")
    for connections in CONNECTIONS[1:]:
        ours, theirs = (found[name, connections][0].turns_per_second for name in ("orquestra", "litellm"))
        times = ours / theirs if theirs else float("nan")
        print(f"requests/s at {connections}: {times:.1f} times LiteLLM's (goal: at least {GOALS['rate']:g})")
    share = memory["orquestra"] / memory["litellm"]
    print(f"memory: {share:.2f} of LiteLLM's (goal: at most {GOALS['memory']:g})")


@contextlib.contextmanager
def orquestra(base_url: str, folder: Path) -> Iterator[Door]:
    """The whole application, asked with a personal API token."""
    settings = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "bench", "LLM_MODEL": "fast", **NO_LIMIT}
    with Application(folder, settings) as application:
        person = Person.first(application.url)
        token = person.call("POST", "/auth/tokens", {"name": "bench"})["token"]
        yield Door("orquestra", application.port, token, application.pid)


@contextlib.contextmanager
def litellm(base_url: str, folder: Path) -> Iterator[Door]:
    """LiteLLM's proxy with one worker, on the same model."""
    settings = folder / "litellm.yaml"
    settings.write_text(
        "model_list:\n  - model_name: fast\n    litellm_params:\n      model: openai/fast\n"
        f"      api_base: {base_url}\n      api_key: bench\n"
        f"general_settings:\n  master_key: {LITELLM_KEY}\nlitellm_settings:\n  telemetry: false\n",
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [str(installed_litellm()), "--config", str(settings), "--host", "127.0.0.1"]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--num_workers", "1"], env=environment, stdout=log, stderr=log
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "litellm.log")
        yield Door("litellm", port, LITELLM_KEY, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def installed_litellm() -> Path:
    """The program, in a virtual environment that is made at the first run."""
    home = Path(os.environ.get("LITELLM_HOME", PROJECT_ROOT / "build" / "litellm"))
    program = home / "bin" / "litellm"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", LITELLM], check=True)
    return program


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when ``url`` answers."""
    give_up = time.monotonic() + READY_WITHIN_S
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):  # loopback
            return
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < give_up, "LiteLLM's proxy does not answer"
        time.sleep(0.25)


if __name__ == "__main__":
    main()

"""What a turn takes beside the model: the whole application, as bots call it.

    python -m bench.turn [--quick] [--only fast|slow]

``python main.py`` runs as a process of its own with embedded records; so do the model server and the contacts.
Everything is on: keys, limits, a prompt document, retrieval over a real-size knowledge base, history, records, logs.
"Added" is the time of a whole request less the time that the model server always takes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.contacts import Figures, Load, run_load
from bench.stand import NO_LIMIT, Person, demo_questions, knowing_assistant, memory_of_application
from tests.servers.application import Application

ANSWER = "A limpeza custa R$ 180,00 e leva cerca de quarenta minutos [1]. Quer marcar um horário?"
MADE_DOCUMENTS = 40
MANY = 256


@dataclass(frozen=True)
class Case:
    """So many contacts at once on a model that takes so long."""

    model: str
    delay_s: float
    contacts: int


CASES = (
    *(Case("fast", 0.0, contacts) for contacts in (1, 16, 64)),
    *(Case("slow", 1.0, contacts) for contacts in (1, 16, 64, MANY)),
)


def main() -> None:
    """Measure every case in one installation and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a third of the time")
    parser.add_argument(
        "--documents", type=int, default=MADE_DOCUMENTS, help="made ones, 10,000 characters each"
    )
    parser.add_argument("--only", default="", help="fast or slow: the cases on that model alone")
    chosen = parser.parse_args()
    seconds = 2.0 if chosen.quick else 6.0
    cases = [case for case in CASES if chosen.only in ("", case.model)]
    with tempfile.TemporaryDirectory() as folder, model_server() as base_url:
        settings = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "bench", "LLM_MODEL": "fast", **NO_LIMIT}
        with Application(Path(folder), settings) as application:
            measure(application, cases, seconds, chosen.documents)


def measure(application: Application, cases: list[Case], seconds: float, documents: int) -> None:
    """Set up an assistant, run the cases and print a line for each."""
    person = Person.first(application.url)
    assistant, chunks = knowing_assistant(person, documents)
    print(f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}; ", end="")
    print(f"{chunks} chunks; {seconds:g} s a case; load before: {os.getloadavg()[0]:.1f}")
    print(f"{'model':>6} {'contacts':>9} {'turns/s':>8} {'added p50':>10} {'p95':>8} {'errors':>7}")
    for case in cases:
        load = Load(
            port=application.port,
            api_key=assistant["api_key"],
            model=case.model,
            contacts=case.contacts,
            seconds=seconds if case.contacts < MANY else 2 * seconds,
            questions=demo_questions(),
            name=f"{case.model}-{case.contacts}",
            warm_s=1.0 + 2 * case.delay_s,
            spread_s=case.delay_s,
        )
        print(line(case, run_load(load)), flush=True)
    memory = memory_of_application(application.pid)
    print("memory (RSS) after: " + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))


def line(case: Case, figures: Figures) -> str:
    """A row of the table."""
    p50, p95 = ((figures.percentile(percent) - case.delay_s) * 1000 for percent in (50, 95))
    errors = sum(figures.errors.values())
    return (
        f"{case.delay_s:4.0f} s {case.contacts:9d} {figures.turns_per_second:8.1f} "
        f"{p50:7.1f} ms {p95:5.0f} ms {errors:7d} {figures.errors or ''}"
    )


@contextlib.contextmanager
def model_server() -> Iterator[str]:
    """The base URL of a model server: ``slow`` answers after a second, any other model at once."""
    command = [sys.executable, "-m", "tests.servers.openai_server", "--text", ANSWER, "--delay-of", "slow=1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.communicate()  # it ends with its standard input


if __name__ == "__main__":
    main()

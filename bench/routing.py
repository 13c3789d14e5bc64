"""A thousand requests while the first model answers 503, and what routing adds to a call when all is well.

    python -m bench.routing [--requests 1000] [--threads 16]

Two model servers run as processes of their own; the requests go through ``CompletePrompt`` as turns do.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from integrations.llm.choose import connect
from models.catalogue import ModelEntry, Provider
from models.completions import CompletionRequest, PromptMessage
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt
from services.llm.servers import Servers

REQUEST = CompletionRequest((PromptMessage("user", "Qual é o horário de sábado?"),), "first")
NEVER = 1 << 30  # failures before a breaker opens


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=16)
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}; ", end="")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with model_server("--status", "503") as down, model_server() as up:
        for name, breakers in (("with breaker", Breakers()), ("without", Breakers(failures=NEVER))):
            survive(name, down, up, breakers, chosen.requests, chosen.threads)
        compare(up, chosen.requests)


def survive(name: str, down: str, up: str, breakers: Breakers, requests: int, threads: int) -> None:
    """How many were answered by the second, and how often the first was asked."""
    fixed = (
        ModelEntry("first", Provider.OPENAI, base_url=down, fallbacks=("second",)),
        ModelEntry("second", Provider.OPENAI, base_url=up),
    )
    route, servers = routed(fixed, breakers, threads)
    with ThreadPoolExecutor(threads) as pool:
        began = time.monotonic()
        completions = list(pool.map(lambda _: route.complete(REQUEST), range(requests)))
        seconds = time.monotonic() - began
    servers.close()
    answered = sum(one.model == "second" for one in completions)
    asked = sum(
        attempt.model == "first" and attempt.outcome != "resting"
        for one in completions
        for attempt in one.routing.attempts
    )
    print(
        f"{name}: {answered / requests:.1%} of {requests} answered by the second, {asked / requests:.3f} calls to "
        f"the first per request, {requests / seconds:.0f} req/s"
    )


def compare(up: str, requests: int) -> None:
    """The time of a call through routing beside that of the same server asked directly, one at a time."""
    entry = ModelEntry("first", Provider.OPENAI, base_url=up, max_concurrent=8)
    route, servers = routed((entry,), Breakers(), 8)
    model = servers.model(entry)
    directly, through = list[float](), list[float]()
    for _ in range(requests):
        directly.append(seconds_of(lambda: model.complete(REQUEST, 10.0)))
        through.append(seconds_of(lambda: route.complete(REQUEST)))
    servers.close()
    plain, routing = (statistics.median(times) * 1000 for times in (directly, through))
    print(f"one call, p50: {plain:.3f} ms directly, {routing:.3f} ms routed; added {routing - plain:.3f} ms")


def routed(fixed: tuple[ModelEntry, ...], breakers: Breakers, calls: int) -> tuple[CompletePrompt, Servers]:
    """The way to these models."""
    servers = Servers(lambda entry: connect(entry, calls))
    catalogue = Catalogue(fixed=fixed, default_model="first")
    return (
        CompletePrompt(catalogue=catalogue, servers=servers, timeout_s=60.0, breakers=breakers),
        servers,
    )


def seconds_of(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@contextlib.contextmanager
def model_server(*arguments: str) -> Iterator[str]:
    """The base URL of a model server in a process of its own."""
    command = [sys.executable, "-m", "tests.servers.openai_server", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.communicate()  # it ends with its standard input


if __name__ == "__main__":
    main()

"""Requests per second to a model server that answers at once: the openai client, plain and over urllib3.

    python -m bench.transport [--threads 64] [--requests 3000] [--rounds 3]

The server runs in a process of its own and both clients in the same run, in turns.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai

from integrations.llm.openai_compatible import OpenAICompatible
from integrations.llm.urllib3_transport import Urllib3Transport
from models.completions import CompletionRequest, PromptMessage

PROMPT = CompletionRequest((PromptMessage("user", "Qual é o horário de sábado?"),), "bench")
MESSAGES = [{"role": "user", "content": "Qual é o horário de sábado?"}]
TIMEOUT_S = 60.0
Ask = Callable[[], object]


def main() -> None:
    """Measure every client in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--requests", type=int, default=3000, help="per client and round")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    command = [sys.executable, "-m", "tests.servers.openai_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base_url = server.stdout.readline().strip()
        report(base_url, chosen.threads, chosen.requests, chosen.rounds)
        server.communicate()  # the server ends with its standard input


def report(base_url: str, threads: int, requests: int, rounds: int) -> None:
    """Print requests per second for each client and its ratio to the plain one."""
    clients = {
        "openai, its own pool": plain(base_url, threads),
        "openai over urllib3": over_urllib3(base_url, threads),
        "OpenAICompatible": ours(base_url, threads),
    }
    rates: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(rounds):
        for name, ask in clients.items():
            rates[name].append(rate(ask, threads, requests))
    base = statistics.median(rates["openai, its own pool"])
    print(f"{threads} threads, {requests} requests, median of {rounds} rounds")
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:22} {median:7.0f} req/s  x{median / base:.2f}   ({min(found):.0f} to {max(found):.0f})")


def rate(ask: Ask, threads: int, requests: int) -> float:
    """Requests per second over all threads, connections warm."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: ask(), range(threads * 2)))
        started = time.perf_counter()
        list(pool.map(lambda _: ask(), range(requests)))
        return requests / (time.perf_counter() - started)


def plain(base_url: str, threads: int) -> Ask:
    """The package as it comes, with a pool as large as the number of threads."""
    limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
    return typed_call(base_url, httpx2.Client(limits=limits, timeout=TIMEOUT_S))


def over_urllib3(base_url: str, threads: int) -> Ask:
    """The same calls over our transport."""
    transport = Urllib3Transport(httpx2.URL(base_url), pool_size=threads, max_bytes=1 << 20)
    return typed_call(base_url, httpx2.Client(transport=transport, timeout=TIMEOUT_S))


def typed_call(base_url: str, http_client: httpx2.Client) -> Ask:
    """``chat.completions.create`` on one client."""
    client = openai.OpenAI(api_key="bench", base_url=base_url, max_retries=0, http_client=http_client)
    return lambda: client.chat.completions.create(model="bench", messages=MESSAGES)  # type: ignore[arg-type]


def ours(base_url: str, threads: int) -> Ask:
    """The provider that the application uses."""
    model = OpenAICompatible(api_key="bench", base_url=base_url, pool_size=threads)
    return lambda: model.complete(PROMPT, TIMEOUT_S)


if __name__ == "__main__":
    main()

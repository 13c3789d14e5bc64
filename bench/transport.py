"""Requests per second to a model server that answers at once: the openai client, urllib3 alone, and ours.

    python -m bench.transport [--threads 64] [--requests 3000] [--rounds 3]

The server runs in a process of its own and all clients in the same run, in turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import urllib3
from urllib3.util import parse_url

from integrations.llm.openai_compatible import OpenAICompatible
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
        "openai, typed": typed_call(base_url, own_pool(threads)),
        "openai, raw": raw_call(base_url, own_pool(threads)),
        "urllib3 alone": urllib3_alone(base_url, threads),
        "OpenAICompatible": ours(base_url, threads),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
    for _ in range(rounds):
        for name, ask in clients.items():
            found[name].append(measure(ask, threads, requests))
    base = statistics.median(rate for rate, _ in found["openai, typed"])
    print(f"{threads} threads, {requests} requests, median of {rounds} rounds")
    for name, pairs in found.items():
        rates, seconds = zip(*pairs, strict=True)
        rate, milliseconds = statistics.median(rates), 1000 * statistics.median(seconds)
        spread = f"({min(rates):.0f} to {max(rates):.0f})"
        print(f"{name:20} {rate:6.0f} req/s  x{rate / base:.2f}  {milliseconds:.2f} ms CPU each  {spread}")


def measure(ask: Ask, threads: int, requests: int) -> tuple[float, float]:
    """Requests per second over all threads, connections warm, and seconds of this process's CPU for each."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: ask(), range(threads * 2)))
        started, worked = time.perf_counter(), time.process_time()
        list(pool.map(lambda _: ask(), range(requests)))
        return requests / (time.perf_counter() - started), (time.process_time() - worked) / requests


def own_pool(threads: int) -> httpx2.Client:
    """The package's HTTP client as it comes, with a pool as large as the number of threads."""
    limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
    return httpx2.Client(limits=limits, timeout=TIMEOUT_S)


def urllib3_alone(base_url: str, threads: int) -> Ask:
    """urllib3 called directly, with its own request and answer, and without our bounds."""
    url = parse_url(base_url + "/chat/completions")
    pool = urllib3.HTTPConnectionPool(str(url.host), url.port, maxsize=threads, block=True)
    headers = {"Authorization": "Bearer bench", "Content-Type": "application/json"}

    def ask() -> object:
        body = json.dumps({"model": "bench", "messages": MESSAGES}).encode()
        return pool.urlopen("POST", url.request_uri, body, headers, retries=False, timeout=TIMEOUT_S).json()

    return ask


def typed_call(base_url: str, http_client: httpx2.Client) -> Ask:
    """``chat.completions.create``, which makes objects of the answer."""
    client = openai.OpenAI(api_key="bench", base_url=base_url, max_retries=0, http_client=http_client)
    return lambda: client.chat.completions.create(model="bench", messages=MESSAGES)  # type: ignore[arg-type]  # dictionaries, which it takes too


def raw_call(base_url: str, http_client: httpx2.Client) -> Ask:
    """``post``, which gives the answer as it came."""
    client = openai.OpenAI(api_key="bench", base_url=base_url, max_retries=0, http_client=http_client)
    body = {"model": "bench", "messages": MESSAGES}
    return lambda: client.post("/chat/completions", cast_to=httpx2.Response, body=body).json()


def ours(base_url: str, threads: int) -> Ask:
    """The provider that the application uses."""
    model = OpenAICompatible(api_key="bench", base_url=base_url, pool_size=threads)
    return lambda: model.complete(PROMPT, TIMEOUT_S)


if __name__ == "__main__":
    main()

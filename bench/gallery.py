"""How quick the lists of cards are with two thousand of them, over HTTP, on the embedded records.

    python -m bench.gallery [--cards 2000]

The server runs as a process of its own, with its data in a temporary directory.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.stand import NO_LIMIT, Person
from tests.servers.application import Application

LISTS = {
    "newest": "",
    "by name": "&sort=name",
    "by model": "&sort=model&order=desc",
    "of one template": "&template=cocktail",
    "a word that many have": "&q=lime",
    "a word that one has": "&q=only-this-one",
}
ROUNDS = 60
PROMPTS = ("lime for the beach", "coffee at night", "bitter", "without alcohol", "rum and mint")


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, default=2000)
    count = parser.parse_args().cards
    with tempfile.TemporaryDirectory() as folder, Application(Path(folder), NO_LIMIT) as application:
        person = Person.first(application.url)
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: make(person, n), range(count)))
        print(f"{count} cards made in {time.perf_counter() - began:.0f} s")
        for name, query in LISTS.items():
            report(f"list, {name}", [timed(person, f"/studio/cards?limit=24{query}") for _ in range(ROUNDS)])
        page = ["/gallery", "/console/gallery.css", "/console/gallery.js"]
        whole = [*page, "/studio/templates", "/studio/cards?limit=24"]
        report(
            "gallery page with its files", [sum(timed(person, one) for one in whole) for _ in range(ROUNDS)]
        )


def make(person: Person, n: int) -> None:
    """A plain card."""
    prompt = "only-this-one" if n == 7 else f"{PROMPTS[n % len(PROMPTS)]}, number {n}"
    person.call("POST", "/studio/cards", {"template": "cocktail", "prompt": prompt, "model": "offline"})


def timed(person: Person, path: str) -> float:
    """Milliseconds of one request."""
    began = time.perf_counter()
    answer = person.http.request(
        "GET", person.url + path, headers={"Authorization": f"Bearer {person.token}"}
    )
    assert answer.status == 200, answer.data
    return (time.perf_counter() - began) * 1000


def report(name: str, times: list[float]) -> None:
    """Median and 95th percentile."""
    print(
        f"{name:<32} p50 {statistics.median(times):6.1f} ms   p95 {statistics.quantiles(times, n=20)[18]:6.1f} ms"
    )


if __name__ == "__main__":
    main()

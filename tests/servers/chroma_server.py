"""A real Chroma server, as a process on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

STARTS_WITHIN_S = 60


@contextmanager
def chroma_server(directory: Path, port: int = 0) -> Iterator[str]:
    """Run ``chroma run`` on ``directory`` and give its URL; it is gone at the end."""
    port = port or free_port()
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--path",
        str(directory),
        "--port",
        str(port),
    ]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    with urllib3.PoolManager(retries=False, timeout=1.0) as pool:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until and process.poll() is None:
            try:
                if pool.request("GET", f"{url}/api/v2/heartbeat").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
    raise RuntimeError(f"chroma did not start at {url} (exit code {process.poll()})")

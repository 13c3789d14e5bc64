"""A real Redis server, as a process on loopback that keeps nothing on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.servers.chroma_server import free_port

STARTS_WITHIN_S = 20


@contextmanager
def redis_server() -> Iterator[str]:
    """Run ``redis-server`` and give its URL; it is gone at the end."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: apt-get install redis-server (.ci/run does)"
    port = free_port()
    options = {"--port": str(port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no", "--dir": "/"}
    arguments = [part for pair in options.items() for part in pair]
    environment = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            with redis.Redis(port=port) as client:
                _wait(client, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait(10)


def _wait(client: redis.Redis, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            client.ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"redis-server did not start (exit code {process.poll()})")

"""Celery over Redis: how a process tells the workers that there is something to do.

A message names a kind of work and nothing else. What is to be done is in the records, where the workers look;
a message that is lost is made up for by their next sweep, and one too many costs a look.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence

import redis
from celery import Celery
from kombu import Exchange, Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from kit.errors import Unavailable
from kit.logging import get_logger

TASK = "orquestra.work"
# Threads of one worker: what waits for a model or a file lets another piece go on. More workers are more processes.
CONCURRENCY = 2
# Seconds after which Redis gives a message that a dead worker had to another. By then a sweep has made up for it.
VISIBILITY_S = 3600
WAITING_AT_MOST = 1000
_TIMEOUTS = {"socket_connect_timeout": 2.0, "socket_timeout": 5.0}
_STOP = ""
_log = get_logger("broker")


def make_app(url: str, kinds: Sequence[str], *, sends_only: bool = False) -> Celery:
    """The Celery application, with a queue for each kind: Redis is asked for them in turn."""
    app = Celery("orquestra", broker=url, set_as_current=False)
    options: dict[str, object] = {"visibility_timeout": VISIBILITY_S}
    app.conf.update(
        task_queues=[Queue(queue_name(kind), Exchange(queue_name(kind)), queue_name(kind)) for kind in kinds],
        task_default_queue=queue_name(kinds[0]),
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # A message is gone when the work it led to is done, not when it is read.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_pool="threads",
        worker_concurrency=CONCURRENCY,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2.0,
        broker_transport_options={**options, **_TIMEOUTS} if sends_only else options,
    )
    return app


def queue_name(kind: str) -> str:
    """Of a kind's messages."""
    return f"orquestra.{kind}"


class Broker:
    """Sends from a thread of its own, so that no request waits for Redis; what cannot be sent is let go."""

    def __init__(self, url: str, kinds: Sequence[str]) -> None:
        self._app = make_app(url, kinds, sends_only=True)
        self._redis = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_TIMEOUTS)
        self._wanted: queue.Queue[str] = queue.Queue(WAITING_AT_MOST)
        self._closing = False
        self._thread = threading.Thread(target=self._send_all, name="broker", daemon=True)
        self._thread.start()

    def hint(self, kind: str) -> None:
        """Say that there is one more piece of work of this kind."""
        try:
            self._wanted.put_nowait(kind)
        except queue.Full:
            return  # so many are on their way that every worker is awake

    def waiting(self, kind: str) -> int:
        """How many messages of a kind nobody has read; ``Unavailable`` when Redis does not say."""
        try:
            return int(self._redis.llen(queue_name(kind)))
        except redis.RedisError as problem:
            raise _unavailable() from problem

    def ping(self) -> None:
        """``Unavailable`` when Redis does not answer."""
        try:
            self._redis.ping()
        except redis.RedisError as problem:
            raise _unavailable() from problem

    def close(self) -> None:
        """Send what is on its way, for a moment, and close the connections."""
        self._closing = True
        with contextlib.suppress(queue.Full):
            self._wanted.put(_STOP, timeout=1.0)
        self._thread.join(1.0)
        self._redis.close()
        self._app.close()

    def _send_all(self) -> None:
        down = False
        while kind := self._wanted.get():
            try:
                # Without an exchange: what binds one to its queues lies in Redis, too, and can be lost there.
                self._app.send_task(TASK, args=[kind], exchange="", routing_key=queue_name(kind), retry=False)
            except Exception as problem:  # noqa: BLE001  # kombu raises what its transport does; the records know the work
                if not down:
                    _log.warning("broker cannot be reached", reason=type(problem).__name__)
                down = True
                self._forget_waiting()
            else:
                down = False

    def _forget_waiting(self) -> None:
        """They would not come through either: a sweep makes up for them."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._wanted.get_nowait()
        if self._closing:
            self._wanted.put(_STOP)


def _unavailable() -> Unavailable:
    return Unavailable("The broker cannot be reached.", code="broker_unavailable")

"""A headless Chromium, driven through its own protocol over two pipes: no driver, no port, no package."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 15.0
# A phone, as wide as most are.
WIDTH, HEIGHT = 390, 844
_FLAGS = (
    "--headless=new --remote-debugging-pipe --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
    "--disable-extensions --disable-background-networking --disable-component-update --disable-sync --mute-audio "
    "--no-default-browser-check --disable-features=Translate,OptimizationHints,MediaRouter --hide-scrollbars"
)


def find_chromium() -> str | None:
    """Where one is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """The process; each ``page()`` is a phone of its own, with nobody signed in."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._numbers = itertools.count(1)
        self._rest = b""
        self._pages: dict[str, Page] = {}
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> Self:
        profile = self._ends.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        its_in, self._out = os.pipe()
        self._in, its_out = os.pipe()
        for one in (self._in, self._out):
            self._ends.callback(os.close, one)
        # It reads from 3 and writes to 4: a shell puts them there.
        command = f'exec "$0" {_FLAGS} "--user-data-dir=$1" about:blank 3<&{its_in} 4>&{its_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", command, self._program, profile],
            pass_fds=(its_in, its_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_in)
        os.close(its_out)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ends, contextlib.suppress(OSError):
            with contextlib.suppress(AssertionError):
                self.call("Browser.close")
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def page(self) -> Page:
        """An empty page in a context of its own."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=True
        )
        return page

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """What a command of the protocol gives."""
        number = next(self._numbers)
        sent = {"id": number, "method": method, "params": params}
        if session:
            sent["sessionId"] = session
        os.write(self._out, json.dumps(sent).encode() + b"\0")
        give_up = time.monotonic() + PATIENCE_S
        while True:
            message = self._next(give_up)
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return dict(message["result"])
            if page := self._pages.get(message.get("sessionId", "")):
                page.note(message)

    def _next(self, give_up: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, give_up - time.monotonic()))
            assert ready, "chromium does not answer"
            more = os.read(self._in, 1 << 20)
            assert more, "chromium ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


class Page:
    """One page; ``problems`` are errors of its scripts, and what it could or must not load."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.problems: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What a command gives for this page."""
        return self._browser.call(method, self._session, **params)

    def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        self.call("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """What an expression of JavaScript comes to."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """What it comes to once that is anything."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                value = self.run(script)
            except AssertionError:  # between two documents
                value = None
            if value not in (None, False, 0, ""):  # an element comes as {}
                return value
            assert time.monotonic() < give_up, f"never: {script}\n{self.run('document.body.innerText')}"
            time.sleep(0.02)

    def fill(self, selector: str, value: str) -> None:
        """Put something into a field, as typing it would."""
        self.run(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)}); "
            f"field.value = {json.dumps(value)}; "
            "for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true })); })()"
        )

    def click(self, selector: str, text: str = "") -> None:
        """Click what is there once, with this text where several are."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})]"
        if text:
            found += f".filter((one) => one.textContent.trim() === {json.dumps(text)})"
        self.until(f"{found}.length === 1")
        self.run(f"{found}[0].click()")

    def note(self, message: dict[str, Any]) -> None:
        """Remember what went wrong on it."""
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(params["exceptionDetails"].get("exception", params)))
        if message.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

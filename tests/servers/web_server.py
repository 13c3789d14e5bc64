"""A small web site on loopback: pages by path, each counted, with redirects and bad manners."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class WebServer:
    """``pages[path] = (status, headers, body)``; ``asked`` holds the paths in the order they were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, (404, {}, b"nothing"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def page(
        self, path: str, body: str | bytes, media_type: str = "text/html", status: int = 200, **more: str
    ) -> str:
        """Put a page there; its address."""
        raw = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": media_type, **{k.replace("_", "-"): v for k, v in more.items()}}
        self.pages[path] = (status, headers, raw)
        return self.url(path)

    def redirect(self, path: str, to: str) -> str:
        return self.page(path, "", status=302, Location=to)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

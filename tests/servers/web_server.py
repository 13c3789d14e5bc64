"""A small web site on loopback: pages by path, each counted, with redirects and bad manners."""

from __future__ import annotations

from tests.servers.threaded import Handler, ThreadedServer


class WebServer(ThreadedServer):
    """``pages[path] = (status, headers, body)``; ``asked`` holds the paths in the order they were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        site = self

        class Pages(Handler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, (404, {}, b"nothing"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Pages)

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

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

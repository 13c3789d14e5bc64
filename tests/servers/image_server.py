"""A real HTTP server that gives pictures as OpenAI's images or as Stability's do, or refuses."""

from __future__ import annotations

import base64
import io
import json

from PIL import Image

from tests.servers.threaded import Handler, ThreadedServer


def a_png(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


class ImageServer(ThreadedServer):
    """The server, on a free port of the loopback; ``status`` other than 200 refuses, ``picture`` is what it gives."""

    def __init__(self) -> None:
        self.picture = a_png()
        self.status = 200
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Images(Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                )
                self._send(*outer._answer(self.path))

            def _send(self, kind: str, content: bytes) -> None:
                self.send_response(outer.status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        super().__init__(Images)

    @property
    def base_url(self) -> str:
        return self.address

    def _answer(self, path: str) -> tuple[str, bytes]:
        if self.status != 200:
            return "application/json", b'{"error": {"message": "no"}}'
        if "images/generations" not in path:
            return "image/png", self.picture
        picture = base64.b64encode(self.picture).decode()
        return "application/json", json.dumps({"data": [{"b64_json": picture}]}).encode()

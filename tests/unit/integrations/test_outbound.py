"""Pages fetched from a site on loopback; what leads elsewhere is refused before anything is sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.outbound import NotFetched, Outbound
from integrations.outbound_addresses import Allowed
from integrations.sitemap import read_sitemap
from kit.errors import UpstreamFailed, UpstreamTimeout
from tests.servers.web_server import WebServer


@pytest.fixture(scope="module")
def site() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def outbound(site: WebServer) -> Outbound:
    return Outbound(allowed=Allowed.of([f"127.0.0.1:{site.port}"]), max_seconds=10.0)


def body(outbound: Outbound, url: str) -> tuple[str, bytes]:
    with outbound.get(url) as page:
        return page.media_type, page.stream.read()


def test_a_page_comes_whole_with_its_type(site: WebServer, outbound: Outbound) -> None:
    url = site.page("/a?b=1", "olá" * 100_000, "Text/HTML; charset=utf-8")
    assert body(outbound, f"{url}#part") == ("text/html", ("olá" * 100_000).encode())


def test_redirects_are_followed_so_far_and_no_further(site: WebServer, outbound: Outbound) -> None:
    site.page("/end", "fim")
    for n in range(6):
        site.redirect(f"/r{n}", f"/r{n - 1}" if n else "/end")
    assert body(outbound, site.url("/r4"))[1] == b"fim"
    with pytest.raises(NotFetched, match="without an end"):
        body(outbound, site.url("/r5"))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("https://Example.com:443/a?b=1#c", "https://example.com/a?b=1"),
        ("http://example.com:80", "http://example.com"),
        ("http://example.com:443/", "http://example.com:443/"),
    ],
)
def test_an_address_is_kept_as_people_write_it(outbound: Outbound, written: str, plain: str) -> None:
    assert outbound.check(written) == plain


@pytest.mark.parametrize(
    "to",
    [
        *(
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://10.0.0.1/",
        ),
        *("http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/"),
        *("http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://0/", "http://127.0.0.1.:80/"),
        *("file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1/", "http://u:p@example.com/"),
        "http://example.com:22/",
    ],
)
def test_what_leads_inside_is_refused_also_after_a_redirect(
    site: WebServer, outbound: Outbound, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        made.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with pytest.raises(NotFetched):
        outbound.check_address(to)
    with pytest.raises(NotFetched):
        body(outbound, to)
    assert made == []
    with pytest.raises(NotFetched):
        body(outbound, site.redirect("/inside", to))
    assert made == [("127.0.0.1", site.port)]


def test_the_address_that_was_checked_is_the_one_that_is_reached(
    site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to something else at each look is looked up once."""
    answers = iter([[("93.184.216.34", site.port)], [("127.0.0.1", site.port)]])
    reached: list[Any] = []

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in next(answers)]

    def refuse(_: socket.socket, address: Any) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(UpstreamFailed):
        body(Outbound(allowed=Allowed()), "http://rebinding.example/")
    assert reached == [("93.184.216.34", site.port)]
    with pytest.raises(NotFetched):
        body(Outbound(allowed=Allowed()), "http://rebinding.example/")
    assert len(reached) == 1


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        found = [("93.184.216.34", 80), ("10.0.0.1", 80)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NotFetched):
        body(Outbound(allowed=Allowed()), "http://mixed.example/")


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFetched), (403, NotFetched), (500, UpstreamFailed), (429, UpstreamFailed)]
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    site: WebServer, outbound: Outbound, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=str(status)):
        body(outbound, site.page("/status", "x", status=status))


def test_packed_pages_and_broken_ones_are_refused(site: WebServer, outbound: Outbound) -> None:
    with pytest.raises(NotFetched, match="packs"):
        body(outbound, site.page("/packed", "x", Content_Encoding="gzip"))
    with pytest.raises(UpstreamFailed, match="broke off"):
        body(outbound, site.page("/torn", "x", Content_Length="900"))


@pytest.mark.parametrize("start", [b"", b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"])
def test_a_server_that_drips_is_hung_up_on(start: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, enough = listening.getsockname()[1], threading.Event()

        def drip() -> None:
            with listening.accept()[0] as made:
                try:
                    made.sendall(start or b"HTTP/1.0 200 OK\r\nX-Slow: ")
                    while not enough.wait(0.05):
                        made.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        slow = Outbound(allowed=Allowed.of([f"127.0.0.1:{port}"]), max_seconds=0.5)
        with pytest.raises((UpstreamFailed, UpstreamTimeout)):
            body(slow, f"http://127.0.0.1:{port}/")
        enough.set()
        thread.join(10)


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "http://", "http:///a", "http://a b/", "//example.com", "http://[::1", "x" * 3000],
)
def test_what_is_no_web_address_is_refused(outbound: Outbound, url: str) -> None:
    with pytest.raises(NotFetched):
        outbound.check(url)


def test_a_sitemap_lists_its_pages_and_an_index_those_of_its_maps(
    site: WebServer, outbound: Outbound
) -> None:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    one = site.page(
        "/1.xml",
        f"<urlset {space}><url><loc> http://a/1 </loc></url><url><loc>http://a/2</loc></url></urlset>",
    )
    two = site.page(
        "/2.xml", "<urlset><!-- --><url><loc>http://a/2</loc><lastmod>x</lastmod></url><url/></urlset>"
    )
    index = site.url("/index.xml")
    maps = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in (one, two, index))
    site.page("/index.xml", f"<sitemapindex {space}>{maps}</sitemapindex>")
    assert read_sitemap(outbound, index) == ["http://a/1", "http://a/2"]


@pytest.mark.parametrize(
    "text",
    [
        "<html></html>",
        "no xml",
        "<urlset>",
        "<urlset>" + " " * (6 << 20) + "</urlset>",
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY b{n} "{"&a;" * 10}">' for n in range(3))
        + "]><x>&b1;</x>",
    ],
    ids=["page", "text", "torn", "huge", "entities"],
)
def test_what_is_no_sitemap_is_refused(site: WebServer, outbound: Outbound, text: str) -> None:
    with pytest.raises(NotFetched):
        read_sitemap(outbound, site.page("/map.xml", text))

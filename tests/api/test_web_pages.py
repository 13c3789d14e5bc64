"""Pages of the web as documents: fetched, refreshed, refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bootstrap.installation import Installation
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from jobs import background
from kit.ids import new_id
from tests.builders.pdf import Text, build_pdf
from tests.people import Caller
from tests.servers.web_server import WebServer

PAGE = "<html><head><title>Preços</title></head><body><p>A limpeza custa {} reais.</p></body></html>"


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        yield running


@pytest.fixture
def site(server: WebServer, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> WebServer:
    """A site on loopback that this installation may reach."""
    outbound = Outbound(allowed=Allowed.of([f"127.0.0.1:{server.port}"]), max_seconds=10.0)
    house = installation.house
    monkeypatch.setattr(house.documents.add_url, "_outbound", outbound)
    monkeypatch.setattr(house.documents.index_document._obtain_file, "_outbound", outbound)
    monkeypatch.setattr(background, "BACK_OFF_S", (0.01,))
    server.pages.clear()
    server.asked.clear()
    return server


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant()


def add(caller: Caller, assistant: dict[str, Any], url: str, **more: Any) -> Any:
    return caller.post("/documents/add_url", {"assistant_id": assistant["_id"], "url": url, **more})


def wait_until(holds: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if holds():
            return True
        time.sleep(0.01)
    return False


def fetched(owner: Caller, assistant: dict[str, Any], url: str) -> dict[str, Any]:
    response = add(owner, assistant, url)
    assert response.status_code == 201, response.text
    return owner.settled(response.get_json()["_id"])


def test_a_page_is_fetched_and_answered_from(
    owner: Caller, assistant: dict[str, Any], site: WebServer
) -> None:
    url = site.page("/precos/", PAGE.format(120))
    response = add(owner, assistant, f"{url}#lista", type="rag")
    made = response.get_json()
    assert (response.status_code, made["source_url"]) == (201, url)
    assert response.headers["Location"] == f"/documents/get/{made['_id']}"
    document = owner.settled(made["_id"])
    assert (document["status"], document["filename"]) == ("ready", "127.0.0.1 - precos.html")
    assert document["size"] == len(PAGE.format(120).encode())
    assert owner.get(f"/documents/download/{made['_id']}").text == PAGE.format(120)
    found = owner.post(f"/assistants/search/{assistant['_id']}", {"query": "quanto custa a limpeza?"})
    assert "120 reais" in found.get_json()["passages"][0]["text"]


def test_a_page_is_read_as_what_it_is(owner: Caller, assistant: dict[str, Any], site: WebServer) -> None:
    pdf = build_pdf([[Text("A limpeza custa 120 reais.", 100)]])
    named = fetched(owner, assistant, site.page("/a/manual.pdf", pdf, "application/octet-stream"))
    unnamed = fetched(owner, assistant, site.page("/manual", pdf, "application/pdf"))
    again = fetched(owner, assistant, site.page("/a/manual", pdf, "application/pdf"))
    names = [one["filename"] for one in (named, unnamed, again)]
    assert names == ["127.0.0.1 - a - manual.pdf", "127.0.0.1 - manual.pdf", "127.0.0.1 - a - manual (2).pdf"]
    assert {one["status"] for one in (named, unnamed, again)} == {"ready"}
    picture = fetched(owner, assistant, site.page("/foto", b"\x89PNG", "image/png"))
    assert (picture["status"], picture["error"]) == ("failed", "Pages of the type image/png are not read.")


def test_a_page_is_refreshed_when_asked(owner: Caller, assistant: dict[str, Any], site: WebServer) -> None:
    url = site.page("/precos", PAGE.format(120))
    document = fetched(owner, assistant, url)
    site.page("/precos", PAGE.format(150))
    response = owner.post(f"/documents/refresh/{document['_id']}")
    assert (response.status_code, list(response.get_json())) == (202, ["message"])
    fresh = owner.settled(document["_id"])
    assert (fresh["status"], fresh["error"]) == ("ready", None)
    assert fresh["sha256"] != document["sha256"]
    assert "150 reais" in owner.get(f"/documents/chunks/{document['_id']}").get_json()[0]["text"]
    site.page("/precos", "gone", status=404)
    owner.post(f"/documents/refresh/{document['_id']}")
    kept = owner.settled(document["_id"])
    assert (kept["status"], kept["error"]) == ("ready", "The web server does not give this page (404).")
    assert "150 reais" in owner.get(f"/documents/chunks/{document['_id']}").get_json()[0]["text"]


def test_what_goes_by_is_tried_again_and_what_does_not_fails(
    owner: Caller, assistant: dict[str, Any], site: WebServer
) -> None:
    url = site.page("/a", "busy", status=503)
    response = add(owner, assistant, url)
    assert wait_until(lambda: len(site.asked) >= 3)
    site.page("/a", PAGE.format(1))
    assert owner.settled(response.get_json()["_id"])["status"] == "ready"
    failed = fetched(owner, assistant, site.url("/nowhere"))
    assert (failed["status"], failed["error"]) == ("failed", "The web server does not give this page (404).")
    site.page("/nowhere", PAGE.format(2))
    assert owner.post(f"/documents/retry/{failed['_id']}").status_code == 202
    assert owner.settled(failed["_id"])["status"] == "ready"


def test_the_same_page_again_is_refused_and_an_upload_is_not_refreshed(
    owner: Caller, assistant: dict[str, Any], site: WebServer
) -> None:
    document = fetched(owner, assistant, site.page("/a", PAGE.format(1)))
    response = add(owner, assistant, site.url("/a"))
    assert (response.status_code, response.get_json()["error"]) == (409, "url_taken")
    assert response.get_json()["details"] == {"document_id": [document["_id"]]}
    upload = owner.ready_document(assistant["_id"], "a.md", "texto")
    assert upload["source_url"] == ""
    response = owner.post(f"/documents/refresh/{upload['_id']}")
    assert (response.status_code, response.get_json()["error"]) == (409, "not_fetched")


def test_a_sitemap_makes_a_document_of_each_page(
    owner: Caller, assistant: dict[str, Any], site: WebServer
) -> None:
    urls = [site.page(f"/p{n}", PAGE.format(n)) for n in range(3)]
    listed = [*urls, "https://example.com/other", f"{site.url('')[:-1]}0x/"]
    site.page("/sitemap.xml", f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in listed)}</urlset>")
    response = add(owner, assistant, site.url("/sitemap.xml"), sitemap=True)
    body = response.get_json()
    assert response.status_code == 201, body
    assert [one["source_url"] for one in body["documents"]] == urls
    assert {one["name"]: one["reason"] for one in body["refused"]} == {
        listed[3]: "The page is of another host.",
        listed[4]: "This is no web address.",
    }
    for one in body["documents"]:
        assert owner.settled(one["_id"])["status"] == "ready"
    response = add(owner, assistant, urls[0], sitemap=True)
    assert (response.status_code, response.get_json()["error"]) == (422, "not_fetched")
    assert list(response.get_json()["details"]) == ["url"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/latest/", "http://[::1]/"),
        *("http://2130706433/", "http://[::ffff:10.0.0.1]/"),
    ],
)
def test_nothing_inside_is_fetched(
    owner: Caller, assistant: dict[str, Any], site: WebServer, url: str
) -> None:
    document = fetched(owner, assistant, url)
    assert document["status"] == "failed"
    assert "private network" in document["error"]
    inside = fetched(owner, assistant, site.redirect(f"/r/{new_id()}", url))
    assert inside["error"] == document["error"]
    assert inside["chunks"] == 0


@pytest.mark.parametrize(
    "body",
    [
        *(
            {"url": "ftp://example.com"},
            {"url": "example.com"},
            {"url": ""},
            {"url": "http://example.com:22/"},
        ),
        *({"url": "http://u:p@example.com"}, {"url": None}, {"url": "x" * 2001}, {"url": {"$ne": 1}}),
        *({"url": "http://example.com", "type": "prompt"}, {"url": "http://example.com", "sitemap": "yes"}),
        {"url": "http://example.com", "more": 1},
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(owner: Caller, assistant: dict[str, Any], body: dict[str, Any]) -> None:
    response = owner.post("/documents/add_url", {"assistant_id": assistant["_id"], **body})
    assert response.status_code == 422
    assert set(response.get_json()["details"]) <= {"url", "type", "sitemap", "more"}
    assert owner.get("/documents/list", query_string={"assistant_id": assistant["_id"]}).get_json() == []


def test_an_outsider_adds_and_refreshes_nothing(
    owner: Caller, outsider: Caller, team_mate: Caller, assistant: dict[str, Any], site: WebServer
) -> None:
    url = site.page("/a", PAGE.format(1))
    assert add(outsider, assistant, url).status_code == 404
    assert add(outsider, assistant, url, sitemap=True).status_code == 404
    assert site.asked == []
    document = fetched(team_mate, assistant, url)
    assert outsider.post(f"/documents/refresh/{document['_id']}").status_code == 404
    assert owner.post(f"/documents/refresh/{document['_id']}").status_code == 202
    owner.settled(document["_id"])

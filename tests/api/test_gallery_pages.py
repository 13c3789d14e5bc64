"""The gallery's pages in a real browser as wide as a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.people import PASSWORD, Caller
from tests.servers.browser import WIDTH, Browser, Page, find_chromium

CARDS = "/studio/cards"
TILES = "document.querySelectorAll('.tile').length"


class Silent(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application behind a port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("there is no chromium here (apt install chromium)")
    with Browser(program) as running:
        yield running


def fits(page: Page) -> bool:
    """Whether nothing of a page lies beside the phone's screen."""
    return bool(page.run("document.documentElement.scrollWidth") <= WIDTH)


def signed_in(browser: Browser, address: str, person: Caller) -> Page:
    """A page whose tab has somebody's token."""
    page = browser.page()
    page.open(f"{address}/gallery")
    token = person.headers["Authorization"].removeprefix("Bearer ")
    page.run(f"sessionStorage.setItem('orquestra.token', '{token}')")
    return page


def test_the_gallery_on_a_phone(address: str, browser: Browser, owner: Caller) -> None:
    for prompt in ("Caipirinha com limão", "Negroni <b>amargo</b>", "Um drinque de nome comprido " * 9):
        assert owner.post(CARDS, {"template": "cocktail", "prompt": prompt}).status_code == 201
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    assert (
        owner.post("/studio/templates", {"name": "toast", "title": "Toast", "schema": schema}).status_code
        == 201
    )
    assert owner.post(CARDS, {"template": "toast", "prompt": "To the rain"}).status_code == 201

    page = browser.page()
    page.open(f"{address}/gallery")
    page.until("document.querySelector('input[type=password]')")
    page.fill("input[type=email]", owner.email)
    page.fill("input[type=password]", "wrong")
    page.click("form button")
    page.until("document.querySelector('[role=alert]').textContent")
    assert page.run("getComputedStyle(document.querySelector('[role=alert]')).color") == "rgb(179, 38, 30)"
    assert page.run("getComputedStyle(document.querySelector('input')).fontSize") == "16px"
    page.problems.clear()
    page.fill("input[type=password]", PASSWORD)
    page.click("form button")
    page.until(f"{TILES} === 4")
    assert fits(page)
    page.until("document.querySelector('.tile img').naturalWidth > 0")
    page.fill("select", "toast")
    page.until(f"{TILES} === 1")
    page.fill("input[type=search]", "no such toast")
    page.until("document.querySelector('[role=status]').textContent === 'No card fits.'")
    page.fill("input[type=search]", "")
    page.fill("select", "")
    page.until(f"{TILES} === 4")
    page.fill("input[type=search]", "com limao")
    page.until(f"{TILES} === 1 && !document.querySelector('.tile').textContent.includes('To the rain')")

    page.click(".tile")
    page.until("location.pathname.match(/^.gallery.[0-9a-f]{24}$/) && document.querySelector('dl.fields')")
    name = page.run("document.querySelector('h1').textContent")
    assert page.run("document.title") == f"{name} · Orquestra"
    assert fits(page)
    page.until("document.querySelector('img.hero').naturalWidth > 0")
    page.click("button", "Share")
    link = page.until("document.querySelector('[role=status] a')?.href")

    page.click("nav a", "New card")
    page.until("document.querySelector('textarea')")
    assert fits(page)
    page.fill("textarea", "Algo para um domingo de chuva")
    page.click("form button")
    page.until(f"{TILES} === 1 && document.activeElement.matches('.tile')")
    assert len(owner.get(CARDS).get_json()) == 5
    assert page.problems == []

    shared = browser.page()
    shared.open(link)
    assert shared.run("document.querySelector('h1').textContent") == name
    assert shared.run("document.querySelector('img').naturalWidth") > 0
    assert fits(shared)
    assert shared.problems == []


def test_a_card_reads_alike_on_its_page_and_behind_its_link(
    address: str, browser: Browser, owner: Caller
) -> None:
    text = {"type": "string"}
    who = {"type": "object", "properties": {"first": text, "age": {"type": "integer"}}}
    day = {
        "type": "object",
        "properties": {"day": text, "tasks": {"type": "array", "items": text}, "who": who},
    }
    fields = {
        "name": text,
        "week_plan": {"type": "array", "items": day},
        "at": who,
        "is_open": {"type": "boolean"},
    }
    template = {"name": "plan", "title": "Plan", "schema": {"type": "object", "properties": fields}}
    assert owner.post("/studio/templates", template).status_code == 201
    card = owner.post(CARDS, {"template": "plan", "prompt": "Uma semana"}).get_json()
    link = owner.post(f"{CARDS}/{card['_id']}/share").get_json()["share_url"]
    read = (
        "[...document.querySelectorAll('dt, dd:not(:has(ul)), li')].map((one) => one.textContent).join('|')"
    )

    page, reader = signed_in(browser, address, owner), browser.page()
    page.open(f"{address}/gallery/{card['_id']}")
    page.until("document.querySelector('dl.fields')")
    reader.open(address + link)
    assert page.run(read) == reader.run(read)
    assert "Week plan|Day: " in page.run(read)

    page.run("window.fetch = async () => { throw new TypeError('Failed to fetch'); }")
    page.click("button", "Draw again")
    page.until("document.body.innerText.includes('The server cannot be reached.')")
    assert page.run("document.querySelector('h1').textContent") == card["name"]


def test_an_empty_gallery_leads_to_the_form_and_says_above_the_cards_what_failed(
    address: str, browser: Browser, owner: Caller
) -> None:
    page = signed_in(browser, address, owner)
    page.open(f"{address}/cocktails/")
    page.until("document.querySelector('[role=status] a[href=\"/gallery/new\"]')")
    assert owner.post(CARDS, {"template": "cocktail", "prompt": "Negroni"}).status_code == 201
    page.fill("input[type=search]", "negroni")
    page.until(f"{TILES} === 1")
    page.run("window.fetch = async () => { throw new TypeError('Failed to fetch'); }")
    page.fill("input[type=search]", "mojito")
    page.until(
        "document.querySelector('[role=status]').textContent.startsWith('The server cannot be reached')"
    )
    assert page.run("document.querySelector('[role=status]').nextElementSibling.className") == "grid"

"""The pages: everything that they load lies here, with a type that browsers take."""

from __future__ import annotations

import re

import pytest
from flask import Flask

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html"}


@pytest.mark.parametrize("page", ["/", "/swagger/", "/redoc/"])
def test_a_page_loads_only_what_lies_here(app: Flask, page: str) -> None:
    client = app.test_client()
    shown = client.get(page, buffered=True)
    assert shown.content_type.startswith("text/html")

    loaded = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]+)"', shown.text)

    assert loaded
    for address in loaded:
        assert address.startswith("/console/"), address
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200, address
        assert answer.mimetype == TYPES[f".{address.rpartition('.')[2]}"], address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_start_page_leads_to_the_description(app: Flask) -> None:
    links = re.findall(r'<a[^>]*href="([^"]+)"', app.test_client().get("/", buffered=True).text)

    assert {"/swagger/", "/redoc/"} <= set(links)


@pytest.mark.parametrize("page", ["swagger", "redoc"])
def test_a_page_shows_this_servers_own_description(app: Flask, page: str) -> None:
    script = app.test_client().get(f"/console/{page}.js", buffered=True).text

    assert "/openapi.json" in script

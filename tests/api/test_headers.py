"""What stands on every answer: request id, security headers, CORS."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from kit.ids import new_id
from tests.api.conftest import MakeApp
from tests.people import Caller, nobody

PAGE = "https://front.example"


class TestRequestId:
    @pytest.mark.parametrize("sent", ["abc-123", "a" * 128, "6b002f19:4a.2a_0", "0123456789abcdef01234567"])
    def test_a_sane_one_is_echoed_also_in_the_error(self, app: Flask, sent: str) -> None:
        fine = nobody(app).get("/health", headers={"X-Request-ID": sent})
        wrong = nobody(app).get("/nowhere", headers={"X-Request-ID": sent})

        assert fine.headers["X-Request-ID"] == wrong.headers["X-Request-ID"] == sent
        assert wrong.get_json()["request_id"] == sent

    @pytest.mark.parametrize("sent", ["", " ", "a" * 129, "a b", "ação", '"}{"', "a;b", "<b>", "a/b"])
    def test_any_other_is_replaced(self, app: Flask, sent: str) -> None:
        answer = nobody(app).get("/nowhere", headers={"X-Request-ID": sent.encode().decode("latin-1")})

        made = answer.headers["X-Request-ID"]
        assert len(made) == 24
        assert answer.get_json()["request_id"] == made

    def test_each_request_gets_its_own(self, app: Flask) -> None:
        ids = {nobody(app).get("/health").headers["X-Request-ID"] for _ in range(10)}

        assert len(ids) == 10


class TestSecurity:
    @pytest.mark.parametrize("path", ["/health", "/nowhere", "/openapi.json", "/", "/swagger/", "/redoc/"])
    def test_no_answer_is_guessed_at(self, app: Flask, path: str) -> None:
        answer = app.test_client().get(path, buffered=True)

        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers

    def test_what_belongs_to_somebody_is_kept_by_no_cache(self, owner: Caller) -> None:
        assert owner.get("/auth/me").headers["Cache-Control"] == "no-store"

    def test_no_content_has_no_type(self, owner: Caller) -> None:
        answer = owner.post("/auth/logout")

        assert answer.status_code == 204
        assert "Content-Type" not in answer.headers

    @pytest.mark.parametrize("path", ["/", "/swagger/", "/redoc/"])
    def test_a_page_is_framed_by_nobody_and_loads_from_nowhere_else(self, app: Flask, path: str) -> None:
        answer = app.test_client().get(path, buffered=True)

        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in answer.text
        assert not re.search(r'(src|href)="(\w+:)?//', answer.text)


class TestCors:
    def test_without_the_setting_no_other_origin_is_let_in(self, app: Flask) -> None:
        answer = app.test_client().get("/health", headers={"Origin": PAGE})

        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_the_origins_of_the_setting_are_let_in_and_no_other(self, make_app: MakeApp) -> None:
        app = make_app(cors_origins=(PAGE, "https://second.example"))

        for origin in (PAGE, "https://second.example"):
            answer = app.test_client().get("/health", headers={"Origin": origin})
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert "Access-Control-Allow-Credentials" not in answer.headers
        for origin in ("https://evil.example", f"{PAGE}.evil.example", "null", "http://front.example"):
            answer = app.test_client().get("/health", headers={"Origin": origin})
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_browser_may_ask_beforehand_and_read_our_headers(self, make_app: MakeApp) -> None:
        app = make_app(cors_origins=(PAGE,), rate_limit="2 per minute")
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,content-type,x-api-key",
        }
        for _ in range(3):  # asking beforehand is not counted
            answer = app.test_client().options(f"/assistants/update/{new_id()}", headers=asked)
            assert answer.status_code == 200
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert {"authorization", "content-type", "x-api-key"} <= set(allowed.split(", "))
        shown = app.test_client().get("/health", headers={"Origin": PAGE})
        exposed = set(shown.headers["Access-Control-Expose-Headers"].split(", "))
        assert {"X-Request-ID", "X-Next-Cursor", "X-Total-Count", "Retry-After", "Location"} <= exposed

    def test_errors_can_be_read_too(self, make_app: MakeApp) -> None:
        app = make_app(cors_origins=(PAGE,))

        for path, status in (("/nowhere", 404), ("/auth/me", 401), ("/auth/login", 405)):
            answer = app.test_client().get(path, headers={"Origin": PAGE})
            assert answer.status_code == status
            assert answer.headers["Access-Control-Allow-Origin"] == PAGE

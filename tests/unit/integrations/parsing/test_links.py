from __future__ import annotations

import pytest

from integrations.parsing.links import target_note


@pytest.mark.parametrize(
    ("text", "href", "note"),
    [
        ("Agende aqui", "https://agenda.example.com/a?b=1#c", " (https://agenda.example.com/a?b=1#c)"),
        ("Agende\n aqui", "  HTTP://example.com ", " (HTTP://example.com)"),
        ("Fale conosco", "mailto:ana@example.com?subject=Oi", " (ana@example.com)"),
        ("Ligue", "tel:+55-13-98859-3464", " (+55-13-98859-3464)"),
        ("Wiki", "https://example.com/a_(b)", " (https://example.com/a_(b))"),
        ("Ação", "https://example.com/ação", " (https://example.com/ação)"),
    ],
)
def test_where_a_link_leads_is_noted(text: str, href: str, note: str) -> None:
    assert target_note(text, href) == note


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("www.example.com", "https://example.com/"),
        ("veja example.com/a%C3%A7%C3%A3o hoje", "http://www.example.com/ação/"),
        ("ana@example.com", "mailto:Ana@Example.com"),
        ("(13) 98859-3464", "tel:+5513988593464"),
    ],
)
def test_what_the_text_says_already_is_not_said_again(text: str, href: str) -> None:
    assert target_note(text, href) == ""


@pytest.mark.parametrize(
    "href",
    [
        *("", "#", "#precos", "/precos", "precos.html", "//example.com/a", "?a=1"),
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.com", "whatsapp:x"),
        *("https://", "https:///a", "http:example", "https://[::1", "https://user:secret@example.com/"),
        *(
            "https://example.com/a b",
            "https://example.com/<b>",
            'https://example.com/"',
            "https://e.com/\u0085x",
        ),
        *("mailto:", "mailto:nobody", "mailto:a@b.com,c@d.com", "tel:", "tel:12", "tel:abc"),
        "https://example.com/" + "a" * 500,
    ],
)
def test_what_leads_nowhere_for_a_reader_is_left_out(href: str) -> None:
    assert target_note("Agende aqui", href) == ""


def test_a_link_without_text_is_none() -> None:
    assert target_note(" \n", "https://example.com") == ""

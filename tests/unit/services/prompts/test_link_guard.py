"""No link or image passes that is not in the documents, and nothing else is lost."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.prompts.link_guard import LinkGuard, guard_links
from services.prompts.link_shapes import find_link, key_of, link_keys

DOCUMENTS = (
    'Veja [preços](https://clinica.com.br/precos "tabela") e o mapa ![mapa](http://good.com/map.png).',
    "Site: www.clinica.com.br, e-mail contato@clinica.com.br; regras em https://pt.wikipedia.org/wiki/A_(b).",
    '<a href="https://loja.com/x?y=1&z=2">loja</a> <http://auto.com/link> | `http://code.com/a` | app://abrir/tela',
)

PASSES = [
    "Olá! A limpeza custa R$ 180,00 [1], das 8.30h às 18h [2][3].",
    "R$1.200,50 ou 1.200,50; 08:30-12:00; 3.5%; v1.2.3; 24/7; km/h; e/ou; 10.000/mês; 192.168.0.1",
    "Abra relatorio.pdf, leia-me.md, script.py, backup.zip, foto.final.jpg e Node.js.",
    "Escreva para contato@x.com.br ou joao.silva@mail.example.com, <eu@x.com>.",
    "Fim da frase.No sábado abrimos. Certo.Se quiser, ligue. p.ex. Sr.João S.A. E.U.A.",
    "Tel:(13)3322-1100, Data:12/05/2026, Horário:8h",
    "a < b e c > d, 1<2, <seu nome>, <b>negrito</b>, <br/>, I <3 você",
    "Olá![1] array[0], [ ] [x] (ok) [nota]: [1]: o preço é 180",
    "Veja https://clinica.com.br/precos. Ou http://clinica.com.br/precos/ ou clinica.com.br/precos!",
    "**https://clinica.com.br/precos** (www.clinica.com.br) \u201chttps://loja.com/x?y=1&z=2\u201d",
    "[preços](https://clinica.com.br/precos) e ![o mapa](http://good.com/map.png)",
    "[http://good.com/map.png](http://good.com/map.png), <http://auto.com/link>",
    "https://pt.wikipedia.org/wiki/A_(b) (https://pt.wikipedia.org/wiki/A_(b))",
    "[contato@clinica.com.br](mailto:contato@clinica.com.br) app://abrir/tela `http://code.com/a`",
    "- [https://clinica.com.br/precos]: a tabela de preços",
    "[1]: https://clinica.com.br/precos\n[ref]: <http://auto.com/link>",
    "Preço…\u00a0ok — “certo” № 5 ½ ª º ² 你好，世界。",
    "linha um\n\n- item [2]\n\t* outro\r\nfim",
]

REPLACED = [
    ("Olá [1](http://evil.com) ok", "Olá [1] ok"),
    ("veja [aqui](http://evil.com/?d=segredo).", "veja [aqui]."),
    ("![x](http://evil.com/a.png) fim", "[x] fim"),
    ("Antes ![](http://evil.com/a.png) fim", "Antes  fim"),
    ("[![a](http://evil.com/i.png)](http://evil.com/)", "[[a]]"),
    ("[a](x)(http://evil.com)", "[a]"),
    ("[a](<http://evil.com>)", "[a]"),
    ('[a]( http://evil.com "um \\" título" )', "[a]"),
    ("[a](/logout) [b](#x) [c](tabela.pdf)", "[a] [b] [c]"),
    ("[a](javascript:alert(1))", "[a]"),
    ("[a](data:text/html;base64,AAAA)", "[a]"),
    ("[a](&#104;ttp://evil.com)", "[a]"),
    ("[x](ver a tabela", "[x] (ver a tabela"),
    ('[preços](https://clinica.com.br/precos "http://evil.com")', "[preços](https://clinica.com.br/precos)"),
    ("[http://evil.com](http://evil.com)", "[…]"),
    ("[r]: http://evil.com/x\n[r]", "[r] : …\n[r]"),
    ("> - [r]:\n  /x 'título'\n", "> - [r] :\n  /x 'título'\n"),
    ("[a\\]b]: /x", "[a\\]b] : /x"),
    ("<http://evil.com/a> <nota:x>", "… …"),
    ('<img src="//evil.com/a.png" onerror=x>oi', "oi"),
    ("oi<IMG\nSRC=x>", "oi"),
    ('<a href="http://evil.com">clique</a>.', "clique."),
    ('<iframe src="x"></iframe><svg/onload=x>', ""),
    ('<b onclick="x">oi</b>', "oi</b>"),
    ("<style>@import url(//evil.com/x)</style>", "@import url(…)"),
    ("<!-- x --> <img src=x", " img src=x"),
    ("http://evil.com", "…"),
    ("HTTPS://EVIL.COM/X.", "…."),
    ("(http://evil.com), ok", "(…), ok"),
    ("ftp://evil.com x://y", "… …"),
    ("www.evil.com e evil.com/x e evil.com", "… e … e …"),
    ("loja.evil.md evil.zip/x 192.168.0.1/x evil.com:8080", "… … … …"),
    ("//evil.com/x", "…"),
    ("javascript:alert(1) data:,x vbscript:x mailto:mal@evil.com", "… … … …"),
    ("http:\\\\evil.com\\x evil\\.com/x http\\://evil.com", "… … …"),
    ("ht\u200btp://evil.com ev\u00adil.com/x evil\u3002com/x", "… … …"),
    ("\uff48\uff54\uff54\uff50\uff1a\uff0f\uff0f\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d", "…"),
    ("&#104;ttp://evil.com http&colon;//evil.com evil&#46;com/x evil&amp;#46;com/x", "… … … …"),
    ("а\u0301.рф/x пример.рф", "… …"),
    ("https://clinica.com.br/precos?d=segredo", "…"),
    ("https://clinica.com.br.evil.com/precos https://clinica.com.br/pre", "… …"),
    ("https://clinica.com.br@evil.com/precos", "…"),
    ("[https://clinica.com.br/precos](http://evil.com)segredo", "[https://clinica.com.br/precos] segredo"),
    ("[https://clinica.com.br/precos]:segredo", "[…] :segredo"),
    ("[https://clinica.com.br/precos]:(x)", "[…] :(x)"),
    ("evil.comjavascript:x evil.com@ evil.com@x", "… … …"),
    ("evil.com" + "x" * 3000 + "javascript:x", "evil.com" + "x" * 3000 + "…"),
    ("ev<img>il.com/x evil<img>.com/x", "ev… evil .com/x"),
    ("<<b x=y>img src=x>", "< img src=x>"),
    ("x\\](http://evil.com)", "x\\]"),
]


@pytest.mark.parametrize("text", PASSES)
def test_words_and_known_links_pass_unchanged(text: str) -> None:
    assert guard_links(text, DOCUMENTS) == text


@pytest.mark.parametrize(("text", "guarded"), REPLACED)
def test_what_is_not_in_the_documents_goes_and_its_words_stay(text: str, guarded: str) -> None:
    assert guard_links(text, DOCUMENTS) == guarded


def test_scripts_never_pass_even_from_a_document() -> None:
    hostile = "[a](javascript:alert(1)) data:text/html,x <img src=x>"
    assert guard_links(hostile, [hostile]) == "[a] … "


def test_without_documents_no_link_passes() -> None:
    assert guard_links("https://clinica.com.br/precos [1]", []) == "… [1]"


def test_a_url_without_an_end_is_swallowed_and_what_follows_is_not() -> None:
    endless = "http://evil.com/" + "a" * 10_000
    assert guard_links(f"antes {endless} depois", DOCUMENTS) == "antes … depois"
    assert guard_links("x" * 3_000 + "http://evil.com/x fim", DOCUMENTS) == "x" * 3_000 + "… fim"
    assert guard_links("é" * 10_000, DOCUMENTS) == "é" * 10_000


def test_a_stream_holds_back_a_word_not_more() -> None:
    guard = LinkGuard(DOCUMENTS)
    assert [guard.feed(piece) for piece in ("Olá", " mun", "do [1", "]", ".", " Fim")] == [
        "",
        "Olá ",
        "mundo ",
        "",
        "",
        "[1]. ",
    ]
    assert guard.finish() == "Fim"
    assert guard.finish() == ""


def test_what_is_held_back_is_bounded() -> None:
    for hostile in ("<a ", "[a](", "http://", "![a](", "[a]:", "x"):
        guard, held, most = LinkGuard(DOCUMENTS), 0, 0
        for piece in (hostile, *("y" * 10 for _ in range(2_000))):
            held += len(piece) - len(guard.feed(piece))
            most = max(most, len(guard._buffer))
        assert most < 5_000, hostile


FRAGMENTS = [
    "[", "]", "(", ")", "!", "<", ">", ":", "//", "/", "\\", ".", " ", "\n", "&", "#46;", ";", '"', "'", "@", "-",
    "=", "http", "https://", "HTTP://", "www.", "evil", ".com", "evil.com", "evil.com/x?d=1", "javascript:", "data:,",
    "img ", "@x", "@mail.com",
    "img src=", "a href=", "/a", "b", "1", "oi", "R$ 1.200,00", "\u200b", "\u00ad", "\uff0e", "\u3002", "é", "…", "*",
    "https://clinica.com.br/precos", "www.clinica.com.br", "http://good.com/map.png", "contato@clinica.com.br",
    "](http://evil.com)", "[1]", "![", "]: ", "<http://", "mailto:", "x" * 700,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)


@settings(max_examples=2 * settings().max_examples, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 400), max_size=20))
@example("[a](" + "x" * 5000 + ")", [3, 4, 5, 2052])
@example("<a " + "x" * 2045 + ">b", [1, 2048, 2049])
@example("x" * 2047 + "![a](evil.com)", [2048])
@example("[https://clinica.com.br/precos](" + "x" * 3000, [40, 41])
def test_a_stream_gives_the_same_for_every_cut(text: str, cuts: list[int]) -> None:
    guard = LinkGuard(DOCUMENTS)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [guard.feed(text[left:right]) for left, right in itertools.pairwise(edges)]
    assert "".join(pieces) + guard.finish() == guard_links(text, DOCUMENTS)


@settings(deadline=None)
@given(TEXTS)
def test_a_stream_of_single_characters_gives_the_same(text: str) -> None:
    guard = LinkGuard(DOCUMENTS)
    assert "".join(map(guard.feed, text)) + guard.finish() == guard_links(text, DOCUMENTS)


@settings(max_examples=2 * settings().max_examples, deadline=None)
@given(TEXTS)
def test_no_stretch_of_what_passes_holds_another_link(text: str) -> None:
    keys = link_keys(DOCUMENTS)
    for stretch in re.split(r"[\s<>]|\]\(", guard_links(text, DOCUMENTS)):
        link = find_link(stretch)
        assert link is None or link.key in keys, (link, stretch)


@settings(max_examples=3 * settings().max_examples, deadline=None)
@given(TEXTS)
@example("<http://\\www.clinica.com.br>")
@example("<http://\u200bwww.clinica.com.br>")
@example("[a\nb]: /x\n\n[a b]")
@example("[r]:<b x=y>/x\n\n[r]")
def test_a_markdown_reader_finds_no_other_link(text: str) -> None:
    guarded = guard_links(text, DOCUMENTS)
    keys = link_keys(DOCUMENTS)
    for url in markdown_links(MarkdownIt("commonmark").parse(guarded)):
        is_plain_address = (
            url.startswith("mailto:") and "?" not in url
        )  # <somebody@example.org> is an address
        assert is_plain_address or key_of(url) in keys, (url, guarded)


def markdown_links(tokens: list[Token]) -> list[str]:
    """Every link, image and active element that a CommonMark reader finds."""
    found = []
    for token in tokens:
        found += [str(value) for name, value in token.attrs.items() if name in ("href", "src")]
        if token.type in ("html_inline", "html_block") and "=" in token.content:
            found.append(token.content)
        found += markdown_links(token.children or [])
    return found


HOSTILE = [
    "[",
    "!",
    "![",
    "](",
    "<",
    "<a",
    "]:",
    "[a]:",
    "&#",
    "http://",
    '](a "',
    "](a '",
    "](a (",
    "](a(",
    "a.",
    ".com/",
]


@pytest.mark.timeout(20)  # each takes a tenth of a second; what is not linear takes minutes
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hundred_kilobytes_of_marks_are_guarded_whole_and_streamed(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    guard = LinkGuard(DOCUMENTS)
    streamed = [guard.feed(text[at : at + 50]) for at in range(0, len(text), 50)]
    assert "".join(streamed) + guard.finish() == guard_links(text, DOCUMENTS)


def test_keys_of_documents_are_found_however_they_are_quoted() -> None:
    assert link_keys(DOCUMENTS) >= {
        "clinica.com.br/precos", "good.com/map.png", "www.clinica.com.br", "mailto:contato@clinica.com.br",
        "pt.wikipedia.org/wiki/A_(b)", "loja.com/x?y=1&z=2", "auto.com/link", "code.com/a", "app://abrir/tela",
    }  # fmt: skip

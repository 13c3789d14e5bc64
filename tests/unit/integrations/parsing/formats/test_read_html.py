from __future__ import annotations

from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats.read_html import read


def reading(tmp_path: Path, page: str | bytes) -> Reading:
    path = tmp_path / "file.html"
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    return read(path, Bounds())


def blocks(tmp_path: Path, body: str) -> list[tuple[str, str]]:
    found = reading(tmp_path, f"<!doctype html><html><head><title>T</title></head><body>{body}</body></html>")
    return [(block.kind.value, block.text) for block in found.blocks]


def test_headings_paragraphs_and_text_between_them(tmp_path: Path) -> None:
    body = "<h1>Um <em>dois</em></h1>solto<p>Par<b>ágra</b>fo\n com   espaços<br>e linha</p><div>fim</div>"
    assert blocks(tmp_path, body) == [
        ("heading", "Um dois"),
        ("paragraph", "solto"),
        ("paragraph", "Parágrafo com espaços\ne linha"),
        ("paragraph", "fim"),
    ]


def test_a_heading_around_other_blocks_is_one_heading(tmp_path: Path) -> None:
    assert blocks(tmp_path, "<h2><div>Como</div><button>agendar?</button></h2><p>Ligue.</p>") == [
        ("heading", "Como agendar?"),
        ("paragraph", "Ligue."),
    ]


def test_lists_keep_their_numbers_and_depth(tmp_path: Path) -> None:
    body = "<ol><li>um<ul><li>a</li><li><p>b</p><p>mais</p></li></ul></li><li>dois</li></ol>depois"
    assert blocks(tmp_path, body) == [
        ("list_item", "1. um"),
        ("list_item", "  - a"),
        ("list_item", "  - b"),
        ("list_item", "    mais"),
        ("list_item", "2. dois"),
        ("paragraph", "depois"),
    ]


def test_terms_stand_with_what_is_said_of_them(tmp_path: Path) -> None:
    body = "<dl><dt>Segunda</dt><dt>Terça</dt><dd>8h às 18h</dd><dt>Domingo:</dt><dd>fechado</dd><dt>Só</dt></dl>"
    assert blocks(tmp_path, body) == [
        ("list_item", "- Segunda / Terça: 8h às 18h"),
        ("list_item", "- Domingo: fechado"),
        ("paragraph", "Só"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var segredo</script>",
        "<style>.segredo{}</style>",
        "<nav>segredo</nav>",
        "<noscript>segredo</noscript>",
        "<template><p>segredo</p></template>",
        "<p hidden>segredo</p>",
        "<div style='Display : none'><p>segredo</p></div>",
        "<span style='visibility:hidden'>segredo</span>",
        "<span style='font-size:0'>segredo</span>",
        "<i aria-hidden='true'>segredo</i>",
        "<ul role='navigation'><li>segredo</li></ul>",
        "<select><option>segredo</option></select>",
        "<!-- segredo -->",
        "<svg><text>segredo</text></svg>",
    ],
)
def test_what_nobody_sees_is_dropped_and_what_follows_it_kept(tmp_path: Path, hidden: str) -> None:
    text = "".join(text for _, text in blocks(tmp_path, f"antes {hidden} depois"))
    assert text.replace(" ", "") == "antesdepois"


def test_style_that_only_looks_like_hiding_hides_nothing(tmp_path: Path) -> None:
    assert blocks(tmp_path, "<p style='opacity:0.8;font-size:0.9em'>visto</p>") == [("paragraph", "visto")]


def test_tables_name_their_columns(tmp_path: Path) -> None:
    body = (
        "<table><caption>Preços</caption><thead><tr><th>Serviço</th><th>Preço</th></tr></thead>"
        "<tr><td>Corte<br>feminino</td><td>R$ 60</td></tr><tr><td rowspan=2>Barba</td><td>R$ 30</td></tr>"
        "<tr><td>R$ 45 com toalha</td></tr><tr hidden><td>x</td><td>y</td></tr></table>"
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", "Preços"),
        ("table_row", "Serviço: Corte feminino; Preço: R$ 60"),
        ("table_row", "Serviço: Barba; Preço: R$ 30"),
        ("table_row", "Serviço: Barba; Preço: R$ 45 com toalha"),
    ]


def test_a_table_named_at_its_left_and_one_without_names(tmp_path: Path) -> None:
    left = (
        "<table><tr><th colspan=2>Ficha</th></tr>"
        "<tr><th>Nome</th><td>Ana</td></tr><tr><th>Idade</th><td>40</td></tr></table>"
    )
    bare = "<table><tr><td>Corte</td><td>R$ 45</td></tr><tr><td>Barba</td><td>R$ 30</td></tr></table>"
    assert blocks(tmp_path, left + bare) == [
        ("table_row", "Ficha"),
        ("table_row", "Nome: Ana"),
        ("table_row", "Idade: 40"),
        ("table_row", "Corte: R$ 45"),
        ("table_row", "Barba: R$ 30"),
    ]


def test_a_table_that_only_places_things_is_read_through(tmp_path: Path) -> None:
    body = "<table><tr><td><h2>Menu</h2><p>texto</p></td><td>lado</td></tr></table>"
    assert blocks(tmp_path, body) == [("heading", "Menu"), ("paragraph", "texto"), ("paragraph", "lado")]


def test_code_keeps_its_lines(tmp_path: Path) -> None:
    assert blocks(tmp_path, "<pre>a\n  b</pre>") == [("code", "a\n  b")]


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Da\n página</title><h1>Um</h1>", "Da página"),
        ("<h1>Um</h1><p>a</p>", "Um"),
        ("<svg><title>ícone</title></svg><h1>Um</h1>", "Um"),
        ("<p>Linha</p>", "Linha"),
    ],
)
def test_the_title(tmp_path: Path, page: str, title: str) -> None:
    assert reading(tmp_path, page).title == title


@pytest.mark.parametrize(
    "page",
    [
        '<meta charset="iso-8859-1"><p>Ação</p>'.encode("cp1252"),
        "<p>Ação</p>".encode("cp1252"),
        "<p>Ação</p>".encode(),
        '<meta charset="latin-9000"><p>Ação</p>'.encode(),
        "<p>Ação</p>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><html><p>Ação</p></html>'.encode(),
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><p>Ação</p>'.encode(
            "cp1252"
        ),
    ],
)
def test_encodings(tmp_path: Path, page: bytes) -> None:
    assert [block.text for block in reading(tmp_path, page).blocks] == ["Ação"]


def test_broken_markup_is_read_as_browsers_do(tmp_path: Path) -> None:
    assert blocks(tmp_path, "<p>um<p>dois<b>três<table><tr><td>a<td>1<tr><td>b<td>2") == [
        ("paragraph", "um"),
        ("paragraph", "doistrês"),
        ("table_row", "a: 1"),
        ("table_row", "b: 2"),
    ]


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        reading(tmp_path, "<div>" * 100_000 + "fundo")


def test_wide_spans_do_not_take_the_memory(tmp_path: Path) -> None:
    cells = "<td colspan=1000 rowspan=65000>x</td>" * 50
    found = blocks(tmp_path, "<table>" + f"<tr>{cells}</tr>" * 20 + "</table>")
    assert len(found) == 20


def test_what_is_no_web_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"named \.html but its content is not"):
        reading(tmp_path, "só texto, 1 < 2")
    with pytest.raises(Unreadable, match=r"named \.html but is a PDF"):
        reading(tmp_path, b"%PDF-1.4\n")


def test_links_say_where_they_lead_but_not_in_headings(tmp_path: Path) -> None:
    body = (
        '<h2><a href="https://a.example/t">Agenda</a></h2>'
        '<p><a href="https://a.example/x">Agende <b>aqui</b></a>, ou <a href="/y">veja</a> mais. '
        '<a href="https://a.example">a.example</a> <a href="https://a.example/i"><img src="x"></a>'
        '<a href="https://a.example/h" hidden>oculto</a><a name="z">fim</a></p>'
        '<ul><li><a href="mailto:oi@a.example">Escreva</a></li></ul>'
        '<a href="https://a.example/c"><div>Plano</div><div>anual</div></a>'
    )
    assert blocks(tmp_path, body) == [
        ("heading", "Agenda"),
        ("paragraph", "Agende aqui (https://a.example/x), ou veja mais. a.example fim"),
        ("list_item", "- Escreva (oi@a.example)"),
        ("paragraph", "Plano"),
        ("paragraph", "anual"),
        ("paragraph", "(https://a.example/c)"),
    ]


def test_links_in_tables_say_where_they_lead(tmp_path: Path) -> None:
    body = (
        "<table><tr><th>Curso</th><th>Onde</th></tr>"
        '<tr><td>Yoga</td><td>aqui: <a href="https://a.example/x">in<i>scrição</i></a>; '
        '<a href="https://a.example/y" style="display:none">y</a>hoje</td></tr></table>'
    )
    assert blocks(tmp_path, body) == [
        ("table_row", "Curso: Yoga; Onde: aqui: inscrição (https://a.example/x); hoje")
    ]

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.parsing.blocks import Bounds
from integrations.parsing.formats.read_html import read


def texts(tmp_path: Path, body: str) -> list[str]:
    path = tmp_path / "file.html"
    path.write_text(f"<!doctype html><html><body>{body}</body></html>", encoding="utf-8")
    return [block.text for block in read(path, Bounds()).blocks if block.text]


LINKS = "<ul><li><a href='/a'>Início</a></li><li><a href='/b'>Contato</a></li></ul>"


@pytest.mark.parametrize(
    "part",
    [
        "<header><a href='/'>Loja</a> Frete grátis hoje</header>",
        "<footer>Feito com carinho</footer>",
        "<footer><p>© 2020-2025 Loja, CNPJ 12.345.678/0001-90</p></footer>",
        "<aside><h3>Publicidade</h3><p>Compre já</p></aside>",
        "<div role='contentinfo'>Feito com carinho</div>",
        "<div class='sidebar left'><p>Mais lidas</p></div>",
        "<div id='Footer'><pre>Feito</pre><table><tr><td>a</td><td>b</td></tr></table><dl><dt>c</dt></dl></div>",
        f"<div class='main-menu'>{LINKS}</div>",
        "<div class='cookie-banner'><p>Usamos cookies.</p><button>Aceitar</button></div>",
        "<section aria-modal='true'>Este site usa cookies</section>",
    ],
)
def test_what_the_site_says_on_every_page_is_dropped(tmp_path: Path, part: str) -> None:
    assert texts(tmp_path, f"{part}<h1>Preços</h1><p>O corte custa R$ 45.</p>") == [
        "Preços",
        "O corte custa R$ 45.",
    ]


def test_what_belongs_to_the_text_stays(tmp_path: Path) -> None:
    body = (
        "<main><article><header><h1>Pão</h1><p>De hoje.</p></header><aside>Dica: congele.</aside>"
        "<section><header>Massa</header></section><footer>Por Ana</footer></article></main>"
    )
    assert texts(tmp_path, body) == ["Pão", "De hoje.", "Dica: congele.", "Massa", "Por Ana"]


def test_a_bar_at_the_top_that_holds_the_only_title_keeps_it_without_its_links(tmp_path: Path) -> None:
    body = f"<header><h1>Padaria</h1><p>Pães desde 1950.</p>{LINKS}</header><p>Abre às 6h.</p>"
    assert texts(tmp_path, body) == ["Padaria", "Pães desde 1950.", "Abre às 6h."]


def test_how_to_reach_somebody_is_kept_out_of_a_footer(tmp_path: Path) -> None:
    body = (
        "<h1>Bolos</h1><p>Feitos por nós.</p><footer><h4>Contato</h4>"
        "<p>Rua das Flores, 12<br>Santos – SP<br>© 2025 Bolos</p><p>Siga-nos</p>"
        "<p>Segunda a sexta, 9h às 18h</p><p><a href='tel:+551333334444'>(13) 3333-4444</a></p></footer>"
    )
    assert texts(tmp_path, body) == [
        "Bolos",
        "Feitos por nós.",
        "Contato:\nRua das Flores, 12\nSantos – SP",
        "Segunda a sexta, 9h às 18h",
        "(13) 3333-4444",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<footer><p>Tudo está no rodapé.</p></footer>", ["Tudo está no rodapé."]),
        ("<div class='sidebar'><h1>Bolos</h1><p>De milho.</p></div>", ["Bolos", "De milho."]),
        (
            "<div class='menu'><h2>Cardápio</h2><ul><li>Suco</li><li>Pão</li></ul></div>",
            ["Cardápio", "- Suco", "- Pão"],
        ),
        ("<p>Oi</p><aside>" + "Um texto que é quase tudo. " * 9 + "</aside>", None),
    ],
)
def test_a_page_is_never_left_without_its_text(tmp_path: Path, body: str, said: list[str] | None) -> None:
    found = texts(tmp_path, body)
    assert found == said if said else len(found) == 2


def test_many_parts_with_names_are_read_in_time(tmp_path: Path) -> None:
    deep = "<div class='menu'>" * 200 + "x" + "</div>" * 200
    assert texts(tmp_path, f"<p>Um dois três</p>{deep * 20}")[0] == "Um dois três"

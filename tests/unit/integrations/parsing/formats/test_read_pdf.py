from __future__ import annotations

from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Kind, Reading
from integrations.parsing.formats.read_pdf import read
from tests.builders.pdf import Text, build_pdf

PROSE = (
    "A clínica atende de segunda a sexta, das 8h às 18h, e aos sábados pela manhã, sempre com",
    "hora marcada. Quem se atrasar mais de quinze minutos perde a vez e precisa remarcar pelo",
    "telefone ou pelo aplicativo, sem custo.",
)


def reading(tmp_path: Path, pages: list[list[Text]], **more: object) -> Reading:
    path = tmp_path / "file.pdf"
    path.write_bytes(build_pdf(pages, **more))  # type: ignore[arg-type]  # the builder's own options
    return read(path, Bounds())


def paragraph(lines: tuple[str, ...] = PROSE, y: float = 200) -> list[Text]:
    return [Text(line, y + 14 * n) for n, line in enumerate(lines)]


def texts(found: Reading, kind: Kind) -> list[str]:
    return [block.text for block in found.blocks if block.kind is kind]


def test_wrapped_lines_become_one_paragraph_with_its_page(tmp_path: Path) -> None:
    found = reading(tmp_path, [[Text("Primeira página.", 200)], paragraph()])
    assert found.pages == 2
    assert [(block.page, block.text) for block in found.blocks] == [
        (1, "Primeira página."),
        (2, " ".join(PROSE)),
    ]


def test_lines_that_end_by_themselves_stay_lines(tmp_path: Path) -> None:
    address = ("Rua das Flores, 12", "Santos/SP", "Telefone 3333-4444")
    found = reading(tmp_path, [[*paragraph(), *paragraph(address, 300)]])
    assert texts(found, Kind.PARAGRAPH)[1] == "\n".join(address)


def test_white_space_between_lines_parts_paragraphs(tmp_path: Path) -> None:
    found = reading(tmp_path, [[*paragraph(), *paragraph(y=270)]])
    assert texts(found, Kind.PARAGRAPH) == [" ".join(PROSE)] * 2


def test_a_sentence_goes_on_over_the_page(tmp_path: Path) -> None:
    found = reading(tmp_path, [paragraph(PROSE[:1], 400), paragraph(PROSE[1:], 200)])
    assert [(block.page, block.text) for block in found.blocks] == [(1, " ".join(PROSE))]


def test_larger_lines_are_headings_by_rank_and_bold_ones_below(tmp_path: Path) -> None:
    page = [
        Text("Manual da clínica", 100, size=22),
        Text("Horários", 140, size=16),
        *paragraph(),
        Text("Atrasos", 260, bold=True),
        *paragraph(y=280),
        Text("Preços e formas de", 340, size=16),
        Text("pagamento", 360, size=16),
        *paragraph(y=380),
    ]
    found = reading(tmp_path, [page])
    headings = [(block.level, block.text) for block in found.blocks if block.kind is Kind.HEADING]
    assert headings == [
        (1, "Manual da clínica"),
        (2, "Horários"),
        (3, "Atrasos"),
        (2, "Preços e formas de pagamento"),
    ]
    assert found.title == "Manual da clínica"


def test_text_that_is_all_bold_has_no_headings(tmp_path: Path) -> None:
    page = [Text(line, 100 + 40 * n, bold=True) for n, line in enumerate(("Bom dia a todos", "Até amanhã"))]
    assert texts(reading(tmp_path, [page]), Kind.HEADING) == []


def test_bullets_are_list_items(tmp_path: Path) -> None:
    found = reading(tmp_path, [paragraph(("• Limpeza", "• Clareamento", "2. Consulta"))])
    assert texts(found, Kind.LIST_ITEM) == ["- Limpeza", "- Clareamento", "2. Consulta"]


@pytest.mark.parametrize("turned", [False, True])
def test_columns_make_rows_that_name_their_columns(tmp_path: Path, *, turned: bool) -> None:
    rows = (
        ("Serviço", "Duração", "Preço"),
        ("Limpeza", "30 min", "R$ 120,00"),
        ("Canal", "90 min", "R$ 800,00"),
    )
    page = [
        Text(cell, 100 + 16 * n, 72 + 150 * m) for n, row in enumerate(rows) for m, cell in enumerate(row)
    ]
    assert texts(reading(tmp_path, [page], turned=turned), Kind.TABLE_ROW) == [
        "Serviço: Limpeza; Duração: 30 min; Preço: R$ 120,00",
        "Serviço: Canal; Duração: 90 min; Preço: R$ 800,00",
    ]


def test_a_cell_of_several_lines_and_an_empty_cell_keep_their_columns(tmp_path: Path) -> None:
    page = [
        *(Text(cell, 100, x=x, bold=True) for x, cell in ((72, "Serviço"), (200, "Nota"), (400, "Preço"))),
        *(Text(cell, 116, x=x) for x, cell in ((72, "Canal"), (200, "com retorno"), (400, "R$ 800"))),
        Text("em 15 dias", 130, x=200),
        *(Text(cell, 146, x=x) for x, cell in ((72, "Limpeza"), (400, "R$ 120"))),
    ]
    assert texts(reading(tmp_path, [page]), Kind.TABLE_ROW) == [
        "Serviço: Canal; Nota: com retorno em 15 dias; Preço: R$ 800",
        "Serviço: Limpeza; Preço: R$ 120",
    ]


def test_a_table_goes_on_over_the_page_under_its_first_header(tmp_path: Path) -> None:
    def row(y: float, *cells: str) -> list[Text]:
        return [Text(cell, y, x=72 + 200 * n) for n, cell in enumerate(cells)]

    first = [*row(100, "Serviço", "Preço"), *row(116, "Limpeza", "R$ 120")]
    second = [*row(100, "Serviço", "Preço"), *row(116, "Canal", "R$ 800")]
    found = reading(tmp_path, [first, second])
    assert [(block.page, block.text) for block in found.blocks] == [
        (1, "Serviço: Limpeza; Preço: R$ 120"),
        (2, "Serviço: Canal; Preço: R$ 800"),
    ]


def test_running_headers_and_page_numbers_are_dropped_contacts_kept_once(tmp_path: Path) -> None:
    pages = [
        [
            Text("Clínica Sorriso - Manual interno", 40, size=9),
            *paragraph((f"Texto da página {number}, que só ela tem.",)),
            Text("Telefone (13) 3333-4444", 800, size=9),
            Text(f"Página {number} de 4", 815, size=9),
        ]
        for number in (1, 2, 3, 4)
    ]
    found = reading(tmp_path, pages)
    assert [block.text for block in found.blocks if block.text] == [
        *(f"Texto da página {number}, que só ela tem." for number in (1, 2, 3, 4)),
        "Telefone (13) 3333-4444",
    ]


def test_what_stands_at_the_top_of_pages_but_counts_something_else_is_kept(tmp_path: Path) -> None:
    numbers = (3, 4, 9, 12)
    pages = [
        [Text(f"Art. {number}", 60), *paragraph((f"O texto do artigo {number}.",))] for number in numbers
    ]
    found = reading(tmp_path, pages)
    assert [block.text.split("\n")[0] for block in found.blocks] == [
        line for number in numbers for line in (f"Art. {number}", f"O texto do artigo {number}.")
    ]


def test_chapters_that_begin_their_pages_are_kept(tmp_path: Path) -> None:
    pages = [
        [Text(f"Capítulo {number}", 60), *paragraph(("Texto.",)), Text(str(number), 800)] for number in (1, 2)
    ]
    assert [block.text for block in reading(tmp_path, pages).blocks] == [
        "Capítulo 1",
        "Texto.",
        "Capítulo 2",
        "Texto.",
    ]


def test_page_numbers_that_begin_again_are_dropped(tmp_path: Path) -> None:
    numbers = (1, 2, 3, 4, 1, 2, 3, 4)
    pages = [
        [*paragraph((f"Texto {chr(65 + n)}.",)), Text(str(number), 800)] for n, number in enumerate(numbers)
    ]
    assert [block.text for block in reading(tmp_path, pages).blocks] == [
        f"Texto {char}." for char in "ABCDEFGH"
    ]


def test_a_title_repeated_on_every_page_is_kept_once(tmp_path: Path) -> None:
    pages = [
        [Text("Tabela de preços", 60, size=20), *paragraph((f"Parte {number} da tabela.",))]
        for number in (1, 2)
    ]
    found = reading(tmp_path, pages)
    assert [(block.page, block.text) for block in found.blocks] == [
        (1, "Tabela de preços"),
        (1, "Parte 1 da tabela."),
        (2, "Parte 2 da tabela."),
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Clínica: manual", "Clínica: manual"),
        ("Microsoft Word - doc1.docx", ""),
        ("Proposta de outro cliente", ""),
    ],
)
def test_the_title_property_counts_if_it_is_one_and_of_this_text(
    tmp_path: Path, title: str, expected: str
) -> None:
    found = reading(tmp_path, [paragraph((*PROSE, "Este é o manual da clínica."))], title=title)
    assert found.title == expected


@pytest.mark.parametrize(
    ("pages", "named"),
    [
        ("x..", "Pages 2–3 hold"),
        ("x.", "Page 2 holds"),
        (".x...x.x.", "Pages 1, 3–5, 7 and 9 hold"),
        ("x." * 11, "11 pages (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, …) hold"),
    ],
)
def test_pages_without_text_are_named(tmp_path: Path, pages: str, named: str) -> None:
    found = reading(tmp_path, [paragraph() if one == "x" else [] for one in pages])
    assert found.warnings == (f"{named} nothing.",)


def test_no_text_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="pages are empty"):
        reading(tmp_path, [[], []])


def test_a_password_is_named_and_the_empty_one_opens(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="password"):
        reading(tmp_path, [paragraph()], password="segredo")
    assert texts(reading(tmp_path, [paragraph()], password=""), Kind.PARAGRAPH) == [" ".join(PROSE)]


def test_more_text_than_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(build_pdf([paragraph()]))
    with pytest.raises(Unreadable, match="more than 100 characters"):
        read(path, Bounds(max_characters=100))


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.4\n", b"%PDF-1.4\n" + bytes(range(256)) * 20])
def test_a_broken_pdf_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match="damaged"):
        read(path, Bounds())


def test_a_web_page_named_pdf_is_called_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")
    with pytest.raises(Unreadable, match=r"named \.pdf but is a web page"):
        read(path, Bounds())

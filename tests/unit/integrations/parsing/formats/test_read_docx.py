from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from docx.shared import Pt

from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats.read_docx import read

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.fixture
def document() -> Any:
    return docx.Document()


def reading(tmp_path: Path, document: Any) -> Reading:
    path = tmp_path / "file.docx"
    document.save(str(path))
    return read(path, Bounds())


def blocks(tmp_path: Path, document: Any) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in reading(tmp_path, document).blocks]


def fill(table: Any, rows: list[list[str]]) -> None:
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text


def test_headings_paragraphs_lists_and_tables_in_order(tmp_path: Path, document: Any) -> None:
    document.add_heading("Manual", 0)
    document.add_heading("Preços", 1)
    document.add_paragraph("Veja a tabela:")
    fill(document.add_table(2, 2), [["Serviço", "Preço"], ["Corte", "R$ 45"]])
    document.add_heading("Formas de pagamento", 2)
    document.add_paragraph("dinheiro", style="List Bullet")
    document.add_paragraph("cartão", style="List Number")
    document.add_paragraph("fim\tda lista")
    found = reading(tmp_path, document)
    assert [(block.kind.value, block.level, block.text) for block in found.blocks] == [
        ("heading", 1, "Manual"),
        ("heading", 1, "Preços"),
        ("paragraph", 0, "Veja a tabela:"),
        ("table_row", 0, "Serviço: Corte; Preço: R$ 45"),
        ("heading", 2, "Formas de pagamento"),
        ("list_item", 0, "- dinheiro"),
        ("list_item", 0, "- cartão"),
        ("paragraph", 0, "fim da lista"),
    ]
    assert found.title == "Manual"


def test_a_heading_by_its_outline_level_or_by_the_style_below_its_style(
    tmp_path: Path, document: Any
) -> None:
    style = document.styles.add_style("Título da casa", 1)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Pelo estilo", style="Título da casa")
    properties = document.add_paragraph("Pelo nível").paragraph_format.element.get_or_add_pPr()
    outline = OxmlElement("w:outlineLvl")
    outline.set(qn("w:val"), "2")
    properties.append(outline)
    found = reading(tmp_path, document)
    assert [(block.level, block.text) for block in found.blocks] == [(2, "Pelo estilo"), (3, "Pelo nível")]


@pytest.mark.parametrize(
    ("core", "expected"), [("Guia da loja", "Guia da loja"), ("Word Document", "Primeiro")]
)
def test_the_title_is_the_property_or_the_first_heading(
    tmp_path: Path, document: Any, core: str, expected: str
) -> None:
    document.core_properties.title = core
    document.add_heading("Primeiro", 1)
    document.add_paragraph("texto")
    assert reading(tmp_path, document).title == expected


def test_deleted_and_hidden_text_is_dropped_inserted_and_linked_text_kept(
    tmp_path: Path, document: Any
) -> None:
    paragraph = document.add_paragraph("Antes ")
    for xml in (
        f"<w:del {W}><w:r><w:delText>apagado </w:delText></w:r></w:del>",
        f'<w:ins {W}><w:r><w:t xml:space="preserve">inserido </w:t></w:r></w:ins>',
        f"<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>oculto </w:t></w:r>",
        f"<w:hyperlink {W}><w:r><w:t>ligado</w:t></w:r></w:hyperlink>",
    ):
        paragraph._p.append(parse_xml(xml))
    assert blocks(tmp_path, document) == [("paragraph", "Antes inserido ligado")]


def test_content_controls_are_read_but_for_the_table_of_contents(tmp_path: Path, document: Any) -> None:
    for gallery, text in (("Table of Contents", "Sumário 1"), ("Cover Pages", "Capa")):
        document.element.body.insert(
            0,
            parse_xml(
                f'<w:sdt {W}><w:sdtPr><w:docPartObj><w:docPartGallery w:val="{gallery}"/></w:docPartObj></w:sdtPr>'
                f"<w:sdtContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
    assert blocks(tmp_path, document) == [("paragraph", "Capa")]


def test_a_text_box_is_read_once(tmp_path: Path, document: Any) -> None:
    paragraph = document.add_paragraph("Ao lado:")
    box = f"<w:txbxContent {W}><w:p><w:r><w:t>Na caixa</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    paragraph._p.append(
        parse_xml(
            f"<w:r {W}><mc:AlternateContent {mc}><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
            f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    assert blocks(tmp_path, document) == [("paragraph", "Ao lado:"), ("paragraph", "Na caixa")]


def test_merged_cells_are_said_in_each_row_they_cover(tmp_path: Path, document: Any) -> None:
    table = document.add_table(4, 3)
    fill(
        table,
        [
            ["Grupo", "Serviço", "Preço"],
            ["Cabelo", "Corte", "45"],
            ["", "Escova", "60"],
            ["Rosto", "Barba", "30"],
        ],
    )
    table.cell(1, 0).merge(table.cell(2, 0))
    assert [text for _, text in blocks(tmp_path, document)] == [
        "Grupo: Cabelo; Serviço: Corte; Preço: 45",
        "Grupo: Cabelo; Serviço: Escova; Preço: 60",
        "Grupo: Rosto; Serviço: Barba; Preço: 30",
    ]


def test_bold_type_tells_a_header_from_a_column_of_names(tmp_path: Path, document: Any) -> None:
    texts = [["Médico", "Dia"], ["Ana", "segunda"], ["Bia", "terça"]]
    for bold in ([(0, 0), (0, 1)], [(0, 0), (1, 0), (2, 0)]):
        table = document.add_table(3, 2)
        fill(table, texts)
        for row, column in bold:
            table.cell(row, column).paragraphs[0].runs[0].bold = True
        document.add_paragraph("---")
    assert [text for kind, text in blocks(tmp_path, document) if kind == "table_row"] == [
        "Médico: Ana; Dia: segunda",
        "Médico: Bia; Dia: terça",
        "Médico: Dia",
        "Ana: segunda",
        "Bia: terça",
    ]


def test_a_style_that_sets_off_the_first_row_tells_a_header(tmp_path: Path, document: Any) -> None:
    for style in ("Light Grid Accent 1", "Table Grid"):
        fill(document.add_table(2, 2, style=style), [["Médico", "Dia"], ["Ana", "segunda"]])
        document.add_paragraph("---")
    assert [text for kind, text in blocks(tmp_path, document) if kind == "table_row"] == [
        "Médico: Ana; Dia: segunda",
        "Médico: Dia",
        "Ana: segunda",
    ]


def test_a_table_of_one_column_is_only_a_frame(tmp_path: Path, document: Any) -> None:
    table = document.add_table(1, 1)
    table.cell(0, 0).text = "Aviso"
    table.cell(0, 0).add_paragraph("Não fumar.")
    assert blocks(tmp_path, document) == [("paragraph", "Aviso"), ("paragraph", "Não fumar.")]


def test_a_table_within_a_table_stays_in_its_cell(tmp_path: Path, document: Any) -> None:
    table = document.add_table(3, 2)
    fill(table, [["Serviço", "Preço"], ["Corte", "45"], ["Barba", "30"]])
    inner = document.add_table(1, 1)
    inner.cell(0, 0).text = "à vista"
    table.cell(1, 1)._tc.append(deepcopy(inner._tbl))
    inner._tbl.getparent().remove(inner._tbl)
    assert [text for _, text in blocks(tmp_path, document)] == [
        "Serviço: Corte; Preço: 45 à vista",
        "Serviço: Barba; Preço: 30",
    ]


def link(document: Any, text: str, url: str, more: str = "") -> Any:
    name = document.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    r = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    return parse_xml(f'<w:hyperlink {W} {r} r:id="{name}" {more}><w:r><w:t>{text}</w:t></w:r></w:hyperlink>')


def test_links_say_where_they_lead_but_not_in_headings(tmp_path: Path, document: Any) -> None:
    document.add_heading("", 1)._p.append(link(document, "Agenda", "https://a.example/t"))
    paragraph = document.add_paragraph("Aqui: ")
    paragraph._p.append(link(document, "agende", "https://a.example/x"))
    paragraph.add_run(" ou ")
    paragraph._p.append(link(document, "a.example", "https://a.example"))
    paragraph._p.append(link(document, ", leia", "https://a.example/l", 'w:anchor="parte"'))
    paragraph._p.append(
        parse_xml(f'<w:hyperlink {W} w:anchor="fim"><w:r><w:t> fim</w:t></w:r></w:hyperlink>')
    )
    table = document.add_table(2, 2, style="Light Grid Accent 1")
    fill(table, [["Curso", "Onde"], ["Yoga", ""]])
    table.cell(1, 1).paragraphs[0]._p.append(link(document, "inscrição", "mailto:oi@a.example"))
    assert blocks(tmp_path, document) == [
        ("heading", "Agenda"),
        (
            "paragraph",
            "Aqui: agende (https://a.example/x) ou a.example, leia (https://a.example/l#parte) fim",
        ),
        ("table_row", "Curso: Yoga; Onde: inscrição (oi@a.example)"),
    ]


def test_links_that_are_fields_say_where_they_lead(tmp_path: Path, document: Any) -> None:
    def field(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    def order(text: str) -> str:
        return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'

    whole = (
        f"<w:p {W}>"
        + field("begin")
        + order(" HYPER")
        + order('LINK "https://a.example/x" ')
        + field("separate")
        + "<w:r><w:t>agende</w:t></w:r>"
        + field("end")
        + field("end")
        + field("begin")
        + order(" PAGE ")
        + field("separate")
        + "<w:r><w:t>, 7</w:t></w:r>"
        + field("end")
        + "<w:fldSimple w:instr=' HYPERLINK \"tel:+551333334444\" '><w:r><w:t>, ligue</w:t></w:r></w:fldSimple>"
        + "</w:p>"
    )
    document.element.body.insert(0, parse_xml(whole))
    assert blocks(tmp_path, document) == [
        ("paragraph", "agende (https://a.example/x), 7, ligue (+551333334444)")
    ]


def bold(document: Any, text: str, size: int = 0, style: str | None = None) -> None:
    run = document.add_paragraph(style=style).add_run(text)
    run.bold = True
    if size:
        run.font.size = Pt(size)


def levels(tmp_path: Path, document: Any) -> list[tuple[int, str]]:
    return [(block.level, block.text) for block in reading(tmp_path, document).blocks]


def test_bold_lines_are_headings_where_the_document_has_no_others(tmp_path: Path, document: Any) -> None:
    bold(document, "Manual da loja", 18)
    bold(document, "Preços")
    document.add_paragraph("O corte custa R$ 45.").add_run(" Em dinheiro.").bold = True
    bold(document, "Isto é um aviso importante.")
    document.add_paragraph("Que ninguém lê, mas que está aqui.")
    bold(document, "Aceitam cartão?")
    fill(document.add_table(2, 2), [["Cartão", "Taxa"], ["crédito", "3 %"]])
    bold(document, "Fim")
    assert levels(tmp_path, document) == [
        (1, "Manual da loja"),
        (2, "Preços"),
        (0, "O corte custa R$ 45. Em dinheiro."),
        (0, "Isto é um aviso importante."),
        (0, "Que ninguém lê, mas que está aqui."),
        (2, "Aceitam cartão?"),
        (0, "Cartão: crédito; Taxa: 3 %"),
        (0, "Fim"),
    ]


def test_bold_lines_stand_below_a_title_and_may_be_bold_by_their_style(tmp_path: Path, document: Any) -> None:
    style = document.styles.add_style("Rubrica", 1)
    style.font.bold, style.font.size = True, Pt(14)
    document.add_heading("Manual", 0)
    document.add_paragraph("Preços", style="Rubrica")
    document.add_paragraph("O corte custa R$ 45.")
    document.add_paragraph().add_run("Endereço", style="Strong")
    document.add_paragraph("Rua das Flores, 12.")
    assert levels(tmp_path, document)[:2] == [(1, "Manual"), (2, "Preços")]
    assert (3, "Endereço") in levels(tmp_path, document)


@pytest.mark.parametrize("real", [True, False], ids=["real headings", "mostly bold"])
def test_bold_says_nothing_beside_real_headings_or_where_most_is_bold(
    tmp_path: Path, document: Any, *, real: bool
) -> None:
    if real:
        document.add_heading("Preços", 1)
    for _ in range(3):
        bold(document, "Atenção a todos os clientes")
        document.add_paragraph("Leia já.")
    assert [text for level, text in levels(tmp_path, document) if level] == (["Preços"] if real else [])


def test_items_of_a_list_in_bold_are_no_headings(tmp_path: Path, document: Any) -> None:
    document.add_paragraph("O que levar à primeira consulta com a gente:")
    for text in ("documento", "exames", "cartão"):
        bold(document, text, style="List Bullet")
    document.add_paragraph("E chegue cedo.", style="List Bullet")
    assert not [text for level, text in levels(tmp_path, document) if level]

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrations.parsing.blocks import Block, Kind
from integrations.parsing.cut import cut
from integrations.parsing.split import split
from integrations.parsing.tidy import tidy
from models.documents import Piece

SENTENCE = "A clínica atende com hora marcada de segunda a sexta-feira. "


def heading(text: str, level: int = 1, page: int | None = None) -> Block:
    return Block(Kind.HEADING, text, level, page)


def paragraph(text: str, page: int | None = None) -> Block:
    return Block(Kind.PARAGRAPH, text, page=page)


def item(text: str) -> Block:
    return Block(Kind.LIST_ITEM, text)


def row(text: str, page: int | None = None) -> Block:
    return Block(Kind.TABLE_ROW, text, page=page)


def pieces(*blocks: Block, most: int = 200, title: str = "") -> list[Piece]:
    return list(split(blocks, most, title))


def words(count: int) -> str:
    return "palavra " * (count - 1) + "fim"


def test_each_piece_stands_under_its_headings() -> None:
    found = pieces(
        heading("Manual"),
        heading("Preços", 2),
        paragraph(words(15)),
        heading("Barba", 3),
        paragraph(words(16)),
        heading("Horários", 2),
        paragraph(words(17)),
    )
    assert [piece.heading for piece in found] == [
        ("Manual", "Preços"),
        ("Manual", "Preços", "Barba"),
        ("Manual", "Horários"),
    ]
    assert [piece.text for piece in found] == [words(15), words(16), words(17)]


def test_tiny_neighbours_are_read_together_with_their_headings() -> None:
    found = pieces(
        heading("Preços"), heading("Corte", 2), paragraph("R$ 45"), heading("Barba", 2), paragraph("R$ 30")
    )
    assert found == [Piece("Corte\nR$ 45\n\nBarba\nR$ 30", ("Preços",))]


def test_tiny_sections_of_different_parents_or_pages_stay_apart() -> None:
    blocks = [
        heading("A"),
        heading("a", 2),
        paragraph("um"),
        heading("B"),
        heading("b", 2),
        paragraph("dois"),
    ]
    assert [piece.heading for piece in pieces(*blocks)] == [("A", "a"), ("B", "b")]
    found = pieces(heading("A", page=1), paragraph("um", 1), heading("B", page=2), paragraph("dois", 2))
    assert [(piece.heading, piece.page) for piece in found] == [(("A",), 1), (("B",), 2)]


def test_a_heading_with_nothing_below_it_is_text() -> None:
    assert pieces(heading("Manual"), heading("Em breve", 2)) == [Piece("Em breve", ("Manual",))]
    assert pieces(heading("Um"), heading("Dois")) == [Piece("Um\n\nDois", ())]
    assert pieces(paragraph("texto"), heading("Fim"))[0].text == "texto\n\nFim"


def test_a_heading_that_only_says_the_title_is_not() -> None:
    found = pieces(heading("Manual"), heading("Preços"), paragraph("R$ 45"), title="Manual")
    assert found == [Piece("R$ 45", ("Preços",))]


def test_an_unnamed_border_ends_the_heading_before() -> None:
    found = pieces(heading("Capa"), heading("", 1), paragraph("solto"), heading("Nada"), heading("", 2))
    assert [(piece.heading, piece.text) for piece in found] == [((), "Capa\n\nsolto\n\nNada")]


def test_paragraphs_are_joined_and_parted_near_the_middle() -> None:
    blocks = [paragraph(words(10)), paragraph(words(10)), paragraph(words(3))]
    assert [len(piece.text) for piece in pieces(*blocks, most=150)] == [75, 75 + 2 + 19]


def test_a_table_stays_together_where_it_fits() -> None:
    rows = [row(f"Serviço: corte {n}; Preço: R$ {n}") for n in range(4)]
    found = pieces(paragraph(words(12)), *rows)
    assert [piece.text for piece in found] == [words(12), "\n".join(one.text for one in rows)]


def test_a_long_table_is_parted_between_rows_and_keeps_its_pages() -> None:
    rows = [row(f"Serviço: corte {n}; Preço: R$ {n}", 1 + n // 8) for n in range(20)]
    found = pieces(*rows)
    assert "\n".join(piece.text for piece in found) == "\n".join(one.text for one in rows)
    assert [(len(piece.text), piece.page) for piece in found] == [(149, 1), (149, 1), (159, 2), (159, 2)]


def test_the_line_that_leads_up_to_a_list_stays_with_it() -> None:
    items = [item(f"- documento número {n}") for n in range(6)]
    found = pieces(paragraph(words(8)), paragraph("Para a primeira consulta traga:"), *items)
    assert found[1].text.startswith("Para a primeira consulta traga:\n- documento número 0\n")


def test_a_row_too_long_for_a_piece_says_its_first_cell_in_each_part() -> None:
    found = pieces(row("Nome: Corte; " + "; ".join(f"Detalhe {n}: {words(5)}" for n in range(8))))
    assert len(found) > 1
    assert all(piece.text.startswith("Nome: Corte; ") and len(piece.text) <= 200 for piece in found)


def test_long_text_is_cut_after_sentences_and_not_after_abbreviations() -> None:
    text = "Fale com a Dra. Ana na Av. Brasil, art. 5. " * 3 + "Depois volte. " * 10
    parts = cut(text.strip(), 100)
    assert all(part.endswith(("5.", "volte.")) for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_last_part_of_a_few_words_is_evened_out() -> None:
    parts = cut((SENTENCE * 5).strip(), len(SENTENCE) * 4 + 1)
    assert [len(part) for part in parts] == [len(SENTENCE) * 2 - 1, len(SENTENCE) * 3 - 1]


def test_what_has_no_spaces_is_cut_between_letters_and_their_marks() -> None:
    word = "x\u0301" * 500
    parts = cut(word, 101)
    assert "".join(parts) == word
    assert all(len(part) <= 101 and part[0] == "x" for part in parts)


def test_a_very_long_line_takes_no_more_than_its_share_of_time() -> None:
    text = "palavra " * 250_000  # two million characters in one paragraph
    parts = cut(text.strip(), 1_000)
    assert all(900 < len(part) <= 1_000 for part in parts[:40])
    assert sum(len(part.split()) for part in parts) == 250_000


TEXTS = st.text(
    st.one_of(st.sampled_from(" \n.,;:?aàéoB1"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=400,
).map(tidy)
BODY = st.builds(Block, st.sampled_from([Kind.PARAGRAPH, Kind.LIST_ITEM, Kind.CODE]), TEXTS)
HEADINGS = st.builds(
    Block, st.just(Kind.HEADING), TEXTS.map(lambda text: " ".join(text.split())), st.integers(1, 4)
)
MOST = st.integers(40, 300)


@given(st.lists(BODY, max_size=12), MOST)
def test_no_letter_is_lost_added_or_moved(blocks: list[Block], most: int) -> None:
    before = "".join("".join(block.text.split()) for block in blocks)
    after = "".join("".join(piece.text.split()) for piece in split(blocks, most))
    assert after == before


@given(st.lists(st.one_of(BODY, HEADINGS), max_size=16), MOST)
def test_under_any_headings_text_stays_in_order_and_within_bounds(blocks: list[Block], most: int) -> None:
    found = list(split(blocks, most))
    assert all(piece.text.strip() and len(piece.text) <= most for piece in found)
    rest = iter("".join(piece.text for piece in found))
    assert all(char in rest for block in blocks if block.level == 0 for char in "".join(block.text.split()))
    said = "\n".join("\n".join([*piece.heading, piece.text]) for piece in found)
    said = "".join(said.split())
    assert all(
        "".join(block.text.split()) in said for block in blocks if block.level and len(block.text) <= most
    )

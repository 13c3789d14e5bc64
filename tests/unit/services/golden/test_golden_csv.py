"""Golden questions to CSV and back."""

from __future__ import annotations

import pytest

from kit.clock import utc_now
from kit.errors import Invalid
from kit.ids import new_id
from models.golden import GoldenQuestion
from services.golden.add_golden import Asked
from services.golden.golden_csv import read_golden, write_golden


def question(text: str, *expects: str) -> GoldenQuestion:
    return GoldenQuestion(new_id(), new_id(), text, expects, utc_now(), utc_now())


def test_what_is_written_is_read_as_it_was() -> None:
    kept = [
        question("Quanto custa?", "R$ 180,00", "precos.md"),
        question('Uma "frase", com vírgula;\ne outra linha', "a|b", "c\\", "\\|", r"C:\new", "|"),
        question("=1+1", "-2"),
        question("ação 😀", "x"),
    ]

    text = write_golden(kept)

    assert text.startswith("question,expects\r\n")
    assert read_golden(text.encode()) == [Asked(one.question, one.expects) for one in kept]


@pytest.mark.parametrize(
    "raw",
    [
        "question,expects\nQuanto é?,R$ 180|precos.md\n".encode(),
        "\ufeffquestion;expects\r\nQuanto é?;R$ 180|precos.md\r\n".encode(),
        "question\texpects\rQuanto é?\tR$ 180|precos.md".encode(),
        "sep=;\r\nquestion;expects\r\nQuanto é?;R$ 180|precos.md".encode(),
        "question,expects\nQuanto é?,R$ 180|precos.md\n".encode("cp1252"),
        "question\texpects\nQuanto é?\tR$ 180|precos.md\n".encode("utf-16"),
        b"note,Expects , QUESTION\nx, R$ 180 || precos.md| ,Quanto \xc3\xa9?\n,,\n\n",
    ],
)
def test_what_spreadsheets_write_is_read(raw: bytes) -> None:
    assert read_golden(raw) == [Asked("Quanto é?", ("R$ 180", "precos.md"))]


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"", ["question", "expects"]),
        (b"question\nx\n", ["expects"]),
        (b"Quanto custa?,R$ 180\n", ["question", "expects"]),
        (b"question,expects\n", ["file"]),
        (b"question,expects\n,\n , \n", ["file"]),
        (b"question,expects\nx,y\nx,\n,y\n", ["row 3", "row 4"]),
        (b"question,expects\nx\n", ["row 2"]),
        (b"question,expects\nx," + b"y" * 1001, ["row 2"]),
        (b"question,expects\n" + b"x" * 2001 + b",y", ["row 2"]),
        (b"question,expects\nx,1|2|3|4|5|6|7|8|9|10|11", ["row 2"]),
        (b'question,expects\nx,"y\n', ["file"]),
        (b"question,expects\nx,y\0\n", ["file"]),
        (b"PK\x03\x04\x00\x00", ["file"]),
    ],
)
def test_what_does_not_fit_is_named(raw: bytes, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_golden(raw)

    assert list(refused.value.details) == fields


def test_a_file_of_nothing_but_mistakes_names_the_first_of_them() -> None:
    with pytest.raises(Invalid) as refused:
        read_golden(b"question,expects\n" + b"x,\n" * 100_000)

    assert list(refused.value.details) == [f"row {n}" for n in range(2, 22)]


def test_a_cell_without_end_is_refused_whatever_the_reader_takes() -> None:
    with pytest.raises(
        Invalid
    ) as refused:  # by the reader's own bound, which others may have raised, or ours
        read_golden(b"question,expects\nx," + b"y" * 200_000)

    assert list(refused.value.details) in (["file"], ["row 2"])

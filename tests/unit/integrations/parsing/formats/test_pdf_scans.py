"""Pages that are pictures: read by a stub of Tesseract, by Tesseract itself, or named."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats.read_pdf import read

STUB = """#!{python}
import sys, time
if "--list-langs" in sys.argv:
    print("List of available languages (3):\\ndeu\\neng\\npor")
    sys.exit(0)
assert sys.argv[1:3] == ["stdin", "stdout"] and sys.argv[3:5] == ["-l", "por+eng"], sys.argv
kind, width, height, most = sys.stdin.buffer.read(40).split(maxsplit=4)[:4]
rest = sys.stdin.buffer.read()
assert (kind, most) == (b"P5", b"255") and int(width) > 1000 and int(height) > 1000
{body}
"""
WORDS = """
print("level\\tpage\\tblock\\tpar\\tline\\tword\\tleft\\ttop\\twidth\\theight\\tconf\\ttext")
print("4\\t1\\t1\\t1\\t1\\t0\\t200\\t300\\t900\\t40\\t-1\\t")
for n, word in enumerate("A limpeza custa 120 reais.".split()):
    print(f"5\\t1\\t1\\t1\\t1\\t{n}\\t{200 + 150 * n}\\t300\\t140\\t40\\t95.5\\t{word}")
print("5\\t1\\t1\\t1\\t1\\t9\\t1200\\t300\\t10\\t40\\t4.0\\t~|")
print("5\\t1\\t1\\t1\\t2\\t1\\t200\\t400\\t140\\t40\\t90\\tDura meia hora.")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a Tesseract that does what it is told on the path, alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(body: str) -> None:
        program = folder / "tesseract"
        program.write_text(STUB.format(python=sys.executable, body=body), encoding="utf-8")
        program.chmod(0o755)

    return put


def a_picture(text: str = "") -> Image.Image:
    picture = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(picture)
    for n, line in enumerate(text.splitlines()):
        draw.text((120, 150 + 70 * n), line, fill=0, font=ImageFont.load_default(size=40))
    return picture


def scanned(tmp_path: Path, *pages: Image.Image | str | None) -> Path:
    """A PDF of pictures, of lines of text, and of empty pages."""
    document = pdfium.PdfDocument.new()
    for one in pages:
        page = document.new_page(595, 842)
        if isinstance(one, Image.Image):
            image = pdfium.PdfImage.new(document)
            image.set_bitmap(pdfium.PdfBitmap.from_pil(one))
            image.set_matrix(pdfium.PdfMatrix().scale(595, 842))
            page.insert_obj(image)
        page.gen_content()
    path = tmp_path / "scan.pdf"
    document.save(str(path))
    document.close()
    return path


def texts(reading: Reading) -> list[tuple[str, int | None]]:
    return [(block.text, block.page) for block in reading.blocks]


def test_pictures_of_text_are_read_and_said_to_be(tmp_path: Path, install: Callable[[str], None]) -> None:
    install(WORDS)
    reading = read(scanned(tmp_path, a_picture(), None, a_picture()), Bounds())
    assert texts(reading) == [
        ("A limpeza custa 120 reais.", 1),
        ("Dura meia hora.", 1),
        ("A limpeza custa 120 reais.", 3),
        ("Dura meia hora.", 3),
    ]
    assert reading.warnings == (
        "Pages 1 and 3 hold pictures of text: check what was recognised.",
        "Page 2 holds nothing.",
    )


def test_without_tesseract_scans_are_named(tmp_path: Path, install: Callable[[str], None]) -> None:
    with pytest.raises(Unreadable, match=r"only pictures of pages: scanned\?.*tesseract installed"):
        read(scanned(tmp_path, a_picture()), Bounds())


@pytest.mark.parametrize(
    "body", ["sys.exit(1)", "print('no table at all')", "sys.stdout.buffer.write(b'\\xff' * 99)"]
)
def test_where_nothing_is_recognised_that_is_said(
    tmp_path: Path, install: Callable[[str], None], body: str
) -> None:
    install(body)
    with pytest.raises(Unreadable, match="no text could be recognised"):
        read(scanned(tmp_path, a_picture()), Bounds())


def test_a_tesseract_without_our_languages_is_none(tmp_path: Path, install: Callable[[str], None]) -> None:
    install("")
    program = tmp_path / "bin" / "tesseract"
    program.write_text(program.read_text(encoding="utf-8").replace("\\neng\\npor", ""), encoding="utf-8")
    with pytest.raises(Unreadable, match="have tesseract installed"):
        read(scanned(tmp_path, a_picture()), Bounds())


def test_pages_for_which_no_time_is_left_are_named(tmp_path: Path, install: Callable[[str], None]) -> None:
    install("time.sleep(0.1)" + WORDS)
    reading = read(scanned(tmp_path, *[a_picture()] * 40), Bounds(recognition_seconds=0.7))
    late = [one for one in reading.warnings if "no time was left: split the file." in one]
    assert len(late) == 1
    assert late[0].split(" hold ")[0].endswith("–40")


def test_one_that_never_ends_is_ended(tmp_path: Path, install: Callable[[str], None]) -> None:
    install("time.sleep(60)")
    with pytest.raises(Unreadable, match="no text could be recognised"):
        read(scanned(tmp_path, a_picture(), a_picture()), Bounds(recognition_seconds=0.5))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_itself_reads_a_page(tmp_path: Path) -> None:
    picture = a_picture("A limpeza custa 120 reais.\nAbrimos de segunda a sexta,\ndas 8 às 18 horas.")
    reading = read(scanned(tmp_path, picture), Bounds())
    whole = " ".join(" ".join(block.text.split()) for block in reading.blocks)
    assert "limpeza custa 120 reais" in whole
    assert "segunda a sexta" in whole

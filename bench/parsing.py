"""How fast documents are read, what that weighs, and how many answers are cut in two: docs/adr/0003-parsing.md.

    python -m bench.parsing [--questions SET.json]

A set is ``{"documents": [{title, text}], "questions": [{question, answers, title}]}``, as FaQuAD converts to.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_text_splitters import RecursiveCharacterTextSplitter

from integrations.parsing.blocks import Bounds
from integrations.parsing.child import ChildParser
from integrations.parsing.parse_file import parse_file

LIBRARIES = ("pypdfium2", "lxml", "python-docx", "python-pptx", "openpyxl", "langchain-text-splitters")
TEXT = Path(__file__).parent.parent / "docs"
MEGABYTES = 3
PIECE = 1_000


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--questions", type=Path)
    chosen = arguments.parse_args()
    for name in LIBRARIES:
        print(f"{name} {importlib.metadata.version(name)}: {_megabytes(name):.1f} MB installed")
    with tempfile.TemporaryDirectory() as folder:
        _print_speed(Path(folder))
        if chosen.questions:
            _print_whole_answers(json.loads(chosen.questions.read_text(encoding="utf-8")), Path(folder))


def _megabytes(name: str) -> float:
    paths = (Path(str(file.locate())) for file in importlib.metadata.files(name) or ())
    return sum(path.stat().st_size for path in paths if path.exists()) / 1e6


def _print_speed(folder: Path) -> None:
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(TEXT.rglob("*.md")))
    small, large = folder / "small.md", folder / "large.md"
    small.write_text(text[:3_000], encoding="utf-8")
    large.write_text(text * (MEGABYTES * 1_000_000 // len(text) + 1), encoding="utf-8")
    parser = ChildParser()
    try:
        cold = _seconds(parser, small)
        warm = statistics.median(_seconds(parser, small) for _ in range(200))
        print(f"md of 3 kB: {cold:.2f} s with the start of the process, {warm * 1000:.1f} ms after it")
        start = time.perf_counter()
        pieces = len(parser.parse(large, "md").pieces)
        took = time.perf_counter() - start
        print(f"md of {large.stat().st_size / 1e6:.1f} MB: {pieces} pieces, {pieces / took:,.0f} a second")
    finally:
        parser.close()


def _seconds(parser: ChildParser, path: Path) -> float:
    start = time.perf_counter()
    parser.parse(path, "md")
    return time.perf_counter() - start


def _print_whole_answers(questions: dict[str, Any], folder: Path) -> None:
    """The share of answers that stand whole in some piece, for our borders and for the splitter's own."""
    texts = {one["title"]: one["text"] for one in questions["documents"]}
    for name, chunks in _ways(texts, folder):
        whole = sum(
            any(
                _folded(answer) in _folded(chunk)
                for answer in one["answers"]
                for chunk in chunks[one["title"]]
            )
            for one in questions["questions"]
        )
        count = sum(map(len, chunks.values()))
        print(f"{name}: {whole / len(questions['questions']):.4f} of the answers whole, {count} pieces")


def _ways(texts: dict[str, str], folder: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    ours = {}
    for title, text in texts.items():
        path = folder / "text.txt"
        path.write_text(text, encoding="utf-8")
        ours[title] = [piece.text for piece in parse_file(path, "txt", Bounds(piece_characters=PIECE)).pieces]
    yield "after sentences, without overlap", ours
    for overlap in (0, 100):
        splitter = RecursiveCharacterTextSplitter(chunk_size=PIECE, chunk_overlap=overlap)
        chunks = {title: splitter.split_text(text) for title, text in texts.items()}
        yield f"the splitter's own separators, overlap {overlap}", chunks


def _folded(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()

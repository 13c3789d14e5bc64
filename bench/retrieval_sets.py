"""Question sets for the retrieval bench: their documents as files cut into chunks, their questions, mistyped too.

A set is ``{"documents": [{title, text}], "questions": [{question, answers, title}]}``. A passage answers a question
when it holds one of the answers, white space folded.
"""

from __future__ import annotations

import json
import math
import random
import re
import string
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from integrations.parsing.blocks import Bounds
from integrations.parsing.parse_file import parse_file
from models.documents import Chunk, Document, DocumentType, ParsedDocument, Piece, chunk_id
from models.text.language import detect_language
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.segment import build_segment

SEED = 7
TOPS = (1, 3, 5, 10)
MISTYPED = 0.25  # of the words of more than three letters
WHEN = datetime(2026, 11, 20, tzinfo=UTC)

Cut = Callable[[str, str], ParsedDocument]


@dataclass(frozen=True)
class Question:
    """A question, the answers that are right, and the title of the document that holds them."""

    text: str
    answers: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class QuestionSet:
    """Documents with their chunks, and questions."""

    name: str
    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    questions: tuple[Question, ...]

    def without(self, title: str) -> QuestionSet:
        """The same without one document."""
        kept = tuple(one for one in self.documents if one.title != title)
        ids = {one.id for one in kept}
        return QuestionSet(
            self.name, kept, tuple(c for c in self.chunks if c.document_id in ids), self.questions
        )

    def index(self) -> LexicalIndex:
        """The lexical index of the set."""
        segment = build_segment(self.documents, self.chunks)
        return LexicalIndex(1, {one.id: one for one in self.documents}, [segment])

    def mistyped(self) -> QuestionSet:
        """The same questions without accents and with a quarter of the words mistyped."""
        draw = random.Random(SEED)
        asked = tuple(Question(mistype(one.text, draw), one.answers, one.title) for one in self.questions)
        return QuestionSet(f"{self.name}, mistyped", self.documents, self.chunks, asked)

    def right(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each question, which of some texts answer it."""
        folded = [_folded(text) for text in texts]
        return [
            np.array([any(answer in text for answer in map(_folded, one.answers)) for text in folded])
            for one in self.questions
        ]


def load(path: Path, cut: Cut) -> QuestionSet:
    """Read a set and cut its documents."""
    held = json.loads(path.read_text(encoding="utf-8"))
    questions = tuple(Question(q["question"], tuple(q["answers"]), q["title"]) for q in held["questions"])
    texts = [(one["title"], one["text"]) for one in held["documents"]]
    return replace(of_texts(path.stem, texts, cut), questions=questions)


def of_texts(name: str, texts: Sequence[tuple[str, str]], cut: Cut) -> QuestionSet:
    """Documents by title and text, without questions."""
    documents: list[Document] = []
    chunks: list[Chunk] = []
    for number, (title, text) in enumerate(texts):
        parsed = cut(title, text)
        documents.append(
            Document(
                f"{number:024x}",
                "a" * 24,
                "o" * 24,
                f"{_file_stem(title)}.txt",
                DocumentType.RAG,
                len(text),
                "",
                WHEN,
                chunks=len(parsed.pieces),
                title=title,
                language=detect_language(text),
                live_version=1,
            )
        )
        chunks.extend(_chunks(documents[-1], parsed))
    return QuestionSet(name, tuple(documents), tuple(chunks), ())


def by_parser(characters: int) -> Cut:
    """Cut as uploads are: the text as a file, through the parser."""

    def cut(title: str, text: str) -> ParsedDocument:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{_file_stem(title)}.txt"
            path.write_text(text, encoding="utf-8")
            return parse_file(path, "txt", Bounds(piece_characters=characters))

    return cut


def by_sentences(characters: int) -> Cut:
    """Cut at paragraphs and sentences, as many as fit: a plain splitter that knows nothing else."""

    def cut(title: str, text: str) -> ParsedDocument:
        return ParsedDocument(title, tuple(Piece(one) for one in _packed(text, characters)))

    return cut


def mistype(text: str, draw: random.Random) -> str:
    """``text`` without accents, a quarter of its longer words with a letter left out, added, changed or swapped."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(_slip(word, draw) if _slips(word, draw) else word for word in bare.split(" "))


def tops(ranks: np.ndarray) -> list[float]:
    """The shares of questions with a right passage among the best 1, 3, 5, 10; then the mean reciprocal rank."""
    return [float((ranks <= top).mean()) for top in TOPS] + [float((1 / ranks).mean())]


def first_right(order: Sequence[int], right: np.ndarray) -> float:
    """The rank, from 1, of the first right passage; infinite when there is none."""
    return next((rank for rank, row in enumerate(order, 1) if right[row]), math.inf)


def interval(hits: int, asked: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z = hits / asked, 1.959964
    middle = share + z * z / (2 * asked)
    half = z * math.sqrt(share * (1 - share) / asked + z * z / (4 * asked * asked))
    return (middle - half) / (1 + z * z / asked), (middle + half) / (1 + z * z / asked)


def resampled(ranks: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean reciprocal rank, over 1,000 samples drawn again from the same questions."""
    drawn = np.random.default_rng(SEED).integers(0, len(ranks), (1_000, len(ranks)))
    low, high = np.percentile((1 / ranks)[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def separation(answerable: Sequence[float], others: Sequence[float]) -> float:
    """The area under the curve: how often an answerable question has more evidence than another (ties count half)."""
    ordered = np.sort(np.asarray(others))
    below = np.searchsorted(ordered, answerable, side="left") + np.searchsorted(
        ordered, answerable, side="right"
    )
    return float(below.mean() / 2 / len(ordered))


def _chunks(document: Document, parsed: ParsedDocument) -> Iterator[Chunk]:
    for n, piece in enumerate(parsed.pieces):
        yield Chunk(
            chunk_id(document.id, 1, n),
            document.assistant_id,
            document.id,
            DocumentType.RAG,
            1,
            n,
            piece.text,
            parsed.title or document.title,
            piece.heading,
            piece.page,
            document.language,
        )


def _packed(text: str, most: int) -> Iterator[str]:
    held = ""
    for paragraph in re.split(r"\n\s*\n", text):
        sentences = [paragraph] if len(paragraph) <= most else re.split(r"(?<=[.!?;:])\s+", paragraph)
        for n, sentence in enumerate(sentences):
            joint = "\n\n" if n == 0 else " "
            if held and len(held) + len(joint) + len(sentence) > most:
                yield held
                held = ""
            held = f"{held}{joint}{sentence}" if held else sentence
    if held:
        yield held


def _slips(word: str, draw: random.Random) -> bool:
    return len(word) > 3 and draw.random() < MISTYPED


def _slip(word: str, draw: random.Random) -> str:
    at, letter = draw.randrange(1, len(word) - 1), draw.choice(string.ascii_lowercase)
    return draw.choice((
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + letter + word[at + 1 :],
        word[:at] + letter + word[at:],
    ))  # fmt: skip


def _folded(text: str) -> str:
    return " ".join(text.split())


def _file_stem(title: str) -> str:
    return re.sub(r"[^\w .-]", "_", title)

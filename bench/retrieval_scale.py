"""How search grows with an assistant's documents, and what many assistants weigh: docs/adr/0009-index.md.

    python -m bench.retrieval_scale [--chunks 1000 10000 ...] [--assistants 10 100 ...]

Real records in the embedded database and real vectors in Chroma, in a temporary directory; texts of made-up words, as
frequent as words are. Each number is one part, and a part is left out by giving no number. 10,000 chunks take a
quarter of a minute to write; 100,000 took eleven minutes beside six other programs, most of it Chroma's: a vector
costs it 1 ms of processor time in a graph of 10,000, 2 ms in one of 40,000.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.retrieval_sets import mistype
from bench.stand import memory_mb
from integrations.database.embedded import EmbeddedDatabase
from integrations.embeddings.hashed import HashedEmbedder
from integrations.index_files import IndexFiles
from integrations.vectorstores.base import Vectors
from integrations.vectorstores.chroma_child import ChildChroma
from integrations.vectorstores.collection_files import CollectionFiles
from integrations.vectorstores.remembered import RememberedVectors
from kit.ids import new_id
from models.assistants import Assistant
from models.documents import Chunk, Document, DocumentStatus, DocumentType, chunk_id
from models.text.stopwords import STOP_WORDS
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.connection import connect, database
from repositories.documents import DocumentRepository
from repositories.faq import FaqRepository
from repositories.indexes import ensure_indexes
from services.documents.recorded_knowledge import RecordedKnowledge
from services.retrieval.keep_segments import KeepSegments
from services.retrieval.knowledge import collection_name
from services.retrieval.search_passages import INDEX_BYTES, SearchPassages
from tests.made import OneEmbedder

SEED = 11
CHARACTERS = 1_000
PER_DOCUMENT = 50
AT_ONCE = 500  # vectors
SEARCHES = 200
SMALL = 200  # chunks of each of many assistants
TOP_K = 5
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Writer:
    """Writes texts in which few words are frequent and most are rare, over a vocabulary of 60,000."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(SEED)
        common = sorted(STOP_WORDS["pt"])
        self._words = np.array([*common, *self._made_up(60_000)], dtype=object)
        rarity = 1 / (np.arange(len(self._words)) + 8.0) ** 1.05
        self._summed = np.cumsum(rarity / rarity.sum())

    def texts(self, count: int) -> Iterator[str]:
        """So many texts of about 1,000 characters."""
        for _ in range(count):
            places = np.searchsorted(self._summed, self._draw.random(CHARACTERS // 6), side="right")
            words = self._words[np.minimum(places, len(self._words) - 1)]
            yield " ".join(words.tolist())[:CHARACTERS]

    def question(self, text: str) -> str:
        """Eight words of a text."""
        return " ".join(self._draw.choice(text.split(), 8).tolist())

    def _made_up(self, count: int) -> list[str]:
        onsets = [*"bcdfglmnprstv", "tr", "pr", "br", "cr", "gr", "nh", "lh", "ch", "qu"]
        syllables = [
            onset + vowel for onset in onsets for vowel in ("a", "e", "i", "o", "u", "ão", "ei", "en", "ar")
        ]
        endings = ["a", "o", "os", "as", "ção", "ções", "mente", "ar", "ado", "idade", "al", "vel", ""]
        made: dict[str, None] = {}
        while len(made) < count:
            stem = "".join(self._draw.choice(syllables, self._draw.integers(1, 5)))
            made[f"{stem}{self._draw.choice(endings)}"] = None
        return list(made)


class House:
    """Records and vectors of made-up assistants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records = EmbeddedDatabase(folder / "db")
        held = database(connect(self._records.start()), "bench", embedded=True)
        ensure_indexes(held)
        self.assistants = AssistantRepository(held)
        self.documents = DocumentRepository(held)
        self.chunks = ChunkRepository(held)
        self.faq = FaqRepository(held)
        self.embedder = HashedEmbedder()
        self._embedded: dict[str, Vectors] = {}
        self._open_vectors()

    def _open_vectors(self) -> None:
        self._chroma = ChildChroma(self._folder / "chroma")
        self.vectors = RememberedVectors(self._chroma, CollectionFiles(self._folder / "vectors"))
        self.vectors.ping()

    def restart(self) -> None:
        """Have Chroma's process begin anew, and remember no vectors: as after a start."""
        self.vectors.close()
        self._open_vectors()
        gc.collect()

    def close(self) -> None:
        """End its processes."""
        self.vectors.close()
        self._records.stop()

    def searching(self, index_bytes: int = INDEX_BYTES) -> SearchPassages:
        """A search as after a start: nothing is in memory yet."""
        knowledge = RecordedKnowledge(
            assistants=self.assistants, documents=self.documents, chunks=self.chunks, faq=self.faq
        )
        return SearchPassages(
            knowledge=knowledge,
            embedders=OneEmbedder(self.embedder),
            vectors=self.vectors,
            index_bytes=index_bytes,
            keep=KeepSegments(IndexFiles(self._folder / "index")),
        )

    def add_assistant(self) -> Assistant:
        """One without documents."""
        made = Assistant(new_id(), "o" * 24, "Casa", new_id(), "sealed", NOW, NOW)
        self.assistants.add(made)
        return made

    def embed_once(self, texts: Sequence[str]) -> None:
        """Remember the vectors of texts that many assistants get."""
        self._embedded = dict(zip(texts, self.embedder.embed(texts), strict=True))

    def resident_mb(self) -> list[float]:
        """Memory of this process, of the vectors', and of the records'."""
        return [memory_mb(pid) for pid in (os.getpid(), *self._others())]

    def busy_s(self) -> list[float]:
        """Processor time that each has spent."""
        return [time.process_time(), *map(_busy_s, self._others())]

    def _others(self) -> tuple[int, int]:
        return self._chroma.pid, self._records.pid

    def add_documents(self, assistant: Assistant, texts: Sequence[str]) -> Assistant:
        """Documents of so many chunks each, ready; the assistant as it is then."""
        ids: list[str] = []
        for start in range(0, len(texts), PER_DOCUMENT):
            ids += self._add_document(assistant, texts[start : start + PER_DOCUMENT])
        collection = collection_name(assistant.id, DocumentType.RAG, self.embedder.name)
        parts = [slice(start, start + AT_ONCE) for start in range(0, len(ids), AT_ONCE)]
        with ThreadPoolExecutor(1) as ahead:  # while Chroma writes, which is another process
            waiting = None
            for part, following in zip(parts, [*parts[1:], slice(0)], strict=True):
                vectors = self._vectors_of(texts[part]) if waiting is None else waiting.result()
                waiting = ahead.submit(self._vectors_of, texts[following])
                self.vectors.add(collection, ids[part], vectors)
        self.assistants.end_change(assistant.id, "")
        return replace(assistant, knowledge_version=assistant.knowledge_version + 1)

    def _vectors_of(self, texts: Sequence[str]) -> Vectors:
        if all(text in self._embedded for text in texts):
            return np.array([self._embedded[text] for text in texts])
        return self.embedder.embed(texts)

    def _add_document(self, assistant: Assistant, texts: Sequence[str]) -> list[str]:
        identity = new_id()
        document = Document(
            identity,
            assistant.id,
            assistant.owner_id,
            f"{identity}.txt",
            DocumentType.RAG,
            1,
            "",
            NOW,
            status=DocumentStatus.READY,
            chunks=len(texts),
            language="pt",
            live_version=1,
        )
        chunks = [
            Chunk(
                chunk_id(identity, 1, n),
                assistant.id,
                identity,
                DocumentType.RAG,
                1,
                n,
                text,
                identity,
                language="pt",
            )
            for n, text in enumerate(texts)
        ]
        self.documents.add(document)
        self.chunks.add_all(chunks)
        return [one.id for one in chunks]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--chunks", type=int, nargs="*", default=[1_000, 10_000])
    arguments.add_argument("--assistants", type=int, nargs="*", default=[10, 100])
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        try:
            for count in chosen.chunks:
                _print_one_large(house, count)
            for count in chosen.assistants:
                _print_many(house, count)
        finally:
            house.close()


def _print_one_large(house: House, count: int) -> None:
    writer = Writer()
    texts = list(writer.texts(count))
    began = time.perf_counter()
    assistant = house.add_documents(house.add_assistant(), texts)
    print(
        f"\n{count:,} chunks in one assistant: {count / (time.perf_counter() - began):,.0f} a second written"
    )
    questions = [writer.question(texts[n % count]) for n in range(SEARCHES)]
    draw = random.Random(SEED)
    before = house.resident_mb()
    search = house.searching()
    _print_spans(house, "first search, nothing on disk", search, [(assistant, questions[0])])
    held = search.index_bytes_held / 1e6
    _print_memory(house, before)
    print(f"  lexical index                {held:8.0f} MB")
    search = house.searching()
    _print_spans(house, "first search after a start", search, [(assistant, questions[0])])
    _print_spans(house, "searches, first time asked", search, [(assistant, one) for one in questions])
    _print_spans(house, "searches, asked again", search, [(assistant, one) for one in questions])
    _print_spans(house, "searches, mistyped", search, [(assistant, mistype(one, draw)) for one in questions])
    changed = house.add_documents(assistant, list(writer.texts(PER_DOCUMENT)))
    _print_spans(house, "first after a new document", search, [(changed, questions[0])])


def _print_many(house: House, count: int) -> None:
    writer = Writer()
    texts = list(writer.texts(10 * SMALL))
    house.embed_once(texts)
    draw = random.Random(SEED)
    began = time.perf_counter()
    assistants = [house.add_documents(house.add_assistant(), draw.sample(texts, SMALL)) for _ in range(count)]
    print(f"\n{count} assistants of {SMALL} chunks each, written in {time.perf_counter() - began:.0f} s")
    asked = [(one, writer.question(draw.choice(texts))) for one in assistants]
    _print_spans(house, "first of each, none on disk", house.searching(), asked)
    house.restart()
    before, search = house.resident_mb(), house.searching()
    _print_spans(house, "first of each after a start", search, asked)
    _print_memory(house, before)
    print(f"  lexical indexes              {search.index_bytes_held / 1e6:8.0f} MB")
    _print_spans(house, "next search of each", search, asked)
    _print_memory(house, before)


def _print_memory(house: House, before: Sequence[float]) -> None:
    names = ("this process", "the vectors' own", "the records' own")
    for name, now, then in zip(names, house.resident_mb(), before, strict=True):
        print(f"  memory of {name:18} {now:8.0f} MB, {now - then:.0f} of it since before the searches")


def _print_spans(
    house: House, name: str, search: SearchPassages, asked: Sequence[tuple[Assistant, str]]
) -> None:
    """Wall time, and the processor time of all three processes (on a busy machine the truer of the two)."""
    spans, busy = [], house.busy_s()
    for assistant, question in asked:
        began = time.perf_counter()
        search.search(assistant, question, TOP_K)
        spans.append((time.perf_counter() - began) * 1_000)
    each = [(now - then) / len(asked) * 1_000 for now, then in zip(house.busy_s(), busy, strict=True)]
    half, most, longest = np.percentile(spans, [50, 95, 100])
    print(
        f"  {name:30} p50 {half:6.1f}   p95 {most:6.1f}   max {longest:6.1f} ms"
        f"   processor {sum(each):6.1f} ms each: here {each[0]:.1f}, vectors {each[1]:.1f}, records {each[2]:.1f}"
    )


def _busy_s(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, spent[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()

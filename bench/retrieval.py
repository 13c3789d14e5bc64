"""How often the right passage is found, and how well questions without an answer are told; docs/adr/0004 and 0011.

    python -m bench.retrieval [--sets FOLDER_OR_FILE ...] [--cut parser|sentences] [--characters 1000] [--evidence]

Per set (see ``bench.retrieval_sets``) and once more with its questions mistyped: the share of questions answered by
the first 1, 3, 5 and 10 passages and the mean reciprocal rank, for two baselines and for each stage of the search.
Without a set, what the repository holds itself is asked: follow-ups, everyday questions, other languages.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter

from bench.retrieval_everyday import print_everyday
from bench.retrieval_followups import print_follow_ups
from bench.retrieval_languages import print_languages
from bench.retrieval_sets import (
    Question,
    QuestionSet,
    by_parser,
    by_sentences,
    first_right,
    interval,
    load,
    resampled,
    separation,
    tops,
)
from integrations.embeddings.hashed import HashedEmbedder
from models.text.words import words
from services.retrieval.evidence import ENOUGH
from services.retrieval.fuse import POOL
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.rank import Ranked, rank
from services.retrieval.read_query import read_query

CUTS = {"parser": by_parser, "sentences": by_sentences}
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

Order = Callable[[str], Sequence[int]]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--sets", type=Path, nargs="+", default=[], help="SQuAD's JSON")
    arguments.add_argument("--cut", choices=CUTS, default="parser")
    arguments.add_argument("--characters", type=int, default=1_000)
    arguments.add_argument("--evidence", action="store_true", help="print how well evidence separates, alone")
    chosen = arguments.parse_args()
    sets = [load(path, CUTS[chosen.cut](chosen.characters)) for path in _files(chosen.sets)]
    if not chosen.evidence:
        for one in sets:
            for asked in (one, one.mistyped()):
                _print_stages(asked)
        print_follow_ups(sets)
    _print_evidence(sets)
    print_everyday(CUTS[chosen.cut](chosen.characters))
    print_languages(CUTS[chosen.cut](chosen.characters))


class Search:
    """The search over one set, its vectors compared with all others instead of by Chroma's approximation."""

    def __init__(self, held: QuestionSet) -> None:
        self.index = held.index()
        self.embedder = HashedEmbedder()
        texts = ["\n".join((one.title, " > ".join(one.heading), one.text)) for one in held.chunks]
        self._rows = [self.index.row_of(one.id) for one in held.chunks]
        self._vectors = self.embedder.embed(texts)

    def lexical(self, question: str) -> Sequence[int]:
        """By words and n-grams."""
        return rank(self.index, read_query(question, "", self.index.languages), {}, 0.0).rows

    def vector(self, question: str) -> Sequence[int]:
        """By vectors."""
        return list(self._nearest(question, len(self._rows)))

    def fused(self, question: str) -> Sequence[int]:
        """By both."""
        return self.ranked(question).rows

    def ranked(self, question: str) -> Ranked:
        """By both, with scores and evidence."""
        query = read_query(question, "", self.index.languages)
        return rank(self.index, query, self._nearest(query.text, POOL), self.embedder.weight)

    def _nearest(self, text: str, count: int) -> Mapping[int, float]:
        similarities = self._vectors @ self.embedder.embed([text])[0]
        best = np.argsort(-similarities, kind="stable")[:count].tolist()
        return {row: float(similarities[n]) for n in best if (row := self._rows[n]) is not None}


def _print_stages(held: QuestionSet) -> None:
    search = Search(held)
    right = held.right([one.text for one in held.chunks])
    print(
        f"\n{held.name}: {len(held.questions)} questions, {len(held.documents)} documents, {len(held.chunks)} chunks"
    )
    print(f"  {'':32}{'top-1':>20}{'top-3':>20}{'top-5':>20}{'top-10':>20}{'MRR':>20}")
    _print_line("LangChain's recipe, hashed vectors", held, *_usual_recipe(held))
    _print_line("plain BM25", held, _plain_bm25([one.text for one in held.chunks]), right)
    for name, order in (("lexical", search.lexical), ("vector", search.vector), ("fused", search.fused)):
        _print_line(name, held, order, right)


def _print_line(name: str, held: QuestionSet, order: Order, right: Sequence[np.ndarray]) -> None:
    started = time.perf_counter()
    ranks = np.array([first_right(order(q.text), its) for q, its in zip(held.questions, right, strict=True)])
    spent = (time.perf_counter() - started) / len(ranks) * 1_000
    *shares, reciprocal = tops(ranks)
    cells = [_cell(share, interval(round(share * len(ranks)), len(ranks))) for share in shares]
    cells.append(_cell(reciprocal, resampled(ranks)))
    print(f"  {name:32}" + "".join(f"{cell:>20}" for cell in cells) + f"   {spent:.1f} ms")


def _cell(share: float, bounds: tuple[float, float]) -> str:
    return f"{share:.3f} ({bounds[0]:.3f}-{bounds[1]:.3f})"


def _plain_bm25(texts: Sequence[str]) -> Order:
    """BM25 (k1 1.2, b 0.75) over lower-case words without accents: no stems, no stop words, no titles."""
    rows = [Counter(words(text)) for text in texts]
    sizes = [sum(row.values()) for row in rows]
    average = sum(sizes) / len(sizes)
    held = Counter(word for row in rows for word in row)

    def order(question: str) -> Sequence[int]:
        scores = np.zeros(len(rows))
        for word in set(words(question)):
            idf = math.log(1 + (len(rows) - held[word] + 0.5) / (held[word] + 0.5))
            for n, (row, size) in enumerate(zip(rows, sizes, strict=True)):
                scores[n] += idf * row[word] * 2.2 / (row[word] + 1.2 * (0.25 + 0.75 * size / average))
        return [row for row in np.argsort(-scores, kind="stable").tolist() if scores[row] > 0]

    return order


def _usual_recipe(held: QuestionSet) -> tuple[Order, Sequence[np.ndarray]]:
    """RecursiveCharacterTextSplitter(1000, 200) and the nearest vectors, by the one embedder without a download."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1_000, chunk_overlap=200)
    whole = {one.id: "" for one in held.documents}
    for chunk in held.chunks:
        whole[chunk.document_id] += f"{chunk.text}\n\n"
    texts = [text for one in whole.values() for text in splitter.split_text(one)]
    embedder = HashedEmbedder()
    vectors = embedder.embed(texts)
    return lambda question: np.argsort(-(vectors @ embedder.embed([question])[0])).tolist(), held.right(texts)


def _print_evidence(sets: Sequence[QuestionSet]) -> None:
    """How well evidence separates, over four kinds of assistants, from many documents alike to one alone."""
    print(f"\nevidence: an answer is built on {ENOUGH} and more")
    print(f"  {'':44}{'AUC':>6}   share at or above " + " ".join(f"{one:>5}" for one in THRESHOLDS))
    for held in sets:
        whole = held.index()
        its_own = [_evidence(whole, one) for one in held.questions]
        rest = {one.title: held.without(one.title).index() for one in held.documents}
        _print_separation(
            f"{held.name}, its document taken out",
            its_own,
            [_evidence(rest[q.title], q) for q in held.questions],
        )
        typed = held.mistyped().questions
        _print_separation(
            f"{held.name}, mistyped, its document taken out",
            [_evidence(whole, one) for one in typed],
            [_evidence(rest[one.title], one) for one in typed],
        )
        for other in sets:
            if other is not held:
                _print_separation(
                    f"{held.name}, asked of {other.name}",
                    its_own,
                    [_evidence(other.index(), q) for q in held.questions],
                )


def _print_separation(name: str, answerable: Sequence[float], others: Sequence[float]) -> None:
    print(f"  {name:44}{separation(answerable, others):>6.3f}   {'answerable':>17} {_shares(answerable)}")
    print(f"  {'':50}   {'not answerable':>17} {_shares(others)}")


def _shares(values: Sequence[float]) -> str:
    return " ".join(f"{np.mean(np.array(values) >= one):>5.2f}" for one in THRESHOLDS)


def _evidence(index: LexicalIndex, question: Question) -> float:
    return rank(index, read_query(question.text, "", index.languages), {}, 0.0).evidence


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else [path]


if __name__ == "__main__":
    main()

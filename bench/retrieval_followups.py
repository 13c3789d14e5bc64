"""Whether follow-up questions are found with the question before, and other questions are no worse for it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from bench.retrieval_sets import SEED, QuestionSet, first_right, tops
from integrations.parsing.blocks import Bounds
from integrations.parsing.parse_file import parse_file
from kit.settings import PROJECT_ROOT
from models.documents import Chunk, Document, DocumentType, chunk_id
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.rank import rank
from services.retrieval.read_query import read_query
from services.retrieval.segment import build_segment

DEMO = PROJECT_ROOT / "deploy" / "demo" / "documents"
# The question before, the follow-up, and words of the passage that answers it.
FOLLOW_UPS = (
    ("A que horas a clínica abre?", "e no sábado?", "8h às 13h"),
    ("Quanto custa a limpeza?", "e o canal?", "canal"),
    ("Vocês aceitam cartão de crédito?", "e cheque?", "cheque"),
    ("Aceitam o convênio DentaVida?", "e quais outros?", "DentaVida"),
    ("qual o prazo para cancelar a consulta?", "e se eu não avisar?", "24 horas"),
    ("tem estacionamento?", "é de graça?", "duas primeiras horas"),
    ("Quanto tempo dura a garantia da restauração?", "e do implante?", "garantia"),
    ("A clínica abre em feriado?", "e no carnaval?", "Carnaval"),
    ("Qual o valor da radiografia panorâmica?", "tem desconto?", "5%"),
    ("Como chego de ônibus na clínica?", "e a pé?", "A pé"),
    ("depois da extração posso fumar?", "por quanto tempo?", "7 dias"),
    ("Qual a tolerância de atraso?", "e se passar disso?", "15 minutos"),
)


def print_follow_ups(sets: Sequence[QuestionSet]) -> None:
    """The demo clinic's follow-ups alone and with the question before; each set with a random question before."""
    index, texts = _clinic()
    print(
        f"\nfollow-ups: {len(FOLLOW_UPS)} of the demo clinic, and the sets with another question before each"
    )
    right = [np.array([words in text for text in texts]) for _, _, words in FOLLOW_UPS]
    for name, asked in (
        ("the follow-up alone", [(follow, "") for _, follow, _ in FOLLOW_UPS]),
        ("with the question before", [(follow, before) for before, follow, _ in FOLLOW_UPS]),
    ):
        _print_line(name, index, asked, right)
    for held in sets:
        index, right = held.index(), held.right([one.text for one in held.chunks])
        questions = [one.text for one in held.questions]
        before = random.Random(SEED).sample(questions, len(questions))
        _print_line(held.name, index, [(one, "") for one in questions], right)
        _print_line(f"{held.name}, another before", index, list(zip(questions, before, strict=True)), right)


def _print_line(
    name: str, index: LexicalIndex, asked: Sequence[tuple[str, str]], right: Sequence[np.ndarray]
) -> None:
    ranks = []
    for (question, before), its in zip(asked, right, strict=True):
        query = read_query(question, "", index.languages, [before])
        ranks.append(first_right(rank(index, query, {}, 0.0).rows, its))
    print(f"  {name:32}" + "".join(f"{share:>8.3f}" for share in tops(np.array(ranks))))


def _clinic() -> tuple[LexicalIndex, list[str]]:
    documents, chunks = [], []
    for number, path in enumerate(sorted(DEMO.glob("*.md"))):
        if path.stem == "prompt":
            continue
        parsed, identity = parse_file(path, "md", Bounds()), f"{number:024x}"
        own = [
            Chunk(
                chunk_id(identity, 1, n),
                "a",
                identity,
                DocumentType.RAG,
                1,
                n,
                one.text,
                parsed.title,
                one.heading,
            )
            for n, one in enumerate(parsed.pieces)
        ]
        made = datetime(2026, 11, 20, tzinfo=UTC)
        documents.append(
            Document(
                identity,
                "a",
                "o",
                path.name,
                DocumentType.RAG,
                1,
                "",
                made,
                chunks=len(own),
                language="pt",
                live_version=1,
            )
        )
        chunks.extend(own)
    index = LexicalIndex(1, {one.id: one for one in documents}, [build_segment(documents, chunks)])
    return index, [one.text for one in chunks]

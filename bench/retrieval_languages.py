"""Questions and follow-ups in another language than the documents': answered, and with the answer taken out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.retrieval_sets import Cut, of_texts
from services.retrieval.evidence import ENOUGH
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.rank import rank
from services.retrieval.read_query import read_query

SET = Path(__file__).with_name("follow_ups_across.json")


def print_languages(cut: Cut) -> None:
    """Per kind: the share whose passage is first and evidence, and the share that gets by without that passage."""
    held = json.loads(SET.read_text(encoding="utf-8"))
    answered: dict[str, list[bool]] = defaultdict(list)
    others: dict[str, list[bool]] = defaultdict(list)
    for language, pieces in held["pieces"].items():
        whole = _index(pieces, cut)
        without = [_index([other for other in pieces if other is not one], cut) for one in pieces]
        for asked_in, rows in held["questions"].items():
            whose = "the documents' language" if asked_in == language else "another language"
            for first, follow_up, n in rows:
                for kind, question, before in (("question", first, ""), ("follow-up", follow_up, first)):
                    name = f"{kind}, {whose}"
                    answered[name].append(_answered(whole, question, before) == n)
                    others[name].append(_answered(without[n], question, before) is not None)
    print("\nthe same ten passages and questions in four languages: answered, and with the passage taken out")
    for name, its in answered.items():
        print(f"  {name:36}{np.mean(its):>8.2f}{np.mean(others[name]):>8.2f}   of {len(its)}")


def _index(pieces: Sequence[Sequence[str]], cut: Cut) -> LexicalIndex:
    return of_texts("languages", [(title, text) for title, text in pieces], cut).index()


def _answered(index: LexicalIndex, question: str, before: str) -> int | None:
    """The row that is first, where it is evidence."""
    ranked = rank(index, read_query(question, "", index.languages, [before]), {}, 0.0)
    return ranked.rows[0] if ranked.rows and ranked.evidence >= ENOUGH else None

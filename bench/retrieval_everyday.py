"""What small businesses are asked in other words than their documents use; and the same with the answer taken out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.retrieval_sets import Cut, QuestionSet, of_texts, separation
from services.retrieval.evidence import ENOUGH
from services.retrieval.rank import rank
from services.retrieval.read_query import read_query

QUESTIONS = Path(__file__).with_name("everyday_questions.json")


def print_everyday(cut: Cut) -> None:
    """Per language: the share that is answered, and the share that gets by with its fact taken out."""
    print("\neveryday questions in other words: answered, and with the fact taken out")
    kept: list[float] = []
    others: list[float] = []
    for language, held in json.loads(QUESTIONS.read_text(encoding="utf-8")).items():
        facts = {one["fact"]: one["questions"] for one in held["facts"]}
        own, without = _evidence_of(facts, held["about"], cut)
        print(
            f"  {language}{np.mean(np.array(own) >= ENOUGH):>8.2f}{np.mean(np.array(without) >= ENOUGH):>8.2f}"
        )
        kept, others = kept + own, others + without
    print(f"  AUC {separation(kept, others):.3f} of {len(kept)}")


def _evidence_of(facts: Mapping[str, Sequence[str]], about: str, cut: Cut) -> tuple[list[float], list[float]]:
    whole = _set(list(facts), about, cut)
    own: list[float] = []
    without: list[float] = []
    for fact, questions in facts.items():
        rest = _set([other for other in facts if other != fact], about, cut)
        own += [_evidence(whole, question) for question in questions]
        without += [_evidence(rest, question) for question in questions]
    return own, without


def _set(facts: Sequence[str], about: str, cut: Cut) -> QuestionSet:
    return of_texts("everyday", [("info", "\n\n".join(facts)), ("about", about)], cut)


def _evidence(held: QuestionSet, question: str) -> float:
    index = held.index()
    return rank(index, read_query(question, "", index.languages), {}, 0.0).evidence

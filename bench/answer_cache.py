"""What the answer cache finds of questions in other words, and what it finds that is another question.

Hits: pairs in four languages that ask the same, by people who greet, abbreviate and turn sentences round. False hits:
pairs that a word or a sign tells apart, and every two questions of the question sets, which all are different ones
(but for those that differ in letters alone). "vectors" is a cosine by itself, as semantic caches have it, here of the
embedder that ``EMBEDDING_MODEL`` names.

    python -m bench.answer_cache [--least 0.97] [set.json …]
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from bench.answer_cache_pairs import OTHERS, SAME
from integrations.embeddings.base import Vectors
from integrations.embeddings.choose import choose_embedder
from kit.settings import PROJECT_ROOT, Settings
from models.text.folding import fold
from models.text.meaning import Meaning, read_meaning


def main() -> None:
    """Print a table for each kind of pairs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--least", type=float, default=0.97, help="answer_cache_similarity")
    asked.add_argument("sets", nargs="*", type=Path, help="question sets in SQuAD's JSON")
    options = asked.parse_args()
    embedder = choose_embedder(Settings.from_env(os.environ, PROJECT_ROOT / ".env"))
    print(f"embedder {embedder.name}, least {options.least}")
    print(f"{'pairs':34}{'number':>8}{'words':>8}{'about':>8}{'+ vectors':>11}{'vectors':>9}")
    for name, pairs in (("the same in other words", SAME), ("near, and another", OTHERS)):
        report(name, pairs, embedder.embed, options.least)
    for path in options.sets:
        if not path.exists():
            print(f"{path}: not there")
            continue
        questions = different(one["question"] for one in json.loads(path.read_text("utf-8"))["questions"])
        report(path.stem, list(combinations(questions, 2)), embedder.embed, options.least)


def different(questions: Iterable[str]) -> list[str]:
    """One of each, where some differ in capitals, articles and marks alone."""
    kept: dict[str, str] = {}
    for question in questions:
        kept.setdefault(re.sub(r"\b(d?[aoe]s?|sao|the)\b|\W+", "", fold(question)), question)
    return list(kept.values())


def report(
    name: str, pairs: Sequence[tuple[str, str]], embed: Callable[[Sequence[str]], Vectors], least: float
) -> None:
    """One line: how many pairs, and how many of them each way to compare takes for one question."""
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    vectors = dict(zip(texts, embed(texts), strict=True))
    meanings = {text: read_meaning(text) for text in texts}
    words = about = both = alone = 0
    for one, other in pairs:
        first, second = meanings[one], meanings[other]
        is_near = float(np.dot(vectors[one], vectors[other])) >= least
        is_told = first is not None and second is not None and told(first, second)
        is_about = first is not None and second is not None and first.about == second.about
        words, about = words + is_told, about + is_about
        both, alone = both + (is_told or (is_about and is_near)), alone + is_near
    print(f"{name:34}{len(pairs):8}{words:8}{about:8}{both:11}{alone:9}")


def told(kept: Meaning, asked: Meaning) -> bool:
    """Whether the second finds the answer to the first."""
    return kept.told in (asked.told, *asked.elsewise)


if __name__ == "__main__":
    main()

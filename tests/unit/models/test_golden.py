"""What is a hit, and what changed between two runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.clock import utc_now
from kit.ids import new_id
from models.documents import Passage
from models.golden import (
    GoldenResult,
    GoldenRun,
    Hit,
    Shift,
    compare,
    distinct,
    first_hit,
    mean_reciprocal_rank,
)

FIRST, SECOND = "a" * 24, "b" * 24
PASSAGES = (
    Passage("1", FIRST, "Horários.md", "Horários", (), None, "Abrimos aos  sábados\ndas 8h às 13h.", 0.9),
    Passage("2", SECOND, "precos.md", "Preços", (), None, "A limpeza custa R$\u00a0180,00.", 0.5),
)


@pytest.mark.parametrize(
    ("expects", "rank", "expected"),
    [
        (["das 8h às 13h"], 1, "das 8h às 13h"),
        (["SÁBADOS das\n 8h"], 1, "SÁBADOS das\n 8h"),
        (["R$ 180,00"], 2, "R$ 180,00"),
        (["precos.md"], 2, "precos.md"),
        (["HORA\u0301RIOS.MD"], 1, "HORA\u0301RIOS.MD"),  # decomposed, as some file systems name files
        ([SECOND], 2, SECOND),
        (["R$ 180,00", "sábados"], 1, "sábados"),
        (["nowhere", "limpeza", "custa"], 2, "limpeza"),
    ],
)
def test_the_first_passage_that_meets_an_expectation_is_the_hit(
    expects: list[str], rank: int, expected: str
) -> None:
    hit = first_hit(PASSAGES, expects)

    assert hit is not None
    assert (hit.rank, hit.expected) == (rank, expected)
    assert (hit.document_id, hit.filename) == (PASSAGES[rank - 1].document_id, PASSAGES[rank - 1].filename)


@pytest.mark.parametrize("expects", [["sabados"], ["precos"], ["precos.pdf"], ["c" * 24], ["8h 13h"], []])
def test_what_no_passage_holds_is_a_miss(expects: list[str]) -> None:
    assert first_hit(PASSAGES, expects) is None
    assert first_hit((), ["sábados"]) is None


def test_expectations_are_kept_once_and_trimmed() -> None:
    assert distinct([" R$ 180 ", "r$  180", "", " \n", "precos.md"]) == ("R$ 180", "precos.md")


def result(question: str, rank: int | None) -> GoldenResult:
    hit = Hit(rank, "x", FIRST, "x.md") if rank else None
    return GoldenResult(new_id(), question, hit, enough=True)


def test_change_is_told_by_the_words_of_questions() -> None:
    ranks: dict[str, tuple[int | None, int | None]] = {
        "stays": (1, 1),
        "still missing": (None, None),
        "found now": (None, 2),
        "lost": (3, None),
        "climbs": (4, 1),
        "falls": (1, 2),
    }
    before = tuple(result(name, pair[0]) for name, pair in ranks.items())
    now = [result(f" {name.upper()} ", pair[1]) for name, pair in ranks.items()]
    run = GoldenRun(new_id(), new_id(), 5, utc_now(), results=(*before, result("gone", 1)))

    change = compare(run, [*now, result("new", 1), result("newer", None)])

    def shift(name: str) -> Shift:
        at = list(ranks).index(name)
        return Shift(now[at].question_id, now[at].question, *ranks[name])

    assert change.since == run.id
    assert change.newly_hit == (shift("found now"),)
    assert change.newly_missed == (shift("lost"),)
    assert change.moved == (shift("climbs"), shift("falls"))
    assert (change.added, change.removed) == (2, 1)


def test_figures_of_a_run() -> None:
    assert mean_reciprocal_rank([result("a", 1), result("b", 4), result("c", None)]) == pytest.approx(
        1.25 / 3
    )
    assert mean_reciprocal_rank([]) == 0
    run = GoldenRun(new_id(), new_id(), 5, utc_now(), questions=10, hits=9)
    assert (run.misses, run.hit_rate) == (1, 0.9)
    assert replace(run, questions=0, hits=0).hit_rate == 0

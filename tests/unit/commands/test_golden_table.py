"""How a run of golden questions is shown on the command line."""

from __future__ import annotations

from commands.golden_table import describe_run
from kit.clock import utc_now
from kit.ids import new_id
from models.golden import GoldenResult, GoldenRun, Hit, RunChange, Shift


def test_a_run_is_shown_as_a_table() -> None:
    hit = Hit(1, "R$ 180", new_id(), "precos.md")
    results = (
        GoldenResult("1", "Quanto\ncusta?", hit, enough=True),
        GoldenResult("2", "x" * 80, None, enough=False),
    )
    change = RunChange("0", newly_missed=(Shift("2", "x" * 80, 3, None),), removed=1)
    run = GoldenRun(
        new_id(), new_id(), 5, utc_now(), questions=2, hits=1, mean_reciprocal_rank=0.5, results=results
    )

    shown = describe_run(run)

    assert shown == [
        f"rank  {'question':60}  found in",
        f"   1  {'Quanto custa?':60}  precos.md",
        f"   -  {'x' * 59}…",
        "1 of 2 found among the first 5: hit rate 0.500, mean reciprocal rank 0.500",
    ]
    assert describe_run(GoldenRun(**{**vars(run), "change": change}))[4:] == [
        "Since the last run: 1 newly missed, 1 no longer asked.",
        f"   3 -> -     {'x' * 59}…",
    ]
    assert describe_run(GoldenRun(**{**vars(run), "change": RunChange("0")}))[4:] == [
        "Since the last run: no change."
    ]

"""What the command line shows of a run of golden questions."""

from __future__ import annotations

from collections.abc import Iterator

from models.golden import GoldenResult, GoldenRun, RunChange, Shift

QUESTION_WIDTH = 60


def describe_run(run: GoldenRun) -> list[str]:
    """A line for each question, misses as ``-``, then the sums, then what changed since the run before."""
    lines = [f"{'rank':>4}  {'question':{QUESTION_WIDTH}}  found in"]
    lines += [_line(one) for one in run.results]
    lines.append(
        f"{run.hits} of {run.questions} found among the first {run.top_k}: "
        f"hit rate {run.hit_rate:.3f}, mean reciprocal rank {run.mean_reciprocal_rank:.3f}"
    )
    return [*lines, *(_change(run.change) if run.change else ())]


def _line(result: GoldenResult) -> str:
    filename = result.hit.filename if result.hit else ""
    return f"{_rank(result.rank):>4}  {_short(result.question):{QUESTION_WIDTH}}  {filename}".rstrip()


def _change(change: RunChange) -> Iterator[str]:
    shifts = (
        ("newly found", change.newly_hit),
        ("newly missed", change.newly_missed),
        ("at another rank", change.moved),
    )
    counts = [f"{len(found)} {name}" for name, found in shifts if found]
    counts += [
        f"{n} {name}" for name, n in (("added", change.added), ("no longer asked", change.removed)) if n
    ]
    yield f"Since the last run: {', '.join(counts) or 'no change'}."
    for _, found in shifts:
        yield from (_shift(one) for one in found)


def _shift(shift: Shift) -> str:
    return f"{_rank(shift.rank_before):>4} -> {_rank(shift.rank):4}  {_short(shift.question)}"


def _rank(rank: int | None) -> str:
    return "-" if rank is None else str(rank)


def _short(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= QUESTION_WIDTH else f"{line[: QUESTION_WIDTH - 1]}…"

"""What makes two choices, or two questions, one."""

from __future__ import annotations

import pytest

from models.quizzes import Question, plain, problems_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris.", "paris"),
        ("guarda-chuva", "Guarda chuva!"),
        ("É o “sol”", "e o sol"),
        ("a) b", "A b"),
        ("x_1", "x 1"),
    ],
)
def test_case_accents_and_marks_make_no_difference(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 3", "x < 3"),
        ("-2", "2"),
        ("C++", "C"),
        ("1/2", "12"),
        ("50%", "50"),
        ("3 + 4", "3 - 4"),
        ("−1", "1"),
    ],
)
def test_signs_do(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_a_quiz_of_sums_is_one() -> None:
    sums = [
        Question(f"Quanto é 3 {sign} 4?", ("7", "-1", "1", "-7"), answer, "Porque sim.")
        for sign, answer in (("+", 0), ("-", 1))
    ]
    assert problems_of(sums) == []
    assert len(problems_of([*sums, sums[0]])) == 1

from __future__ import annotations

import pytest

from services.documents.pace import Pace

MB = 1 << 20


def test_a_larger_file_takes_longer_and_an_empty_one_no_time_to_speak_of() -> None:
    pace = Pace()
    for file_format in ("md", "pdf", "xlsx"):
        small, large = pace.of_file(file_format, MB), pace.of_file(file_format, 10 * MB)
        assert 5 * small < large < 10 * small
    assert pace.of_file("md", 0) < 1


@pytest.mark.parametrize("file_format", ["pdf", "csv"])
def test_it_learns_how_long_files_of_a_format_take(file_format: str) -> None:
    pace = Pace()
    other = pace.of_file("docx", MB)
    for _ in range(30):
        pace.was_read(file_format, 2 * MB, seconds=40.0, chunks=600)
        pace.was_indexed(600, 6.0)
    assert pace.of_file(file_format, MB) == pytest.approx(20 + 3, rel=0.05)
    assert pace.of_chunks(100) == pytest.approx(1.0, rel=0.01)
    assert pace.of_file("docx", MB) != pytest.approx(23, rel=0.05)
    assert pace.of_file("docx", MB) > other  # its chunks are indexed as slowly


def test_one_odd_file_does_not_turn_it_over() -> None:
    pace = Pace()
    for _ in range(30):
        pace.was_read("pdf", MB, seconds=2.0, chunks=100)
    before = pace.of_file("pdf", MB)
    pace.was_read("pdf", MB, seconds=20.0, chunks=100)
    assert before < pace.of_file("pdf", MB) < 5 * before


def test_a_tiny_file_says_nothing_of_how_fast_reading_is() -> None:
    pace = Pace()
    before = pace.of_file("md", MB)
    pace.was_read("md", 40, seconds=1.5, chunks=1)
    assert pace.of_file("md", MB) == before

from __future__ import annotations

import numpy as np
import pytest

from integrations.embeddings.rows import unit_rows
from models.model_errors import ModelAnswerBroken


def test_rows_have_length_one_whatever_the_size_of_their_numbers() -> None:
    rows = unit_rows([[3, 4], [3e300, 4e300], [3e-300, 4e-300], [0, 0]], 4, "m")
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0.6, 0.8]] * 3 + [[0.0, 0.0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ([[1.0, 2.0]], 2),
        ([[1.0, 2.0], [1.0]], 2),
        ([[1.0, float("nan")]], 1),
        ([[1.0, float("inf")]], 1),
        ([["1.0", "2.0"]], 1),
        ([[True, False]], 1),
        ([[None, 1.0]], 1),
        ([[1.0]], 1),
        ([[[1.0, 2.0]]], 1),
        ([], 1),
        ({"0": [1.0, 2.0]}, 1),
        ("vector", 1),
        (None, 1),
    ],
)
def test_what_is_no_vector_for_each_text_is_a_named_error(found: object, count: int) -> None:
    with pytest.raises(ModelAnswerBroken):
        unit_rows(found, count, "m")

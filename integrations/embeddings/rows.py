"""What a model gave, checked and brought to length 1."""

from __future__ import annotations

import numpy as np

from integrations.embeddings.base import Vectors
from models.model_errors import ModelAnswerBroken


def unit_rows(found: object, count: int, model: str) -> Vectors:
    """A ``(count, dimensions)`` array of float32 out of lists of numbers, each row brought to length 1 (or all zero).

    ``ModelAnswerBroken`` when they are of another number or of unequal sizes, or hold what is no finite number.
    """
    rows = _numbers(found, model)
    if rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] < 2:
        raise ModelAnswerBroken(f"The model {model} did not give one vector for each text.")
    rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise ModelAnswerBroken(f"The model {model} gave vectors that are not all finite numbers.")
    largest = np.abs(rows).max(axis=1, keepdims=True)
    np.divide(rows, largest, out=rows, where=largest > 0)  # squares of very large or small numbers are none
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows.astype(np.float32)


def _numbers(found: object, model: str) -> Vectors:
    try:
        rows = np.asarray(found)
    except ValueError:
        rows = np.empty(0, dtype=object)  # of unequal sizes
    if rows.dtype.kind not in "fiu":
        raise ModelAnswerBroken(f"The model {model} gave something that is no vector of numbers.")
    return rows

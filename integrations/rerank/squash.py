"""Scores of any reranker as numbers from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.model_errors import ModelAnswerBroken

_FARTHEST = 60.0  # beyond it the exponential only overflows


def squashed(scores: Sequence[float]) -> list[float]:
    """The scores themselves where all are from 0 to 1, else their sigmoid: models that do not say give logits.

    ``ModelAnswerBroken`` when one of them is no finite number.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ModelAnswerBroken("The reranker gave scores that are not all finite numbers.")
    if ((values < 0) | (values > 1)).any():
        values = sigmoid(values)
    return [float(value) for value in values]


def sigmoid(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Each number, whatever it is, as one between 0 and 1; of the same shape."""
    return 1 / (1 + np.exp(-np.clip(values, -_FARTHEST, _FARTHEST)))

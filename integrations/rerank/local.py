"""A cross-encoder in a folder of this machine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import numpy as np

from integrations.onnx_folder import OnnxFolder
from integrations.rerank.squash import sigmoid
from models.model_errors import ModelAnswerBroken, ModelBusy, ModelError, ModelTimedOut

BATCH = 4  # passages between two looks at the clock


class LocalReranker:
    """Runs a cross-encoder that gives one number for a question and a passage; ``SettingsError`` when it cannot.

    One question is worked on at a time; the others wait within their time.
    """

    def __init__(self, folder: Path) -> None:
        self._onnx = OnnxFolder(folder, "RERANK_MODEL")
        self._running = threading.Lock()
        try:
            self._run([("a", "a")])
        except ModelError as problem:
            raise self._onnx.refused(problem.sentence) from None

    def scores(self, query: str, texts: Sequence[str], timeout_s: float) -> list[float]:
        """A score from 0 to 1 for each text; ``ModelTimedOut`` when they are too many for the time.

        ``ModelBusy`` while it reads for others all that time.
        """
        deadline = monotonic() + timeout_s
        if not self._running.acquire(timeout=max(0.0, timeout_s)):
            raise ModelBusy("The reranker has other questions to read.")
        try:
            return self._in_time(query, texts, deadline)
        finally:
            self._running.release()

    def _in_time(self, query: str, texts: Sequence[str], deadline: float) -> list[float]:
        # Texts of like length together: all are padded to the longest of their batch.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        scores = [0.0] * len(texts)
        for start in range(0, len(order), BATCH):
            if monotonic() > deadline:
                raise ModelTimedOut("The reranker took too long.")
            part = order[start : start + BATCH]
            for at, score in zip(part, self._run([(query, texts[at]) for at in part]), strict=True):
                scores[at] = score
        return scores

    def _run(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        found, _ = self._onnx.run(pairs)
        logits = np.asarray(found[self._onnx.outputs[0]], dtype=np.float64)
        if logits.size != len(pairs):
            raise ModelAnswerBroken("the model does not give one number for each pair of texts")
        if not np.isfinite(logits).all():
            raise ModelAnswerBroken("the model gives numbers that are not finite")
        return [float(score) for score in sigmoid(logits.reshape(-1))]

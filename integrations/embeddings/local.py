"""Vectors from a sentence-embedding model in a folder of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from integrations.embeddings.base import Vectors
from integrations.embeddings.rows import unit_rows
from integrations.onnx_folder import Mask, Numbers, OnnxFolder
from models.model_errors import ModelAnswerBroken, ModelError

WEIGHT = 0.3  # as that of every model: see docs/adr/0007
BATCH = 16  # texts at once: about 20 MB of activations each in a model of the usual size
READY_MADE = "sentence_embedding"  # the output of models that pool by themselves
_QUERY_PROMPTS = ("query", "search_query")
_DOCUMENT_PROMPTS = ("passage", "document", "search_document")


def _mean(states: Numbers, mask: Mask) -> Numbers:
    counted: Numbers = (states * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]
    return counted


def _first(states: Numbers, mask: Mask) -> Numbers:
    found: Numbers = states[np.arange(len(mask)), mask.argmax(axis=1)]
    return found


def _last(states: Numbers, mask: Mask) -> Numbers:
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    found: Numbers = states[np.arange(len(mask)), last]
    return found


def _most(states: Numbers, mask: Mask) -> Numbers:
    found: Numbers = np.where(mask[:, :, None] > 0, states, -np.inf).max(axis=1)
    return found


_POOLING: dict[str, Callable[[Numbers, Mask], Numbers]] = {
    "mean": _mean,
    "mean_tokens": _mean,
    "cls": _first,
    "cls_token": _first,
    "lasttoken": _last,
    "max": _most,
    "max_tokens": _most,
}


class LocalEmbedder:
    """Runs a folder as the sentence-transformers package lays it out; see ``docs/operations.md``.

    Texts get the prefixes that the folder's configuration names for questions and for documents.
    ``SettingsError`` when the folder cannot be used. At most one batch of documents is computed at once, so a
    question never waits for more than that.
    """

    def __init__(self, folder: Path) -> None:
        self._onnx = OnnxFolder(folder, "EMBEDDING_MODEL")
        self._name = f"local:{self._onnx.name()}"
        self._pool = self._pooling()
        prompts = self._onnx.config("config_sentence_transformers.json").get("prompts") or {}
        self._query_prefix = _prompt(prompts, _QUERY_PROMPTS)
        self._document_prefix = _prompt(prompts, _DOCUMENT_PROMPTS)
        self._importing = threading.Lock()
        self._running = threading.BoundedSemaphore(2)
        try:
            self._dimensions = int(self._run(["a"]).shape[1])
        except ModelError as problem:
            raise self._onnx.refused(problem.sentence) from None

    @property
    def name(self) -> str:
        """The folder's name and a digest of its files."""
        return self._name

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        return self._dimensions

    @property
    def weight(self) -> float:
        """The share that its scores deserve beside the lexical ones."""
        return WEIGHT

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row for each text; that of a blank one is all zero."""
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        # Texts of like length together: all are padded to the longest of their batch.
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            with self._importing:
                rows[part] = self._run([self._document_prefix + texts[at] for at in part])
        return rows

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question; all zero for a blank one."""
        if not text.strip():
            return np.zeros(self._dimensions, dtype=np.float32)
        row: Vectors = self._run([self._query_prefix + text])[0]
        return row

    def _run(self, texts: Sequence[str]) -> Vectors:
        with self._running:
            found, mask = self._onnx.run(texts)
        if READY_MADE in found:
            return unit_rows(found[READY_MADE], len(texts), self._name)
        states = found[self._onnx.outputs[0]]
        if states.ndim != 3:
            raise ModelAnswerBroken("the model gives no state for each token")
        return unit_rows(self._pool(states, mask), len(texts), self._name)

    def _pooling(self) -> Callable[[Numbers, Mask], Numbers]:
        if READY_MADE in self._onnx.outputs:
            return _mean
        if any((self._onnx.config(f"{n}_Dense/config.json")) for n in range(4)):
            raise self._onnx.refused(f"it has a dense layer beside a model without the output {READY_MADE}")
        config = self._onnx.config("1_Pooling/config.json")
        on = [name.removeprefix("pooling_mode_") for name, value in config.items() if value is True]
        modes = [config["pooling_mode"]] if "pooling_mode" in config else on
        wanted = [str(mode) for mode in modes if str(mode) != "include_prompt"] or ["mean"]
        if len(wanted) != 1 or wanted[0] not in _POOLING:
            raise self._onnx.refused(f"it pools by {' and '.join(wanted)}")
        return _POOLING[wanted[0]]


def _prompt(prompts: object, names: Sequence[str]) -> str:
    if not isinstance(prompts, dict):
        return ""
    return next((str(prompts[name]) for name in names if prompts.get(name)), "")

"""A folder with an ONNX model that reads texts, and the tokenizer that it was trained with. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from kit.errors import SettingsError
from models.model_errors import ModelUnavailable

MODEL_FILES = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
SHAPING_FILES = (
    "tokenizer.json",
    "config.json",
    "tokenizer_config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
)
MOST_TOKENS = 1_024  # of a text: attention costs their square
USUAL_TOKENS = 512
SPECIAL_POSITIONS = 2  # which models of RoBERTa's family count among their positions
MOST_THREADS = 4
_KNOWN_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})

onnxruntime.set_default_logger_severity(3)  # it warns of graphics cards that a machine does not have

Numbers = npt.NDArray[np.float32]
Mask = npt.NDArray[np.int64]
Texts = Sequence[str] | Sequence[tuple[str, str]]


class OnnxFolder:
    """The model of ``folder``; ``setting`` is how a ``SettingsError`` names where the folder was asked for."""

    def __init__(self, folder: Path, setting: str) -> None:
        self._folder = folder
        self._setting = setting
        if not folder.is_dir():
            raise self.refused("there is no such folder")
        self._model = next((folder / name for name in MODEL_FILES if (folder / name).is_file()), None)
        if self._model is None:
            raise self.refused(f"it holds none of {', '.join(MODEL_FILES)}")
        self._tokenizer = self._open_tokenizer()
        self._session = self._open_session(self._model)
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._outputs = [one.name for one in self._session.get_outputs()]
        if not {"input_ids"} <= self._inputs <= _KNOWN_INPUTS:
            raise self.refused(f"its model wants {', '.join(sorted(self._inputs))}")

    @property
    def outputs(self) -> list[str]:
        """The names of what the model gives."""
        return self._outputs

    def refused(self, why: str) -> SettingsError:
        """An error that says why the folder cannot be used."""
        return SettingsError(f"{self._setting}: {self._folder} cannot be used: {why}.")

    def name(self) -> str:
        """The folder's name and a digest of everything in it that shapes what comes out."""
        digest = hashlib.sha256()
        shaping = [self._folder / name for name in SHAPING_FILES]
        weights = sorted(self._model.parent.glob(f"{self._model.name}*")) if self._model else []
        for path in (*shaping, *weights):
            if path.is_file():
                with path.open("rb") as stream:
                    digest.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
        return f"{self._folder.name}:{digest.hexdigest()[:12]}"

    def config(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; empty when it is not there."""
        path = self._folder / name
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_bytes())
        except (OSError, ValueError):
            raise self.refused(f"{name} is not JSON") from None
        if not isinstance(found, dict):
            raise self.refused(f"{name} is no JSON object")
        return found

    def run(self, texts: Texts) -> tuple[dict[str, Numbers], Mask]:
        """What the model gives for texts, or pairs of them, and which of their tokens are no padding.

        Outputs by name, their first axis the texts; the mask is ``(texts, tokens)`` of 1 and 0.

        ``ModelUnavailable`` when it fails, for want of memory for example.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        try:
            found = self._session.run(None, {name: given[name] for name in self._inputs})
        except Exception as problem:  # noqa: BLE001  # a class for each of its codes, none in common
            raise ModelUnavailable(f"The model in {self._folder.name} failed: {problem}") from None
        return dict(zip(self._outputs, found, strict=True)), mask

    def _open_tokenizer(self) -> Tokenizer:
        path = self._folder / "tokenizer.json"
        if not path.is_file():
            raise self.refused("it holds no tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as problem:  # noqa: BLE001  # the package raises nothing more exact
            raise self.refused(f"tokenizer.json does not open: {problem}") from None
        padding = tokenizer.padding or {}
        kept = {name: padding[name] for name in ("pad_id", "pad_token", "pad_type_id") if name in padding}
        tokenizer.enable_padding(**(kept or self._padding(tokenizer)))
        tokenizer.enable_truncation(self._most_tokens())
        return tokenizer

    def _padding(self, tokenizer: Tokenizer) -> dict[str, Any]:
        token = self.config("tokenizer_config.json").get("pad_token", "[PAD]")
        token = token.get("content", "") if isinstance(token, dict) else str(token)
        return {"pad_id": tokenizer.token_to_id(token) or 0, "pad_token": token}

    def _most_tokens(self) -> int:
        positions = self.config("config.json").get("max_position_embeddings")
        said = [
            self.config("sentence_bert_config.json").get("max_seq_length"),
            self.config("tokenizer_config.json").get("model_max_length"),
            positions - SPECIAL_POSITIONS if isinstance(positions, int) else None,
        ]
        sane = [int(one) for one in said if isinstance(one, int | float) and 0 < one < 10**6]
        return min([MOST_TOKENS, *sane] if sane else [USUAL_TOKENS])

    def _open_session(self, path: Path) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(MOST_THREADS, os.cpu_count() or 1)
        options.enable_cpu_mem_arena = False  # it never gives back what the longest batch took
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as problem:  # noqa: BLE001  # a class for each of its codes, none in common
            raise self.refused(f"{path.name} does not open: {problem}") from None

"""Tiny ONNX models and tokenizers, written as bytes: a sentence embedder and a cross-encoder.

The fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WORDS = ("[PAD]", "[UNK]", "query", "passage", "red", "green", "blue", "round", "square", "a")
FLOAT, INT64 = 1, 7

Weights = npt.NDArray[np.float32]


def embedder_folder(
    folder: Path, weights: Weights, *, pooling: str = "", prompts: Mapping[str, str] | None = None
) -> Path:
    """A model whose states are the rows of ``weights`` (words × dimensions) that its tokens name."""
    node = _node("Gather", ["weights", "input_ids"], ["last_hidden_state"])
    graph = _graph([node], {"weights": weights}, ["input_ids"], {"last_hidden_state": 3})
    _write(folder, graph)
    if pooling:
        (folder / "1_Pooling").mkdir()
        config = {"word_embedding_dimension": weights.shape[1], f"pooling_mode_{pooling}": True}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))
    if prompts:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": dict(prompts)}))
    return folder


def cross_encoder_folder(folder: Path, weights: Weights) -> Path:
    """A model whose logit is the sum of the numbers in ``weights`` (words × 1) that the tokens of both texts name."""
    gather = _node("Gather", ["weights", "input_ids"], ["states"])
    total = _node("ReduceSum", ["states", "axes"], ["logits"], keepdims=0)
    initial: dict[str, npt.NDArray[Any]] = {"weights": weights, "axes": np.array([1], dtype=np.int64)}
    _write(folder, _graph([gather, total], initial, ["input_ids"], {"logits": 2}))
    return folder


def word_weights(**rows: Sequence[float]) -> Weights:
    """A row for each of ``WORDS``; zero for those that are not named."""
    size = len(next(iter(rows.values())))
    return np.array([rows.get(word.strip("[]").lower(), [0.0] * size) for word in WORDS], dtype=np.float32)


def _write(folder: Path, graph: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = _number(1, 8) + _bytes(8, _bytes(1, b"") + _number(2, 13)) + _bytes(7, graph)
    (folder / "model.onnx").write_bytes(model)
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: n for n, word in enumerate(WORDS)},
            "unk_token": "[UNK]",
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def _graph(
    nodes: Sequence[bytes],
    initial: Mapping[str, npt.NDArray[Any]],
    inputs: Sequence[str],
    outputs: Mapping[str, int],
) -> bytes:
    parts = [_bytes(1, node) for node in nodes]
    parts.append(_bytes(2, b"graph"))
    parts += [_bytes(5, _tensor(name, values)) for name, values in initial.items()]
    parts += [_bytes(11, _value(name, INT64, 2)) for name in inputs]
    parts += [_bytes(12, _value(name, FLOAT, rank)) for name, rank in outputs.items()]
    return b"".join(parts)


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **whole: int) -> bytes:
    parts = [_bytes(1, one.encode()) for one in inputs] + [_bytes(2, one.encode()) for one in outputs]
    parts.append(_bytes(4, kind.encode()))
    parts += [
        _bytes(5, _bytes(1, name.encode()) + _number(3, value) + _number(20, 2))
        for name, value in whole.items()
    ]
    return b"".join(parts)


def _tensor(name: str, values: npt.NDArray[Any]) -> bytes:
    sizes = b"".join(_number(1, size) for size in values.shape)
    kind = INT64 if values.dtype == np.int64 else FLOAT
    return sizes + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())


def _value(name: str, kind: int, rank: int) -> bytes:
    shape = b"".join(_bytes(1, _bytes(2, f"{name}_{n}".encode())) for n in range(rank))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _number(at: int, value: int) -> bytes:
    return _varint(at << 3) + _varint(value)


def _bytes(at: int, content: bytes) -> bytes:
    return _varint(at << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])

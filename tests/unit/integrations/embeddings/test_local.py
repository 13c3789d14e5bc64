"""The embedder that runs a folder, with models of a few bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from integrations.embeddings.base import Embedder
from integrations.embeddings.local import BATCH, LocalEmbedder
from kit.errors import SettingsError
from tests.builders.onnx import WORDS, cross_encoder_folder, embedder_folder, word_weights

COLOURS = word_weights(
    red=[3, 0, 0], green=[0, 4, 0], blue=[0, 0, 5], query=[9, 9, 9], passage=[-9, 0, 0], a=[1, 1, 1]
)


def test_tokens_are_averaged_without_padding_and_normalised(tmp_path: Path) -> None:
    made: Embedder = LocalEmbedder(embedder_folder(tmp_path / "m", COLOURS))
    rows = made.embed(["red", "red green green red green red", "blue"])
    assert made.dimensions == 3
    np.testing.assert_allclose(rows, np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]), atol=1e-6)
    np.testing.assert_allclose(made.embed_query("red green"), rows[1], atol=1e-6)


def test_many_texts_of_all_lengths_keep_their_places(tmp_path: Path) -> None:
    made = LocalEmbedder(embedder_folder(tmp_path / "m", COLOURS))
    texts = [("red " * (n % 7) + "green " * (n % 3)).strip() for n in range(3 * BATCH)]
    together = made.embed(texts)
    np.testing.assert_allclose(together, np.concatenate([made.embed([one]) for one in texts]), atol=1e-6)
    assert [bool(row.any()) for row in together] == [bool(text) for text in texts]


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("cls_token", [1, 0, 0]),
        ("lasttoken", [0, 1, 0]),
        ("mean_tokens", [0.6, 0.8, 0]),
        ("max_tokens", [0.6, 0.8, 0]),
    ],
)
def test_pooling_is_as_the_folder_says(tmp_path: Path, pooling: str, expected: list[float]) -> None:
    made = LocalEmbedder(embedder_folder(tmp_path / "m", COLOURS, pooling=pooling))
    found = made.embed(["red green", "red green red green blue blue blue"])
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_questions_and_documents_get_the_prefixes_that_the_folder_names(tmp_path: Path) -> None:
    prompts = {"query": "query ", "passage": "passage "}
    made = LocalEmbedder(embedder_folder(tmp_path / "m", COLOURS, prompts=prompts))
    np.testing.assert_allclose(made.embed(["green"])[0], np.array([-9, 4, 0]) / np.hypot(9, 4), atol=1e-6)
    np.testing.assert_allclose(made.embed_query("green"), np.array([9, 13, 9]) / np.sqrt(331), atol=1e-6)


def test_texts_are_cut_where_the_folder_says(tmp_path: Path) -> None:
    folder = embedder_folder(tmp_path / "m", COLOURS)
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 2}))
    made = LocalEmbedder(folder)
    np.testing.assert_allclose(made.embed(["red red blue blue blue"]), [[1, 0, 0]], atol=1e-6)


def test_name_changes_with_the_model_and_its_settings_alone(tmp_path: Path) -> None:
    one = LocalEmbedder(embedder_folder(tmp_path / "1" / "m", COLOURS)).name
    same = LocalEmbedder(embedder_folder(tmp_path / "2" / "m", COLOURS)).name
    other = LocalEmbedder(embedder_folder(tmp_path / "3" / "m", COLOURS * 2)).name
    prompts = LocalEmbedder(embedder_folder(tmp_path / "4" / "m", COLOURS, prompts={"query": "query "})).name
    assert one == same
    assert len({one, other, prompts}) == 3
    assert one.startswith("local:m:")


def test_folders_that_cannot_be_used_stop_the_start_with_a_reason(tmp_path: Path) -> None:
    no_model = embedder_folder(tmp_path / "no_model", COLOURS)
    (no_model / "model.onnx").unlink()
    broken = embedder_folder(tmp_path / "broken", COLOURS)
    (broken / "model.onnx").write_bytes(b"not a model")
    no_tokenizer = embedder_folder(tmp_path / "no_tokenizer", COLOURS)
    (no_tokenizer / "tokenizer.json").unlink()
    odd_tokenizer = embedder_folder(tmp_path / "odd_tokenizer", COLOURS)
    (odd_tokenizer / "tokenizer.json").write_text("{}")
    pooling = embedder_folder(tmp_path / "pooling", COLOURS, pooling="weightedmean_tokens")
    dense = embedder_folder(tmp_path / "dense", COLOURS)
    (dense / "2_Dense").mkdir()
    (dense / "2_Dense" / "config.json").write_text('{"in_features": 3}')
    not_finite = embedder_folder(tmp_path / "not_finite", np.full((len(WORDS), 3), np.nan, dtype=np.float32))
    flat = cross_encoder_folder(tmp_path / "flat", COLOURS[:, :1])
    reasons = {
        tmp_path / "nowhere": "no such folder",
        no_model: "holds none of model.onnx",
        broken: "model.onnx does not open",
        no_tokenizer: "holds no tokenizer.json",
        odd_tokenizer: "tokenizer.json does not open",
        pooling: "pools by weightedmean_tokens",
        dense: "dense layer",
        not_finite: "not all finite",
        flat: "no state for each token",
    }
    for folder, reason in reasons.items():
        with pytest.raises(SettingsError, match=reason) as raised:
            LocalEmbedder(folder)
        assert str(raised.value).startswith("EMBEDDING_MODEL: ")

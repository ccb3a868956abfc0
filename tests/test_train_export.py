"""The graph of a reader as it ships: one node a layer for attention, and no mask."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import XLMRobertaConfig, XLMRobertaModel

onnx = pytest.importorskip("onnx")

from onnxruntime import InferenceSession  # noqa: E402

from train import export  # noqa: E402
from train.cross_encoder import Reader  # noqa: E402

LAYERS, HEADS, TOKENS = 2, 4, 11


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The graph of a small reader with random weights, as it is before attention is fused."""
    torch.manual_seed(1)
    config = XLMRobertaConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=64, max_position_embeddings=40,
    )  # fmt: skip
    body = XLMRobertaModel(config, add_pooling_layer=False)
    for weight in body.parameters():  # biases of nothing but zeros would be written as one
        torch.nn.init.normal_(weight, std=0.2)
    body.save_pretrained(tmp_path / "reader")
    heads = Reader(tmp_path / "reader").state_dict()
    heads = {name: each for name, each in heads.items() if not name.startswith("body.")}
    torch.save(heads, tmp_path / "reader" / "heads.pt")
    with monkeypatch.context() as patch:
        patch.setattr(export, "fused", lambda model, _: model)
        export.export_reader(tmp_path / "reader", tmp_path / "graph")
    return tmp_path / "graph" / "model.onnx"


def test_fused_attention_gives_the_same_scores_and_ends(plain: Path) -> None:
    model = export.fused(onnx.load(plain), HEADS)
    nodes = [node.op_type for node in model.graph.node]
    assert nodes.count("MultiHeadAttention") == LAYERS
    assert "Softmax" not in nodes
    assert [each.name for each in model.graph.input] == ["input_ids", "pool"]

    ids = np.random.default_rng(1).integers(5, 60, (1, TOKENS))
    pool = np.zeros((1, 2, TOKENS), np.float32)
    pool[0, 0, 3:6], pool[0, 1, 6:10] = 1 / 3, 1 / 4
    given = {"input_ids": ids, "pool": pool}
    before = InferenceSession(plain).run(None, {**given, "attention_mask": np.ones_like(ids)})
    after = InferenceSession(model.SerializeToString()).run(None, given)
    assert [each.shape for each in after] == [(1, 3), (1, TOKENS, 2)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)

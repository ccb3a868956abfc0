"""Turns a model that ships back into floats, so that training can go on from it.

    python -m train.floats rag/encoding/default/onnx/model.onnx E5 F12
    python -m train.floats rag/answering/reader_model/model.onnx E5 READER --reader

Weights come back to within half a step of their 7 bits; word embeddings, which training does not
touch, are taken from E5 (see e5.py), which both were made from.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import AutoModel

from train.coder import Coder
from train.cross_encoder import Reader, save

_QUANTIZED = "_quantized"


def fill(model: torch.nn.Module, graph_file: Path, prefix: str = "") -> None:
    """Give a model the weights of a graph of `train.export`, named with a prefix there.

    Raises:
        ValueError: the graph lacks a weight of the model.
    """
    graph = onnx.load(str(graph_file)).graph
    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    def plain(name: str) -> NDArray[np.float32]:
        whole = held[name + _QUANTIZED].astype(np.float32)
        zero = held[f"{name}_zero_point"].astype(np.float32)
        found: NDArray[np.float32] = (whole - zero) * held[f"{name}_scale"]
        return found

    weights: dict[str, NDArray[np.float32]] = {}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            weights[_parameter(node.name)] = plain(node.input[1].removesuffix(_QUANTIZED)).T
    state = model.state_dict()
    for name in state:
        if name.endswith("word_embeddings.weight"):
            continue
        own = prefix + name
        if own in weights:
            found = weights[own]
        elif own in held:
            found = held[own]
        elif own + _QUANTIZED in held:
            found = plain(own)
        else:
            raise ValueError(f"{graph_file} has no {own}")
        state[name] = torch.from_numpy(found.copy()).reshape(state[name].shape)
    model.load_state_dict(state)


def _parameter(node: str) -> str:
    """The weight that a node multiplies by: /body/…/dense/MatMul_quant → body.….dense.weight."""
    path = node.removesuffix("_quant").removesuffix("MatMul").rstrip("_/").lstrip("/")
    parts = path.replace("_Gemm", "").removesuffix("/Gemm").split("/")
    if parts[0] in ("sentence", "none") and len(parts) > 1:  # heads are named twice
        parts = parts[1:]
    return ".".join(parts) + ".weight"


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("model", type=Path)
    ap.add_argument("e5", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--reader", action="store_true")
    options = ap.parse_args()
    coder = Coder(str(options.e5))
    if options.reader:
        reader = Reader(options.e5)
        fill(reader, options.model)
        masters = {name: weight.detach() for name, weight in reader.named_parameters()}
        save(reader, masters, coder, options.out)
    else:
        encoder = AutoModel.from_pretrained(options.e5, add_pooling_layer=False)
        fill(encoder, options.model, "model.")
        encoder.save_pretrained(options.out)
        coder.tokens.save_pretrained(options.out)

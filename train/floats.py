"""Turns a reader that ships back into floats, so that training can go on from it.

    python -m train.floats rag/answering/reader_model/model.onnx E5 READER

Weights come back to within half a step of their 7 bits; word embeddings, which training does not
touch, are taken from E5 (see e5.py), which the reader was made from.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from train.coder import Coder
from train.cross_encoder import Reader, save

LAYERS = 6
_QUANTIZED = "_quantized"


def floats(model: Path, e5: Path) -> Reader:
    """The reader of a graph that `train.export` wrote.

    Raises:
        ValueError: the graph lacks a weight of the reader.
    """
    graph = onnx.load(str(model)).graph
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
    reader = Reader(e5, LAYERS)
    state = reader.state_dict()
    for name in state:
        if name.endswith("word_embeddings.weight"):
            continue
        if name in weights:
            found = weights[name]
        elif name in held:
            found = held[name]
        elif name + _QUANTIZED in held:
            found = plain(name)
        else:
            raise ValueError(f"{model} has no {name}")
        state[name] = torch.from_numpy(found.copy()).reshape(state[name].shape)
    reader.load_state_dict(state)
    return reader


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
    options = ap.parse_args()
    made = floats(options.model, options.e5)
    masters = {name: weight.detach() for name, weight in made.named_parameters()}
    save(made, masters, Coder(str(options.e5)), options.out)

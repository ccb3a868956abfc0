"""Writes a trained encoder as the product ships it: int8 ONNX in a sentence-transformers folder.

    python -m train.export OUT rag/encoding/default
    python -m train.export READER rag/answering/reader_model --reader

A reader is one graph, `model.onnx`; it is read with the encoder's tokenizer.

Weights of the encoder are quantized to 7 bits a number, one scale a channel (`reduce_range`, so
that processors without VNNI do not overflow), activations to 8 bits as they come (dynamic
quantization). The folder keeps no other weights: `SentenceTransformer(folder, backend="onnx")` and
`OnnxEncoder` read it. Those of the reader have 8 bits, one scale a block, and so have activations:
with one scale a matrix its log-odds were off by .37 (standard deviation), with blocks by .05, since
what comes out of GELU has a few large numbers.
"""

import argparse
import itertools
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.helper import make_node, make_opsetid
from onnx.numpy_helper import from_array, to_array
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import AutoModel

from train.cross_encoder import Reader

LONGEST = 512  # positions
BLOCK = 128  # numbers of a weight, or of an input, that share a scale
PROJECTIONS = ("query", "key", "value")
PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}


class Graph(torch.nn.Module):
    """The model as a function of two arrays."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.model = AutoModel.from_pretrained(
            folder, add_pooling_layer=False, attn_implementation="eager"
        ).eval()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(b, n) ids and mask → (b, n, d) token vectors."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def load_reader(model: Path) -> Reader:
    """Return the reader that `train.reader` wrote into a folder."""
    reader = Reader(model).float().eval()
    reader.load_state_dict(torch.load(model / "heads.pt", weights_only=True), strict=False)
    return reader


def export_reader(model: Path, folder: Path) -> None:
    """Write the graph of a reader into `folder`."""
    reader = load_reader(model)
    folder.mkdir(parents=True, exist_ok=True)
    ids = torch.ones(2, 16, dtype=torch.long)
    pool = torch.full((2, 3, 16), 1 / 16)
    names = ["input_ids", "attention_mask", "pool"]
    axes = {
        "input_ids": {0: "windows", 1: "tokens"},
        "attention_mask": {0: "windows", 1: "tokens"},
        "pool": {0: "windows", 1: "sentences", 2: "tokens"},
        "scores": {0: "windows", 1: "choices"},
        "ends": {0: "windows", 1: "tokens"},
    }
    with tempfile.TemporaryDirectory() as room, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            reader, (ids, ids, pool), f"{room}/float.onnx", input_names=names,
            output_names=["scores", "ends"], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        by_blocks = MatMulNBitsQuantizer(
            onnx.load(f"{room}/float.onnx"), bits=8, block_size=BLOCK, is_symmetric=True,
            accuracy_level=4,
        )  # fmt: skip
        by_blocks.process()
        by_blocks.model.save_model_to_file(f"{room}/blocks.onnx")
        quantize_dynamic(
            f"{room}/blocks.onnx", folder / "model.onnx",
            weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["Gather"],
        )  # fmt: skip
    heads = reader.body.config.num_attention_heads
    onnx.save(fused(onnx.load(folder / "model.onnx"), heads), folder / "model.onnx")
    print(f"{folder / 'model.onnx'}: {(folder / 'model.onnx').stat().st_size / 1e6:.1f} MB")


def fused(model: onnx.ModelProto, heads: int) -> onnx.ModelProto:
    """Make the attention of each layer of a reader one node, and take the mask away.

    The product reads one window a run, so nothing is padded. It saves a quarter of the time.
    """
    graph, layers = model.graph, itertools.count()
    biases = {each.name: to_array(each) for each in graph.initializer}
    for at in reversed(range(len(graph.node))):
        node = graph.node[at]
        if node.op_type != "MatMulNBits" or "/self/" not in node.input[0]:
            continue  # what is made of the attention is the input of the next product
        path, attended = node.input[0].rpartition("/")[0], f"attended_{next(layers)}"
        own = [f"{path[1:]}/{each}".replace("/", ".") + ".bias" for each in PROJECTIONS]
        bias = from_array(np.concatenate([biases[each] for each in own]), f"{attended}_bias")
        graph.initializer.append(bias)
        products = [f"{path}/{each}/MatMul_output_0" for each in PROJECTIONS]
        attention = make_node(
            "MultiHeadAttention", [*products, bias.name], [attended],
            domain="com.microsoft", num_heads=heads,
        )  # fmt: skip
        node.input[0] = attended
        graph.node.insert(at, attention)
    _drop_unused(graph)
    model.opset_import.append(make_opsetid("com.microsoft", 1))
    return model


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Take away what no output depends on."""
    needed = {each.name for each in graph.output}
    for at in reversed(range(len(graph.node))):  # a node stands after those that it needs
        if needed.isdisjoint(graph.node[at].output):
            del graph.node[at]
        else:
            needed.update(graph.node[at].input)
    for own in (graph.initializer, graph.input):
        for at in reversed(range(len(own))):
            if own[at].name not in needed:
                del own[at]


def export(model: Path, folder: Path) -> None:
    """Write `folder`, which is emptied but for its README.md."""
    card = folder / "README.md"
    kept = card.read_text(encoding="utf-8") if card.is_file() else ""
    shutil.rmtree(folder, ignore_errors=True)
    reads = Transformer(str(model), max_seq_length=LONGEST)
    made = SentenceTransformer(
        modules=[reads, Pooling(reads.get_word_embedding_dimension(), "mean"), Normalize()],
        prompts=PROMPTS,
    )
    made.save(str(folder), create_model_card=False)
    (folder / "model.safetensors").unlink()
    (folder / "onnx").mkdir()
    ids = torch.ones(2, 16, dtype=torch.long)
    with tempfile.TemporaryDirectory() as room, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = ["input_ids", "attention_mask"]
        axes = {name: {0: "texts", 1: "tokens"} for name in (*names, "last_hidden_state")}
        torch.onnx.export(
            Graph(model), (ids, ids), f"{room}/float.onnx", input_names=names,
            output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(
            f"{room}/float.onnx", folder / "onnx/model.onnx",
            weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
        )  # fmt: skip
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    compact = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(compact, encoding="utf-8")
    if kept:
        card.write_text(kept, encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("model", type=Path)
    ap.add_argument("folder", type=Path)
    ap.add_argument("--reader", action="store_true")
    options = ap.parse_args()
    if options.reader:
        export_reader(options.model, options.folder)
    else:
        export(options.model, options.folder)

"""A sentence-transformers folder with an ONNX graph, run by onnxruntime without torch.

Each text is one run of the graph. A batch would be no faster (int8 kernels are busy from some
dozen tokens on), would compute padding, and would change the vectors: the scale of dynamic
quantization is that of the whole batch. So a text has one vector, whatever it is encoded with.

Pooling is the mean over all tokens (Reimers & Gurevych, "Sentence-BERT", EMNLP 2019).
"""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from rag.encoding.vectors import Encoder, Vectors, files_hash, unit_rows
from rag.errors import BadEncoder, failing_as

GRAPH, TOKENIZER = "onnx/model.onnx", "tokenizer.json"
CONFIG = "config_sentence_transformers.json"
MOST_TOKENS = 512  # positions that the model knows


def open_graph(graph: Path) -> onnxruntime.InferenceSession:
    """Open a graph for runs of one core each, several at a time.

    Sum and normalization stay two nodes: as one, ONNX Runtime's are three times as slow on a CPU.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        graph.read_bytes(),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )


class OnnxEncoder(Encoder):
    """Mean-pooled sentence vectors; safe for several threads."""

    def __init__(
        self, folder: Path, name: str, query_prompt: str = "", passage_prompt: str = ""
    ) -> None:
        """Read `folder`; prompts that are "" are those that the model keeps.

        Raises:
            BadEncoder: a file is missing or damaged.
        """
        files = [folder / GRAPH, folder / TOKENIZER]
        self.name = name
        told = (
            "the encoder in {folder} cannot be read ({why}): install the package again, or set"
            " another `encoder`"
        )
        with failing_as(BadEncoder, told, Exception, folder=folder):  # each has types of its own
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            prompts = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["prompts"]
            self._session = open_graph(files[0])
            self.query_prompt = query_prompt or prompts["query"]
            self.passage_prompt = passage_prompt or prompts["passage"]
            self.fingerprint = files_hash(files, self.query_prompt, self.passage_prompt)
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._dim = int(self._session.get_outputs()[0].shape[-1])

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        cores = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(cores) as pool:  # onnxruntime lets go of the interpreter
            rows = [*pool.map(self._pooled, (prompt + text for text in texts))]
        return unit_rows(np.array(rows, np.float32).reshape(len(texts), self._dim), self.name)

    def _pooled(self, text: str) -> Vectors:
        """The mean of the token vectors of one text, shape (d,)."""
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (states,) = self._session.run(None, given)
        pooled: Vectors = states[0].mean(axis=0)
        return pooled

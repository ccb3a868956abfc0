"""What the processes of tests begin with: everything is imported, and the dictionaries are read."""

import gc

import faiss  # noqa: F401
import onnxruntime  # noqa: F401
import tokenizers  # noqa: F401

import rag.cli
import rag.corpus
import rag.encoding.onnx  # noqa: F401
import tests.forked  # noqa: F401
import ui.app  # noqa: F401
from rag.gazetteer import tokenizer

tokenizer()
gc.freeze()  # what a process looks for garbage in, it copies

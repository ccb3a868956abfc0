"""What the processes of tests begin with: everything is imported, and the dictionaries are read."""

import gc

import faiss  # noqa: F401
import onnxruntime  # noqa: F401
import tokenizers  # noqa: F401

import ui.app  # noqa: F401
from rag.answering.gazetteer import tokenizer

tokenizer()
gc.freeze()  # what a process looks for garbage in, it copies

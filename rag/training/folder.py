"""Tokenizer and table → a folder that sentence-transformers reads as it stands."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from rag.encoding.static import MODULES, TOKENIZER, WEIGHTS
from rag.errors import BadInput

_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}
]
_CONFIG = {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine", "prompts": {}}
_FILES = {MODULES, TOKENIZER, WEIGHTS, "config_sentence_transformers.json", "README.md"}


def check_place(out: Path) -> None:
    """Refuse a folder that holds other files than a model's, for writing replaces them.

    Raises:
        BadInput: `out` is such a folder, or a file.
    """
    if out.exists() and (not out.is_dir() or {p.name for p in out.iterdir()} - _FILES):
        raise BadInput(f"{out} holds other files: name an empty or new folder for the encoder")


def write_folder(out: Path, tokenizer: Tokenizer, rows: NDArray[np.float32], card: str) -> None:
    """Write the model beside `out`, then put it in its place: `out` is never half written.

    Raises:
        BadInput: `out` holds other files than a model's, or cannot be written.
    """
    check_place(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".encoder-", dir=out.parent))
        scratch.chmod(0o755)
        for name, value in ((MODULES, _MODULES), ("config_sentence_transformers.json", _CONFIG)):
            text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
            (scratch / name).write_text(text, encoding="utf-8")
        (scratch / TOKENIZER).write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
        save_file({"embedding.weight": np.ascontiguousarray(rows)}, scratch / WEIGHTS)
        (scratch / WEIGHTS).chmod(0o644)
        (scratch / "README.md").write_text(card, encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        scratch.rename(out)
    except OSError as error:
        raise BadInput(f"cannot write the encoder to {out}: {error.strerror}") from error

"""Any other sentence-transformers model, by folder or name, through the library itself.

A model that keeps an ONNX graph is run by it where `optimum` is installed. Importing the library
takes seconds, so this module is imported only when such a model is set. No code that a model brings
is run, and nothing is fetched: a name must lead to files that are on this machine already.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from rag.encoding.vectors import Encoder, Vectors, files_hash, unit_rows
from rag.errors import BadEncoder, failing_as
from rag.settings import Settings


class TransformerEncoder(Encoder):
    """A `SentenceTransformer`."""

    def __init__(self, settings: Settings) -> None:
        """Load the model from this machine.

        Raises:
            BadEncoder: there is none of that name that can be read.
        """
        self.name = settings.encoder
        has_graph = any(Path(self.name).glob("onnx/*.onnx")) and find_spec("optimum")
        told = (
            "cannot load the encoder {name!r}: set the folder of a whole sentence-transformers "
            "model, or a name that `hf download` fetched ({why})"
        )
        with failing_as(BadEncoder, told, Exception, name=self.name):
            self._model = SentenceTransformer(
                self.name,
                device=settings.device or None,
                backend="onnx" if has_graph else "torch",
                trust_remote_code=False,
                local_files_only=True,
            )
        kept = self._model.prompts or {}
        self.query_prompt = settings.query_prompt or kept.get("query") or ""
        own = kept.get("document") or kept.get("passage") or ""  # both names are in use
        self.passage_prompt = settings.passage_prompt or own
        self._batch = max(1, settings.batch_size)
        files = [p for p in sorted(Path(self.name).rglob("*")) if p.is_file() and p.suffix != ".md"]
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        commit = "" if files else f"{self.name}@{getattr(config, '_commit_hash', None)}"
        self.fingerprint = files_hash(files, commit, self.query_prompt, self.passage_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = self._model.encode(list(texts), prompt=prompt, batch_size=self._batch)
        return unit_rows(np.asarray(vectors, np.float32), self.name)

"""Any other sentence-transformers model, by name or folder, through the library itself.

Importing the library takes seconds, so this module is imported only when such a model is set. No
code that a model brings is ever run. A folder, or a name that was fetched before, is read without
the network; any other name that the operator sets is downloaded once by the library.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import httpx
import numpy as np
from huggingface_hub import constants
from sentence_transformers import CrossEncoder, SentenceTransformer

from rag.encoding.vectors import Vectors, files_hash, unit_rows
from rag.errors import BadEncoder
from rag.settings import Settings

Model = TypeVar("Model")

_BAR_FROM = 10  # batches; less is over before a bar is read
_NOT_MODEL = {".md", ".png", ".gitattributes"}  # files that do not change a vector


class TransformerEncoder:
    """A `SentenceTransformer` behind the contract of this floor."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.encoder
        folder = Path(settings.encoder)
        self._model = _load(SentenceTransformer, "encoder", settings.encoder, settings)
        self._settings = settings
        self.dim = int(self._model.get_embedding_dimension() or 0)
        if self.dim < 1:
            raise BadEncoder(f"encoder {self.name!r} does not say its dimension: use another model")
        self.fingerprint = files_hash(
            _model_files(folder), self._revision(), settings.passage_prompt
        )

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d), with the question prompt before it."""
        return self._encode(texts, "query", self._settings.query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d), with the passage prompt before it."""
        return self._encode(texts, "document", self._settings.passage_prompt)

    def _encode(self, texts: Sequence[str], task: str, prompt: str) -> Vectors:
        """Encode with `prompt`, or with the one that the model keeps for `task` where it is ""."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        size = max(1, self._settings.batch_size)
        vectors = self._model.encode(
            list(texts),
            prompt=prompt or (self._model.prompts or {}).get(task) or None,
            batch_size=size,
            show_progress_bar=len(texts) > size * _BAR_FROM,
        )
        axis = 0 if task == "query" else self.dim - 1
        rows = np.asarray(vectors, dtype=np.float32)
        return unit_rows(rows, lambda: np.eye(self.dim, dtype=np.float32)[axis], self.name)

    def _revision(self) -> str:
        """Return name and commit of a model that was fetched by name, "" for a folder."""
        if Path(self.name).is_dir():
            return ""
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        return f"{self.name}@{getattr(config, '_commit_hash', None)}"


class CrossEncoderReranker:
    """A cross-encoder that reads question and passage together."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.reranker
        self._batch_size = max(1, settings.batch_size)
        self._model = _load(CrossEncoder, "reranker", settings.reranker, settings)
        if self._model.num_labels != 1:
            raise BadEncoder(
                f"reranker {self.name!r} gives {self._model.num_labels} scores a pair, want 1"
            )

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers `question`; larger is better, no fixed range."""
        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        return [float(s) for s in self._model.predict(pairs, batch_size=self._batch_size)]


def _load(kind: Callable[..., Model], role: str, name: str, settings: Settings) -> Model:
    """Load from this machine, or else, where the name is no folder, from the hub.

    Raises:
        BadEncoder: neither has a model of that name that can be read.
    """

    def load(*, local: bool) -> Model:
        device = settings.device or None
        return kind(name, device=device, trust_remote_code=False, local_files_only=local)

    try:
        try:
            return load(local=True)
        except Exception:
            if Path(name).is_dir() or not _hub_answers():
                raise
            return load(local=False)
    except Exception as error:  # the library raises whatever its parts raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadEncoder(
            f"cannot load the {role} {name!r}: set the folder of a whole sentence-transformers"
            f" model, or a name where there is a network ({reason})"
        ) from error


def _hub_answers() -> bool:
    """Ask once, for the library asks for a minute and a half before it gives up."""
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        httpx.head(constants.ENDPOINT, timeout=5)
    except httpx.HTTPError:
        return False
    return True


def _model_files(folder: Path) -> list[Path]:
    """Return the files of a model folder that decide its vectors, in a fixed order."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file()) if folder.is_dir() else ()
    return [p for p in files if p.suffix not in _NOT_MODEL and p.name not in _NOT_MODEL]

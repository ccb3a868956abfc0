"""Any other sentence-transformers model, by name or folder, through the library itself.

A model that keeps an ONNX graph is run by it where `optimum` is installed.

Importing the library takes seconds, so this module is imported only when such a model is set. No
code that a model brings is ever run. A folder, or a name that was fetched before, is read without
the network; any other name that the operator sets is downloaded once by the library.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
from huggingface_hub import constants
from sentence_transformers import CrossEncoder, SentenceTransformer

from rag.encoding.vectors import Vectors, files_hash, unit_rows
from rag.errors import BadEncoder
from rag.settings import Settings

Model = TypeVar("Model")

_NOT_MODEL = {".md", ".png", ".gitattributes"}  # files that do not change a vector


class TransformerEncoder:
    """A `SentenceTransformer` behind the contract of `Encoder`."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.encoder
        self._model = _load(_sentence_transformer, "encoder", settings.encoder, settings)
        self._dim = int(self._model.get_embedding_dimension() or 0)
        if self._dim < 1:
            raise BadEncoder(f"encoder {self.name!r} does not say its dimension: use another model")
        kept = self._model.prompts or {}
        self.query_prompt = settings.query_prompt or kept.get("query") or ""
        own = kept.get("document") or kept.get("passage") or ""  # both names are in use
        self.passage_prompt = settings.passage_prompt or own
        self._batch = max(1, settings.batch_size)
        prompts = self.query_prompt, self.passage_prompt
        self.fingerprint = files_hash(_model_files(Path(self.name)), self._revision(), *prompts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d)."""
        return self._encode(texts, self.query_prompt, 0)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d)."""
        return self._encode(texts, self.passage_prompt, self._dim - 1)

    def _encode(self, texts: Sequence[str], prompt: str, axis: int) -> Vectors:
        """Encode with `prompt`; a vector of zeros becomes the unit vector of `axis`."""
        if not texts:
            return np.zeros((0, self._dim), dtype=np.float32)
        vectors = self._model.encode(list(texts), prompt=prompt, batch_size=self._batch)
        rows = np.asarray(vectors, dtype=np.float32)
        return unit_rows(rows, lambda: np.eye(self._dim, dtype=np.float32)[axis], self.name)

    def _revision(self) -> str:
        """Return name and commit of a model that was fetched by name, "" for a folder."""
        if Path(self.name).is_dir():
            return ""
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        return f"{self.name}@{getattr(config, '_commit_hash', None)}"


def _sentence_transformer(name: str, **options: Any) -> SentenceTransformer:  # noqa: ANN401
    """Load a model, by its ONNX graph where it keeps one and the library can run it."""
    has_graph = any(Path(name).glob("onnx/*.onnx")) if Path(name).is_dir() else False
    if has_graph and find_spec("optimum"):
        return SentenceTransformer(name, backend="onnx", **options)
    return SentenceTransformer(name, **options)


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

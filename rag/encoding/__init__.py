"""Text → unit vectors, by the encoder that one setting names.

`default` is the transformer in `default/` (its README.md is the model card), run by onnxruntime;
`none` leaves meaning out; a URL is an OpenAI-compatible embeddings endpoint; any other name or
folder is read by sentence-transformers. Each is one small module, loaded when it is set.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import BadEncoder, EncoderFailed
from rag.settings import Settings

DEFAULT = Path(__file__).parent / "default"
"""The folder of the default encoder, in the layout of sentence-transformers."""

Vectors = NDArray[np.float32]
"""Shape (n, d), C-contiguous, every row of length 1: an inner product is a cosine."""


class Encoder(ABC):
    """Turns texts into unit vectors; `fingerprint` changes whenever the vector of a text would."""

    name: str
    fingerprint: str
    query_prompt: str
    passage_prompt: str

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d).

        Raises:
            EncoderFailed: it gives something else than vectors, or an endpoint does not answer.
        """
        return self._encode(texts, self.query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d); raises as `encode_queries` does."""
        return self._encode(texts, self.passage_prompt)

    @abstractmethod
    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Encode each text with `prompt` before it."""


def load_encoder(settings: Settings) -> Encoder | None:
    """Return the encoder that `settings.encoder` names; None for `none`, words alone.

    Raises:
        BadEncoder: no such folder or model, or one that cannot be read.
    """
    name = settings.encoder
    if name == "none":
        return None
    if name == "default":
        return _default(settings.query_prompt, settings.passage_prompt)
    if name.startswith(("http://", "https://")):
        from rag.encoding.endpoint import EndpointEncoder

        return EndpointEncoder(settings)
    looks_like_path = name.startswith((".", "/", "~", "\\")) or name.count("/") > 1 or "\\" in name
    if not name or (looks_like_path and not Path(name).is_dir()):
        raise BadEncoder(
            "no folder {name!r}: set `encoder` to default, none, a "
            "sentence-transformers folder or name, or the URL of an embeddings endpoint",
            name=name,
        )
    from rag.encoding.transformer import TransformerEncoder

    return TransformerEncoder(settings)


@cache
def _default(query_prompt: str, passage_prompt: str) -> Encoder:
    """Read the default encoder once in a process: its files do not change."""
    from rag.encoding.onnx import OnnxEncoder

    return OnnxEncoder(DEFAULT, "default", query_prompt, passage_prompt)


def unit_rows(raw: NDArray[np.floating], source: str) -> Vectors:
    """Scale the rows of `raw`, shape (n, d), to length 1; a row of zeros becomes the first axis.

    Raises:
        EncoderFailed: not two-dimensional, or a value is not finite; `source` is to blame.
    """
    if raw.ndim != 2 or not raw.shape[1]:
        raise EncoderFailed(
            "{source} gave an array of shape {shape}, want (texts, dimensions)",
            source=source,
            shape=raw.shape,
        )
    rows = raw.astype(np.float32, order="C")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if bad := np.flatnonzero(~np.isfinite(lengths)).tolist():
        raise EncoderFailed(
            "{source} gave a vector that is not finite (text {bad}): use another model",
            source=source,
            bad=bad[0],
        )
    empty = lengths == 0
    rows[:, :1] += empty
    unit: Vectors = rows / (lengths + empty)
    return unit


def files_hash(files: Iterable[Path], *extra: str) -> str:
    """Return a hash of the files' names and bytes and of the `extra` facts, in the given order."""
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name}\0{content}\0".encode())
    for fact in extra:
        digest.update(f"{fact}\0".encode())
    return digest.hexdigest()[:32]

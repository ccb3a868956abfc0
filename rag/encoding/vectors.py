"""What every encoder is and gives: unit vectors, and a fingerprint of what they depend on."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import EncoderFailed

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


def unit_rows(raw: NDArray[np.floating], source: str) -> Vectors:
    """Scale the rows of `raw`, shape (n, d), to length 1; a row of zeros becomes the first axis.

    Raises:
        EncoderFailed: not two-dimensional, or a value is not finite; `source` is to blame.
    """
    if raw.ndim != 2 or not raw.shape[1]:
        told = "{source} gave an array of shape {shape}, want (texts, dimensions)"
        raise EncoderFailed(told, source=source, shape=raw.shape)
    rows = raw.astype(np.float32, order="C")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if bad := np.flatnonzero(~np.isfinite(lengths)).tolist():
        told = "{source} gave a vector that is not finite (text {bad}): use another model"
        raise EncoderFailed(told, source=source, bad=bad[0])
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

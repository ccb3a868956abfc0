"""Static embeddings without torch: a text is the sum of its tokens' rows, scaled to length 1.

Reads a sentence-transformers folder whose first module is `StaticEmbedding` and gives the
vectors that `SentenceTransformer(folder).encode(..., normalize_embeddings=True)` gives, in
tokenizers, safetensors and numpy alone: importing torch takes seconds, this milliseconds.

A text without any known token (empty, or only signs) has no direction. It gets the one in which
the table's rows vary least, a question the least and a passage the second least, so that it is
near to nothing and a blank question is not even near to a blank passage.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rag.encoding.unigram import Ids, Single, Unigram, Vocabulary
from rag.encoding.vectors import Vectors, files_hash, unit_rows
from rag.errors import BadEncoder, BadVectors

MODULES, TOKENIZER, WEIGHTS = "modules.json", "tokenizer.json", "model.safetensors"
_BATCH = 1024  # texts that are held as tokens at a time
_MANY = 1000  # texts for which it pays to read the tokenizer's vocabulary again
_SHORT = 6  # characters of a text, in the mean, up to which it is a word
_SOME = 30  # texts from which on a batch pays


def is_static(folder: Path) -> bool:
    """Tell whether `folder` holds a StaticEmbedding with nothing but Normalize behind it.

    Raises:
        BadEncoder: its `modules.json` is not what sentence-transformers writes.
    """
    path = folder / MODULES
    if not path.is_file():
        return False
    try:
        kinds = [str(m["type"]).rpartition(".")[2] for m in json.loads(path.read_bytes())]
    except (ValueError, KeyError, TypeError) as error:
        raise BadEncoder(f"{path} is not a list of modules: copy the model again") from error
    return kinds[:1] == ["StaticEmbedding"] and set(kinds[1:]) <= {"Normalize"}


class StaticEncoder:
    """Token rows, summed. Thread-safe: nothing changes after `load`."""

    def __init__(
        self, name: str, tokenizer: Tokenizer, rows: NDArray[np.float32], fingerprint: str,
        query_prompt: str = "", passage_prompt: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.fingerprint = fingerprint
        self._tokenizer = tokenizer
        self._rows = rows
        self._query_prompt = query_prompt
        self._passage_prompt = passage_prompt

    @classmethod
    def load(
        cls, folder: Path, name: str = "", query_prompt: str = "", passage_prompt: str = ""
    ) -> Self:
        """Read the folder; `name` is what the index manifest calls it.

        Raises:
            BadEncoder: a file is missing or broken, or tokenizer and table do not fit.
            BadVectors: the table holds a value that is not finite.
        """
        tokenizer = _read_tokenizer(folder / TOKENIZER)
        rows = _read_rows(folder / WEIGHTS)
        if tokenizer.get_vocab_size() > len(rows):
            raise BadEncoder(
                f"{folder}: the tokenizer has {tokenizer.get_vocab_size()} tokens, the table"
                f" {len(rows)} rows: the two files are of different models"
            )
        fingerprint = files_hash((folder / TOKENIZER, folder / WEIGHTS), passage_prompt)
        return cls(name or str(folder), tokenizer, rows, fingerprint, query_prompt, passage_prompt)

    @property
    def dim(self) -> int:
        """Number of dimensions, d."""
        return int(self._rows.shape[1])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d)."""
        return self._encode([self._query_prompt + text for text in texts], 0)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d)."""
        return self._encode([self._passage_prompt + text for text in texts], 1)

    def token_vectors(self, words: Sequence[str]) -> Vectors:
        """Return one unit row a word, shape (n, d), for matching word with word.

        A word that is no token of the table is made of the pieces that the tokenizer cuts it
        into, single characters at worst.
        """
        return self._encode(words, 1)

    def _encode(self, texts: Sequence[str], blank: int) -> Vectors:
        sums = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            for row, ids in enumerate(self._cut(texts[start : start + _BATCH]), start):
                self._rows.take(ids, axis=0).sum(axis=0, out=sums[row])
        return unit_rows(sums, lambda: self._blanks[blank], self.name)

    def _cut(self, batch: Sequence[str]) -> Sequence[Sequence[int] | Ids]:
        """The numbers of each text's tokens."""
        read = len(batch) >= _MANY or (len(batch) >= _SOME and "_unigram" in self.__dict__)
        if read and self._unigram and (cut := self._unigram.cut(batch)):
            return np.split(cut[0], cut[1][:-1])
        few = len(batch) < _SOME or sum(map(len, batch)) < _SHORT * len(batch)
        if few and self._single:  # the library takes as long for a word as for a sentence
            return [self._single.cut(text) for text in batch]
        encoded = self._tokenizer.encode_batch_fast(list(batch), add_special_tokens=False)
        return [encoding.ids for encoding in encoded]

    @cached_property
    def _unigram(self) -> Unigram | None:
        return Unigram(self._vocabulary) if self._vocabulary else None

    @cached_property
    def _single(self) -> Single | None:
        return Single(self._vocabulary) if self._vocabulary else None

    @cached_property
    def _vocabulary(self) -> Vocabulary | None:
        return Vocabulary.of(self._tokenizer)

    @cached_property
    def _blanks(self) -> Vectors:
        """The two directions, shape (2, d), in which the rows have least weight."""
        directions = np.linalg.eigh(self._rows.T @ self._rows).eigenvectors
        blanks: Vectors = np.ascontiguousarray(directions[:, :2].T, dtype=np.float32)
        return blanks


def _read_tokenizer(path: Path) -> Tokenizer:
    _must_exist(path)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise BadEncoder(f"{path} is not a tokenizer ({error}): copy the model again") from error
    tokenizer.no_padding()
    return tokenizer


def _read_rows(path: Path) -> NDArray[np.float32]:
    """Return the table, shape (tokens, d); also from the three arrays that model2vec writes."""
    _must_exist(path)
    try:
        arrays = load_file(path)
        rows = arrays["embedding.weight"] if "embedding.weight" in arrays else arrays["embeddings"]
        if "mapping" in arrays:
            rows = rows[arrays["mapping"]]
        if "weights" in arrays:
            rows = rows * arrays["weights"][:, np.newaxis]
    except (SafetensorError, KeyError, IndexError, TypeError, OSError) as error:
        raise BadEncoder(f"{path} holds no table of token rows: copy the model again") from error
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise BadEncoder(f"{path}: want a table of two or more columns, got shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise BadVectors(f"{path} holds values that are not finite: train or copy the model again")
    return rows.astype(np.float32, copy=False)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise BadEncoder(f"{path} is missing: name a whole sentence-transformers folder")

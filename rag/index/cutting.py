"""A batch of passages → their tokens and vectors, which is nearly all the work of a build."""

import json
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Encoder, Vectors
from rag.index.fields import Fields, surroundings
from rag.numbering import Tokens, numbered
from rag.sentences import sentence_spans
from rag.words import Tokenizer

BATCH = 1024  # passages

_values = attrgetter(*Fields.__slots__)


class Cut(NamedTuple):
    """What becomes of a batch."""

    tokens: Tokens  # of each passage's surroundings, then of each of its sentences
    sizes: NDArray[np.int64]  # (passages,), how many texts those are
    vectors: Vectors  # (new passages, d)


class Cutter:
    """Cuts passages for one generation, whose dictionary holds `words`."""

    def __init__(self, words: Sequence[str], encoder: Encoder) -> None:
        self._tokenizer, self._encoder = Tokenizer(words), encoder

    def __call__(self, task: tuple[str, Sequence[int]]) -> Cut:
        """Tokenize a batch of `Waiting`, and embed the passages at some places in it."""
        batch, new = task
        passages = [Fields(*values) for values in json.loads(batch)]
        texts = [[surroundings(each), *_sentences(each.text)] for each in passages]
        tokens = numbered(self._tokenizer, [text for own in texts for text in own])
        vectors = np.empty((0, self._encoder.dim), np.float32)
        if new:
            vectors = self._encoder.encode_passages([passages[i].embedded for i in new])
        return Cut(tokens, np.array([len(own) for own in texts], np.int64), vectors)


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


class Waiting:
    """Passages in a file, from the reading of the first document to the last one's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8")
        self._batch: list[Fields] = []
        self._sizes: list[int] = []

    def add(self, passage: Fields) -> None:
        """Add one passage behind the others."""
        self._batch.append(passage)
        if len(self._batch) == BATCH:
            self._write()

    def close(self) -> None:
        """Close the file; nothing can be added afterwards."""
        self._file.close()

    def batches(self) -> Iterator[tuple[int, str]]:
        """Give all passages back, once, in their order: how many, and what `Cutter` reads."""
        self._write()
        self.close()
        with self._path.open(encoding="utf-8", newline="\n") as file:
            yield from zip(self._sizes, file, strict=True)
        self._path.unlink()

    def _write(self) -> None:
        self._sizes.append(len(self._batch))
        self._file.write(json.dumps(list(map(_values, self._batch)), ensure_ascii=False) + "\n")
        self._batch.clear()

"""Small generations with an encoder that counts letters, and one of the format before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rag.encoding.vectors import Encoder, Vectors, unit_rows
from rag.evaluation.collection import write_generation
from rag.index import (
    EVERYTHING,
    FolderStore,
    Generation,
    Pool,
)
from rag.passages import fields, passages
from rag.settings import Settings
from rag.types import Document, Essay, Line, Measure, Outline, Paragraph, Piece
from rag.words import tokens


@dataclass
class LetterEncoder(Encoder):
    """A small encoder that counts characters, and notes what it was given."""

    name: str = "letters"
    fingerprint: str = "1"
    query_prompt: str = ""
    passage_prompt: str = ""
    dim: int = 16
    seen: list[str] = field(default_factory=list)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Count the characters by the remainder of their number; one more for remainder 0."""
        size = self.dim
        counts = [np.bincount([0, *(ord(c) % size for c in t)], minlength=size) for t in texts]
        rows = np.array(counts, np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Note the texts, and treat them like questions."""
        self.seen += texts
        return super().encode_passages(texts)


class BrokenEncoder(LetterEncoder):
    """An encoder that gives no numbers."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Give what cannot be compared, which is refused as of every encoder."""
        return unit_rows(super().encode_passages(texts) * np.float32("nan"), self.name)


def outline(path: str, *texts: str) -> Outline:
    essay = Essay(f"{path}#0", path, title=f"{path}的做法", place="太湖县")
    paragraphs = tuple(
        Paragraph(f"{path}#0.{n}", essay.essay_id, n, "body", text, (Piece(0, n),), ("抓基层。",))
        for n, text in enumerate(texts, start=1)
    )
    lead = Measure(f"{path}#0.m1", essay.essay_id, f"{path}#0.1", 2, None, texts[0][:3], 0, 9)
    lines = tuple(Line(text, n) for n, text in enumerate(texts, start=1))
    return Outline(Document(path, "", "txt", lines), (essay,), paragraphs, (lead,))


FIRST = outline("甲", "育人才。建立人才库，每年培训两次。", "设立专项资金。")
SECOND = outline("乙", "抓党建。选派第一书记到村任职。")


def build(index: Path, encoder: LetterEncoder | None, *outlines: Outline) -> str:
    """Write a generation and let it serve."""
    generation_id = write_generation(index, outlines, encoder, Settings())
    FolderStore(index).publish(generation_id)
    return generation_id


def embedded(*outlines: Outline) -> list[str]:
    """What an encoder is given of each passage."""
    return [each.embedded for o in outlines for each in fields([o], passages(o, 420))]


def asked(generation: Generation, question: str, encoder: LetterEncoder | None = None) -> Pool:
    terms = tuple(dict.fromkeys(tokens(question)))
    query = encoder.encode_queries([question])[0] if encoder else None
    return generation.candidates(terms, np.ones(len(terms), np.float32), query, 5, EVERYTHING)


SEVEN = {
    "created": "2025-11-29T04:00:00+00:00",
    "encoder": "default",
    "fingerprint": "0123456789abcdef",
    "dim": 256,
    "tokenizer": "rjieba-search+bigrams/3",
    "k1": 1.2,
    "b": 0.75,
    "counts": {"documents": 1, "essays": 1, "paragraphs": 1, "measures": 0, "passages": 1},
    "files": {"records.sqlite": [3, "ab"], "sparse/weights.npy": [3, "cd"]},
    "base": None,
    "nearest": None,
    "format": 7,
    "sha256": "ef",
}

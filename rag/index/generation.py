"""One generation of an index: what it is made of, and what answers a question from it.

INDEX/generations/000007/
manifest.json                   what made it, and the size and sha256 of each of its files
records.sqlite                  documents, essays, paragraphs, measures, passages
bm25/                           postings of the passages, see `bm25`
dense.faiss                     one vector a passage, where they are made already
dictionary.txt                  the operator's words that are cut as one
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import IndexDamaged, IndexOutdated, failing_as
from rag.index.bm25 import Bm25, Scores
from rag.index.dense import DenseIndex
from rag.index.records import UNREADABLE, Records, Rows
from rag.types import Filters
from rag.words import TOKENIZER, Tokenizer

EVERYTHING = Filters()
MANIFEST, RECORDS, BM25, DENSE = "manifest.json", "records.sqlite", "bm25", "dense.faiss"
DICTIONARY = "dictionary.txt"
FORMAT = 8  # raised whenever the files change their meaning


def encoder_facts(encoder: Encoder | None) -> dict[str, str] | None:
    """What a manifest says of the encoder that a generation is made for."""
    names = "name", "fingerprint", "query_prompt", "passage_prompt"
    return {name: getattr(encoder, name) for name in names} if encoder else None


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json` of one generation."""

    created: str  # ISO 8601, UTC
    encoder: Mapping[str, str] | None  # see `encoder_facts`; None for words alone
    tokenizer: str
    k1: float  # of BM25
    b: float
    counts: Mapping[str, int]  # documents, essays, paragraphs, measures, passages
    files: Mapping[str, tuple[int, str]]  # path inside the generation → bytes, sha256
    dim: int = 0  # numbers of a vector; 0 where there are none
    format: int = FORMAT

    @property
    def by_meaning(self) -> bool:
        """Whether its vectors are there; without, it is searched by words."""
        return self.dim > 0

    @property
    def pending(self) -> bool:
        """Whether vectors are wanted and not yet there."""
        return self.encoder is not None and not self.by_meaning and self.counts["passages"] > 0

    def save(self, folder: Path) -> None:
        """Write `folder/manifest.json`."""
        (folder / MANIFEST).write_text(_signed(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder/manifest.json`.

        Raises:
            IndexDamaged: it is missing or not what `save` writes.
            IndexOutdated: it is of another format, or its texts were cut by another tokenizer.
        """
        path, told = folder / MANIFEST, "{path} is missing or damaged: run `rag build` again"
        caught = ValueError, KeyError, TypeError, AttributeError
        with failing_as(IndexDamaged, told, *caught, path=path):
            text = path.read_text(encoding="utf-8")
            values: dict[str, Any] = json.loads(text)
            has, now = (values["format"], values["tokenizer"]), (FORMAT, TOKENIZER)
            if has != now:
                raise IndexOutdated(
                    "{folder} has index format {has}, this program reads {now}: run `rag "
                    "build` again",
                    folder=folder,
                    has="{} ({})".format(*has),
                    now="{} ({})".format(*now),
                )
            if values.pop("sha256", None) and _signed(values) != text:
                raise ValueError("it is not what was saved")
            values["files"] = {name: tuple(fact) for name, fact in values["files"].items()}
            return cls(**values)


def _signed(values: dict[str, Any]) -> str:
    """JSON with its own sha256 in it, for what vouches for all other files."""
    said = json.dumps(values, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return json.dumps({**values, "sha256": digest}, ensure_ascii=False, indent=1) + "\n"


def file_fact(path: Path) -> tuple[int, str]:
    """Size and sha256 of a file; 0 and "" of one that is gone, or that the disk cannot read."""
    try:
        with path.open("rb") as file:
            return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return 0, ""


class Pool(NamedTuple):
    """The passages that either way of searching brings, and what is known of each."""

    rows: Rows  # ascending, shape (n,)
    passages: Scores  # BM25 of each row, shape (n,)
    essays: Scores  # BM25 of the essay of each row, shape (n,)
    cosines: Scores | None  # with the question's vector, shape (n,); None where there is none

    @property
    def sparse(self) -> Rows:
        """The rows that hold a term of the question, the highest BM25 first."""
        return _best(self.passages, self.rows, len(self.rows))

    @property
    def dense(self) -> Rows:
        """All rows, the nearest to the question first; none where it has no vector."""
        if self.cosines is None:
            return self.rows[:0]
        return rank(self.rows, self.cosines, len(self.rows))[0]


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """One generation, opened read-only; immutable and safe for several threads."""

    id: str
    manifest: Manifest
    records: Records
    bm25: Bm25
    tokenizer: Tokenizer  # cuts a question as the passages were cut
    dense: DenseIndex | None  # None where there are no vectors, or not yet

    @classmethod
    def read(cls, folder: Path, manifest: Manifest) -> "Generation":
        """Open the files of `folder` as they are.

        Raises:
            IndexDamaged: one is missing, cannot be read, or has other rows than the manifest says.
        """
        records, bm25, tokenizer = read_words(folder, manifest)
        dense = DenseIndex.load(folder / DENSE) if manifest.by_meaning else None
        rows = {bm25.size, len(records.essay_of_row), dense.size if dense else bm25.size}
        if rows != {manifest.counts["passages"]}:
            raise IndexDamaged(
                "{folder} has parts of different size: run `rag build` again", folder=folder
            )
        return cls(folder.name, manifest, records, bm25, tokenizer, dense)

    def candidates(
        self, terms: Sequence[str], boosts: Scores, query: Vectors | None, k: int, filters: Filters
    ) -> Pool:
        """Search by words and by vector, `k` rows each, among what `filters` let through.

        `boosts`, shape (terms,), weigh the terms; `query`, shape (d,), is the question's unit
        vector, None for words alone. Beside the best passages stand those of the best essays.
        """
        essay_of = self.records.essay_of_row
        allowed = None if filters == EVERYTHING else self.records.rows_where(filters)
        among = np.arange(len(essay_of)) if allowed is None else allowed
        found = self.bm25.match(terms, boosts)
        of_rows = found.essays[essay_of] * (found.passages > 0)
        chosen = [_best(each[among], among, k) for each in (found.passages, of_rows)]
        dense = None if query is None else self.dense
        if query is not None and dense is not None:
            chosen.append(dense.search(query, k, allowed))
        rows = np.unique(np.concatenate(chosen))
        cosines = None if query is None or dense is None else dense.vectors(rows) @ query
        return Pool(rows, found.passages[rows], found.essays[essay_of[rows]], cosines)

    def measure_vectors(self, fingerprint: str) -> dict[str, Vectors]:
        """The vector of each measure's first passage, shape (d,), by the id of the measure.

        None where the vectors are on a server, or not of the encoder of that `fingerprint`.
        """
        if self.dense is None or (self.manifest.encoder or {}).get("fingerprint") != fingerprint:
            return {}
        passages = self.records.passages(range(self.dense.size))
        rows = reversed([*enumerate(passages)])
        own = {each.measure_id: row for row, each in rows if each.measure_id}
        return dict(zip(own, self.dense.vectors([*own.values()]), strict=True))


def _best(scores: Scores, rows: Rows, k: int) -> Rows:
    """The at most k rows of highest score above zero, best first; equal ones in row order."""
    held = scores > 0
    return rank(rows[held], scores[held], k)[0]


def rank(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The min(k, n) rows of highest score with their scores; equal scores in ascending row.

    >>> rank(np.array([4, 7, 9]), np.array([1, 3, 3], np.float32), 2)[0].tolist()
    [7, 9]
    """
    if k < len(scores):
        least = np.partition(scores, -k)[-k]
        kept = np.flatnonzero(scores >= least)  # all that tie with the k-th, so the order decides
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def read_words(folder: Path, manifest: Manifest) -> tuple[Records, Bm25, Tokenizer]:
    """Open what a generation is searched by words with; its tokenizer knows the operator's words.

    Raises:
        IndexDamaged: a file is missing or cannot be read.
    """
    path = folder / DICTIONARY
    with failing_as(IndexDamaged, UNREADABLE, UnicodeDecodeError, path=path):
        words = path.read_text(encoding="utf-8").splitlines()
    records = Records(folder / RECORDS)
    bm25 = Bm25(folder / BM25, records.essay_of_row, manifest.k1, manifest.b)
    return records, bm25, Tokenizer(words)

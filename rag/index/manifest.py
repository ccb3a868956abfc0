"""What made a generation, and the size and sha256 of each of its files: `manifest.json`.

INDEX/generations/000007/
manifest.json                   this
records.sqlite                  documents, essays, paragraphs, measures, passages
bm25/                           postings of the passages, see `bm25`
dense.faiss                     one vector a passage, where they are made already
dictionary.txt                  the operator's words that are cut as one
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rag.encoding import Encoder
from rag.errors import IndexDamaged, IndexMismatch, IndexOutdated
from rag.words import TOKENIZER

MANIFEST, RECORDS, BM25, DENSE = "manifest.json", "records.sqlite", "bm25", "dense.faiss"
DICTIONARY = "dictionary.txt"
FORMAT = 8  # raised whenever the files change their meaning


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """Which encoder a generation is made for."""

    name: str  # for people
    fingerprint: str  # of its weights and prompts
    query_prompt: str
    passage_prompt: str

    @classmethod
    def of(cls, encoder: Encoder) -> Self:
        """The facts of `encoder`."""
        return cls(encoder.name, encoder.fingerprint, encoder.query_prompt, encoder.passage_prompt)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json` of one generation."""

    created: str  # ISO 8601, UTC
    encoder: EncoderFacts | None  # None for words alone
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
            IndexOutdated: it was written by another version of this program.
        """
        path = folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
            values: dict[str, Any] = json.loads(text)
            if values["format"] != FORMAT:
                raise IndexOutdated(
                    "{folder} has index format {has}, this program reads {format}: run `rag "
                    "build` again",
                    folder=folder,
                    has=values["format"],
                    format=FORMAT,
                )
            if values.pop("sha256", None) and _signed(values) != text:
                raise ValueError("it is not what was saved")
            values["files"] = {name: tuple(fact) for name, fact in values["files"].items()}
            encoder = values["encoder"]
            return cls(**values | {"encoder": EncoderFacts(**encoder) if encoder else None})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamaged(
                "{path} is missing or damaged: run `rag build` again", path=path
            ) from error

    def damaged(self, folder: Path) -> tuple[str, ...]:
        """The files of `folder` that are not what was saved."""

        def is_whole(name: str) -> bool:
            try:
                return _file_fact(folder / name) == self.files[name]
            except OSError:  # gone, or the disk cannot read it
                return False

        return tuple(name for name in self.files if not is_whole(name))

    def check_fit(self, place: str, encoder: Encoder | None) -> None:
        """Raise IndexMismatch where the index at `place` is of another encoder or tokenizer."""
        has, now = self.encoder, EncoderFacts.of(encoder) if encoder else None
        if self.tokenizer != TOKENIZER:
            raise IndexMismatch(
                "{place} was made by the tokenizer {has}, now it is {now}: run `rag build` again",
                place=place,
                has=self.tokenizer,
                now=TOKENIZER,
            )
        if (has and has.fingerprint) != (now and now.fingerprint):
            raise IndexMismatch(
                "{place} was made with the encoder {has}, now it is {now}: run `rag build` "
                "again, or set `encoder` back",
                place=place,
                has=_named(has),
                now=_named(now),
            )


def _named(encoder: EncoderFacts | None) -> str:
    return f"{encoder.name} ({encoder.fingerprint[:8]})" if encoder else "none"


def _signed(values: dict[str, Any]) -> str:
    """JSON with its own sha256 in it, for what vouches for all other files."""
    said = json.dumps(values, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return json.dumps({**values, "sha256": digest}, ensure_ascii=False, indent=1) + "\n"


def file_facts(folder: Path, known: Mapping[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Size and sha256 of every file under `folder`, the manifest left out; `known` are as said."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: known.get(name) or _file_fact(path) for name, path in names.items()}


def _file_fact(path: Path) -> tuple[int, str]:
    """Size and sha256 of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

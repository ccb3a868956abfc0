"""What a generation says of itself: what made it, what it holds, and the sha256 of its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rag.errors import IndexDamaged, IndexMismatch
from rag.index.layout import MANIFEST

FORMAT = 3  # raised whenever the files change their meaning


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file of a generation as it was written."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json` of one generation."""

    created: str  # ISO 8601, UTC
    encoder: str  # name, for people
    fingerprint: str  # of the encoder's weights and prompts
    dim: int
    tokenizer: str
    counts: Mapping[str, int]  # documents, essays, paragraphs, measures, passages
    files: Mapping[str, FileFact]  # path inside the generation, with forward slashes
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Write `folder/manifest.json`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder/manifest.json`.

        Raises:
            IndexDamaged: it is missing or not what `save` writes.
            IndexMismatch: it was written by another version of this program.
        """
        path = folder / MANIFEST
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise IndexMismatch(
                    f"{folder} has index format {values['format']}, this program reads "
                    f"{FORMAT}: run `rag build` again"
                )
            files = {name: FileFact(**fact) for name, fact in values.pop("files").items()}
            return cls(files=files, **values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{path} is missing or damaged: run `rag build` again") from error


def facts(folder: Path) -> dict[str, FileFact]:
    """Size and sha256 of every file under `folder`, the manifest left out."""
    return {
        name: FileFact(path.stat().st_size, sha256(path))
        for name, path in sorted(
            (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*")
        )
        if path.is_file() and name != MANIFEST
    }


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Check cheaply that every file is there and has its size.

    Raises:
        IndexDamaged: naming the first file that is not.
    """
    for name, fact in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise IndexDamaged(f"{path} is missing: run `rag build` again")
        if path.stat().st_size != fact.bytes:
            raise IndexDamaged(
                f"{path} has {path.stat().st_size} bytes, the manifest says {fact.bytes}: "
                "run `rag build` again"
            )


def damaged_files(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Read every file; return the names of those that are not what the manifest says."""
    return tuple(
        name
        for name, fact in manifest.files.items()
        if not (folder / name).is_file() or sha256(folder / name) != fact.sha256
    )

"""What a generation says of itself: what made it, what it holds, and the sha256 of its files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rag.errors import IndexDamaged, IndexMismatch
from rag.index.layout import CHANGING, MANIFEST

FORMAT = 7  # raised whenever the files change their meaning


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
    nearest: Mapping[str, float] | None = None  # lists of vectors, where they are very many
    base: Mapping[str, int] | None = None  # counts of what an addition hangs on, where one does
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(fact.bytes for fact in self.files.values())

    @property
    def base_files(self) -> tuple[str, ...]:
        """The files that an addition leaves as they are."""
        return tuple(name for name in self.files if name.split("/")[0] not in CHANGING)

    def save(self, folder: Path) -> None:
        """Write `folder/manifest.json`."""
        (folder / MANIFEST).write_text(_signed(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder/manifest.json`.

        Raises:
            IndexDamaged: it is missing or not what `save` writes.
            IndexMismatch: it was written by another version of this program.
        """
        path = folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
            values: dict[str, Any] = json.loads(text)
            if values.pop("sha256", None) and _signed(values) != text:
                raise ValueError("it is not what was saved")
            return cls.of(values, str(folder))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{path} is missing or damaged: run `rag build` again") from error

    @classmethod
    def of(cls, values: dict[str, Any], place: str) -> Self:
        """Make the manifest of the JSON that `save` writes; `place` is where it stands.

        Raises:
            IndexMismatch: it was written by another version of this program.
            KeyError, TypeError, AttributeError: it is something else.
        """
        if values["format"] != FORMAT:
            raise IndexMismatch(
                f"{place} has index format {values['format']}, this program reads "
                f"{FORMAT}: run `rag build` again"
            )
        files = {name: FileFact(**fact) for name, fact in values["files"].items()}
        return cls(**{**values, "files": files})


def _signed(values: dict[str, Any]) -> str:
    """JSON with its own sha256 in it, for what vouches for all other files."""
    said = json.dumps(values, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return json.dumps({**values, "sha256": digest}, ensure_ascii=False, indent=1) + "\n"


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


def damaged_files(
    folder: Path, manifest: Manifest, names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Read every file, or those named; return which are not what the manifest says."""
    names = list(manifest.files) if names is None else names

    def is_whole(name: str) -> bool:
        try:
            return sha256(folder / name) == manifest.files[name].sha256
        except (OSError, KeyError):  # gone, or the disk cannot read it
            return False

    with ThreadPoolExecutor() as pool:  # hashing leaves other threads the interpreter
        whole = list(pool.map(is_whole, names))
    return tuple(name for name, held in zip(names, whole, strict=True) if not held)

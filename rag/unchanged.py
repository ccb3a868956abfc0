"""Files that are the same as when the serving generation was made are not read again. Floor 6.

A file is the same where its name, its bytes and what its sidecar states are, and where what reads
is: the settings that limit reading, this program's own text, and the libraries beneath it. Its
outlines are then taken from the records. `reprint_of` is left out of them: that depends on the
other files.
"""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

from rag.errors import RagError
from rag.index import Source, Sources, SqliteRecords
from rag.index.layout import RECORDS, SOURCES, Layout
from rag.index.manifest import Manifest, damaged_files
from rag.settings import Settings
from rag.types import Outline, Stated

READING = (
    "max_file_bytes", "max_text", "max_line", "max_members", "max_unpacked_bytes", "max_ratio",
    "max_pages", "office_seconds",
)  # fmt: skip
"""The settings that decide what is read of a file."""

LIBRARIES = (
    "charset-normalizer", "lxml", "numpy", "olefile", "onnxruntime", "openpyxl", "pillow",
    "pypdfium2", "python-docx", "python-pptx", "pyyaml", "rapidocr",
)  # fmt: skip
"""The libraries that reading and outlining stand on."""


def known_files(index: Path, made_by: Sources, settings: Settings) -> tuple[str, dict[str, Source]]:
    """The id of the serving generation and the files it holds, by name.

    None are known where it was made by another program or by other settings, or is so small that
    it is built whole in seconds.
    """
    try:
        places = Layout(index)
        name = places.current_id()
        folder = places.generation(name)
        if Manifest.load(folder).counts["passages"] < settings.grow_from:
            return name, {}
        sources = Sources.load(folder)
    except (RagError, OSError, ValueError, KeyError):
        return "", {}
    same = (sources.reader, sources.maker) == (made_by.reader, made_by.maker)
    return name, {source.name: source for source in sources.files} if same else {}


class Unchanged:
    """What the serving generation of an index holds of the files it was made from."""

    def __init__(self, index: Path | None, settings: Settings) -> None:
        """Look at the serving generation; where there is none to use, nothing is unchanged."""
        self.reader = fingerprint(settings)
        self._records: SqliteRecords | None = None
        self._files: dict[str, Source] = {}
        if index is not None:
            self._open(index)

    def _open(self, index: Path) -> None:
        try:
            places = Layout(index)
            folder = places.generation(places.current_id())
            manifest = Manifest.load(folder)
            read = [name for name in manifest.files if Path(name).name in (RECORDS, SOURCES)]
            if damaged_files(folder, manifest, read):
                return
            sources = Sources.load(folder)
            if sources.reader == self.reader:
                self._records = SqliteRecords.of(folder)
                self._files = {source.name: source for source in sources.files}
        except (RagError, OSError, ValueError):
            return

    def outlines(
        self, name: str, sha256: str, stated: tuple[Stated, ...]
    ) -> tuple[Outline, ...] | None:
        """Return what was made of the file `name`; None where it is another by now."""
        known, records = self._files.get(name), self._records
        if not known or not records or (known.sha256, known.stated) != (sha256, stated):
            return None
        made = (replace(records.outline(path), notes=notes) for path, notes in known.documents)
        return tuple(map(_alone, made))


def _alone(made: Outline) -> Outline:
    """Return an outline as it was before it was held against the other files."""
    essays = (replace(essay, reprint_of=None) for essay in made.essays)
    return replace(made, essays=tuple(essays))


MAKING = ("window", "k1", "b", "flat")
"""The settings that an index is made by, beside the reading."""


def making(settings: Settings, words: Sequence[str]) -> str:
    """Return a digest of what else than the files decides on the index; `words` are given."""
    values = {name: getattr(settings, name) for name in MAKING}
    return hashlib.sha256(json.dumps([values, sorted(words)]).encode()).hexdigest()


def fingerprint(settings: Settings) -> str:
    """Return a digest of everything but the file that decides what is read of it."""
    limits = {name: getattr(settings, name) for name in READING}
    return hashlib.sha256(json.dumps([limits, _program()]).encode()).hexdigest()


@cache
def _program() -> list[str]:
    """Return the digests and versions of what reads."""
    package = Path(__file__).parent
    texts = sorted([*package.glob("*.py"), *package.glob("reading/*"), *package.glob("outline/*")])
    own = [hashlib.sha256(text.read_bytes()).hexdigest() for text in texts if text.is_file()]
    return [platform.python_version(), *map(_version, LIBRARIES), *own]


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""

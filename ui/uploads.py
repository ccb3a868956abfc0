"""Files that an administrator adds to the corpus: their names are held to what is safe."""

import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from anyio import to_thread
from fastapi import UploadFile

from rag.reading import SUFFIXES
from rag.reading.sidecar import SUFFIX as SIDECAR
from ui.strings import Strings

_STEP = 2**20  # bytes read at a time
_PART = ".part"
_DAY = 24 * 3600  # seconds after which nobody writes a part any more


async def keep(
    files: Iterable[UploadFile], corpus: Path, most: int, s: Strings
) -> tuple[list[str], list[str]]:
    """Write `files` into `corpus`; return the names that were kept, and why others were not.

    A file of the same name is replaced. A file appears under its name only when it is whole; of two
    that come at once under one name the later one stays. None has more than `most` bytes.
    """
    kept, refused = [], []
    corpus.mkdir(parents=True, exist_ok=True)
    _clear(corpus)
    for file in files:
        name = file.filename or ""
        if not name:
            continue
        why = _unfit(name, s) or await _write(file, corpus / name, most, s)
        if why:
            refused.append(s.refused_file.format(name=name, why=why))
        else:
            kept.append(name)
    return kept, refused


def _unfit(name: str, s: Strings) -> str | None:
    if (
        Path(name).name != name
        or name.startswith((".", "~"))
        or "\\" in name
        or not name.isprintable()
    ):
        return s.bad_name
    return None if Path(name).suffix.lower() in SUFFIXES or name.endswith(SIDECAR) else s.bad_kind


async def _write(file: UploadFile, path: Path, most: int, s: Strings) -> str | None:
    part = path.with_name(f".{secrets.token_hex(8)}{_PART}")  # a build leaves hidden files out
    try:
        with part.open("xb") as sink:
            size = 0
            while piece := await file.read(_STEP):
                size += len(piece)
                if size > most:
                    return s.too_large.format(limit=most // 1_000_000)
                await to_thread.run_sync(sink.write, piece)
        part.replace(path)
    except OSError as error:
        return str(error.strerror)
    finally:
        part.unlink(missing_ok=True)
    return None


def _clear(corpus: Path) -> None:
    """Remove what a server that was killed left of an upload."""
    for part in corpus.glob(f".*{_PART}"):
        if time.time() - part.stat().st_mtime > _DAY:
            part.unlink(missing_ok=True)

"""Files that an administrator adds to the corpus: their names are held to what is safe."""

from collections.abc import Iterable
from pathlib import Path

from fastapi import UploadFile

from rag.reading import SUFFIXES
from ui.strings import Strings

_MOST_BYTES = 100 * 2**20  # of one file
_STEP = 2**20  # bytes read at a time
_SIDECARS = frozenset({".yaml", ".yml", ".json"})


async def keep(
    files: Iterable[UploadFile], corpus: Path, s: Strings
) -> tuple[list[str], list[str]]:
    """Write `files` into `corpus`; return the names that were kept, and why others were not.

    A file of the same name is replaced. A file appears under its name only when it is whole.
    """
    kept, refused = [], []
    corpus.mkdir(parents=True, exist_ok=True)
    for file in files:
        name = file.filename or ""
        if not name:
            continue
        why = _unfit(name, s) or await _write(file, corpus / name, s)
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
    return None if Path(name).suffix.lower() in SUFFIXES | _SIDECARS else s.bad_kind


async def _write(file: UploadFile, path: Path, s: Strings) -> str | None:
    part = path.with_name(f".{path.name}.part")  # a build leaves hidden files out
    try:
        with part.open("wb") as sink:
            size = 0
            while piece := await file.read(_STEP):
                size += len(piece)
                if size > _MOST_BYTES:
                    return s.too_large.format(limit=_MOST_BYTES // 2**20)
                sink.write(piece)
        part.replace(path)
    except OSError as error:
        return str(error.strerror)
    finally:
        part.unlink(missing_ok=True)
    return None

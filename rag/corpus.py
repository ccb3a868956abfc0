"""Files → outlines, passages and reports, one file after the other. Floor 7.

Where there are very many files they are read in several processes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rag.errors import UnreadableFile
from rag.outline import outline
from rag.parallel import ordered
from rag.passages import passages
from rag.reading import read_all, read_sidecar, sidecar_of
from rag.reading.folders import found
from rag.report import FileReport, of_outline
from rag.settings import Settings
from rag.types import Outline, Passage, Stated

Found = tuple[Path, str, str | None]
"""A file, its name in the corpus, and what is wrong with it."""

_MANY = 1000  # files from which on several processes read them


class Made(NamedTuple):
    """What became of one document of a file; without an outline it could not be read."""

    report: FileReport
    outline: Outline | None = None
    passages: tuple[Passage, ...] = ()


def read_corpus(corpus: Sequence[Path], settings: Settings) -> Iterator[tuple[list[Made], int]]:
    """Read every file under `corpus`; give what was made of each, and how many files there are.

    Raises:
        BadInput: a path of `corpus` cannot be read.
    """
    files = list(found(corpus))
    workers = settings.processes if len(files) >= _MANY else 1
    for made in ordered(partial(partial, _read, settings), files, workers):
        yield made, len(files)


def _read(settings: Settings, file: Found) -> list[Made]:
    """Read one file, which may hold several documents, and its sidecar."""
    path, name, fault = file
    stated, made = _sidecar(path, name)
    if fault:
        return [*made, _skipped(name, f"{name}: {fault}")]
    for inner, document in read_all(path, name, settings):
        if isinstance(document, UnreadableFile):
            made.append(_skipped(inner, str(document)))
            continue
        read = outline(replace(document, stated=(*stated, *document.stated)))
        cut = passages(read, settings.window)
        made.append(Made(of_outline(read, len(cut)), read, cut))
    return made


def _sidecar(path: Path, name: str) -> tuple[tuple[Stated, ...], list[Made]]:
    """Return what a file's sidecar states, and what is wrong with it."""
    beside = sidecar_of(path)
    if beside is None:
        return (), []
    try:
        return read_sidecar(beside), []
    except UnreadableFile as error:
        called = str(PurePosixPath(name).with_name(beside.name))
        return (), [_skipped(called, f"{called} {error}")]


def _skipped(name: str, reason: str) -> Made:
    return Made(FileReport(name, "skipped", reason))

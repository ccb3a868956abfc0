"""Files → outlines, passages and reports, one file after the other. Floor 7.

Where there are very many files they are read in several processes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rag.errors import UnreadableFile
from rag.index import Look, Seen, Source, look
from rag.outline import outline
from rag.parallel import ordered
from rag.passages import passages
from rag.reading import content, documents, read_sidecar, sidecar_of
from rag.reading.folders import found
from rag.reading.sidecar import SUFFIX
from rag.report import FileReport, of_outline
from rag.settings import Settings
from rag.types import Document, Outline, Passage, Stated
from rag.unchanged import Unchanged

Found = tuple[Path, str, str | None]
"""A file, its name in the corpus, and what is wrong with it."""

_MANY = 1000  # files from which on several processes read them
_TOGETHER = 8  # files that go to a process at a time


class Made(NamedTuple):
    """What became of one document of a file; without an outline it could not be read."""

    report: FileReport
    outline: Outline | None = None
    passages: tuple[Passage, ...] = ()


class File(NamedTuple):
    """What became of one file of the corpus."""

    documents: list[Made]  # one, or those of an archive; complaints about its sidecar before them
    source: Source | None = None  # for the next build; None where that has to try again
    look: Look | None = None  # how it looked before and after


def read_corpus(
    corpus: Sequence[Path], settings: Settings, old: Path | None = None
) -> Iterator[tuple[File, int]]:
    """Read every file under `corpus`; give what was made of each, and how many files there are.

    What the index `old` holds of files that have not changed is taken over.

    Raises:
        BadInput: a path of `corpus` cannot be read.
    """
    files = list(found(corpus))
    workers = settings.processes if len(files) >= _MANY else 1
    for made in ordered(partial(_reader, settings, old), files, workers, _TOGETHER):
        yield made, len(files)


class Come(NamedTuple):
    """A corpus in which files have come and nothing else has changed."""

    there: dict[str, list[Made]]  # name of each file that is as it was → complaints, sidecar's
    new: list[Found]
    names: list[str]  # of all files, in order


def what_has_come(
    corpus: Sequence[Path], settings: Settings, known: Mapping[str, Source], seen: Seen
) -> Come | None:
    """Hold the files under `corpus` against those that are known; None where one has changed.

    A file that is not known has come. Of those that are known only such are read as do not look
    as they did when they were `seen`, and nothing is made of them.

    Raises:
        BadInput: a path of `corpus` cannot be read.
    """
    files = list(found(corpus))
    names = [name for _, name, _ in files]
    come = Come({}, [file for file in files if file[1] not in known], names)
    if not known.keys() <= set(names) or len(come.new) > len(known):
        return None
    has_sidecars = cache(_has_sidecars)
    for path, name, fault in files:
        if (source := known.get(name)) is None:
            continue
        stated, made = _sidecar(path, name) if has_sidecars(path.parent) else ((), [])
        if fault or stated != source.stated or _digest(path, name, settings, seen) != source.sha256:
            return None
        come.there[name] = made
    return come


def _has_sidecars(folder: Path) -> bool:
    """Whether any file there has one: looking for each file's own takes two questions a file."""
    try:
        return any(name.endswith(SUFFIX) for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return True


def read_files(files: Sequence[Found], settings: Settings) -> Iterator[File]:
    """Read some files, as `read_corpus` does."""
    workers = settings.processes if len(files) >= _MANY else 1
    yield from ordered(partial(_reader, settings, None), files, workers, _TOGETHER)


def _digest(path: Path, name: str, settings: Settings, seen: Seen) -> str | None:
    """The sha256 of what a file holds; None where it cannot be read."""
    before = look(path)
    if known := seen.sha256(name, before):
        return known
    try:
        digest = hashlib.sha256(content(path, name, settings)).hexdigest()
    except UnreadableFile:
        return None
    seen.keep(name, before if look(path) == before else None, digest)
    return digest


def _reader(settings: Settings, old: Path | None) -> Callable[[Found], File]:
    return partial(_read, settings, Unchanged(old, settings))


def _read(settings: Settings, unchanged: Unchanged, file: Found) -> File:
    """Read one file, which may hold several documents, and its sidecar."""
    path, name, fault = file
    stated, made = _sidecar(path, name)
    try:
        if fault:
            raise UnreadableFile(f"{name}: {fault}")
        before = look(path)
        data = content(path, name, settings)
        after = look(path)
    except UnreadableFile as error:
        return File([*made, _skipped(name, str(error))])
    digest = hashlib.sha256(data).hexdigest()
    same = unchanged.outlines(name, digest, stated)
    whole: list[tuple[str, tuple[str, ...]]] | None = []
    for inner, document in (
        documents(data, name, settings)
        if same is None
        else [(each.document.path, each) for each in same]
    ):
        if isinstance(document, UnreadableFile):
            made.append(_skipped(inner, str(document)))
            whole = None
            continue
        read = document
        if isinstance(read, Document):
            read = outline(replace(read, stated=(*stated, *read.stated)))
        cut = passages(read, settings.window)
        made.append(Made(of_outline(read, len(cut), same is not None), read, cut))
        whole = None if whole is None or read.document.unread else [*whole, (inner, read.notes)]
    source = None if whole is None else Source(name, digest, stated, tuple(whole))
    return File(made, source, after if after == before else None)


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

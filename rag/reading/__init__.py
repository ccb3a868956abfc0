"""One file → `Document`.

`kinds` tells the kind by content; one small module a format turns bytes into lines, loaded when
its first file comes. A new format is one more module and one more line in `_READERS`.

What a line is: in text and Markdown a line of the file; in Word and slides a paragraph (a soft line
break inside it does not count); in web pages a paragraph, or what line breaks make of it; in sheets
a row; in PDF, OFD and scans a printed line, counted through the whole file. Where there are pages,
a line knows its page. All count from 1.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import cast

from rag.errors import UnreadableFile, failing_as
from rag.messages import both, joined
from rag.reading.archive import Budget, members
from rag.reading.kinds import SUFFIXES, kind_of
from rag.reading.result import TOO_LONG, Read, limited
from rag.reading.sidecar import read_sidecar, sidecar_of, write_sidecar
from rag.settings import Settings
from rag.types import Document

__all__ = [
    "SUFFIXES",
    "content",
    "documents",
    "read",
    "read_sidecar",
    "sidecar_of",
    "write_sidecar",
]

_READERS = {  # kind → the module here whose `read(data, name, settings)` reads it
    "text": "plain",
    "html": "html",
    "docx": "docx",
    "pdf": "pdf",
    "ofd": "ofd",
    "xlsx": "sheets",
    "pptx": "slides",
    "image": "scan",
    "csv": "separated",
    "eml": "mail",
    **dict.fromkeys(("doc", "rtf", "odt", "xls", "ods", "ppt", "odp"), "office"),
}
_DEEPEST = 2  # archives in archives
_TOO_LARGE = "has {count} bytes, more than max_file_bytes = {most}: split it or raise that"


def read(path: Path, name: str, settings: Settings | None = None) -> Document:
    """Read the file at `path`; `name` is its path relative to the corpus.

    Raises:
        UnreadableFile: not there, not permitted, too large, empty, binary, locked, damaged, of an
            unknown kind, or an archive of several documents.
    """
    data = content(path, name, settings := settings or Settings())
    with _named(name):
        if (kind := kind_of(data, name)) == "zip":
            raise UnreadableFile("is an archive of several files: run `rag build` on it")
        return _document(kind, data, name, settings)


def documents(
    data: bytes, name: str, settings: Settings, depth: int = 0, budget: Budget | None = None
) -> Iterator[tuple[str, Document | UnreadableFile]]:
    """Yield each document in the bytes of a file by name, or why it cannot be read.

    There is one, except in ZIP archives: `a.zip/b.docx`.
    Archives in it share one budget; of what comes after the one that passes it nothing is read.
    """
    try:
        with _named(name):
            limited(_TOO_LARGE, len(data), settings.max_file_bytes)
            if (kind := kind_of(data, name)) != "zip":
                yield name, _document(kind, data, name, settings)
                return
            limited("archives are not read deeper than {most} levels", depth + 1, _DEEPEST)
            yield from _archived(data, name, settings, depth, budget or Budget())
    except UnreadableFile as error:
        yield name, error


def _archived(
    data: bytes, name: str, settings: Settings, depth: int, budget: Budget
) -> Iterator[tuple[str, Document | UnreadableFile]]:
    member = ""
    for called, inner in members(data, settings, budget):
        if budget.over:
            return
        member = f"{name}/{called}"
        if isinstance(inner, UnreadableFile):
            yield member, UnreadableFile("{name}: {why}", name=member, why=inner)
        else:
            yield from documents(inner, member, settings, depth + 1, budget)
    if not member:
        raise UnreadableFile("the archive holds no files")


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the name of a file before what is wrong with it."""
    try:
        yield
    except UnreadableFile as error:
        raise UnreadableFile("{name}: {why}", name=name, why=error) from error


def content(path: Path, name: str, settings: Settings) -> bytes:
    """Return the bytes of a file as they are at one moment, however it grows meanwhile.

    Raises:
        UnreadableFile: not there, not permitted, or too large.
    """
    most = settings.max_file_bytes
    with _named(name):
        with failing_as(UnreadableFile, "cannot be opened: {why}"), path.open("rb") as file:
            limited(_TOO_LARGE, os.fstat(file.fileno()).st_size, most)
            data = file.read(most + 1)
        limited(_TOO_LARGE, len(data), most)
    return data


def _document(kind: str, data: bytes, name: str, settings: Settings) -> Document:
    made = _read(kind, data, name, settings)
    suffix, notes = Path(name).suffix.lower(), made.notes
    if SUFFIXES.get(suffix, kind) != kind:
        notes = (both("named {suffix} but is {kind}", suffix=suffix, kind=kind), *notes)
    return Document(
        path=Path(name).as_posix(),
        sha256=hashlib.sha256(data).hexdigest(),
        format=made.format or kind,
        lines=made.lines,
        notes=notes,
        stated=made.stated,
        unread=made.unread,
    )


def _read(kind: str, data: bytes, name: str, settings: Settings) -> Read:
    """Read with the kind's module; what a library throws on damaged bytes becomes one line."""
    module = import_module(f"rag.reading.{_READERS[kind]}")
    try:
        made = cast(Read, module.read(data, name, settings))
    except UnreadableFile:
        raise
    except (MemoryError, RecursionError):
        raise UnreadableFile(
            "this {kind} file asks for more memory than there is", kind=kind
        ) from None
    except Exception as error:  # each library has its own errors, and damaged files meet them all
        told = str(error).split("\n")[0][:120] or type(error).__name__
        raise UnreadableFile(
            "this {kind} file is damaged or not quite {kind}: {why}", kind=kind, why=told
        ) from error
    if not any(line.text.strip() and line.kind != "furniture" for line in made.lines):
        why = joined(made.unread) or both("this {kind} file holds no text", kind=kind)
        raise UnreadableFile(why)
    limited(TOO_LONG, sum(len(line.text) for line in made.lines), settings.max_text)
    return made

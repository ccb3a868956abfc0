"""One file → `Document`. Floor 2.

`decode` turns bytes into text, `text` and `markdown` turn text into lines; this module chooses
among them. A new format is one more module beside these and one more line in `_reader`.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from rag.errors import UnreadableFile
from rag.reading.decode import decode
from rag.reading.markdown import looks_like_markdown, read_markdown
from rag.reading.text import read_text
from rag.types import Document, Line

__all__ = ["SUFFIXES", "read"]

SUFFIXES = frozenset({".txt", ".md", ".markdown", ".text"})
"""Extensions of the files that `read` can read, in lower case."""


def read(path: Path, name: str) -> Document:
    """Read the file at `path`; `name` is its path relative to the corpus.

    Raises:
        UnreadableFile: not there, a folder, not permitted, empty, binary or undecodable.
    """
    if path.suffix.lower() not in SUFFIXES:
        kind = f"a {path.suffix} file" if path.suffix else "a file without extension"
        raise UnreadableFile(f"{name}: cannot read {kind}; known are {' '.join(sorted(SUFFIXES))}")
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise UnreadableFile(f"{name}: is a folder, not a file") from None
    except OSError as error:
        raise UnreadableFile(f"{name}: cannot be opened: {error.strerror}") from error
    try:
        text, encoding = decode(data)
    except UnreadableFile as error:
        raise UnreadableFile(f"{name}: {error}") from None
    kind, reader = _reader(path.suffix.lower(), text)
    notes = () if encoding == "utf-8" else (f"decoded as {encoding}",)
    return Document(
        path=Path(name).as_posix(),
        sha256=hashlib.sha256(data).hexdigest(),
        format=kind,
        lines=reader(text),
        notes=notes,
    )


def _reader(suffix: str, text: str) -> tuple[str, Callable[[str], tuple[Line, ...]]]:
    """Tell the kind by content: text out of a PDF converter is Markdown under any name."""
    if suffix in {".md", ".markdown"} or looks_like_markdown(text):
        return "md", read_markdown
    return "txt", read_text

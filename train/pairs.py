"""The files that an encoder is trained from: pairs as JSON lines, running text as lines."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import BadInput


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, title or lead, and the passage that belongs to it."""

    query: str
    passage: str
    source: str = ""  # where it is from; pairs of one source make one batch


def read_pairs(path: Path) -> list[Pair]:
    """Read a `.jsonl` or `.jsonl.gz` file of `{"q", "p", "source"}`; `source` may be missing.

    Raises:
        BadInput: no such file, or a line that is not such an object.
    """
    pairs = []
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            pairs.append(Pair(str(row["q"]), str(row["p"]), str(row.get("source", ""))))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                f'{path}, line {number}: want an object with "q" and "p", got {line[:60]!r}'
            ) from error
    if not pairs:
        raise BadInput(f"{path} holds no pairs")
    return pairs


def read_text(path: Path) -> list[str]:
    """Read a `.txt` or `.txt.gz` file of running text, one paragraph a line.

    Raises:
        BadInput: no such file, or nothing in it.
    """
    paragraphs = [line for _, line in _lines(path)]
    if not paragraphs:
        raise BadInput(f"{path} holds no text")
    return paragraphs


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines of a UTF-8 file that are not blank, numbered from 1."""
    reader = gzip.open if path.suffix == ".gz" else open
    try:
        with reader(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if stripped := line.strip():
                    yield number, stripped
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error

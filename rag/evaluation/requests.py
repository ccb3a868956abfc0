"""How well requests are read, held against requests labelled by hand.

A file has one object a line: `text`, `core`, `kind`, `names`, and `form` with `layout`, `items` and
`length`. A request counts as right in a field where what is read equals the label; cores are
compared without white space, punctuation and symbols, names as sets.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rag.answering.gazetteer import full_place, spans, tokenizer
from rag.answering.request import Request, read_request
from rag.encoding import Encoder
from rag.errors import BadInput

_TITLE = re.compile(r"《([^《》]+)》")


@dataclass(frozen=True, slots=True)
class Read:
    """The share of requests that are read right, field by field."""

    core: float
    kind: float
    layout: float
    items: float
    length: float
    names: float


def evaluate(path: Path, encoder: Encoder | None) -> Read:
    """Read the requests of a file and compare them with their labels.

    Raises:
        BadInput: the file cannot be read or a line is no labelled request.
        EncoderFailed: an endpoint does not answer.
    """
    judged = [_judge(row, read_request(row["text"], encoder)) for row in _rows(path)]
    if not judged:
        raise BadInput(f"{path} holds no requests")
    return Read(*(fmean(right) for right in zip(*judged, strict=True)))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            held = {"text", "core", "kind", "form", "names"} <= row.keys()
            held = held and {"layout", "items", "length"} <= row["form"].keys()
        except (ValueError, AttributeError):
            held = False
        if not held:
            raise BadInput(
                f"{path}, line {number}: want an object with text, core, kind, names and form"
                " (layout, items, length)"
            )
        yield row


def _judge(row: dict[str, Any], read: Request) -> tuple[bool, ...]:
    form = row["form"]
    return (
        _letters(read.core) == _letters(row["core"]),
        read.kind == row["kind"],
        read.form.layout == form["layout"],
        read.form.items == form["items"],
        read.form.length == form["length"],
        names_in(row["text"]) == set(row["names"]),
    )


def _letters(text: str) -> str:
    """`text` without white space, punctuation and symbols."""
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZPCS")


def names_in(text: str) -> set[str]:
    """Return the places of the standard and the titles in `text`, as it writes them.

    >>> sorted(names_in("太湖县落实《人才工作条例》的情况"))
    ['人才工作条例', '太湖县']
    """
    found = spans(text, tokenizer().pieces(text), lambda word: full_place(word) is not None)
    return {text[start:end] for start, end in found} | set(_TITLE.findall(text))

"""How well requests are read, held against requests labelled by hand.

A file has one object a line: `text`, `core`, `kind`, `names`, and `form` with `layout`, `items` and
`length`. A request counts as right in a field where what is read equals the label; cores are
compared without white space, punctuation and symbols, names as sets.
"""

import re
import unicodedata
from pathlib import Path
from statistics import fmean
from typing import Any

from rag.answering.request import read_request
from rag.encoding import Encoder
from rag.errors import BadInput
from rag.gazetteer import full_place, spans, tokenizer
from rag.jsonl import read_jsonl

_TITLE = re.compile(r"《([^《》]+)》")

Fields = dict[str, object]
"""What is read of a request, or its label: core, kind, layout, items, length and names."""


def evaluate(path: Path, encoder: Encoder | None) -> dict[str, float]:
    """Return the share of the requests of a file that are read as their labels say, by field.

    Raises:
        BadInput: the file cannot be read or a line is no labelled request.
        EncoderFailed: an endpoint does not answer.
    """
    wanted = "text, core, kind, names and form (layout, items, length)"
    labelled = list(read_jsonl(path, _labelled, wanted))
    if not labelled:
        raise BadInput(f"{path} holds no requests")
    read = [(_read(text, encoder), label) for text, label in labelled]
    return {name: fmean(found[name] == label[name] for found, label in read) for name in read[0][0]}


def _labelled(row: Any) -> tuple[str, Fields]:  # noqa: ANN401 (JSON)
    form = {name: row["form"][name] for name in ("layout", "items", "length")}
    label = {"core": _letters(row["core"]), "kind": row["kind"], "names": set(row["names"])}
    return str(row["text"]), {**form, **label}


def _read(text: str, encoder: Encoder | None) -> Fields:
    read = read_request(text, encoder)
    return {
        "core": _letters(read.core),
        "kind": read.kind,
        "layout": read.form.layout,
        "items": read.form.items,
        "length": read.form.length,
        "names": names_in(text),
    }


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

"""Comma- and tab-separated values (.csv, .tsv) → a line for each row."""

import csv
from dataclasses import replace

from rag.reading.decode import decode, decoded_as
from rag.reading.grid import table_rows
from rag.reading.result import TOO_LONG, Read, limited
from rag.settings import Settings

_JUDGED = 4_000  # characters that tell what parts the cells
_LONGEST_CELL = 1_000_000


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the rows of a table that a program saved as text.

    Raises:
        UnreadableFile: too long, binary or undecodable.
    """
    text, encoding = decode(data)
    limited(TOO_LONG, len(text), settings.max_text)
    head = text[:_JUDGED]
    by = max(",\t;", key=head.count)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=by)
    numbered = [(reader.line_num, row) for row in reader]
    rows = table_rows([row for _, row in numbered])
    lines = (replace(row, number=numbered[row.number][0]) for row in rows)
    return Read(tuple(lines), notes=decoded_as(encoding))

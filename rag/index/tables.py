"""The tables of records.sqlite, and a frozen type ↔ a row of its table.

A column carries the name of its field; a field that is a tuple is JSON text. `seq` keeps the
order of the files. A passage's `seq` is its row number in the dense and sparse indexes.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any, TypeVar

from rag.types import Document, Essay, Line, Measure, Paragraph, Passage, Piece, Stated

Record = Document | Essay | Paragraph | Measure | Passage
R = TypeVar("R", Document, Essay, Paragraph, Measure, Passage)

_TABLES: dict[type[Record], tuple[str, str]] = {  # its name and its key
    Document: ("documents", "path"),
    Essay: ("essays", "essay_id"),
    Paragraph: ("paragraphs", "paragraph_id"),
    Measure: ("measures", "measure_id"),
    Passage: ("passages", "passage_id"),
}
_PARTS = {
    "lines": Line,
    "origin": Piece,
    "stated": Stated,
    "known": Stated,
    "notes": None,
    "unread": None,
    "trail": None,
}
"""The fields that are tuples, and the type of what is in them where that is not text."""


def create(connection: sqlite3.Connection) -> None:
    """Make the empty tables; a column without a type keeps what it is given."""
    for kind, (name, key) in _TABLES.items():
        columns = ", ".join(field.name for field in fields(kind))
        connection.execute(f"CREATE TABLE {name} (seq INTEGER PRIMARY KEY, {columns})")
        connection.execute(f"CREATE UNIQUE INDEX {name}_key ON {name} ({key})")
        if key not in ("path", "essay_id"):
            connection.execute(f"CREATE INDEX {name}_essay ON {name} (essay_id)")
    connection.execute("CREATE INDEX essays_document ON essays (document)")
    connection.execute("CREATE TABLE vectors (digest PRIMARY KEY, seq) WITHOUT ROWID")


def insert(connection: sqlite3.Connection, kind: type[Record], records: Iterable[Record]) -> int:
    """Write `records`, numbered from 0 in their order; return how many."""
    marks = ", ".join("?" * (len(fields(kind)) + 1))
    rows = ((seq, *_row(record)) for seq, record in enumerate(records))
    return max(
        connection.executemany(f"INSERT INTO {_TABLES[kind][0]} VALUES ({marks})", rows).rowcount, 0
    )


def select(kind: type[Record]) -> str:
    """The SELECT of all columns of a type, for `read`."""
    return f"SELECT {', '.join(field.name for field in fields(kind))} FROM {_TABLES[kind][0]}"


def read(kind: type[R], row: tuple[Any, ...]) -> R:
    """A row of `select(kind)` as it was inserted."""
    names = (field.name for field in fields(kind))
    return kind(*(_value(name, value) for name, value in zip(names, row, strict=True)))


def _row(record: Record) -> tuple[str | int | None, ...]:
    """The fields as SQLite values."""
    values = (getattr(record, field.name) for field in fields(record))
    return tuple(_text(value) if isinstance(value, tuple) else value for value in values)


def _text(value: tuple[Any, ...]) -> str:
    """JSON of a tuple; the dataclasses in it become tuples."""
    return json.dumps(value, ensure_ascii=False, default=astuple)


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 (whatever the field holds)
    if name not in _PARTS:
        return value
    part = _PARTS[name]
    values = _tuples(json.loads(value))
    return tuple(part(*fields) for fields in values) if part else values


def _tuples(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON knows lists alone; the frozen types hold tuples."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

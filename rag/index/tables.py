"""The tables of records.sqlite, and a frozen type ↔ a row of its table.

A column carries the name of its field; a field that is a tuple is JSON text. `seq` keeps the
order of the files. A passage's `seq` is its row number in the dense and sparse indexes.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
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
_PARTS: dict[str, type[Any] | None] = {
    "lines": Line,
    "origin": Piece,
    "stated": Stated,
    "known": Stated,
    "notes": None,
    "unread": None,
    "trail": None,
}
"""The fields that are tuples, and the type of what is in them where that is not text."""

_VALUES = {name: attrgetter(*part.__slots__) if part else None for name, part in _PARTS.items()}
"""What gives the values of each of these as tuples, which JSON takes as they are."""


_TUPLES: dict[type[Record], list[tuple[int, type[Any] | None]]] = {
    kind: [(at, _PARTS[f.name]) for at, f in enumerate(fields(kind)) if f.name in _PARTS]
    for kind in _TABLES
}
"""Where the tuples of each type stand, and of what they are."""


def create(connection: sqlite3.Connection) -> None:
    """Make the empty tables; a column without a type keeps what it is given."""
    for kind, (name, _) in _TABLES.items():
        columns = ", ".join(field.name for field in fields(kind))
        connection.execute(f"CREATE TABLE {name} (seq INTEGER PRIMARY KEY, {columns})")
    connection.execute("CREATE TABLE vectors (digest PRIMARY KEY, seq) WITHOUT ROWID")


def order(connection: sqlite3.Connection) -> None:
    """Index the full tables, which takes a third of what filling indexed tables takes."""
    for name, key in _TABLES.values():
        unique = f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_key ON {name} ({key})"
        connection.execute(unique)
        if key not in ("path", "essay_id"):
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name}_essay ON {name} (essay_id)")
    connection.execute("CREATE INDEX IF NOT EXISTS essays_document ON essays (document)")


def attach(connection: sqlite3.Connection, uri: str) -> None:
    """Read the tables of another file behind those that are open.

    A view of both shadows each table; SQLite asks the indexes of both for what is looked up.
    """
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("ATTACH ? AS addition", (uri,))
    for name in (*(name for name, _ in _TABLES.values()), "vectors"):
        both = f"SELECT * FROM main.{name} UNION ALL SELECT * FROM addition.{name}"
        connection.execute(f"CREATE TEMP VIEW {name} AS {both}")


def insert(
    connection: sqlite3.Connection, kind: type[Record], records: Iterable[Record], first: int = 0
) -> int:
    """Write `records`, numbered from `first` in their order; return the number after the last."""
    names = [field.name for field in fields(kind)]
    tuples = [(i, _VALUES[name]) for i, name in enumerate(names, start=1) if name in _PARTS]
    values, count = attrgetter(*names), first

    def rows() -> Iterator[list[str | int | None]]:
        nonlocal count
        for record in records:
            row = [count, *values(record)]
            for i, of in tuples:
                row[i] = _text(list(map(of, row[i])) if of else row[i]) if row[i] else "[]"
            yield row
            count += 1

    marks = ", ".join("?" * (len(names) + 1))
    connection.executemany(f"INSERT INTO {_TABLES[kind][0]} VALUES ({marks})", rows())
    return count


SELECT = {
    kind: f"SELECT {', '.join(field.name for field in fields(kind))} FROM {name}"
    for kind, (name, _) in _TABLES.items()
}
"""The SELECT of all columns of each type, for `read`."""


def read(kind: type[R], row: tuple[Any, ...]) -> R:
    """A row of `SELECT[kind]` as it was inserted."""
    if not (tuples := _TUPLES[kind]):
        return kind(*row)
    values = list(row)
    for at, part in tuples:
        values[at] = _value(part, values[at])
    return kind(*values)


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _value(part: type[Any] | None, text: str) -> tuple[Any, ...]:
    """A tuple from its JSON, of `part`s or of what JSON holds."""
    if text == "[]":
        return ()
    values: list[Any] = json.loads(text)
    return tuple(part(*map(_tuples, each)) for each in values) if part else _tuples(values)


def _tuples(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON knows lists alone; the frozen types hold tuples."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

"""The records of a generation in SQLite: what answers are made of.

Everything comes back as the frozen type it went in as. A column carries the name of its field, a
field that is a tuple is JSON text, and `seq` keeps the order of the corpus; a passage's `seq` is
its row in the other indexes. The file is opened read-only, and threads take turns at one
connection (some 50 µs each).
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property, lru_cache
from itertools import compress
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged, failing_as
from rag.types import (
    Document,
    Essay,
    Filters,
    Line,
    Measure,
    Outline,
    Paragraph,
    Passage,
    Piece,
    Stated,
)  # fmt: skip
from rag.words import fold

Rows = NDArray[np.int64]
"""Row numbers of passages, shape (n,)."""

Record = Document | Essay | Paragraph | Measure | Passage
R = TypeVar("R", Document, Essay, Paragraph, Measure, Passage)

_TABLES: dict[type[Record], tuple[str, str]] = {  # its name and its key
    Document: ("documents", "path"),
    Essay: ("essays", "essay_id"),
    Paragraph: ("paragraphs", "paragraph_id"),
    Measure: ("measures", "measure_id"),
    Passage: ("passages", "passage_id"),
}
_TUPLES: dict[str, type[Any] | None] = {
    "lines": Line, "origin": Piece, "stated": Stated, "known": Stated,
    "notes": None, "unread": None, "trail": None,
}  # fmt: skip
"""The fields that are tuples, and the type of what is in them where that is not text."""

_FITS: dict[str, Callable[[str, str], bool]] = {  # what an essay has, what is wanted
    "place": str.__contains__,
    "author": lambda has, wanted: f"、{wanted}、" in f"、{has}、",
    "office": str.__contains__,
    "publication": str.__contains__,
    "issue": str.__eq__,
    "date": lambda has, wanted: f"{has}-".startswith(f"{wanted}-"),
}

UNREADABLE = "{path} cannot be read: run `rag build` again"
_REMEMBERED = 4_096  # texts whose rows are kept
_MAPPED = 1 << 31  # bytes of a file that are read by memory map, without a call of the system


class RecordsWriter:
    """A new file of records that is being filled."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = OFF")  # the whole folder is synced in the
        self._connection.execute("PRAGMA synchronous = OFF")  # end, and lost when the build fails
        for kind, (name, _) in _TABLES.items():
            columns = ", ".join(field.name for field in fields(kind))
            self._connection.execute(f"CREATE TABLE {name} (seq INTEGER PRIMARY KEY, {columns})")
        self.counts = {name: 0 for name, _ in _TABLES.values()}

    def add(self, outline: Outline, passages: Sequence[Passage]) -> None:
        """Add what was made of a document; its passages are the next rows."""
        self._insert(Document, [outline.document])
        self._insert(Essay, outline.essays)
        self._insert(Paragraph, outline.paragraphs)
        self._insert(Measure, outline.measures)
        self._insert(Passage, passages)

    def finish(self, reprints: Mapping[str, str]) -> None:
        """Note which essay says nearly the same as which earlier one, and close the file.

        To index full tables takes a third of what filling indexed tables takes.
        """
        for name, key in _TABLES.values():
            self._connection.execute(f"CREATE UNIQUE INDEX {name}_key ON {name} ({key})")
            if key not in ("path", "essay_id"):
                self._connection.execute(f"CREATE INDEX {name}_essay ON {name} (essay_id)")
        pairs = [(first, essay_id) for essay_id, first in reprints.items()]
        self._connection.executemany("UPDATE essays SET reprint_of = ? WHERE essay_id = ?", pairs)
        self._connection.commit()
        self._connection.close()

    def _insert(self, kind: type[Record], records: Sequence[Record]) -> None:
        (name, _), columns = _TABLES[kind], [field.name for field in fields(kind)]
        values = attrgetter(*columns)
        rows = (
            [number, *(_text(v) if isinstance(v, tuple) else v for v in values(record))]
            for number, record in enumerate(records, self.counts[name])
        )
        marks = ", ".join("?" * (len(columns) + 1))
        self._connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        self.counts[name] += len(records)


def _parts(record: Any) -> list[Any]:  # noqa: ANN401 (what JSON does not know)
    """The fields of a line, a piece or a fact, in their order."""
    return [getattr(record, name) for name in record.__slots__]


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_parts).encode


def _record(kind: type[R], row: Sequence[Any]) -> R:
    """A row as the record that was inserted."""
    values: list[Any] = [
        _value(_TUPLES[field.name], value) if field.name in _TUPLES else value
        for field, value in zip(fields(kind), row, strict=True)
    ]
    return kind(*values)


def _value(kind: type[Any] | None, text: str) -> tuple[Any, ...]:
    values: tuple[Any, ...] = _as_tuples(json.loads(text))
    return tuple(kind(*each) for each in values) if kind else values


def _as_tuples(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON knows lists alone; the frozen types hold tuples."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _fits(name: str, has: str | None, wanted: Sequence[str]) -> bool:
    """Whether any of the values fits; an empty one never does, for a filter must not fail open."""
    return has is not None and any(value and _FITS[name](has, value) for value in wanted)


def _plain(text: str) -> str:
    """A text as exact look-up compares it: folded, without white space."""
    return "".join(fold(text).split())


class Records:
    """Read-only access to the records of one generation."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`.

        Raises:
            IndexDamaged: it is missing or no such file.
        """
        with failing_as(IndexDamaged, UNREADABLE, sqlite3.Error, path=path):
            uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._turn = threading.Lock()
            self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._select("SELECT seq FROM passages LIMIT 1")  # which it holds if it is the file
        self._holding = lru_cache(_REMEMBERED)(self._search)

    def close(self) -> None:
        """Close the file; nothing can be asked afterwards."""
        self._connection.close()

    def document(self, path: str) -> Document:
        """One document with its lines; KeyError for an unknown path."""
        return self._one(Document, "WHERE path = ?", path)

    def essays(self) -> tuple[Essay, ...]:
        """All essays in the order of the corpus, those of kind "matter" included."""
        return tuple(self._essays.values())

    def essay(self, essay_id: str) -> Essay:
        """One essay; KeyError for an unknown id."""
        return self._essays[essay_id]

    def essays_where(self, filters: Filters) -> tuple[Essay, ...]:
        """The essays that `filters` lets through, in the order of the corpus.

        Within one field any value may match, between fields all must. An essay that does not
        state a fact never matches a filter on it.
        """
        return tuple(compress(self._essays.values(), self._let_through(filters)))

    def _let_through(self, filters: Filters) -> list[bool]:
        """Of each essay whether `filters` let it through."""
        named = frozenset(filters.essay_id)
        asked = [name for name in _FITS if getattr(filters, name)]
        return [
            (not named or essay.essay_id in named)
            and all(_fits(name, getattr(essay, name), getattr(filters, name)) for name in asked)
            for essay in self._essays.values()
        ]

    def paragraph(self, paragraph_id: str) -> Paragraph:
        """One paragraph; KeyError for an unknown id."""
        return self._one(Paragraph, "WHERE paragraph_id = ?", paragraph_id)

    def paragraphs(self, essay_id: str) -> tuple[Paragraph, ...]:
        """The paragraphs of one essay in reading order."""
        return tuple(self._all(Paragraph, "WHERE essay_id = ?", essay_id).values())

    def measure(self, measure_id: str) -> Measure:
        """One measure; KeyError for an unknown id."""
        return self._one(Measure, "WHERE measure_id = ?", measure_id)

    def measures(self, essay_id: str | None = None) -> tuple[Measure, ...]:
        """The measures of one essay, or of all, in reading order."""
        where, ids = ("", ()) if essay_id is None else ("WHERE essay_id = ?", (essay_id,))
        return tuple(self._all(Measure, where, *ids).values())

    def passages(self, rows: Iterable[int]) -> tuple[Passage, ...]:
        """The passages of `rows`, in the order given; KeyError outside 0..n-1."""
        wanted = [int(row) for row in rows]
        among = "WHERE seq IN (SELECT value FROM json_each(?))"
        known = self._all(Passage, among, json.dumps(wanted))
        return tuple(known[row] for row in wanted)

    def holding(self, text: str, essays: Collection[str] | None = None) -> tuple[int, ...]:
        """Ascending rows of the passages that hold `text`, in all essays or in those named.

        This is exact: `text` and the passages are compared without white space and as `fold` has
        them, so that full-width, capital and compatibility characters meet the plain ones. A text
        that runs from one passage into the next is in both; white space alone is in none. What was
        asked before is remembered.
        """
        rows = self._holding(_plain(text))
        if essays is None or not rows:
            return rows
        among = frozenset(essays)
        return tuple(row for row in rows if self._ids[self.essay_of_row[row]] in among)

    def essays_of(self, rows: Sequence[int]) -> tuple[str, ...]:
        """The ids of the essays that passages are of, each once."""
        numbers = dict.fromkeys(self.essay_of_row[list(rows)].tolist())
        return tuple(self._ids[number] for number in numbers)

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        """The ids of all essays in their order; a question looks many of them up."""
        return tuple(self._essays)

    def places(self, text: str) -> Rows:
        """Ascending, for each place that holds `text`, the row of the passage in which it begins.

        Compared as in `holding`; no place overlaps the one before it.
        """
        wanted = _plain(text)
        return self._rows_at(self._found(wanted, len(wanted)))

    def _search(self, wanted: str) -> tuple[int, ...]:
        """The rows that hold a folded text, wholly or a part of it."""
        begin = self._found(wanted, 1)
        first, last = self._rows_at(begin), self._rows_at(begin + len(wanted) - 1)
        size = len(self.essay_of_row) + 1
        changes = np.bincount(first, minlength=size) - np.bincount(last + 1, minlength=size)
        return tuple(np.flatnonzero(np.cumsum(changes)).tolist())

    def _found(self, wanted: str, step: int) -> Rows:
        """Where a folded text begins in that of all passages, at least `step` characters apart."""
        text, places = self._texts[0], list[int]()
        at = text.find(wanted) if wanted else -1
        while at >= 0:
            places.append(at)
            at = text.find(wanted, at + step)
        return np.array(places, np.int64)

    def _rows_at(self, places: Rows) -> Rows:
        """The passage in which each place in the text of all passages is."""
        return np.searchsorted(self._texts[1], places, "right") - 1

    @cached_property
    def _texts(self) -> tuple[str, Rows]:
        """All passages as exact look-up reads them, in one text, and where each begins.

        A line break parts paragraphs. It takes some 2 bytes a character, and 0.6 s to make for
        100,000 passages, where SQLite took as long for two look-ups.
        """
        parts, begins, end, last = list[str](), list[int](), 0, ""
        for paragraph, text in self._select("SELECT paragraph_id, text FROM passages ORDER BY seq"):
            part = _plain(text) if paragraph == last else "\n" + _plain(text)
            begins.append(end + (paragraph != last))
            parts.append(part)
            end, last = end + len(part), paragraph
        return "".join(parts), np.array(begins, np.int64)

    def rows_where(self, filters: Filters) -> Rows:
        """Ascending rows of the passages of `essays_where(filters)`: no match, no row."""
        return np.flatnonzero(np.array(self._let_through(filters), bool)[self.essay_of_row])

    @cached_property
    def essay_of_row(self) -> Rows:
        """For each passage the place of its essay in `essays()`, shape (n,), ascending."""
        numbers = {essay_id: number for number, essay_id in enumerate(self._essays)}
        found = self._select("SELECT essay_id FROM passages ORDER BY seq")
        return np.array([numbers[essay_id] for (essay_id,) in found], np.int64)

    @cached_property
    def _essays(self) -> dict[str, Essay]:
        return {essay.essay_id: essay for essay in self._all(Essay, "").values()}

    def _one(self, kind: type[R], where: str, key: str) -> R:
        for record in self._all(kind, where, key).values():
            return record
        raise KeyError(key)

    def _all(self, kind: type[R], where: str, *values: str) -> dict[int, R]:
        """The records of a kind that are meant, by their `seq`, ascending."""
        columns = ", ".join(field.name for field in fields(kind))
        command = f"SELECT seq, {columns} FROM {_TABLES[kind][0]} {where} ORDER BY seq"
        return {seq: _record(kind, row) for seq, *row in self._select(command, *values)}

    def _select(self, command: str, *values: str) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._connection.execute(command, values).fetchall()

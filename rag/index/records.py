"""The records of a generation in SQLite: what answers are made of.

Everything comes back as the frozen type it went in as. A column carries the name of its field, a
field that is a tuple is JSON text, and `seq` keeps the order of the corpus; a passage's `seq` is
its row in the other indexes. The file is opened read-only, and threads take turns at one
connection (some 50 µs each).
"""

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
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
_KINDS: tuple[tuple[type[Record], Callable[[Outline], Sequence[Record]]], ...] = (
    (Document, lambda outline: (outline.document,)),
    (Essay, lambda outline: outline.essays),
    (Paragraph, lambda outline: outline.paragraphs),
    (Measure, lambda outline: outline.measures),
)
_TUPLES: dict[str, type[Any] | None] = {
    "lines": Line, "origin": Piece, "stated": Stated, "known": Stated,
    "notes": None, "unread": None, "trail": None,
}  # fmt: skip
"""The fields that are tuples, and the type of what is in them where that is not text."""

_CONDITIONS = {  # an empty value is never a match: a filter must not fail open
    "place": "? <> '' AND instr(place, ?)",
    "author": "? <> '' AND instr('、' || author || '、', '、' || ? || '、')",
    "office": "? <> '' AND instr(office, ?)",
    "publication": "? <> '' AND instr(publication, ?)",
    "issue": "? <> '' AND issue = ?",
    "date": "? <> '' AND instr(date || '-', ? || '-') = 1",
}
"""How one value of a filter is compared with an essay; both marks stand for the value."""

_REMEMBERED = 4_096  # texts whose rows are kept
_TOGETHER = 2_000  # rows that are written by one command
_AT_ONCE = 500  # rows that one command names
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
        self._waiting: dict[type[Record], list[list[Any]]] = {kind: [] for kind in _TABLES}

    def add(self, outline: Outline, passages: Iterable[Passage]) -> None:
        """Add what was made of a document; its passages are the next rows."""
        for kind, records in (*((kind, of(outline)) for kind, of in _KINDS), (Passage, passages)):
            name = _TABLES[kind][0]
            rows = list(_rows(kind, records, self.counts[name]))
            self.counts[name] += len(rows)
            self._waiting[kind] += rows
            if len(self._waiting[kind]) >= _TOGETHER:
                self._flush(kind)

    def mark(self, reprints: Mapping[str, str]) -> None:
        """Note for each essay that says nearly the same as an earlier one which that is."""
        pairs = [(first, essay_id) for essay_id, first in reprints.items()]
        self._connection.executemany("UPDATE essays SET reprint_of = ? WHERE essay_id = ?", pairs)

    def index(self) -> None:
        """Index the full tables, which takes a third of what filling indexed tables takes."""
        for kind in _TABLES:
            self._flush(kind)
        for name, key in _TABLES.values():
            self._connection.execute(f"CREATE UNIQUE INDEX {name}_key ON {name} ({key})")
            if key not in ("path", "essay_id"):
                self._connection.execute(f"CREATE INDEX {name}_essay ON {name} (essay_id)")

    def close(self) -> None:
        """Write what was added and close the file."""
        self._connection.commit()
        self._connection.close()

    def _flush(self, kind: type[Record]) -> None:
        """Write the rows of a table that wait; one command for many takes half of the time."""
        marks = ", ".join("?" * (len(fields(kind)) + 1))
        command = f"INSERT INTO {_TABLES[kind][0]} VALUES ({marks})"
        self._connection.executemany(command, self._waiting[kind])
        self._waiting[kind] = []


def _rows(kind: type[Record], records: Iterable[Record], first: int) -> Iterator[list[Any]]:
    """Records as rows of their table, numbered from `first`."""
    names = [field.name for field in fields(kind)]
    values = attrgetter(*names)
    parts = [(at, _TUPLES[name]) for at, name in enumerate(names, 1) if name in _TUPLES]
    for number, record in enumerate(records, first):
        row = [number, *values(record)]
        for at, kind_of in parts:
            told = row[at]
            if told and kind_of:
                told = list(map(attrgetter(*kind_of.__slots__), told))
            row[at] = _text(told) if told else "[]"
        yield row


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _record(kind: type[R], row: Sequence[Any]) -> R:
    """A row as the record that was inserted."""
    values: list[Any] = [
        _value(_TUPLES[field.name], value) if field.name in _TUPLES else value
        for field, value in zip(fields(kind), row, strict=True)
    ]
    return kind(*values)


def _value(kind: type[Any] | None, text: str) -> tuple[Any, ...]:
    if text == "[]":
        return ()
    values: list[Any] = json.loads(text)
    return tuple(kind(*map(_as_tuples, each)) for each in values) if kind else _as_tuples(values)


def _as_tuples(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON knows lists alone; the frozen types hold tuples."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _where(filters: Filters) -> tuple[str, list[str]]:
    """The condition on essays, and the values of its marks."""
    clauses, values = ["TRUE"], list[str]()
    if filters.essay_id:  # thousands, where all essays are asked: one value, not a chain of ORs
        clauses.append("essay_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.essay_id))
    for name, condition in _CONDITIONS.items():
        if options := getattr(filters, name):
            clauses.append("(" + " OR ".join([f"({condition})"] * len(options)) + ")")
            values += [value for option in options for value in (option, option)]
    return " AND ".join(clauses), values


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
        try:
            uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._turn = threading.Lock()
            self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._select("SELECT seq FROM passages LIMIT 1")  # which it holds if it is the file
        except sqlite3.Error as error:
            raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
        self._holding = lru_cache(_REMEMBERED)(self._search)

    def close(self) -> None:
        """Close the file; nothing can be asked afterwards."""
        self._connection.close()

    def documents(self) -> tuple[Document, ...]:
        """All documents with their lines, in the order of the corpus."""
        return self._all(Document, "ORDER BY seq")

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
        where, values = _where(filters)
        found = self._select(f"SELECT essay_id FROM essays WHERE {where} ORDER BY seq", *values)
        return tuple(self._essays[essay_id] for (essay_id,) in found)

    def paragraph(self, paragraph_id: str) -> Paragraph:
        """One paragraph; KeyError for an unknown id."""
        return self._one(Paragraph, "WHERE paragraph_id = ?", paragraph_id)

    def paragraphs(self, essay_id: str) -> tuple[Paragraph, ...]:
        """The paragraphs of one essay in reading order."""
        return self._all(Paragraph, "WHERE essay_id = ? ORDER BY seq", essay_id)

    def measure(self, measure_id: str) -> Measure:
        """One measure; KeyError for an unknown id."""
        return self._one(Measure, "WHERE measure_id = ?", measure_id)

    def measures(self, essay_id: str | None = None) -> tuple[Measure, ...]:
        """The measures of one essay, or of all, in reading order."""
        if essay_id is None:
            return self._all(Measure, "ORDER BY seq")
        return self._all(Measure, "WHERE essay_id = ? ORDER BY seq", essay_id)

    def passages(self, rows: Iterable[int]) -> tuple[Passage, ...]:
        """The passages of `rows`, in the order given; KeyError outside 0..n-1."""
        wanted = [int(row) for row in rows]
        known: dict[int, Passage] = {}
        ordered = sorted(set(wanted))
        for at in range(0, len(ordered), _AT_ONCE):
            some = ordered[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            found = self._all(Passage, f"WHERE seq IN ({marks}) ORDER BY seq", *some)
            if len(found) < len(some):
                raise KeyError(some)
            known |= zip(some, found, strict=True)
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
        ids, among = list(self._essays), frozenset(essays)
        return tuple(row for row in rows if ids[self.essay_of_row[row]] in among)

    def places(self, text: str) -> Rows:
        """Ascending, for each place that holds `text`, the row of the passage in which it begins.

        Compared as in `holding`; no place overlaps the one before it.
        """
        (held, begins), wanted = self._texts, _plain(text)
        found = re.finditer(re.escape(wanted), held) if wanted else ()
        return np.searchsorted(begins, [match.start() for match in found], "right") - 1

    def _search(self, wanted: str) -> tuple[int, ...]:
        text, begins = self._texts
        at, places = text.find(wanted) if wanted else -1, list[int]()
        while at >= 0:
            places.append(at)
            at = text.find(wanted, at + 1)
        first = np.searchsorted(begins, places, "right") - 1
        last = np.searchsorted(begins, np.add(places, len(wanted) - 1), "right") - 1
        longest = int((last - first).max(initial=0))
        held = [np.minimum(first + more, last) for more in range(longest + 1)]
        return tuple(np.unique(np.concatenate(held)).tolist())

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
        where, values = _where(filters)
        found = self._select(f"SELECT seq FROM essays WHERE {where}", *values)
        wanted = np.zeros(len(self._essays), bool)
        wanted[[number for (number,) in found]] = True
        return np.flatnonzero(wanted[self.essay_of_row])

    @cached_property
    def essay_of_row(self) -> Rows:
        """For each passage the place of its essay in `essays()`, shape (n,), ascending."""
        numbers = {essay_id: number for number, essay_id in enumerate(self._essays)}
        found = self._select("SELECT seq, essay_id FROM passages")  # by the index, without texts
        rows = np.zeros(len(found), np.int64)
        rows[[row for row, _ in found]] = [numbers[essay_id] for _, essay_id in found]
        return rows

    @cached_property
    def _essays(self) -> dict[str, Essay]:
        return {essay.essay_id: essay for essay in self._all(Essay, "ORDER BY seq")}

    def _one(self, kind: type[R], where: str, key: str) -> R:
        found = self._all(kind, where, key)
        if not found:
            raise KeyError(key)
        return found[0]

    def _all(self, kind: type[R], rest: str, *values: str | int) -> tuple[R, ...]:
        columns = ", ".join(field.name for field in fields(kind))
        rows = self._select(f"SELECT {columns} FROM {_TABLES[kind][0]} {rest}", *values)
        return tuple(_record(kind, row) for row in rows)

    def _select(self, command: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._connection.execute(command, values).fetchall()

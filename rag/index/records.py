"""The records of a generation: what the answers are made of, in SQLite.

Everything comes back as the frozen type it went in as. The file is opened read-only and as
immutable; a second one, of what came later, is read as if its rows stood in the first. Any number
of threads may ask: they take turns at one connection, some 50 µs each.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import numpy as np

from rag.errors import IndexDamaged
from rag.index import tables
from rag.index.arrays import mapped
from rag.index.found import Rows
from rag.index.layout import ADDITION, RECORDS
from rag.index.tables import R
from rag.types import Document, Essay, Filters, Measure, Outline, Paragraph, Passage

_CONDITIONS = {  # an empty value is never a match: a filter must not fail open
    "place": "? <> '' AND instr(place, ?)",
    "author": "? <> '' AND instr('、' || author || '、', '、' || ? || '、')",
    "office": "? <> '' AND instr(office, ?)",
    "publication": "? <> '' AND instr(publication, ?)",
    "issue": "? <> '' AND issue = ?",
    "date": "? <> '' AND instr(date || '-', ? || '-') = 1",
}
"""How one value of a filter is compared with an essay; both marks stand for the value."""

_AT_ONCE = 500  # rows that one command names
_MAPPED = 1 << 31  # bytes of a file that are read by memory map, without a call of the system


class RecordsFile:
    """A file of records that is being filled; its tables are put in order in the end."""

    def __init__(self, path: Path, before: Mapping[str, int] | None = None) -> None:
        """Fill a new file, or go on with the one that is there.

        `before` counts the records of each kind that come before those that are added.
        """
        self._path, there = path, path.exists()
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = OFF")  # the whole folder is synced in the
        self._connection.execute("PRAGMA synchronous = OFF")  # end, and lost when the build fails
        if not there:
            tables.create(self._connection)
        self.counts = {kind: before[kind] if before else 0 for kind in _KINDS}

    def add(self, outlines: Sequence[Outline], passages: Iterable[Passage]) -> None:
        """Add what was made of some documents; their passages are the next rows."""
        for name, (kind, of) in _KINDS.items():
            records = passages if of is None else (each for o in outlines for each in of(o))
            first = self.counts[name]
            self.counts[name] = tables.insert(self._connection, kind, records, first)

    def mark(self, reprints: Mapping[str, str]) -> None:
        """Write down which essays say nearly the same as an earlier one."""
        self._connection.execute("CREATE UNIQUE INDEX marked ON essays (essay_id)")
        pairs = ((first, essay_id) for essay_id, first in reprints.items())
        self._connection.executemany("UPDATE essays SET reprint_of = ? WHERE essay_id = ?", pairs)
        self._connection.execute("DROP INDEX marked")

    def finish(self, digests: Sequence[bytes], essays: Sequence[int]) -> None:
        """Note the sha256 of each added row's embedded text, and of every row its essay's number.

        Where this went on with another file, `essays` begins with those of its rows.
        """
        np.save(_of_rows(self._path), np.array(essays, np.int32), allow_pickle=False)
        first = self.counts["passages"] - len(digests)
        rows = {digest: row for row, digest in reversed(list(enumerate(digests, first)))}
        told = "INSERT OR IGNORE INTO vectors VALUES (?, ?)"
        self._connection.executemany(told, sorted(rows.items()))
        tables.order(self._connection)
        self._connection.commit()
        self.close()

    def close(self) -> None:
        """Close the file, finished or not."""
        self._connection.close()


def _of_rows(path: Path) -> Path:
    """The file beside the records that says whose the rows are."""
    return path.with_suffix(".npy")


_KINDS: dict[str, tuple[type[tables.Record], Callable[[Outline], Sequence[tables.Record]] | None]]
_KINDS = {
    "documents": (Document, lambda outline: (outline.document,)),
    "essays": (Essay, lambda outline: outline.essays),
    "paragraphs": (Paragraph, lambda outline: outline.paragraphs),
    "measures": (Measure, lambda outline: outline.measures),
    "passages": (Passage, None),
}


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"


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


class SqliteRecords:
    """Read-only access to one generation's records, usable from several threads."""

    def __init__(self, path: Path, addition: Path | None = None) -> None:
        """Open `path`, and the file whose records come after it where there is one.

        Raises:
            IndexDamaged: it is missing or no such file.
        """
        try:
            self._connection = sqlite3.connect(_uri(path), uri=True, check_same_thread=False)
            self._turn = threading.Lock()
            if addition:
                tables.attach(self._connection, _uri(addition))
            self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._rows("SELECT seq FROM passages LIMIT 1")  # which it holds if it is the file
        except sqlite3.Error as error:
            raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
        self._essay_of_row = mapped(_of_rows(path))
        if addition:
            self._essay_of_row = np.concatenate([self._essay_of_row, mapped(_of_rows(addition))])
        self.size = len(self._essay_of_row)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Open the records of the generation in `folder`; it raises what opening a file does."""
        addition = folder / ADDITION / RECORDS
        return cls(folder / RECORDS, addition if addition.exists() else None)

    def close(self) -> None:
        """Close the file; nothing can be asked afterwards."""
        self._connection.close()

    def documents(self) -> tuple[Document, ...]:
        """All documents with their lines, in the order of the corpus."""
        return self._all(Document, "ORDER BY seq")

    def outline(self, path: str) -> Outline:
        """What the outliner made of the document at `path`; KeyError for an unknown one."""
        of_essays = "WHERE essay_id IN (SELECT essay_id FROM essays WHERE document = ?)"
        return Outline(
            self._one(Document, "WHERE path = ?", path),
            self._all(Essay, "WHERE document = ? ORDER BY seq", path),
            self._all(Paragraph, f"{of_essays} ORDER BY seq", path),
            self._all(Measure, f"{of_essays} ORDER BY seq", path),
        )

    def essays(self) -> tuple[Essay, ...]:
        """All essays in the order of the corpus, those of kind "matter" included."""
        return tuple(self._essays.values())

    def later_essays(self, first: int) -> tuple[Essay, ...]:
        """The essays from the place `first` in `essays()` on."""
        return self._all(Essay, "WHERE seq >= ? ORDER BY seq", first)

    def essay(self, essay_id: str) -> Essay:
        """One essay; KeyError for an unknown id."""
        return self._essays[essay_id]

    def essays_where(self, filters: Filters) -> tuple[Essay, ...]:
        """The essays that `filters` lets through, in the order of the corpus.

        Within one field any value may match, between fields all must. An essay that does not
        state a fact never matches a filter on it.
        """
        where, values = _where(filters)
        found = self._rows(f"SELECT essay_id FROM essays WHERE {where} ORDER BY seq", *values)
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

    def passage(self, row: int) -> Passage:
        """The passage of one row; KeyError outside 0..n-1."""
        return self._one(Passage, "WHERE seq = ?", int(row))

    def passages(self, rows: Iterable[int]) -> tuple[Passage, ...]:
        """The passages of `rows`, in the order given; KeyError outside 0..n-1."""
        wanted = [int(row) for row in rows]
        known: dict[int, Passage] = {}
        ordered = sorted(set(wanted))
        for at in range(0, len(ordered), _AT_ONCE):
            some = ordered[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))  # a command of as many rows is known from then on
            found = self._all(Passage, f"WHERE seq IN ({marks}) ORDER BY seq", *some)
            if len(found) < len(some):
                raise KeyError(some)
            known |= zip(some, found, strict=True)
        return tuple(known[row] for row in wanted)

    def passages_of(self, essay_ids: Iterable[str]) -> Rows:
        """Ascending rows of the passages of these essays."""
        wanted = set(essay_ids)
        return self._rows_of(i for i, essay_id in enumerate(self._essays) if essay_id in wanted)

    def rows_where(self, filters: Filters) -> Rows:
        """Ascending rows of the passages of `essays_where(filters)`: no match, no row."""
        where, values = _where(filters)
        found = self._rows(f"SELECT seq FROM essays WHERE {where}", *values)
        return self._rows_of(number for (number,) in found)

    @property
    def essay_of_row(self) -> Rows:
        """For each row the place of its essay in `essays()`, shape (n,)."""
        return self._essay_of_row

    @cached_property
    def first_row(self) -> Rows:
        """For each essay in `essays()` its first row, shape (essays,); 0 for one without any."""
        first = np.zeros(len(self._essays), np.int64)
        numbers, rows = np.unique(self.essay_of_row, return_index=True)
        first[numbers] = rows
        return first

    def rows_of(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """For each text that was embedded, by its sha256, a row that holds its vector.

        At most some thousand are asked at a time; those that were not embedded are left out.
        """
        marks = ", ".join("?" * len(digests))
        return dict(
            self._rows(f"SELECT digest, seq FROM vectors WHERE digest IN ({marks})", *digests)
        )

    def _rows_of(self, numbers: Iterable[int]) -> Rows:
        wanted = np.zeros(len(self._essays), bool)
        wanted[list(numbers)] = True
        return np.flatnonzero(wanted[self.essay_of_row])

    @cached_property
    def _essays(self) -> dict[str, Essay]:
        essays = self._all(Essay, "ORDER BY seq")
        return {essay.essay_id: essay for essay in essays}

    def _one(self, kind: type[R], where: str, key: str | int) -> R:
        found = self._all(kind, where, key)
        if not found:
            raise KeyError(key)
        return found[0]

    def _all(self, kind: type[R], rest: str, *values: str | int) -> tuple[R, ...]:
        rows = self._rows(f"{tables.SELECT[kind]} {rest}", *values)
        return tuple(tables.read(kind, row) for row in rows)

    def _rows(self, command: str, *values: str | int | bytes) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._connection.execute(command, values).fetchall()

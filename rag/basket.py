"""What a user collects for a report of their own, in one SQLite file like the history's.

An entry is a block of an answer or a quote from an essay, kept with the paragraphs that it cites
as they were when it was put in, or a heading or words of the user's own. So it outlives its answer
and its essay. What is put in twice is there once, with the sources of both.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from rag.blocks import Block, Heading, Item, Mark, Note, ParagraphBlock, Table, Text, cells, marks
from rag.characters import cleaned
from rag.database import Database
from rag.errors import BadInput
from rag.types import Answer, Citation

FILE_NAME = "basket.sqlite"
MOST = 500  # entries of a user
LONGEST = 2000  # characters of a user's own words
_TITLE = 100  # characters of a title or heading
_WORDS = 10  # how deep words stand that are no heading: below all of them
_UNDO = timedelta(days=1)  # for which what was removed can be had back
_TABLES = """
CREATE TABLE IF NOT EXISTS titles (user TEXT PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, place INTEGER NOT NULL,
    words TEXT, own INTEGER NOT NULL, block TEXT NOT NULL, citations TEXT NOT NULL,
    removed TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX IF NOT EXISTS entries_once ON entries (user, words) WHERE removed = '';
CREATE INDEX IF NOT EXISTS entries_place ON entries (user, place);
"""
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # what turns the direction of a text around
_BLOCK: TypeAdapter[Block] = TypeAdapter(Block)
_CITATIONS: TypeAdapter[tuple[Citation, ...]] = TypeAdapter(tuple[Citation, ...])


class BasketFull(BadInput):
    """A basket that holds `MOST` entries takes no more."""


@dataclass(frozen=True, slots=True)
class BasketEntry:
    """One block in a basket; every mark in it has its citation."""

    block: Block
    citations: tuple[Citation, ...] = ()
    own: bool = False  # the user's own words
    entry_id: int = 0  # given by the basket


def quoted(citation: Citation) -> BasketEntry:
    """Return the entry of one quote."""
    block = ParagraphBlock((Text(citation.quote), Mark(1)))
    return BasketEntry(block, (replace(citation, number=1),))


def answered(answer: Answer, at: int | None = None) -> tuple[BasketEntry, ...]:
    """Return the entries of an answer under its question, or of the one block at `at` alone.

    Left out are the remarks on the answer, which say nothing of the matter.

    Raises:
        IndexError: it has no such block.
    """
    if at is not None:
        block = answer.blocks[at]
        alone = ParagraphBlock(block.inlines) if isinstance(block, Item | Note) else block
        return (_cited(alone, answer),)
    heading = BasketEntry(Heading((Text(answer.question),)), own=True)
    taken = (block for block in under(answer.blocks) if not isinstance(block, Note))
    return (heading, *(_cited(block, answer) for block in taken))


def under(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks as they stand under one more heading."""
    return tuple(
        replace(block, level=block.level + 1) if isinstance(block, Heading) else block
        for block in blocks
    )


def _cited(block: Block, answer: Answer) -> BasketEntry:
    numbers = marks([block])
    return BasketEntry(block, tuple(c for c in answer.citations if c.number in numbers))


def _added(
    new: Mapping[str, BasketEntry], there: Container[str]
) -> Iterator[tuple[str, BasketEntry]]:
    """Yield, by their words, the entries that are not `there`, each below what announces it.

    Words that nothing cited stands under are put in by themselves.
    """
    above = dict[int, tuple[str, BasketEntry]]()  # by how deep it is: headings, then other words
    for words, each in new.items():
        if not each.citations:
            depth = each.block.level if isinstance(each.block, Heading) else _WORDS
            outer = {of: own for of, own in above.items() if of < depth}
            above = outer | {depth: (words, each)}
        elif words not in there:
            yield from above.values()
            yield words, each
            above = {}
    if not any(each.citations for each in new.values()):
        yield from ((words, each) for words, each in new.items() if words not in there)


class Basket:
    """The file; usable from several threads, which take turns."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`'s baskets, made where there are none.

        Raises:
            BadInput: the folder or file cannot be written, is no such file, or is of a version
                that a later program wrote.
        """
        self._file = Database(folder / FILE_NAME, _TABLES, "baskets")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def title(self, user: str) -> str:
        """What the user's report is called; "" for nothing yet."""
        found = self._file.rows("SELECT title FROM titles WHERE user = ?", user)
        return str(found[0][0]) if found else ""

    def entitle(self, user: str, title: str) -> None:
        """Name the user's report."""
        named = " ".join(_kept(title).split())[:_TITLE]
        self._file.run(("INSERT OR REPLACE INTO titles VALUES (?, ?)", user, named))

    def entries(self, user: str) -> tuple[BasketEntry, ...]:
        """The user's entries in their order."""
        rows = self._file.rows(
            "SELECT block, citations, own, id FROM entries WHERE user = ? AND removed = ''"
            " ORDER BY place, id",
            user,
        )
        return tuple(
            BasketEntry(_BLOCK.validate_json(block), _CITATIONS.validate_json(cited), bool(own), of)
            for block, cited, own, of in rows
        )

    def entry(self, user: str, entry_id: int) -> BasketEntry:
        """One entry; KeyError if it is not the user's."""
        found = (each for each in self.entries(user) if each.entry_id == entry_id)
        if (entry := next(found, None)) is None:
            raise KeyError(entry_id)
        return entry

    def put(self, user: str, entries: Sequence[BasketEntry]) -> int:
        """Put entries in at the end; return how many were not there yet.

        A heading, or words that announce what is cited, go in with what is new of it.

        Raises:
            BasketFull: there is no room for all of them, and none was put in.
        """
        there = {_words(each.block): each for each in self.entries(user)}
        new = {_words(each.block): each for each in entries}
        added = dict(_added(new, there))
        self._make_room(user, len(added))
        again = [
            _joined(there[words], each)
            for words, each in new.items()
            if words in there and words not in added
        ]
        self._file.run(
            *(
                ("UPDATE entries SET block = ?, citations = ? WHERE id = ?", *_json(each),
                 each.entry_id)
                for each in again
            ),
            *(_insert(user, own, w if own.citations else None) for w, own in added.items()),
        )  # fmt: skip
        return len(added)

    def write(self, user: str, text: str, level: int = 0) -> None:
        """Add words of the user's own: a heading of that level, or for 0 a paragraph.

        Raises:
            BadInput: there are none, or too many.
            BasketFull: there is no room.
        """
        block = _own(text, level)
        self._make_room(user, 1)
        self._file.run(_insert(user, BasketEntry(block, own=True), None))

    def rewrite(self, user: str, entry_id: int, text: str) -> None:
        """Change words of the user's own.

        Raises:
            KeyError: it is not the user's entry, or not in their own words.
            BadInput: there are none, or too many.
        """
        entry = self.entry(user, entry_id)
        if not entry.own:
            raise KeyError(entry_id)
        level = entry.block.level if isinstance(entry.block, Heading) else 0
        block = _BLOCK.dump_json(_own(text, level)).decode()
        change = "UPDATE entries SET block = ?, words = NULL WHERE id = ?"
        self._file.run((change, block, entry_id))

    def move(self, user: str, entry_id: int, before: int = 0) -> None:
        """Move an entry before another one, for 0 to the end; KeyError if one is not the user's."""
        rows = self._file.rows("SELECT id FROM entries WHERE user = ? ORDER BY place, id", user)
        order = [of for (of,) in rows]
        if entry_id not in order or (before and before not in order):
            raise KeyError(entry_id)
        if entry_id == before:
            return
        order.remove(entry_id)
        order.insert(order.index(before) if before else len(order), entry_id)
        change = "UPDATE entries SET place = ? WHERE id = ?"
        self._file.run(*((change, place, of) for place, of in enumerate(order, 1)))

    def remove(self, user: str, entry_id: int | None = None) -> None:
        """Remove an entry, or all; for a day it can be restored. KeyError if not the user's."""
        now = datetime.now(UTC)
        which = "user = ?2 AND removed = '' AND (?3 IS NULL OR id = ?3)"
        removed = self._file.run(
            ("DELETE FROM entries WHERE removed != '' AND removed < ?", (now - _UNDO).isoformat()),
            (f"UPDATE entries SET removed = ?1 WHERE {which}", now.isoformat(), user, entry_id),
        )
        if entry_id is not None and not removed:
            raise KeyError(entry_id)

    def restore(self, user: str) -> None:
        """Bring back what was removed last, where it was; what was put in again stays once."""
        last = "(SELECT max(removed) FROM entries WHERE user = ?1)"
        self._make_room(user, int(self._count(user, last)))
        self._file.run(
            (
                "UPDATE OR IGNORE entries SET removed = ''"
                f" WHERE user = ?1 AND removed != '' AND removed = {last}",
                user,
            )
        )

    def removed(self, user: str) -> bool:
        """Whether something can be restored."""
        return bool(self._file.rows("SELECT 1 FROM entries WHERE user = ? AND removed != ''", user))

    def _count(self, user: str, removed: str) -> int:
        count = f"SELECT count(*) FROM entries WHERE user = ?1 AND removed = {removed}"
        return int(self._file.rows(count, user)[0][0])

    def _make_room(self, user: str, count: int) -> None:
        if self._count(user, "''") + count > MOST:
            raise BasketFull(
                "the basket holds {most} entries: export it, or remove some", most=MOST
            )


def _insert(user: str, entry: BasketEntry, words: str | None) -> tuple[object, ...]:
    return (
        "INSERT OR IGNORE INTO entries (user, place, words, own, block, citations)"
        " VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM entries WHERE user = ?1),"
        " ?2, ?3, ?4, ?5)",
        *(user, words, int(entry.own), *_json(entry)),
    )


def _json(entry: BasketEntry) -> tuple[str, str]:
    return (
        _BLOCK.dump_json(entry.block).decode(),
        _CITATIONS.dump_json(entry.citations).decode(),
    )


def _words(block: Block) -> str:
    """Return what makes a block the same as another: its words, and whether it is a heading."""
    texts = (each.text for cell in cells(block) for each in cell if isinstance(each, Text))
    return ("# " if isinstance(block, Heading) else "") + "".join("".join(texts).split())


def _joined(there: BasketEntry, again: BasketEntry) -> BasketEntry:
    """Give an entry the sources that another one of the same words has besides."""
    if isinstance(there.block, Table):  # whose marks stand in its cells
        return there
    known = {(c.paragraph.paragraph_id, c.start, c.end) for c in there.citations}
    last = max((c.number for c in there.citations), default=0)
    more = [c for c in again.citations if (c.paragraph.paragraph_id, c.start, c.end) not in known]
    numbered = tuple(replace(c, number=last + n) for n, c in enumerate(more, 1))
    inlines = (*there.block.inlines, *(Mark(c.number) for c in numbered))
    block = replace(there.block, inlines=inlines)
    return replace(there, block=block, citations=(*there.citations, *numbered))


def _own(text: str, level: int) -> Block:
    """Return a user's words as a block."""
    words, most = _kept(text).strip(), _TITLE if level else LONGEST
    if not words or len(words) > most:
        raise BadInput(
            "own words are empty, or longer than {most} characters: change them", most=most
        )
    if level:
        return Heading((Text(" ".join(words.split())),), level)
    return ParagraphBlock((Text(words),))


def _kept(text: str) -> str:
    """Leave out what no file can hold and what would show a text as another one."""
    return _TURNS.sub("", cleaned(text))

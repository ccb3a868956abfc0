"""What is written comes back as it was; filters never let through what they should not."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.records import Records, RecordsWriter
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
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "党建", "𠀀𪚥", "👩🏽‍🌾", "a\x00b", "“四进四考”", "'); DROP TABLE essays; --", "\n\u3000"]
)
FACT = st.none() | TEXT
SPAN = st.tuples(st.integers(0, 9), st.integers(0, 9))
STATED = st.builds(Stated, TEXT, TEXT, TEXT, st.sampled_from([0.0, 0.3, 1.0]))
STATES = st.lists(STATED, max_size=2).map(tuple)
LINE = st.builds(
    Line, TEXT, st.integers(1, 99), st.none() | st.integers(1, 9), st.integers(0, 6),
    st.lists(SPAN, max_size=2).map(tuple), st.integers(0, 99),
    st.sampled_from(["text", "row", "note"]),
)  # fmt: skip


@st.composite
def outlines(draw: st.DrawFn, path: str) -> Outline:
    """One document with what belongs together by its ids, and any text in the rest."""
    lines = tuple(draw(st.lists(LINE, max_size=3)))
    notes = tuple(draw(st.lists(TEXT, max_size=2)))
    essays, paragraphs, measures = [], [], []
    for e in range(draw(st.integers(0, 2))):
        essay_id = f"{path}#{e}"
        kind = draw(st.sampled_from(["essay", "matter"]))
        facts = draw(st.tuples(*[FACT] * 9))
        essays.append(Essay(essay_id, path, kind, *facts, draw(STATES), draw(FACT)))
        for p in range(1, draw(st.integers(0, 3)) + 1):
            origin = (Piece(0, draw(st.integers(1, 9))), Piece(3, 7, draw(st.none() | st.just(2))))
            trail = tuple(draw(st.lists(TEXT, max_size=2)))
            key = f"{essay_id}.{p}"
            paragraphs.append(Paragraph(key, essay_id, p, "body", draw(TEXT), origin, trail))
            parent = draw(FACT)
            measures.append(Measure(f"{key}m", essay_id, key, 1, parent, draw(TEXT), 0, 4))
    unread = tuple(draw(st.lists(TEXT, max_size=1)))
    document = Document(path, draw(TEXT), "txt", lines, notes, draw(STATES), unread)
    return Outline(document, tuple(essays), tuple(paragraphs), tuple(measures))


@given(first=outlines("甲/一.txt"), second=outlines("乙.md"))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, first: Outline, second: Outline
) -> None:
    both = (second, first)
    passages = [
        Passage(f"{p.paragraph_id}:0-1", p.paragraph_id, p.essay_id, None, 0, 1, p.text)
        for outline in both
        for p in outline.paragraphs
    ]
    path = tmp_path_factory.mktemp("记录 #?%") / "records.sqlite"
    records = written(path, both, passages)
    numbers = {e.essay_id: n for n, e in enumerate(second.essays + first.essays)}
    assert records.essays() == second.essays + first.essays
    assert records.measures() == second.measures + first.measures
    assert records.passages(range(len(passages))) == tuple(passages)
    assert records.essay_of_row.tolist() == [numbers[p.essay_id] for p in passages]
    for outline in both:
        assert records.document(outline.document.path) == outline.document
        for essay in outline.essays:
            own = tuple(p for p in outline.paragraphs if p.essay_id == essay.essay_id)
            assert records.essay(essay.essay_id) == essay
            assert records.paragraphs(essay.essay_id) == own
            assert tuple(records.paragraph(p.paragraph_id) for p in own) == own
            mine = tuple(m for m in outline.measures if m.essay_id == essay.essay_id)
            assert records.measures(essay.essay_id) == mine
            assert tuple(records.measure(m.measure_id) for m in mine) == mine
    records.close()


def written(path: Path, outlines: Sequence[Outline], passages: Sequence[Passage]) -> Records:
    """Write one document after the other, as they are read; open the file."""
    file = RecordsWriter(path)
    for each in outlines:
        own = [p for p in passages if p.essay_id.startswith(f"{each.document.path}#")]
        file.add(each, own)
    file.finish({})
    assert file.counts == {
        "documents": len(outlines),
        "essays": sum(len(outline.essays) for outline in outlines),
        "paragraphs": sum(len(outline.paragraphs) for outline in outlines),
        "measures": sum(len(outline.measures) for outline in outlines),
        "passages": len(passages),
    }
    return Records(path)


ESSAYS = (
    Essay("d#0", "d", place="太湖县", author="李飞、王平", office="太湖县委组织部", issue="32",
          date="2022-10-25", publication="安庆组工信息"),
    Essay("d#1", "d", place="怀宁县", author="王平安", issue="3", date="2022-1"),
    Essay("e#0", "e"),
)  # fmt: skip


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """Three essays of two passages each, in this order: rows 0-1, 2-3, 4-5."""
    outlines, passages = [], []
    for path in ("d", "e"):
        essays = tuple(essay for essay in ESSAYS if essay.document == path)
        outlines.append(Outline(Document(path, "", "txt", ()), essays, (), ()))
        for essay in essays:
            for n in range(2):
                key = f"{essay.essay_id}.{n}"
                passages.append(Passage(f"{key}:0-1", key, essay.essay_id, None, 0, 1, "文"))
    return written(tmp_path / "r", outlines, passages)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(), [0, 1, 2, 3, 4, 5]),
        (Filters(place=("太湖",)), [0, 1]),
        (Filters(place=("太湖县", "怀宁县")), [0, 1, 2, 3]),
        (Filters(place=("桐城市",)), []),
        (Filters(place=("",)), []),
        (Filters(author=("王平",)), [0, 1]),
        (Filters(author=("李飞",), place=("怀宁县",)), []),
        (Filters(office=("组织部",)), [0, 1]),
        (Filters(issue=("3",)), [2, 3]),
        (Filters(date=("2022",)), [0, 1, 2, 3]),
        (Filters(date=("2022-1",)), [2, 3]),
        (Filters(date=("2022-10",)), [0, 1]),
        (Filters(date=("202",)), []),
        (Filters(publication=("组工信息",)), [0, 1]),
        (Filters(essay_id=("e#0", "d#1")), [2, 3, 4, 5]),
        (Filters(essay_id=("' OR 1=1 --",)), []),
    ],
)
def test_filters_are_fail_closed(records: Records, filters: Filters, rows: list[int]) -> None:
    assert records.rows_where(filters).tolist() == rows
    essays = [ESSAYS[row // 2] for row in rows[::2]]
    assert records.essays_where(filters) == tuple(essays)


def test_thousands_of_essays_can_be_named(records: Records) -> None:
    known = records.essays()[0].essay_id
    filters = Filters(essay_id=("", *map(str, range(5000)), known))
    assert [essay.essay_id for essay in records.essays_where(filters)] == [known]


def test_passages_come_in_the_order_asked_and_thousands_at_once(records: Records) -> None:
    known = records.passages(range(6))
    assert records.passages([5, 0, 5]) == (known[5], known[0], known[5])
    assert records.passages([0, 1, 2] * 400) == known[:3] * 400
    assert records.passages([]) == ()


def test_reprints_are_marked(tmp_path: Path) -> None:
    file = RecordsWriter(tmp_path / "r")
    for path in ("d", "e"):
        essays = tuple(essay for essay in ESSAYS if essay.document == path)
        file.add(Outline(Document(path, "", "txt", ()), essays, (), ()), [])
    file.finish({"d#1": "d#0", "e#0": "d#0"})
    records = Records(tmp_path / "r")
    assert [essay.reprint_of for essay in records.essays()] == [None, "d#0", "d#0"]
    assert records.essays() == (
        ESSAYS[0], replace(ESSAYS[1], reprint_of="d#0"), replace(ESSAYS[2], reprint_of="d#0"),
    )  # fmt: skip


def test_other_programs_read_the_tables_by_name(records: Records, tmp_path: Path) -> None:
    """The columns that are promised of essays and paragraphs."""
    with closing(sqlite3.connect(tmp_path / "r")) as other:
        columns = {
            name: {row[1] for row in other.execute(f"PRAGMA table_info({name})")}
            for name in ("essays", "paragraphs")
        }
        titles = other.execute("SELECT place FROM essays ORDER BY seq").fetchall()
    assert columns["essays"] >= {
        "seq", "essay_id", "document", "kind", "title", "author", "office", "place", "publication",
        "issue", "date", "issuer", "document_number", "known", "reprint_of",
    }  # fmt: skip
    assert columns["paragraphs"] >= {
        "seq", "paragraph_id", "essay_id", "ordinal", "role", "text", "origin", "trail",
    }  # fmt: skip
    assert titles == [("太湖县",), ("怀宁县",), (None,)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda records: records.essay("没有"),
        lambda records: records.paragraph("没有"),
        lambda records: records.measure("没有"),
        lambda records: records.passages([6]),
        lambda records: records.passages([0, -1]),
    ],
)
def test_unknown_ids_are_key_errors(records: Records, ask: Callable[[Records], object]) -> None:
    with pytest.raises(KeyError):
        ask(records)


def test_many_threads_read_at_once(records: Records) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda i: records.passages([i % 6])[0].passage_id, range(600)))
    assert texts == [records.passages([i % 6])[0].passage_id for i in range(600)]


def test_says_what_to_do_with_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"not a database at all, but longer than its header of 100 bytes")
    for name in ("r", "missing"):
        with pytest.raises(IndexDamaged, match=f"{name} cannot be read: run `rag build` again"):
            Records(tmp_path / name)

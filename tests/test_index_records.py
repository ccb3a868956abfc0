"""What is written comes back as it was; filters never let through what they should not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.records import RecordsFile, SqliteRecords
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
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "党建", "𠀀𪚥", "👩🏽‍🌾", "a\x00b", "“四进四考”", "'); DROP TABLE essays; --", "\n\u3000"]
)
FACT = st.none() | TEXT
SPAN = st.tuples(st.integers(0, 9), st.integers(0, 9))
LINE = st.builds(
    Line, TEXT, st.integers(1, 99), st.none() | st.integers(1, 9), st.integers(0, 6),
    st.lists(SPAN, max_size=2).map(tuple), st.integers(0, 99),
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
        essays.append(Essay(essay_id, path, kind, *draw(st.tuples(*[FACT] * 8))))
        for p in range(1, draw(st.integers(0, 3)) + 1):
            origin = (Piece(0, draw(st.integers(1, 9))), Piece(3, 7, draw(st.none() | st.just(2))))
            trail = tuple(draw(st.lists(TEXT, max_size=2)))
            key = f"{essay_id}.{p}"
            paragraphs.append(Paragraph(key, essay_id, p, "body", draw(TEXT), origin, trail))
            parent = draw(FACT)
            measures.append(Measure(f"{key}m", essay_id, key, 1, parent, draw(TEXT), 0, 4))
    document = Document(path, draw(TEXT), "txt", lines, notes)
    return Outline(document, tuple(essays), tuple(paragraphs), tuple(measures))


@settings(deadline=None)  # it writes files
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
    path = tmp_path_factory.mktemp("记录") / "records.sqlite"
    file = RecordsFile(path)
    for each in both:  # one document after the other, as they are read
        own = [p for p in passages if p.essay_id.startswith(f"{each.document.path}#")]
        file.add([each], own)
    numbers = {e.essay_id: n for n, e in enumerate(second.essays + first.essays)}
    owners = [numbers[passage.essay_id] for passage in passages]
    file.finish([bytes([row]) for row in range(len(passages))], owners)
    records = SqliteRecords(path)
    assert records.documents() == (second.document, first.document)
    assert [records.outline(o.document.path) for o in both] == [second, first]
    assert records.essays() == second.essays + first.essays
    assert records.measures() == second.measures + first.measures
    assert records.passages(range(len(passages))) == tuple(passages)
    for outline in both:
        for essay in outline.essays:
            own = tuple(p for p in outline.paragraphs if p.essay_id == essay.essay_id)
            assert records.essay(essay.essay_id) == essay
            assert records.paragraphs(essay.essay_id) == own
            assert tuple(records.paragraph(p.paragraph_id) for p in own) == own
            assert records.measures(essay.essay_id) == tuple(
                m for m in outline.measures if m.essay_id == essay.essay_id
            )
    assert records.size == file.counts["passages"] == len(passages)
    assert file.counts["measures"] == sum(len(outline.measures) for outline in both)
    known = {bytes([row]): row for row in range(len(passages))}
    assert records.rows_of([*known, b"unknown"]) == known
    records.close()


ESSAYS = (
    Essay("d#0", "d", place="太湖县", author="李飞、王平", office="太湖县委组织部", issue="32",
          date="2022-10-25", publication="安庆组工信息"),
    Essay("d#1", "d", place="怀宁县", author="王平安", issue="3", date="2022-1"),
    Essay("e#0", "e"),
)  # fmt: skip


@pytest.fixture
def records(tmp_path: Path) -> SqliteRecords:
    """Three essays of two passages each, in this order: rows 0-1, 2-3, 4-5."""
    outlines, passages = [], []
    for path in ("d", "e"):
        essays = tuple(essay for essay in ESSAYS if essay.document == path)
        outlines.append(Outline(Document(path, "", "txt", ()), essays, (), ()))
        for essay in essays:
            for n in range(2):
                key = f"{essay.essay_id}.{n}"
                passages.append(Passage(f"{key}:0-1", key, essay.essay_id, None, 0, 1, "文"))
    file = RecordsFile(tmp_path / "r")
    file.add(outlines, passages)
    file.finish([], [0, 0, 1, 1, 2, 2])
    return SqliteRecords(tmp_path / "r")


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
def test_filters_are_fail_closed(records: SqliteRecords, filters: Filters, rows: list[int]) -> None:
    assert records.rows_where(filters).tolist() == rows
    essays = [ESSAYS[row // 2] for row in rows[::2]]
    assert records.essays_where(filters) == tuple(essays)


def test_thousands_of_essays_can_be_named(records: SqliteRecords) -> None:
    known = records.essays()[0].essay_id
    filters = Filters(essay_id=("", *map(str, range(5000)), known))
    assert [essay.essay_id for essay in records.essays_where(filters)] == [known]


def test_passages_of_essays(records: SqliteRecords) -> None:
    assert records.passages_of(["e#0", "d#0", "没有"]).tolist() == [0, 1, 4, 5]
    assert records.passages_of([]).tolist() == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda records: records.essay("没有"),
        lambda records: records.paragraph("没有"),
        lambda records: records.measure("没有"),
        lambda records: records.passage(6),
        lambda records: records.outline("没有"),
    ],
)
def test_unknown_ids_are_key_errors(
    records: SqliteRecords, ask: Callable[[SqliteRecords], object]
) -> None:
    with pytest.raises(KeyError):
        ask(records)


def test_many_threads_read_at_once(records: SqliteRecords) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda i: records.passage(i % 6).passage_id, range(600)))
    assert texts == [records.passage(i % 6).passage_id for i in range(600)]


def test_says_what_to_do_with_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"not a database at all, but longer than its header of 100 bytes")
    for name in ("r", "missing"):
        with pytest.raises(IndexDamaged, match=f"{name} cannot be read: run `rag build` again"):
            SqliteRecords(tmp_path / name)

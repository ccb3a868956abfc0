"""A paragraph is cut where a lead or a quote begins; essays are sorted and shown by pages."""

from hypothesis import given
from hypothesis import strategies as st

from rag.types import Essay, Measure, Paragraph, Piece
from ui.library import Stretch, page_of, sort_essays, stretches


def paragraph(text: str) -> Paragraph:
    return Paragraph("甲#1.3", "甲#1", 3, "body", text, (Piece(0, 7),))


def measure(lead: str, start: int, paragraph_id: str = "甲#1.3") -> Measure:
    return Measure(f"甲#1.m{start}", "甲#1", paragraph_id, 1, None, lead, start, start + len(lead))


def test_leads_and_the_quote_are_told_apart_where_they_overlap() -> None:
    one, two = measure("先选。", 0), measure("后用。", 5)
    other = measure("别处。", 0, "甲#1.4")
    made = list(stretches(paragraph("先选。好人后用。真"), [one, two, other], (1, 6)))
    assert made == [
        Stretch("先", one, first=True),
        Stretch("选。", one, last=True, marked=True),
        Stretch("好人", marked=True),
        Stretch("后", two, first=True, marked=True),
        Stretch("用。", two, last=True),
        Stretch("真"),
    ]


@given(st.text(min_size=1, max_size=30), st.integers(-3, 40), st.integers(-3, 40))
def test_the_pieces_are_the_paragraph_and_the_marked_ones_the_quote(
    text: str, start: int, end: int
) -> None:
    made = list(stretches(paragraph(text), [], (start, end)))
    assert "".join(piece.text for piece in made) == text
    quote = text[max(0, start) : max(0, end)]
    assert "".join(piece.text for piece in made if piece.marked) == quote


def test_what_is_not_stated_comes_last_whichever_way_essays_are_sorted() -> None:
    essays = [Essay("1", "甲", date="2022"), Essay("2", "甲"), Essay("3", "甲", date="2021")]
    rows = [(essay, number) for number, essay in enumerate(essays)]

    def ids(column: str, down: bool) -> list[str]:
        return [essay.essay_id for essay, _ in sort_essays(rows, column, down)]

    assert ids("date", False) == ["3", "1", "2"]
    assert ids("date", True) == ["1", "3", "2"]
    assert ids("measures", True) == ["3", "2", "1"]
    assert ids("essay_id; DROP", False) == ["1", "2", "3"]


@given(st.integers(0, 100), st.integers(1, 200), st.integers(1, 30))
def test_the_pages_are_all_rows_once(count: int, number: int, size: int) -> None:
    first = page_of(range(count), 1, size)
    pages = [page_of(range(count), n, size) for n in range(1, first.pages + 1)]
    assert [row for page in pages for row in page.rows] == list(range(count))
    assert all(page.total == count for page in pages)
    beyond = page_of(range(count), number + first.pages, size)
    assert beyond == pages[-1]

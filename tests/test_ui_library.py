"""A paragraph is cut where a lead or a quote begins; what was searched for is marked; sorting."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from rag.types import Essay, Measure, Paragraph, Piece
from ui.library import Stretch, marked, sort_essays, stretches


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


class Marks(HTMLParser):
    """The text of a page, and of its marks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.marked, self._open = "", [""], False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a mark; nothing else may come."""
        assert (tag, attrs) == ("mark", [])
        self._open = True

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        self._open = False
        self.marked.append("")

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data
        if self._open:
            self.marked[-1] += data


def test_the_longest_term_is_marked_and_nothing_runs() -> None:
    found = Marks(str(marked("建人才驿站<b>人才</b>", ["人才驿站", "人才"])))
    assert found.text == "建人才驿站<b>人才</b>"
    assert found.marked == ["人才驿站", "人才", ""]


@given(st.text(alphabet="甲乙<>&\"'/mark", max_size=20), st.lists(st.text("甲<m", min_size=1)))
def test_any_text_comes_out_as_it_was(text: str, terms: list[str]) -> None:
    assert Marks(str(marked(text, terms))).text == text


def test_what_is_not_stated_comes_last_whichever_way_essays_are_sorted() -> None:
    essays = [Essay("1", "甲", date="2022"), Essay("2", "甲"), Essay("3", "甲", date="2021")]
    rows = [(essay, number) for number, essay in enumerate(essays)]

    def ids(column: str, down: bool) -> list[str]:
        return [essay.essay_id for essay, _ in sort_essays(rows, column, down)]

    assert ids("date", False) == ["3", "1", "2"]
    assert ids("date", True) == ["1", "3", "2"]
    assert ids("measures", True) == ["3", "2", "1"]
    assert ids("essay_id; DROP", False) == ["1", "2", "3"]

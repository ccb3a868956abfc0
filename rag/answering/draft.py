"""An answer in the making: blocks with marks, and the citations they stand for.

Only this module makes citations and numbers them, so a mark without a citation, a citation
without a mark or a quote that is not in its paragraph cannot be written by a composer; `finish`
checks all three again, because they are the product's promise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from rag import blocks
from rag.blocks import Block, Inline, Mark, Text
from rag.citing import check
from rag.types import Citation, Essay, Paragraph, Span


@dataclass(frozen=True, slots=True)
class Quoted:
    """`paragraph.text[start:end]`, to be quoted in a table."""

    essay: Essay
    paragraph: Paragraph
    start: int
    end: int
    bold: tuple[Span, ...] = ()  # of the paragraph's text
    trail: tuple[str, ...] = ()


Cell = str | Sequence[Quoted]
"""Own words, or quotes one after the other."""


class Draft:
    """Collects blocks and citations; equal quotes share a number."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._open: Callable[[tuple[Inline, ...]], Block] | None = None
        self._inlines: list[Inline] = []  # of the open block
        self._citations: dict[tuple[str, int, int], Citation] = {}

    def paragraph(self) -> None:
        """Open a paragraph: what follows goes into it."""
        self._begin(blocks.Paragraph)

    def item(self, level: int = 1, number: int | None = None) -> None:
        """Open an item of a list, with a bullet where no number is given."""
        self._begin(partial(blocks.Item, level=level, number=number))

    def heading(self) -> None:
        """Open a heading."""
        self._begin(blocks.Heading)

    def note(self, text: str) -> None:
        """Add a remark of the program's own, a block by itself."""
        self._begin(blocks.Note)
        self.say(text)
        self._close()

    def say(self, text: str) -> None:
        """Add words of the program's own to the open block, or to a new paragraph."""
        self._add(Text(text))

    def quote(
        self,
        essay: Essay,
        paragraph: Paragraph,
        start: int,
        end: int,
        *,
        bold: Sequence[Span] = (),
        trail: tuple[str, ...] = (),
    ) -> None:
        """Add `paragraph.text[start:end]` word for word with its mark.

        What of it lies in `bold`, spans of the paragraph's text, is set in bold.
        """
        self._add(*self._quoted(Quoted(essay, paragraph, start, end, tuple(bold), trail)))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Add a table; every row has as many cells as `header`.

        Raises:
            ValueError: a row has not.
        """
        self._close()
        if any(len(row) != len(header) for row in rows):
            raise ValueError(f"a row has not the {len(header)} cells of the header")
        heads = tuple(self._cell(head) for head in header)
        made = tuple(tuple(self._cell(cell) for cell in row) for row in rows)
        self._blocks.append(blocks.Table(heads, made))

    @property
    def quotes(self) -> int:
        """How many quotes there are so far."""
        return len(self._citations)

    @property
    def cited(self) -> frozenset[str]:
        """Ids of the essays that are cited so far."""
        return frozenset(citation.essay.essay_id for citation in self._citations.values())

    def finish(self) -> tuple[tuple[Block, ...], tuple[Citation, ...]]:
        """Return the blocks and their citations, numbered 1.. in the order of their marks.

        Raises:
            RuntimeError: a mark without a citation or the reverse, or a quote that its paragraph
                does not hold: a bug here, and no answer may leave with it.
        """
        self._close()
        made, citations = tuple(self._blocks), tuple(self._citations.values())
        check(made, citations)
        return made, citations

    def _begin(self, make: Callable[[tuple[Inline, ...]], Block]) -> None:
        self._close()
        self._open = make

    def _add(self, *inlines: Inline) -> None:
        if self._open is None:
            self.paragraph()
        self._inlines += inlines

    def _close(self) -> None:
        """End the open block; one without a word leaves no trace."""
        if self._open is not None and (inlines := blocks.joined(self._inlines)):
            self._blocks.append(self._open(inlines))
        self._open, self._inlines = None, []

    def _cell(self, cell: Cell) -> blocks.Cell:
        if isinstance(cell, str):
            return blocks.joined((Text(cell),))
        return blocks.joined(inline for quoted in cell for inline in self._quoted(quoted))

    def _quoted(self, quoted: Quoted) -> Iterator[Inline]:
        text, start, end = quoted.paragraph.text, quoted.start, quoted.end
        edges = {min(max(edge, start), end) for span in quoted.bold for edge in span}
        for a, b in pairwise(sorted({start, end} | edges)):
            yield Text(text[a:b], any(first <= a and b <= last for first, last in quoted.bold))
        yield self._mark(quoted)

    def _mark(self, quoted: Quoted) -> Mark:
        key = (quoted.paragraph.paragraph_id, quoted.start, quoted.end)
        if key not in self._citations:
            self._citations[key] = Citation(
                number=len(self._citations) + 1,
                paragraph=quoted.paragraph,
                essay=quoted.essay,
                quote=quoted.paragraph.text[quoted.start : quoted.end],
                start=quoted.start,
                end=quoted.end,
                trail=quoted.trail,
            )
        return Mark(self._citations[key].number)

"""An answer in the making: blocks with marks, and the citations they stand for.

Only this module makes citations and numbers them, so a mark without a citation, a citation
without a mark or a quote that is not in its paragraph cannot be written by a composer; `finish`
checks all three again, because they are the product's promise.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath

from rag import blocks
from rag.answering.tree import Sentence, ShownItem
from rag.blocks import Block, Inline, Mark, Text
from rag.citing import check
from rag.types import Citation, Essay, Span

Cell = str | Sequence[Sentence]
"""Own words, or quotes one after the other."""


def label(essay: Essay) -> str:
    """Whose text follows: place and author, or title, or file name."""
    title = f"《{essay.title}》" if essay.title else ""
    facts = [fact for fact in (essay.place, essay.author) if fact and len(fact) <= 16]
    return " ".join(facts) + title if facts or title else PurePosixPath(essay.document).name


def citation(number: int, sentence: Sentence) -> Citation:
    """The citation of a sentence."""
    return Citation(
        number, sentence.paragraph, sentence.essay, sentence.text,
        sentence.start, sentence.end, sentence.trail,
    )  # fmt: skip


class Draft:
    """Collects blocks and citations; equal quotes share a number."""

    def __init__(self) -> None:
        self.items: list[ShownItem] = []  # that a later turn may point at
        self.essays: dict[str, None] = {}  # ids of those the answer is of
        self._blocks: list[Block] = []
        self._open: Callable[[tuple[Inline, ...]], Block] | None = None
        self._inlines: list[Inline] = []  # of the open block
        self._citations: dict[tuple[str, int, int], Citation] = {}

    def paragraph(self, of: Essay | str | None = None) -> None:
        """Open a paragraph: what follows goes into it; `of` says whose text or what it is."""
        self._begin(blocks.ParagraphBlock, of)

    def item(
        self, of: Essay | str | None = None, *, level: int = 1, number: int | None = None
    ) -> None:
        """Open an item of a list, with a bullet where no number is given."""
        self._begin(partial(blocks.Item, level=level, number=number), of)

    def note(self, text: str) -> None:
        """Add a remark of the program's own, a block by itself."""
        self._begin(blocks.Note)
        self.say(text)
        self._close()

    def say(self, text: str) -> None:
        """Add words of the program's own to the open block, or to a new paragraph."""
        self._add(Text(text))

    def quote(self, sentence: Sentence, bold: Sequence[Span] = (), *, item: bool = True) -> None:
        """Add a sentence word for word with its mark; a later turn can point at it as an `item`.

        What of it lies in `bold`, spans of the paragraph's text, is set in bold.
        """
        self._add(*self._quoted(sentence, bold, item=item))

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

    def _begin(
        self, make: Callable[[tuple[Inline, ...]], Block], of: Essay | str | None = None
    ) -> None:
        self._close()
        self._open = make
        if of is not None:
            self.say(f"{of if isinstance(of, str) else label(of)}：")

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
        return blocks.joined(inline for quoted in cell for inline in self._quoted(quoted, ()))

    def _quoted(
        self, sentence: Sentence, bold: Sequence[Span], *, item: bool = True
    ) -> Iterator[Inline]:
        start, end, paragraph = sentence.start, sentence.end, sentence.paragraph
        self.essays[sentence.essay.essay_id] = None
        if item:
            self.items.append(
                ShownItem(
                    sentence.essay.essay_id, sentence.node, paragraph.paragraph_id, start, end
                )
            )
        edges = {min(max(edge, start), end) for span in bold for edge in span}
        for a, b in pairwise(sorted({start, end} | edges)):
            inside = any(first <= a and b <= last for first, last in bold)
            yield Text(paragraph.text[a:b], inside)
        key = (paragraph.paragraph_id, start, end)
        if key not in self._citations:
            self._citations[key] = citation(len(self._citations) + 1, sentence)
        yield Mark(self._citations[key].number)

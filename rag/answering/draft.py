"""An answer in the making: text with marks, and the citations they stand for.

Only this module makes citations and numbers them, so a mark without a citation, a citation
without a mark or a quote that is not in its paragraph cannot be written by a composer; `finish`
checks all three again, because they are the product's promise.
"""

from rag.citing import check, escape
from rag.types import Citation, Essay, Paragraph, Span


class Draft:
    """Collects text and citations; equal quotes share a number."""

    def __init__(self) -> None:
        self.likely: float | None = None  # that the essays answer, where a composer weighed it
        self._text: list[str] = []
        self._citations: dict[tuple[str, int, int], Citation] = {}

    def say(self, markdown: str) -> None:
        """Add words of the program's own, already Markdown."""
        self._text.append(markdown)

    def cite(
        self, essay: Essay, paragraph: Paragraph, start: int, end: int, trail: tuple[str, ...] = ()
    ) -> str:
        """Return the mark for `paragraph.text[start:end]`."""
        key = (paragraph.paragraph_id, start, end)
        if key not in self._citations:
            self._citations[key] = Citation(
                number=len(self._citations) + 1,
                paragraph=paragraph,
                essay=essay,
                quote=paragraph.text[start:end],
                start=start,
                end=end,
                trail=trail,
            )
        return f"[{self._citations[key].number}]"

    def quote(
        self,
        essay: Essay,
        paragraph: Paragraph,
        start: int,
        end: int,
        *,
        bold: Span | None = None,
        trail: tuple[str, ...] = (),
    ) -> None:
        """Add `paragraph.text[start:end]` word for word with its mark; `bold` is set in bold."""
        text = paragraph.text
        a, b = bold if bold and start <= bold[0] < bold[1] <= end else (start, start)
        strong = f"**{escape(text[a:b])}**" if a < b else ""
        mark = self.cite(essay, paragraph, start, end, trail)
        self._text.append(f"{escape(text[start:a])}{strong}{escape(text[b:end])}{mark}")

    @property
    def cited(self) -> frozenset[str]:
        """Ids of the essays that are cited so far."""
        return frozenset(c.essay.essay_id for c in self._citations.values())

    def finish(self) -> tuple[str, tuple[Citation, ...]]:
        """Return the text and its citations, numbered 1.. in order.

        Raises:
            RuntimeError: a mark without a citation or the reverse, or a quote that its paragraph
                does not hold: a bug in a composer, and no answer may leave with it.
        """
        text = "".join(self._text).strip()
        citations = tuple(self._citations.values())
        check(text, citations)
        return text, citations

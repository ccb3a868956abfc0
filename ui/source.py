"""What is said of a citation: its essay, where the quote stands, what is around it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from rag import export
from rag.types import Citation, Essay, Paragraph, Piece
from ui.strings import ZH, Strings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The paragraphs around a cited one, in reading order, and whether it is still there."""

    before: tuple[Paragraph, ...] = ()
    after: tuple[Paragraph, ...] = ()
    changed: bool = False  # the library no longer has the paragraph as it was cited


NOTHING_AROUND = Surroundings()


def essay_title(essay: Essay, s: Strings) -> str:
    """Return the title of an essay as running text sets it."""
    return (
        s.essay_title.format(title=essay.title)
        if essay.title
        else s.untitled.format(file=bare_title(essay))
    )


def bare_title(essay: Essay) -> str:
    """Return the title of an essay; that of its file, without the suffix, where it has none."""
    return essay.title or PurePath(essay.document).stem


def short(c: Citation, s: Strings) -> str:
    """Return who says it and where, in one line: "左小斌《……》"."""
    return f"{c.essay.author or c.essay.place or ''}{essay_title(c.essay, s)}"


def facts(essay: Essay, s: Strings) -> tuple[str, ...]:
    """Return place, author and date of an essay, those that are stated."""
    date = written_date(essay.date, s) if essay.date else None
    return tuple(fact for fact in (essay.place, essay.author, date) if fact)


def quote_lines(c: Citation) -> tuple[int, int, int | None]:
    """Return the first and last line of the file that hold the quote, and its page or None."""
    held = [piece for piece, _ in pieces(c.paragraph, c.start, c.end)]
    return held[0].line, held[-1].line, held[0].page


def pieces(paragraph: Paragraph, start: int, end: int) -> Iterator[tuple[Piece, str]]:
    """Yield the lines of the file that hold `start` to `end`, each with what of it stands there."""
    ends = [piece.start for piece in paragraph.origin[1:]] + [len(paragraph.text)]
    for piece, until in zip(paragraph.origin, ends, strict=True):
        if part := paragraph.text[max(start, piece.start) : min(end, until)]:
            yield piece, part


def written_date(iso: str, s: Strings) -> str:
    """Return an ISO date as the language writes it, as exact as it is."""
    return export.written_date(iso) if s is ZH else iso


def published(essay: Essay, s: Strings) -> str:
    """Return where and when an essay appeared, in one line; empty where the file does not say."""
    publication = essay.publication or essay.issuer
    if publication and essay.issue:
        publication = s.issue.format(publication=publication, issue=essay.issue)
    parts = (publication, written_date(essay.date, s) if essay.date else None)
    return s.separator.join(part for part in parts if part)

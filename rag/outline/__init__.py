"""`Document` → essays → sections → measures, with every broken paragraph repaired.

Order of the modules, each importing only from those before it: `marks`, `places`, `bylines` (the
written forms of the genre), `breaks`, `lines` and `join` (lines → blocks), `masthead`, `frame`,
`essays` and `metadata` (blocks → essays and their facts), `items` and `leads` (what heads a section
or measure), `tree` (the outline), `export` (JSON and text).
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from rag.messages import both
from rag.outline.breaks import restored
from rag.outline.essays import essays
from rag.outline.export import as_json, as_text
from rag.outline.join import OutlineBlock, blocks
from rag.outline.tree import build
from rag.reading.sidecar import KEEP
from rag.types import Document, Line, Outline

__all__ = ["as_json", "as_text", "outline"]

_PARAGRAPHS = frozenset(("docx", "doc", "rtf", "odt", "html", "pptx", "ppt", "odp"))
"""The formats that say themselves what a paragraph is; elsewhere lines may be printed ones."""


def outline(document: Document) -> Outline:
    """Return what `document` holds, in reading order.

    >>> from rag.types import Line
    >>> made = outline(Document("a.md", "", "md", (Line("一、选准干部", 1), Line("严把标准。", 2))))
    >>> [measure.lead for measure in made.measures]
    ['一、选准干部']
    """
    keep = {fact.value for fact in document.stated if fact.name == KEEP}
    lines = [_kept(line, keep) for line in document.lines] if keep else document.lines
    made = blocks(restored(lines), document.format not in _PARAGRAPHS)
    kept = {piece.line for block in made for piece in block.origin}
    dropped = tuple(x for x in document.lines if x.text.strip() and x.number not in kept)
    return replace(
        build(document, essays(made)), notes=tuple(_repairs(made, dropped)), dropped=dropped
    )


def _kept(line: Line, keep: Set[str]) -> Line:
    """Return a line, marked where its text, spaces aside, is one of `keep`."""
    whole = line.kind in ("text", "furniture") and " ".join(line.text.split()) in keep
    return replace(line, kind="kept") if whole else line


def _repairs(made: Sequence[OutlineBlock], dropped: Sequence[Line]) -> Iterator[str]:
    """Say what was joined and left out, for the report."""
    cut = [block for block in made if len(block.origin) > 1]
    if cut:
        lines = sum(len(block.origin) for block in cut)
        yield both("{lines} lines joined to {count} paragraphs", lines=lines, count=len(cut))
    if dropped:
        yield both("{count} lines are no part of the text (--verbose)", count=len(dropped))

"""`Document` → essays → sections → measures, with every broken paragraph repaired. Floor 3.

Order of the modules, each importing only from those before it: `marks`, `furniture`, `dates`,
`places`, `bylines` (the written forms of the genre), `lines` and `join` (lines → blocks),
`masthead` and `essays` (blocks → essays and their facts), `leads` (what heads a section or
measure), `tree` (the outline), `export` (JSON and text).
"""

from rag.outline.essays import essays
from rag.outline.export import as_json, as_text
from rag.outline.join import blocks
from rag.outline.tree import build
from rag.types import Document, Outline

__all__ = ["as_json", "as_text", "outline"]


def outline(document: Document) -> Outline:
    """Return what `document` holds, in reading order.

    >>> from rag.types import Line
    >>> made = outline(Document("a.md", "", "md", (Line("一、选准干部", 1), Line("严把标准。", 2))))
    >>> [measure.lead for measure in made.measures]
    ['一、选准干部']
    """
    return build(document, essays(blocks(document.lines)))

"""Which row of a table has the most or the least, by the column that a question names."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from rag.answering import claims
from rag.answering.compose.cells import FIELD
from rag.answering.compose.context import Context
from rag.answering.topic import asks, pairs
from rag.answering.tree import EssayTree, Sentence
from rag.figures import figures

_MOST = re.compile(r"最[多高大强快长]")
_LEAST = re.compile(r"最[少低小慢短]")
_SUM = re.compile(r"合计|总计|小计|共计|平均")

Row = tuple[Sentence, Decimal]


def write(context: Context) -> bool:
    """Quote the row with the most of what is asked for; False where no table has such a column."""
    text, draft = context.meaning.text, context.draft
    least = _LEAST.search(text)
    if not (least or _MOST.search(text)) or not asks(text):
        return False
    for tree in context.trees:
        label, rows = _column(tree, pairs(context.meaning.topic))
        if len(rows) > 1:
            wanted = (min if least else max)(value for _, value in rows)
            draft.note(claims.compared(label, len(rows), least=bool(least)))
            draft.paragraph(tree.essay)
            for row in (row for row, value in rows if value == wanted):
                draft.item()
                draft.quote(row)
            return True
    return False


def _column(tree: EssayTree, asked: set[str]) -> tuple[str, Sequence[Row]]:
    """The column of a table that a question names best, with the figure of each row.

    None where two are named alike, or where a row has no figure there.
    """
    fields = [(row, dict(FIELD.findall(row.text))) for row in _rows(tree)]
    labels = dict.fromkeys(label for _, own in fields for label in own)
    named = {label: len(pairs(label) & asked) for label in labels}
    most = max(named.values(), default=0)
    best = [label for label in labels if named[label] == most]
    if not most or len(best) != 1:
        return "", ()
    cells = [(row, figures(own[best[0]])) for row, own in fields if best[0] in own]
    if not all(len(found) == 1 and len(found[0][0].values) == 1 for _, found in cells):
        return "", ()
    return best[0], [(row, found[0][0].values[0]) for row, found in cells]


def _rows(tree: EssayTree) -> Iterator[Sentence]:
    """The rows of an essay's tables, sums left out."""
    for paragraph in tree.paragraphs:
        head = paragraph.text.partition("，")[0]
        if len(FIELD.findall(paragraph.text)) > 1 and not _SUM.search(head):
            yield tree.paragraph(paragraph)

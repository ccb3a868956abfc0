"""The row of a table that a question names, by what stands at its head and over a column of it.

A row says little in words (第47村，户数：347；党员数：67), so the evidence is unsure of it. Where a
question holds all of its head and what a column counts (有多少户), no other row can be meant.
"""

import re

from rag.answering.compose import sentences
from rag.answering.compose.context import Context
from rag.answering.evidence import Evidence
from rag.answering.topic import has_topic

FIELD = re.compile(r"([^，。；：]{1,20})：([^，。；：]+)")  # as `rag.reading` writes a row
_HEAD = 2  # characters of a head at least
_COUNTS = "总数量额"  # around what a column counts: 户数, 总投资


def write(context: Context) -> bool:
    """Quote the one row that is named; False where none is, or several are."""
    asked = context.meaning.text
    named = [each for each in context.evidence if _is_named(each, asked)]
    if len({each.sentence.paragraph.paragraph_id for each in named}) != 1:
        return False
    sentences.write(asked, "fact", named, context.draft, context.meaning.form)
    return True


def _is_named(evidence: Evidence, asked: str) -> bool:
    """Whether a question holds the head of a row, and asks for nothing but a column of it."""
    head, _, cells = evidence.sentence.paragraph.text.partition("，")
    counted = [label.strip(_COUNTS) for label, _ in FIELD.findall(cells)]
    if not counted or "：" in head or len(head) < _HEAD or head not in asked:
        return False
    rest = asked.replace(head, " ")
    return not has_topic(rest) or any(what in rest for what in counted if what)

"""Evidence → the sentence that answers, with what answers in bold, and the few that come close."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.compose.figure import answering_figure
from rag.answering.compose.runs import announced, announcing, answered, below, whole
from rag.answering.compose.thresholds import BESIDE
from rag.answering.draft import Draft, label
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import Sentence
from rag.figures import figures
from rag.types import Span

_FEW = {"define": (3, 560), "document": (4, 700)}  # kind → sentences and characters at most
_SOME = (3, 380)
_CERTAIN = 0.5  # probability of a span from which its figure is the one that is asked for
_FIELD = re.compile(r"[^，。；：:]{1,12}[：:].")


def write(
    question: str, kind: str, evidence: Sequence[Evidence], draft: Draft, form: Form,
    wanted: str = "",
) -> None:  # fmt: skip
    """Write the best sentence with its answer in bold, and below it those that come close."""
    most, room = _FEW.get(kind, _SOME)
    most, room = 1 if form.short else most, form.length or room
    best = evidence[0]
    shown = [*(announcing(best.sentence) or _heading(best.sentence)), whole(best.sentence)]
    items = announced(best.sentence) or below(best.sentence) or answered(best.sentence)
    draft.paragraph(best.sentence.essay)
    for each in shown:
        bold = _bold(question, kind, wanted, best) if each is shown[-1] else ()
        draft.quote(each, bold, item=not items)
    room -= sum(each.length for each in shown) + len(label(best.sentence.essay))
    for under in items:
        if under.length <= room and not any(each.holds(under) for each in shown):
            draft.item()
            draft.quote(under)
            shown.append(under)
            room -= under.length
    beside: list[Sentence] = []
    for evident in evidence[1:]:
        found = whole(evident.sentence)
        size = found.length + len(label(found.essay)) + 4
        close = evident.probability >= BESIDE
        known = any(each.holds(evident.sentence) for each in (*shown, *beside))
        if close and size <= room and len(beside) < most - 1 and not known:
            beside.append(found)
            room -= size
    if beside:
        draft.note("相关原文：")
    for each in beside:
        draft.item(each.essay)
        draft.quote(each)
    draft.essays = {best.sentence.essay.essay_id: None}  # a later 他 is of it, not of those beside


def _heading(sentence: Sentence) -> list[Sentence]:
    """The lead that a field stands under, which says whose it is: 主持人：张刚."""
    if sentence.node is None or not _FIELD.match(sentence.text):
        return []
    first = sentence.tree.nodes[sentence.node].stretches[0]
    lead = replace(first, end=first.start + len(sentence.trail[-1]))
    return [] if lead.holds(sentence) else [lead]


def _bold(question: str, kind: str, wanted: str, evidence: Evidence) -> tuple[Span, ...]:
    """What of the best sentence is set in bold: the span that the reader found.

    Of a figure the whole is bold: number, unit and bound. Of several it is the one alone that the
    reader is certain of, else the one whose own words the question shares.
    """
    span, sentence = evidence.span, evidence.sentence
    if span is None or span[0] >= span[1] or sentence.is_question:
        return ()
    at = sentence.start
    every = ((at + a, at + b) for _, (a, b) in figures(sentence.text))
    inside = [(a, b) for a, b in every if a < span[1] and b > span[0]]
    if inside:
        whole_figures = min(inside[0][0], span[0]), max(inside[-1][1], span[1])
        if kind == "number" or whole_figures == (inside[0][0], inside[-1][1]):
            start, end = inside[0][0] - at, inside[-1][1] - at
            if evidence.certain < _CERTAIN or len(inside) > 1:  # 35元和8元 is no answer
                start, end = answering_figure(question, sentence.text, (start, end), wanted)
            return ((at + start, at + end),)
        span = whole_figures
    elif kind == "number":
        return ()
    return () if span[1] - span[0] >= 0.8 * sentence.length else (span,)

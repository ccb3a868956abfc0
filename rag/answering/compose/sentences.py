"""Evidence → the sentence that answers, with what answers in bold, and the few that come close."""

from collections.abc import Sequence

from rag.answering.compose.composed import Composed, label, quote
from rag.answering.compose.figure import answering_figure
from rag.answering.compose.runs import announced, announcing, whole
from rag.answering.compose.thresholds import BESIDE
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import Sentence, Trees
from rag.figures import figures
from rag.types import Span

_FEW = {"define": (3, 560), "document": (4, 700)}  # kind → sentences and characters at most
_SOME = (3, 380)


def write(
    question: str,
    kind: str,
    evidence: Sequence[Evidence],
    trees: Trees,
    made: Composed,
    form: Form,
) -> None:
    """Write the best sentence with its answer in bold, and below it those that come close."""
    most, room = _FEW.get(kind, _SOME)
    most, room = 1 if form.detail == "short" else most, form.length or room
    best = evidence[0]
    tree = trees.of(best.sentence.essay.essay_id)
    shown = [*announcing(best.sentence, tree), whole(best.sentence, tree)]
    made.draft.paragraph()
    made.draft.say(f"{label(best.sentence.essay)}：")
    for each in shown:
        quote(each, made, _bold(question, kind, best) if each is shown[-1] else ())
    room -= sum(each.length for each in shown) + len(label(best.sentence.essay))
    for below in announced(best.sentence, tree):
        if below.length <= room and not any(each.holds(below) for each in shown):
            made.draft.item()
            quote(below, made)
            shown.append(below)
            room -= below.length
    beside: list[Sentence] = []
    for evident in evidence[1:]:
        found = whole(evident.sentence, trees.of(evident.sentence.essay.essay_id))
        size = found.length + len(label(found.essay)) + 4
        close = evident.probability >= max(BESIDE, 0.25 * best.probability)
        known = any(each.holds(evident.sentence) for each in (*shown, *beside))
        if close and size <= room and len(beside) < most - 1 and not known:
            beside.append(found)
            room -= size
    if beside:
        made.draft.note("相关原文：")
    answered = list(made.essays)
    for each in beside:
        made.draft.item()
        made.draft.say(f"{label(each.essay)}：")
        quote(each, made)
    made.essays[:] = answered  # what stands beside is not what a later 他 means


def _bold(question: str, kind: str, evidence: Evidence) -> tuple[Span, ...]:
    """What of the best sentence is set in bold: the span that the reader found.

    Of a figure the whole is bold: number, unit and bound; of several the one that is asked for.
    """
    span, sentence = evidence.span, evidence.sentence
    if span is None or span[0] >= span[1]:
        return ()
    if kind == "number":
        at = sentence.start
        spans = [(at + a, at + b) for _, (a, b) in figures(sentence.text)]
        inside = [(a, b) for a, b in spans if a < span[1] and b > span[0]]
        if not inside:
            return ()
        picked = (inside[0][0] - at, inside[-1][1] - at)
        start, end = answering_figure(question, sentence.text, picked)
        return ((at + start, at + end),)
    whole = span[1] - span[0] >= 0.8 * (sentence.end - sentence.start)
    return () if whole else (span,)

"""Which essays hold a phrase, by exact look-up; those of like meaning stand apart."""

from collections.abc import Sequence

from rag.answering import claims
from rag.answering.compose.composed import Composed, label, quote, whole_paragraph
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.thresholds import CELL
from rag.answering.evidence import Evidence
from rag.index import Records
from rag.types import Coverage, Essay

MOST_ESSAYS = 60  # essays that are named one by one
_PHRASES = 3  # that are looked up
_NEAR = 8  # essays of like meaning


def write(context: Context, phrases: Sequence[str]) -> Coverage | None:
    """Quote each phrase from each essay that holds it, and say how many do."""
    made, counted = context.made, context.scope.counted
    coverage = None
    holding: set[str] = set()
    for phrase in phrases[:_PHRASES]:
        found = claims.mentions(context.records, phrase, counted)
        holding |= set(found.essays)
        coverage = coverage or Coverage(found.of, len(found.essays))
        if not found.essays:
            continue
        made.draft.paragraph()
        made.draft.say(f"{found.statement}：")
        for essay_id in found.essays[:MOST_ESSAYS]:
            _mention(context, essay_id, phrase)
    near: dict[str, Evidence] = {}
    for each in context.evidence:
        essay_id = each.sentence.essay.essay_id
        if each.probability >= CELL and essay_id not in holding:
            near.setdefault(essay_id, each)
    if near:
        made.draft.note("意思相近的：" if holding else "按意思找到的：")
        for each in list(near.values())[:_NEAR]:
            made.draft.item()
            made.draft.say(f"{label(each.sentence.essay)}：")
            quote(each.sentence, made)
    if not holding and not near:
        said = claims.absent(context.records, phrases[0], context.scope.ids) if phrases else None
        raise Refused(said or claims.UNDIRECT, context.evidence)
    return coverage


def _mention(context: Context, essay_id: str, phrase: str) -> None:
    """Quote the sentence of an essay that holds a phrase and answers best."""
    found = (e.sentence for e in context.evidence if e.sentence.essay.essay_id == essay_id)
    sentence = next((s for s in found if phrase in s.text), None)
    if sentence is None:
        rows = context.records.holding(phrase, (essay_id,))
        passage = context.records.passages(rows[:1])[0]
        tree = context.trees.of(essay_id)
        own = tree.sentences(passage.paragraph_id, (passage.start, passage.end))
        sentence = next((s for s in own if phrase in s.text), own[0])
    context.made.draft.item()
    context.made.draft.say(f"{label(sentence.essay)}：")
    quote(sentence, context.made)


def silent(context: Context, phrases: Sequence[str]) -> None:
    """Name the essays in which a phrase does not stand, by exact look-up."""
    counted = context.scope.counted
    for phrase in phrases[:1]:
        holding = set(claims.mentions(context.records, phrase, counted).essays)
        names = [label(essay) for essay in counted if essay.essay_id not in holding]
        context.made.draft.note(claims.silent(phrase, names[:MOST_ESSAYS], len(names)))


def held(essays: Sequence[Essay], records: Records, made: Composed) -> None:
    """Say what the corpus holds: how many essays, each by its title paragraph."""
    made.draft.paragraph()
    made.draft.say(claims.held(len(essays), MOST_ESSAYS))
    for essay in essays[:MOST_ESSAYS]:
        paragraphs = records.paragraphs(essay.essay_id)
        title = next((p for p in paragraphs if p.role == "title"), None) or paragraphs[0]
        made.draft.item()
        whole_paragraph(essay, title, made)

"""Which essays hold a phrase, by exact look-up; those of like meaning stand apart."""

from collections.abc import Sequence

from rag.answering import claims
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.thresholds import CELL
from rag.answering.draft import Draft, label
from rag.answering.evidence import Evidence
from rag.answering.tree import Sentence, Trees
from rag.types import Coverage, Essay

_MOST_ESSAYS = 60  # that are named one by one
_PHRASES = 3  # that are looked up
_NEAR = 8  # essays of like meaning


def write(context: Context, phrases: Sequence[str], *, silent: bool = False) -> Coverage | None:
    """Quote each phrase from each essay that holds it, say how many do, and name the `silent`."""
    draft, counted = context.draft, context.scope.counted
    every = [claims.mentions(context.records, phrase, counted) for phrase in phrases[:_PHRASES]]
    holding = {essay_id for found in every for essay_id in found.essays}
    for found in every:
        if found.essays:
            draft.paragraph(found.statement)
        shown = found.essays[:_MOST_ESSAYS]
        _write([_mention(context, essay_id, found.phrase) for essay_id in shown], context)
    near: dict[str, Evidence] = {}  # of what stands around essays, too, which is not counted
    for each in sorted(context.evidence, key=lambda e: not _holds(e.sentence, phrases)):
        essay_id = each.sentence.essay.essay_id
        if each.probability >= CELL and essay_id not in holding:
            near.setdefault(essay_id, each)
    if near:
        draft.note("意思相近的：" if holding else "按意思找到的：")
    likely = sorted(near.values(), key=lambda each: -each.probability)
    _write([each.sentence for each in likely][:_NEAR], context)
    if not holding and not near:
        said = claims.absent(context.records, phrases[0], context.scope.ids) if phrases else None
        raise Refused(said or claims.UNDIRECT, context.evidence)
    if silent and every:
        names = [label(essay) for essay in counted if essay.essay_id not in every[0].essays]
        draft.note(claims.silent(every[0].phrase, names[:_MOST_ESSAYS], len(names)))
    return Coverage(every[0].of, len(every[0].essays)) if every else None


def _write(sentences: Sequence[Sentence], context: Context) -> None:
    """Quote a sentence of each essay, one under the other or as a table."""
    draft = context.draft
    if context.meaning.form.layout == "table" and sentences:
        draft.table(("范围", "原文"), [(label(each.essay), [each]) for each in sentences])
        return
    for each in sentences:
        draft.item(each.essay)
        draft.quote(each)


def _holds(sentence: Sentence, phrases: Sequence[str]) -> bool:
    return any(phrase in sentence.text for phrase in phrases)


def _mention(context: Context, essay_id: str, phrase: str) -> Sentence:
    """The sentence of an essay that holds a phrase and answers best."""
    found = (e.sentence for e in context.evidence if e.sentence.essay.essay_id == essay_id)
    sentence = next((s for s in found if _holds(s, [phrase])), None)
    if sentence is not None:
        return sentence
    rows = context.records.holding(phrase, (essay_id,))
    own = context.gatherer.sentences(context.records.passages(rows[:1])[0])
    return next((s for s in own if _holds(s, [phrase])), own[0])


def held(essays: Sequence[Essay], trees: Trees, draft: Draft, *, within: bool = False) -> None:
    """Say what the corpus, or the scope `within` it, holds: each essay by its title paragraph."""
    draft.paragraph()
    draft.say(claims.held(len(essays), _MOST_ESSAYS, within=within))
    for essay in essays[:_MOST_ESSAYS]:
        tree = trees.of(essay.essay_id)
        title = next((p for p in tree.paragraphs if p.role == "title"), None) or tree.paragraphs[0]
        draft.item(essay.place)
        draft.quote(tree.paragraph(title), item=False)

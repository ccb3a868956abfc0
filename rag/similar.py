"""Who else does this: the measures of other places that are nearest to one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from rag.pipeline import Assistant
from rag.types import Essay, Filters, Measure, Passage

_MOST = 10
_ASKED = 80  # passages searched for them: those of its own place fall out
_LONGEST = 300  # characters of a measure that are searched with


@dataclass(frozen=True, slots=True)
class Similar:
    """A measure of another place, by the passage that is near."""

    essay: Essay
    measure: Measure
    passage: Passage
    ordinal: int  # of its paragraph


def similar(assistant: Assistant, measure_id: str, most: int = _MOST) -> tuple[Similar, ...]:
    """Return at most `most` measures of other places, the nearest first; KeyError if unknown.

    Those that are called alike and those that say the like come by turns: 真心服务“留”才 finds
    完善服务真心“留” by its lead, and 营造优的环境 by its text. What is near is ranked, not judged:
    the last may have little to do with it.
    """
    assistant = assistant.steady()
    records = assistant.records
    measure = records.measure(measure_id)
    own = records.essay(measure.essay_id)
    text = records.paragraph(measure.paragraph_id).text[measure.start : measure.end]
    elsewhere = tuple(_elsewhere(records.essays(), own))
    if not elsewhere:
        return ()
    filters = Filters(essay_id=elsewhere)
    asked = (measure.lead, text[:_LONGEST])
    alike = [assistant.search_among(each, _ASKED, filters) for each in asked]
    found: dict[str, Similar] = {}
    for hit in chain.from_iterable(zip_longest(*alike)):
        near = hit.passage.measure_id if hit else None
        if near is None or near in found:
            continue
        found[near] = Similar(
            records.essay(hit.passage.essay_id),
            records.measure(near),
            hit.passage,
            records.paragraph(hit.passage.paragraph_id).ordinal,
        )
    return tuple(found.values())[:most]


def _elsewhere(essays: Iterable[Essay], own: Essay) -> Iterator[str]:
    """Yield the ids of the other essays, but for those that state the same place."""
    for essay in essays:
        other = essay.kind == "essay" and essay.essay_id != own.essay_id
        if other and (not essay.place or essay.place != own.place):
            yield essay.essay_id

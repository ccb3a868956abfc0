"""What of an essay stands around a passage, and what of it each arm of the index is given.

A passage is found by its own words and by those it stands under: the leads that are open, its
own lead, the essay's title and whom it is from. BM25 takes the fields as one text in which a
field is written as often as it weighs (BM25F with one length norm: Robertson & Zaragoza, "The
Probabilistic Relevance Framework", 2009, section 3.6).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag.types import Essay, Measure, Outline, Passage

WEIGHTS = {"title": 1, "trail": 1, "lead": 1}
"""How often each field is written beside the text, which stands once and begins with the lead."""


@dataclass(frozen=True, slots=True)
class Fields:
    """One passage with its surroundings, as text."""

    title: str  # the essay's title, place, office and author
    trail: str  # leads of the sections it stands under, outermost first
    lead: str  # its own lead
    text: str  # the passage

    @property
    def embedded(self) -> str:
        """What the encoder is given."""
        return "\n".join(part for part in (self.title, self.trail, self.text) if part)


def fields(outlines: Iterable[Outline], passages: Iterable[Passage]) -> Iterator[Fields]:
    """Give the fields of each passage; the outlines must hold every passage's essay."""
    known = list(outlines)
    titles = {essay.essay_id: title(essay) for outline in known for essay in outline.essays}
    trails = {p.paragraph_id: p.trail for outline in known for p in outline.paragraphs}
    measures = {m.measure_id: m for outline in known for m in outline.measures}
    for passage in passages:
        above = _leads(passage.measure_id, measures)
        trail = [lead for lead in trails[passage.paragraph_id] if lead not in above] + above[:-1]
        lead = above[-1] if above else ""
        yield Fields(titles[passage.essay_id], "".join(trail), lead, passage.text)


def title(essay: Essay) -> str:
    """What an essay is called and whom it is from, as one text."""
    facts = (essay.title, essay.place, essay.office, essay.author)
    return " ".join(fact for fact in facts if fact)


def surroundings(fields: Fields) -> str:
    """What BM25 counts for one passage beside its text; no token goes over a line's end."""
    return "\n".join(getattr(fields, name) for name, n in WEIGHTS.items() for _ in range(n))


def _leads(measure_id: str | None, measures: dict[str, Measure]) -> list[str]:
    """The leads from the outermost section down to the measure."""
    leads: list[str] = []
    while measure_id is not None:
        leads.insert(0, measures[measure_id].lead)
        measure_id = measures[measure_id].parent
    return leads

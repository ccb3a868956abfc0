"""Outline → passages, the unit of retrieval, and what stands around each.

A passage is one measure. Where a stretch of text has no lead, or a measure is longer than the
window, it is cut into windows of whole sentences. Passages tile a paragraph: they do not overlap
and leave out nothing but white space.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag.sentences import sentence_spans
from rag.types import Essay, Measure, Outline, Paragraph, Passage, Span


def passages(outline: Outline, window: int) -> tuple[Passage, ...]:
    """Cut every paragraph of `outline` into passages of at most about `window` characters.

    A single sentence that is longer than the window stays whole.
    """
    by_paragraph: dict[str, list[Measure]] = {}
    for measure in outline.measures:
        by_paragraph.setdefault(measure.paragraph_id, []).append(measure)
    return tuple(
        _passage(paragraph, measure, span)
        for paragraph in outline.paragraphs
        for measure, stretch in _stretches(paragraph, by_paragraph.get(paragraph.paragraph_id, []))
        for span in _windows(paragraph.text, stretch, window)
    )


def _stretches(paragraph: Paragraph, measures: list[Measure]) -> list[tuple[Measure | None, Span]]:
    """Split a paragraph where its measures begin; text before the first has none."""
    if not measures:
        return [(None, (0, len(paragraph.text)))]
    ends = [*(measure.start for measure in measures[1:]), len(paragraph.text)]
    found: list[tuple[Measure | None, Span]] = [
        (measure, (measure.start, end)) for measure, end in zip(measures, ends, strict=True)
    ]
    before = measures[0].start
    return [(None, (0, before)), *found] if before else found


def _windows(text: str, stretch: Span, window: int) -> list[Span]:
    """Cut `text[stretch]` at sentence ends into even windows."""
    offset, end = stretch
    offset += end - offset - len(text[offset:end].lstrip())
    length = len(text[offset:end].rstrip())
    if length <= window:  # most are
        return [(offset, offset + length)] if length else []
    sentences = [(a + offset, b + offset) for a, b in sentence_spans(text[offset:end])]
    aim = length / -(-length // window)  # even windows: a short tail makes a poor passage
    windows: list[Span] = []
    first = last = sentences[0][0]
    for a, b in sentences:
        if (b - first > window and last > first) or last - first >= aim:
            windows.append((first, last))
            first = a
        last = b
    return [*windows, (first, last)]


def _passage(paragraph: Paragraph, measure: Measure | None, span: Span) -> Passage:
    start, end = span
    return Passage(
        passage_id=f"{paragraph.paragraph_id}:{start}-{end}",
        paragraph_id=paragraph.paragraph_id,
        essay_id=paragraph.essay_id,
        measure_id=measure.measure_id if measure else None,
        start=start,
        end=end,
        text=paragraph.text[start:end],
    )


@dataclass(frozen=True, slots=True)
class Fields:
    """One passage with its surroundings, as text.

    A passage is found by its own words and by those it stands under. BM25 takes the fields as one
    text (BM25F with equal weights and one length norm: Robertson & Zaragoza, "The Probabilistic
    Relevance Framework", 2009, section 3.6), in which the lead, that begins the text, counts twice.
    """

    title: str  # the essay's title, the name of its file, place, office and author
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
    """What an essay and its file are called, and whom it is from, as one text."""
    facts = (essay.called, essay.place, essay.office, essay.author)
    return " ".join(fact for fact in facts if fact)


def _leads(measure_id: str | None, measures: dict[str, Measure]) -> list[str]:
    """The leads from the outermost section down to the measure."""
    leads: list[str] = []
    while measure_id is not None:
        leads.insert(0, measures[measure_id].lead)
        measure_id = measures[measure_id].parent
    return leads

"""Outline → passages, the unit of retrieval. Floor 4.

A passage is one measure. Where a stretch of text has no lead, or a measure is longer than the
window, it is cut into windows of whole sentences. Passages tile a paragraph: they do not overlap
and leave out nothing but white space.
"""

from rag.sentences import sentence_spans
from rag.types import Measure, Outline, Paragraph, Passage, Span


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
    sentences = [(a + offset, b + offset) for a, b in sentence_spans(text[offset:end])]
    if not sentences:
        return []
    length = sentences[-1][1] - sentences[0][0]
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

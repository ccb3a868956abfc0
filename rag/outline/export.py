"""An outline as JSON, in the shape of `rag outline FILE --format json`, and as a text tree."""

from collections import defaultdict
from typing import Any

from rag.types import Essay, Measure, Outline


def as_json(outline: Outline) -> dict[str, Any]:
    """Return the outline as plain values.

    `sections` are the measures of level 1; `measures` are all that stand under them, in order.
    `text` is what follows the lead up to the next one, whole paragraphs parted by a line end.
    """
    facts = outline.essays[0] if outline.essays else None
    essays = [
        {name: getattr(essay, name) for name in ("title", "author", "office", "place")}
        | {"sections": _sections(outline, essay)}
        for essay in outline.essays
        if essay.kind == "essay"
    ]
    whole = ("publication", "issue", "date", "issuer")
    return {**{name: getattr(facts, name, None) for name in whole}, "essays": essays}


def as_text(outline: Outline) -> str:
    """Return the outline as an indented tree for a reader."""
    lines = []
    for essay in outline.essays:
        facts = (essay.publication, essay.issue and f"第{essay.issue}期", essay.date, essay.issuer)
        signed = (essay.office, essay.author, essay.place)
        if essay.kind == "matter" or len(outline.essays) == 1:
            lines.append("  ".join(filter(None, facts)))
        if essay.kind == "essay":
            lines += [f"{essay.title or '（无标题）'}", "  ".join(filter(None, signed))]
        for measure in outline.measures:
            if measure.essay_id == essay.essay_id:
                lines.append("  " * measure.level + measure.lead)
        lines.append("")
    return "\n".join(line for line, after in zip(lines, [*lines[1:], ""], strict=True)
                     if line or after)  # fmt: skip


def _sections(outline: Outline, essay: Essay) -> list[dict[str, Any]]:
    texts = _texts(outline)
    sections: list[dict[str, Any]] = []
    for measure in outline.measures:
        if measure.essay_id != essay.essay_id:
            continue
        entry = {"lead": measure.lead, "text": texts[measure.measure_id]}
        if measure.level == 1:
            sections.append({**entry, "measures": []})
        else:
            sections[-1]["measures"].append(entry)
    return sections


def _texts(outline: Outline) -> dict[str, str]:
    """Return the text that each measure heads, by measure id."""
    own: dict[str, list[Measure]] = defaultdict(list)
    for measure in outline.measures:
        own[measure.paragraph_id].append(measure)
    parts: dict[str, list[str]] = defaultdict(list)
    current: dict[tuple[str, ...], str] = {}
    for paragraph in outline.paragraphs:
        measures = own[paragraph.paragraph_id]
        before = paragraph.text[: measures[0].start] if measures else paragraph.text
        if before and paragraph.role == "body" and paragraph.trail in current:
            parts[current[paragraph.trail]].append(before.strip())
        trail = paragraph.trail
        for measure in measures:
            trail = (*trail[: measure.level - 1], measure.lead)
            current[trail] = measure.measure_id
            start = measure.start + len(measure.lead)
            parts[measure.measure_id].append(paragraph.text[start : measure.end].strip())
    return defaultdict(str, {key: "\n".join(filter(None, each)) for key, each in parts.items()})

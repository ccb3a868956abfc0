"""Facts about an essay from outside its text, and how sure each fact is.

A sidecar or front matter is believed before the text; the text before the document's properties and
the name of its file. What is less sure than `SURE` is told to whoever reads the report and not
taken. The figures of confidence are an order, set by hand: stated as such (0.9), stated in a place
where it might be about something else (0.6–0.8), inferred (0.3–0.5).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from rag.figures import date_in, issue_in
from rag.gazetteer import is_name
from rag.outline.bylines import byline, dateline
from rag.outline.essays import EssayDraft
from rag.outline.marks import is_organ
from rag.outline.masthead import Facts, document_type, number_in, publication_in
from rag.outline.places import place_of_office, place_of_title
from rag.types import SURE, Document, Stated

_OF_WHOLE = ("publication", "issue", "date", "issuer", "document_number", "document_type")
"""Facts that all essays of a bulletin share."""

OF_ONE = ("title", "author", "office", "place")
"""Facts that are taken from outside only where a document is one essay."""
_ABOVE_TEXT = 1.0  # confidence from which on a fact from outside overrides the text
_HAN = re.compile(r"[一-鿿]")
_NO_TITLE = re.compile(
    r"(?i)^(?:microsoft|word|文档|新建|幻灯片|无标题|未命名|演示|工作簿|sheet|wps)|\.(?:docx?|wps|pdf)$"
)


def completed(
    document: Document, drafts: Sequence[EssayDraft]
) -> list[tuple[Facts, tuple[Stated, ...]]]:
    """Return for each draft its facts with what is stated outside the text, and all that is known.

    What is known comes surest first.
    """
    outside = list(filter(None, map(_valid, (*document.stated, *_of_name(document.path)))))
    alone = sum(not draft.is_matter for draft in drafts) == 1
    made = []
    for draft in drafts:
        issuer, about, _ = (draft.facts.title or "").partition("关于")  # 青山县人民政府关于…
        issuer = issuer.strip() if about and is_organ(issuer) else ""
        if issuer and alone:
            outside.append(Stated("issuer", issuer, "title", 0.6))
        if alone and (place := place_of_office(draft.facts.issuer or issuer)):
            outside.append(Stated("place", place, "issuer", 0.7))
        names = _OF_WHOLE + (OF_ONE if alone and not draft.is_matter else ())
        known = [*_of_text(draft), *(fact for fact in outside if fact.name in names)]
        made.append(_decided(draft.facts, known))
    return made


def _decided(facts: Facts, known: list[Stated]) -> tuple[Facts, tuple[Stated, ...]]:
    """Take the surest statement of each fact; the text's own unless one overrides it."""
    order = sorted(known, key=lambda fact: -fact.confidence)
    surest = {fact.name: fact for fact in reversed(order) if hasattr(facts, fact.name)}
    for name, best in surest.items():
        if best.confidence >= (_ABOVE_TEXT if getattr(facts, name) else SURE):
            facts = replace(facts, **{name: best.value})
    return facts, tuple(order)


def _of_text(draft: EssayDraft) -> Iterator[Stated]:
    """Yield the facts that the text states, by where it states them."""
    facts = draft.facts
    signing = [block.text for block, role in draft.blocks if role == "byline"]
    bylines = list(filter(None, map(byline, signing)))
    for name in (*OF_ONE, *_OF_WHOLE):
        if not (value := getattr(facts, name, None)):
            continue
        source, confidence = "masthead", 0.9
        if name == "title":
            marked = any(block.heading for block, role in draft.blocks if role == "title")
            source, confidence = "title", 0.9 if marked or signing else 0.7
        elif any(getattr(by, name, None) for by in bylines):
            source = "byline"
        elif name == "place":
            source, confidence = _of_place(facts)
        yield Stated(name, value, source, confidence)
    if called := document_type(facts.title or ""):
        yield Stated("document_type", called, "title", 0.9)
    body = [block.text for block, role in draft.blocks if role == "body"]
    bylines += filter(None, map(dateline, body[:1] + body[-1:]))
    if reporter := next((by.reporter for by in bylines if by.reporter), None):
        yield Stated("reporter", reporter, "byline", 0.9)


def _of_place(facts: Facts) -> tuple[str, float]:
    if facts.office and place_of_office(facts.office) == facts.place:
        return "byline", 0.9
    if facts.title and place_of_title(facts.title) == facts.place:
        return "title", 0.8
    return "text", 0.6


def _of_name(path: str) -> Iterator[Stated]:
    """Yield what the name of a file says."""
    stem = PurePosixPath(path).stem
    if number := number_in(stem):
        yield Stated("document_number", number, "file name", 0.7)
    if issue := issue_in(stem):
        yield Stated("issue", issue, "file name", 0.7)
        if publication := publication_in(stem):
            yield Stated("publication", publication, "file name", 0.6)
    elif _HAN.search(stem):
        yield Stated("title", stem, "file name", 0.3)
    if date := date_in(stem):
        yield Stated("date", date, "file name", 0.6 if len(date) > 4 else 0.3)
    if place := place_of_title(re.sub(r"^[\d\W_]*年?", "", stem)):
        yield Stated("place", place, "file name", 0.6)


def _valid(fact: Stated) -> Stated | None:
    """Return a fact as the records keep it, or None for what a program filled in."""
    value = fact.value.strip()
    if fact.source != "properties":
        return fact if value else None
    if fact.name == "date":
        value = date_in(value) or ""
    elif fact.name == "author":
        names = re.split(r"[\s、，,;；]+", value)
        value = "、".join(names) if all(map(is_name, names)) else ""
    elif fact.name == "title":
        value = value if _HAN.search(value) and not _NO_TITLE.search(value) else ""
    return replace(fact, value=value) if value else None

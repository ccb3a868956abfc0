"""Blocks → essays: where each begins and ends, and who wrote it, when and where.

A title is a heading with a byline under it. What stands before the first title of a bulletin, and
the distribution list after the last essay, is the bulletin's own matter; a document that is one
essay keeps its masthead lines itself.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from rag.figures import date_in, without_date
from rag.outline.bylines import byline
from rag.outline.frame import Element, elements_of
from rag.outline.join import OutlineBlock
from rag.outline.marks import fields_of, is_organ
from rag.outline.masthead import (
    Facts,
    can_be_title,
    clean_title,
    document_type,
    is_note,
    is_subtitle,
    read_masthead,
    read_parts,
)
from rag.outline.places import place_of_text, place_of_title
from rag.reading.text import across
from rag.types import Role

_HEAD: tuple[Element, ...] = ("head", "after title")
_TITLE: tuple[Element, ...] = ("title", "more title")
_SHARED = ("publication", "issue", "issuer", "document_number")  # by all essays of a bulletin
_ROLES: dict[Element, Role] = {
    "head": "masthead", "after title": "masthead", "signature": "byline", "date": "byline",
    "attachments": "distribution", "note": "distribution", "copies": "distribution",
    "printing": "distribution",
}  # fmt: skip


@dataclass(slots=True)
class EssayDraft:
    """One essay, or the matter of a bulletin: its facts and its blocks, each with its role."""

    facts: Facts
    is_matter: bool = False
    blocks: list[tuple[OutlineBlock, Role]] = field(default_factory=list)


def essays(blocks: Sequence[OutlineBlock]) -> list[EssayDraft]:
    """Split a document into its essays; the matter of a bulletin comes first."""
    drafts = _parted([block for block in blocks if block.kind != "note"])
    for note in (block for block in blocks if block.kind == "note"):
        line = note.origin[0].line
        before = [x for x in drafts if x.blocks and x.blocks[0][0].origin[0].line < line]
        (before or drafts)[-1].blocks.append((note, "note"))
    return drafts


def _parted(blocks: Sequence[OutlineBlock]) -> list[EssayDraft]:
    parts = elements_of(blocks)
    end = len(blocks)
    while end and parts[end - 1] in ("copies", "printing", "note"):
        end -= 1
    body, tail = blocks[:end], blocks[end:]
    titles = _titles(body)
    masthead, roles = read_masthead(body[: titles[0]] if titles else body)
    start = len(roles)
    called = "".join(
        block.text for block, part in zip(blocks, parts, strict=True) if part in _TITLE
    )
    alone = masthead.issue is None or (not titles and document_type(called))
    if alone and len(titles) < 2:
        return [_read(blocks, parts)]
    if start < len(body) and start not in titles:
        titles = [start, *titles]
    held: list[tuple[OutlineBlock, Role]] = [*zip(body, roles, strict=False)]
    held += [(block, "distribution") for block in tail]
    found = [EssayDraft(masthead, is_matter=True, blocks=held)] if held else []
    shared = {name: getattr(masthead, name) for name in _SHARED}
    for first, stop in pairwise([*titles, len(body)]):  # none where all is masthead
        own = body[first:stop]
        essay = _read(own, elements_of(own))
        date = masthead.date or essay.facts.date
        essay.facts = replace(essay.facts, **shared, date=date)
        found.append(essay)
    return found


def _titles(blocks: Sequence[OutlineBlock]) -> list[int]:
    """Return the places of the blocks that are titles.

    They have a byline under them, or one in brackets before them that signs the last essay.
    """
    before = ["", *(block.text for block in blocks)]
    return [
        i
        for i, (block, after) in enumerate(pairwise(blocks))
        if can_be_title(block)
        and not byline(block.text)
        and (byline(after.text) or _is_signature(before[i]))
    ]


def _is_signature(text: str) -> bool:
    """Whether an essay ends here: a byline in brackets."""
    return text[:1] in "（(" and text[-1:] in "）)" and byline(text) is not None


def _read(blocks: Sequence[OutlineBlock], parts: Sequence[Element]) -> EssayDraft:
    """Read one essay or document whose parts are known."""
    draft = EssayDraft(Facts())
    held: dict[Element, list[OutlineBlock]] = defaultdict(list)
    for block, part in zip(blocks, parts, strict=True):
        held[part].append(block)
    title = _title([*held["title"], *held["more title"]])
    meeting = any(kind == "meeting" for block in blocks for kind, _ in fields_of(block.text))
    for block, part in zip(blocks, parts, strict=True):
        if part == "title" and title:
            draft.blocks.append((title, "title"))
        elif part != "more title":
            draft.blocks.append((block, _role(block, part, meeting)))
    facts = read_parts([*held["head"], *held["after title"]])
    if not title and held["annex"] and can_be_title(held["annex"][0]):
        title = held["annex"][0]  # what a letter without title brings with it
    if title:
        facts = replace(facts, title=clean_title(title.text))
    texts = defaultdict(list, {part: [each.text for each in own] for part, own in held.items()})
    draft.facts = _signed(facts, texts)
    return draft


def _role(block: OutlineBlock, part: Element, meeting: bool) -> Role:
    """Return the role of a block that is no title; `meeting` is whether labels tell of one."""
    kinds = {kind for kind, _ in fields_of(block.text)}
    if part in _HEAD and is_note(block.text):
        return "note"
    if part == "after title" and meeting and kinds and kinds <= {"meeting", "day"}:
        return "body"
    if part in _HEAD and byline(block.text):
        return "byline"
    if part in _HEAD and ("title" in kinds or (part == "after title" and is_subtitle(block.text))):
        return "title"
    return _ROLES.get(part, "body")


def _title(lines: Sequence[OutlineBlock]) -> OutlineBlock | None:
    """Join the lines of a title."""
    if not lines:
        return None
    made = lines[0]
    for line in lines[1:]:
        space = across(made.text, line.text)
        start = len(made.text) + len(space)
        made = replace(
            made,
            text=made.text + space + line.text,
            origin=(*made.origin, *(replace(x, start=x.start + start) for x in line.origin)),
            bold=(*made.bold, *((a + start, b + start) for a, b in line.bold)),
        )
    return made


def _signed(facts: Facts, texts: Mapping[Element, list[str]]) -> Facts:
    """Add what foot and body tell: who signs, when, and for which place."""
    dates = texts["date"]
    for text in texts["signature"]:
        signed = byline(text)
        if signed and not dates:
            facts = facts.signed(signed)
        elif not facts.issuer:
            facts = replace(facts, issuer=text.strip("（）() "))
    organs = filter(is_organ, filter(None, map(without_date, dates)))
    date = next(filter(None, map(date_in, dates or texts["printing"])), None)
    below = texts["after title"]
    return replace(
        facts,
        issuer=facts.issuer or next(organs, None) or next(filter(is_organ, below), None),
        date=(date or facts.date) if dates else facts.date or date,
        place=facts.place
        or place_of_title(facts.title or "")
        or place_of_text("\n".join(texts["body"] + texts["annex"])),
    )

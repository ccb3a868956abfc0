"""Blocks → essays: where each begins and ends, and who wrote it, when and where.

A title is a heading with a byline under it. What stands before the first title of a bulletin, and
the distribution list after the last essay, is the bulletin's own matter; a document that is one
essay keeps its masthead lines itself.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.outline.bylines import byline, dateline
from rag.outline.dates import date_in, is_date
from rag.outline.join import Block
from rag.outline.marks import is_address, numbering
from rag.outline.masthead import (
    Facts,
    can_be_title,
    clean_title,
    is_column,
    is_note,
    is_running,
    is_subtitle,
    read_head,
    read_masthead,
    repeats,
    says_kind,
    title_weight,
)
from rag.outline.places import place_of_text, place_of_title
from rag.types import Role

_DISTRIBUTION = re.compile(
    r"(?:报|送|发|抄报|抄送|主送|分送|报送|呈报|呈送|印发|发至|签发人?|责任编辑|编辑|校对|审核|"
    r"联系电话|电话|投稿邮箱|邮箱|地址)[：:]|[（(]?共印\s*\d+\s*份|[（(]来源[：:]"
)
_LONGEST_TAIL = 16  # blocks of a distribution list and what a web page prints after it
_LONGEST_TAIL_LINE = 120  # characters
_LONGEST_CRUMB = 5  # characters of a line that says where on a web site the page is
_LONGEST_HEAD = 40  # blocks of a web page's head, breadcrumbs and all


@dataclass(slots=True)
class Draft:
    """One essay, or the matter of a bulletin: its facts and its blocks, each with its role."""

    facts: Facts
    is_matter: bool = False
    blocks: list[tuple[Block, Role]] = field(default_factory=list)


def essays(blocks: Sequence[Block]) -> list[Draft]:
    """Split a document into its essays; the matter of a bulletin comes first."""
    drafts = _parted([block for block in blocks if block.kind != "note"])
    for note in (block for block in blocks if block.kind == "note"):
        before = [
            draft for draft in drafts if draft.blocks and _line(draft.blocks[0][0]) < _line(note)
        ]
        (before or drafts)[-1].blocks.append((note, "note"))
    return drafts


def _line(block: Block) -> int:
    return block.origin[0].line


def _parted(blocks: Sequence[Block]) -> list[Draft]:
    end = _tail_start(blocks)
    body, tail = blocks[:end], blocks[end:]
    titles = _titles(body)
    start = _masthead_end(body[: titles[0]] if titles else body)
    masthead, roles = read_masthead(body[:start])
    if masthead.issue is None and len(titles) < 2:
        return [_single(body, tail, titles)]
    titles = titles or _marked_titles(body, start)
    if start < len(body) and start not in titles:
        titles = [start, *titles]
    matter = Draft(masthead, is_matter=True, blocks=list(zip(body[:start], roles, strict=True)))
    matter.blocks += [(block, "distribution") for block in tail]
    found = [
        _in_bulletin(_essay(body[first:stop]), masthead)
        for first, stop in zip(titles, [*titles[1:], len(body)], strict=True)
    ]
    return [matter, *found] if matter.blocks else found


def _tail_start(blocks: Sequence[Block]) -> int:
    """Return where the distribution list or colophon at the end begins."""
    start = len(blocks)
    for i in range(len(blocks) - 1, max(0, len(blocks) - 1 - _LONGEST_TAIL), -1):
        if len(blocks[i].text) > _LONGEST_TAIL_LINE:
            break
        if _DISTRIBUTION.match(blocks[i].text):
            start = i
    return start


def _titles(blocks: Sequence[Block]) -> list[int]:
    """Return the places of the blocks that are titles.

    They have a byline under them, or one in brackets before them that signs the last essay.
    Where such titles are marked, a few other headings of their level are titles too; many are
    sections, for converters often flatten levels.
    """
    found = {
        i
        for i in range(len(blocks) - 1)
        if can_be_title(blocks[i])
        and not byline(blocks[i].text)
        and (_is_signed(blocks, i) or (i > 0 and _is_signature(blocks[i - 1].text)))
    }
    levels = Counter(blocks[i].heading for i in found if blocks[i].heading)
    if levels.total() > 1:
        level = levels.most_common(1)[0][0]
        like = {
            i
            for i in range(min(found), len(blocks))
            if blocks[i].heading == level and i not in found and not numbering(blocks[i].text)
        }
        found |= like if len(like) * 2 <= len(found) else set()
    return sorted(found)


def _is_signed(blocks: Sequence[Block], i: int) -> bool:
    """Whether a byline follows block `i`, or its subtitle."""
    after = [block.text for block in blocks[i + 1 : i + 3]]
    if len(after) == 2 and is_subtitle(after[0]):
        after = after[1:]
    return bool(after) and byline(after[0]) is not None


def _is_signature(text: str) -> bool:
    """Whether an essay ends here: a byline in brackets."""
    return text[:1] in "（(" and text[-1:] in "）)" and byline(text) is not None


def _masthead_end(front: Sequence[Block]) -> int:
    """Return where the bulletin's own matter ends in what stands before the first byline.

    Where an essay without byline begins there, its title is the last heading before its text.
    """
    in_note = False
    for i, block in enumerate(front):
        in_note = is_note(block.text) or (in_note and not can_be_title(block))
        if in_note or not is_running(block.text):
            continue
        titled = i > 0 and can_be_title(front[i - 1]) and not is_column(front[i - 1].text)
        return i - 1 if titled and not byline(front[i - 1].text) else i
    return len(front)


def _marked_titles(body: Sequence[Block], start: int) -> list[int]:
    """Return the titles of a bulletin without bylines: its highest marked headings."""
    top = min((block.heading for block in body[start:] if block.heading), default=0)
    return [i for i in range(start, len(body)) if top and body[i].heading == top]


def _in_bulletin(essay: Draft, masthead: Facts) -> Draft:
    """Give an essay of a bulletin the bulletin's facts."""
    facts = replace(
        essay.facts,
        publication=masthead.publication,
        issue=masthead.issue,
        date=masthead.date or essay.facts.date,
        issuer=masthead.issuer,
        document_number=masthead.document_number,
    )
    return Draft(facts, blocks=essay.blocks)


def _essay(blocks: Sequence[Block]) -> Draft:
    """Read one essay of a bulletin: title, subtitle, bylines, body, signature."""
    draft = Draft(Facts())
    i = 0
    if can_be_title(blocks[0]):
        draft.facts = Facts(title=clean_title(blocks[0].text))
        draft.blocks.append((blocks[0], "title"))
        i = 1
    if 0 < i < len(blocks) and is_subtitle(blocks[i].text):
        draft.blocks.append((blocks[i], "title"))
        i += 1
    while i < len(blocks) and (signed := byline(blocks[i].text)):
        draft.facts = draft.facts.signed(signed)
        draft.blocks.append((blocks[i], "byline"))
        i += 1
    return _with_body(draft, blocks[i:])


def _single(body: Sequence[Block], tail: Sequence[Block], titles: list[int]) -> Draft:
    """Read a document that is one essay."""
    end = _head_end(body)
    if titles:
        end = max(end, titles[0] + 1)
        while end < len(body) and byline(body[end].text):
            end += 1
    facts, roles = read_head(body[:end])
    if titles:
        roles = ["masthead" if role == "title" else role for role in roles]
        roles[titles[0]] = "title"
        facts = replace(facts, title=clean_title(body[titles[0]].text))
    draft = _with_body(Draft(facts, blocks=list(zip(body[:end], roles, strict=True))), body[end:])
    draft.blocks += [(block, "distribution") for block in tail]
    return draft


def _head_end(blocks: Sequence[Block]) -> int:
    """Return where the running text begins: with an address, or else with a sentence.

    Of the headings right before a sentence only one can be the title; the others head the text.
    """
    for i, block in enumerate(blocks[:_LONGEST_HEAD]):
        if is_address(block.text):
            return i
        if numbering(block.text):
            break
    end = next((i for i, block in enumerate(blocks) if _is_body(block)), 0)
    start = end
    while start and can_be_title(blocks[start - 1]) and not byline(blocks[start - 1].text):
        start -= 1
    if any(
        can_be_title(block) and title_weight(block) > _LONGEST_CRUMB for block in blocks[:start]
    ):
        return start
    run = range(start, end)
    title = max(run, key=lambda i: _title_rank(blocks[i]), default=end)
    after = (i for i in run if i > title and not repeats(blocks[i].text, blocks[title].text))
    return next(after, end)


def _title_rank(block: Block) -> tuple[bool, bool, bool]:
    return says_kind(block.text), block.heading > 0, title_weight(block) > 0


def _is_body(block: Block) -> bool:
    if block.kind == "row":
        return True
    return bool(numbering(block.text)) if block.heading else is_running(block.text)


def _with_body(draft: Draft, body: Sequence[Block]) -> Draft:
    """Add the body and what only it can tell: who signs at its end, and the place."""
    facts = draft.facts
    roles: list[Role] = ["body"] * len(body)
    last = len(body) - 1
    if last > 1 and is_date(body[last].text) and (signed := byline(body[last - 1].text)):
        facts = replace(facts, date=facts.date or date_in(body[last].text))
        facts = replace(facts, issuer=signed.office) if signed.office else facts.signed(signed)
        roles[-2:] = ["byline", "byline"]
    elif last > 0 and (signed := byline(body[last].text)):
        facts = facts if facts.author else facts.signed(signed)
        roles[-1] = "byline"
    elif last >= 0 and not facts.author:
        signed = dateline(body[0].text) or dateline(body[last].text)
        facts = facts.signed(signed) if signed else facts
    if facts.place is None:
        text = "\n".join(block.text for block in body)
        facts = replace(facts, place=place_of_title(facts.title or "") or place_of_text(text))
    return Draft(facts, blocks=[*draft.blocks, *zip(body, roles, strict=True)])

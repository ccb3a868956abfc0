"""Blocks → essays: where each begins and ends, and who wrote it, when and where.

A title is a heading with a byline under it. What stands before the first title of a bulletin, and
the distribution list after the last essay, is the bulletin's own matter; a document that is one
essay keeps its masthead lines itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.outline.join import Block
from rag.outline.marks import has_ending, is_ended, is_heading_like, numbering
from rag.outline.names import (
    Byline,
    byline,
    date_in,
    dateline,
    issue_in,
    place_of_meeting,
    place_of_office,
    place_of_text,
    place_of_title,
    without_date,
)
from rag.types import Role

_NOTE = re.compile(r"[【\[［（(]?(?:编者按|编者的话|编前语|编前话|按语|本刊按)[】\]］）)：:]?|按[：:]")
_DISTRIBUTION = re.compile(
    r"(?:报|送|发|抄报|抄送|主送|分送|报送|呈报|呈送|印发|发至|签发人?|责任编辑|编辑|校对|审核|联系电话|电话|"
    r"投稿邮箱|邮箱|地址)[：:]|[（(]?共印\s*\d+\s*份|[（(]来源[：:]"
)
_LABEL = re.compile(
    r"(?:信息来源|文章来源|稿源|来源|发布时间|发表时间|发布日期|时间|日期|更新时间)[：:]\s*(?P<value>.*)"
)
_PRINTED = re.compile(r"\S{2,12}?(?:日报|晚报|时报|早报|晨报|新闻|周刊|客户端|杂志|网|先锋|党建|报)$")
_MEETING = re.compile(r"[—―（(]*\s*(?P<when>\S{4,16}日)在\S*届\S*会议上[）)]?\s*(?P<rest>.*)")
_ISSUER = re.compile(r"(?P<name>(?:中共)?\S*(?:组织部|研究室|办公室|委员会|党委|党工委|党校|指挥部|领导小组|编辑部)\S{0,6}?)(?:主办|编印|编|印发|印)?\s*$")
_ADDRESS = re.compile(r"(?:各位|尊敬的各位)\S{0,12}[：:！]$|同志们[：:！]$")
_LONGEST_TAIL = 16  # blocks of a distribution list and what a web page prints after it
_CAPTION = re.compile(r"摄[）)]?$|记者\s?\S{2,4}$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stated about an essay or a bulletin."""

    title: str | None = None
    author: str | None = None
    office: str | None = None
    place: str | None = None
    publication: str | None = None
    issue: str | None = None
    date: str | None = None
    issuer: str | None = None


@dataclass(slots=True)
class Section:
    """One essay, or the matter of a bulletin: its blocks, each with its role."""

    facts: Facts
    is_matter: bool = False
    blocks: list[tuple[Block, Role]] = field(default_factory=list)


def essays(blocks: Sequence[Block]) -> list[Section]:
    """Split a document into its essays; the matter of a bulletin comes first."""
    end = _distribution_start(blocks)
    body, tail = blocks[:end], blocks[end:]
    titles = _titles(body)
    start = _masthead_end(body[: titles[0]] if titles else body)
    masthead, roles = _read_head(body[:start], in_bulletin=True)
    if not (masthead.issue or len(titles) > 1):
        return [_single(body, tail, titles)]
    if not titles:
        titles = _marked_titles(body, start)
    if start < len(body) and start not in titles:
        titles = [start, *titles]
    matter = Section(masthead, is_matter=True, blocks=list(zip(body[:start], roles, strict=True)))
    matter.blocks += [(block, "distribution") for block in tail]
    found = [
        _in_bulletin(_essay(body[first:stop]), masthead)
        for first, stop in zip(titles, [*titles[1:], len(body)], strict=True)
    ]
    return [matter, *found] if matter.blocks else found


def _in_bulletin(essay: Section, masthead: Facts) -> Section:
    """Give an essay of a bulletin the bulletin's facts."""
    facts = replace(
        essay.facts,
        publication=masthead.publication,
        issue=masthead.issue,
        date=masthead.date or essay.facts.date,
        issuer=masthead.issuer,
    )
    return Section(facts, blocks=essay.blocks)


def _masthead_end(front: Sequence[Block]) -> int:
    """Return where the bulletin's own matter ends in what stands before the first byline.

    Where an essay without byline begins there, its title is the last heading before its text.
    """
    in_note = False
    for i, block in enumerate(front):
        in_note = bool(_NOTE.match(block.text)) or (in_note and not _can_be_title(block))
        if in_note or not _is_running(block.text):
            continue
        back = i
        while back and _can_be_title(front[back - 1]) and not _ISSUER.match(front[back - 1].text):
            back -= 1
            if front[back].heading or not _is_column(front[back].text):
                break
        return back
    return len(front)


def _marked_titles(body: Sequence[Block], start: int) -> list[int]:
    """Return the titles of a bulletin without bylines: its highest marked headings."""
    levels = [block.heading for block in body[start:] if block.heading]
    return [i for i in range(start, len(body)) if levels and body[i].heading == min(levels)]


def _distribution_start(blocks: Sequence[Block]) -> int:
    """Return where the distribution list or colophon at the end begins."""
    for i in range(max(1, len(blocks) - _LONGEST_TAIL), len(blocks)):
        if _DISTRIBUTION.match(blocks[i].text) and all(len(b.text) < 120 for b in blocks[i:]):
            return i
    return len(blocks)


def _titles(blocks: Sequence[Block]) -> list[int]:
    """Return the places of the blocks that are titles: headings with a byline under them."""
    found = [
        i
        for i in range(len(blocks) - 1)
        if _can_be_title(blocks[i])
        and not byline(blocks[i].text)
        and (byline(blocks[i + 1].text) or (i and _is_signature(blocks[i - 1].text)))
    ]
    marked = [blocks[i].heading for i in found if blocks[i].heading]
    if len(marked) > 1:  # beside bylined titles, a heading of their level is a title too
        level = max(set(marked), key=marked.count)
        found += [
            i for i in range(found[0], len(blocks)) if blocks[i].heading == level and i not in found
        ]
    return sorted(found)


def _is_signature(text: str) -> bool:
    """Whether an essay ends here: a byline in brackets."""
    return text[:1] in "（(" and text[-1:] in "）)" and byline(text) is not None


def _is_column(text: str) -> bool:
    """Whether a line names a column of the bulletin: 【经验交流】, ●基层动态."""
    return text[:1] in "【［[●◆■★☆◎" and len(text) <= 14


def _can_be_title(block: Block) -> bool:
    text = block.text
    if block.heading:
        return issue_in(text) is None
    return (
        is_heading_like(text)
        and len(text) >= 4
        and numbering(text) is None
        and not (_LABEL.match(text) or _MEETING.match(text) or issue_in(text) or _is_date(text))
    )


def _leading(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks before the first paragraph of running text."""
    for i, block in enumerate(blocks[:40]):
        if _ADDRESS.match(block.text):
            return blocks[:i]
    for i, block in enumerate(blocks):
        text = block.text
        if (block.heading and numbering(text)) or (not block.heading and _is_running(text)):
            return blocks[:i]
    return ()


def _is_running(text: str) -> bool:
    if numbering(text) and not _MEETING.match(text):
        return True
    return (is_ended(text) or has_ending(text)) and not (
        _LABEL.match(text) or _NOTE.match(text) or _MEETING.match(text) or _CAPTION.search(text)
    )


def _read_head(blocks: Sequence[Block], in_bulletin: bool) -> tuple[Facts, list[Role]]:
    """Read the facts of the blocks that stand before the running text, and their roles."""
    facts = Facts()
    roles: list[Role] = []
    candidates: list[int] = []
    in_note = False
    for i, block in enumerate(blocks):
        text = block.text
        in_note = bool(_NOTE.match(text)) or (in_note and is_ended(text))
        if in_note:
            roles.append("note")
            continue
        signed = byline(text)
        read = _read_line(facts, text, in_bulletin)
        if read is not None:
            facts = read
            if issue_in(text) and not facts.publication:
                before = re.split(r"[（(]?(?:总)?第", text)[0].strip()
                named = before if len(before) >= 3 and not _is_date(before) else None
                earlier = blocks[candidates[-1]].text if candidates else None
                facts = replace(facts, publication=named or earlier)
            roles.append("masthead")
        elif signed and not in_bulletin:
            facts = _signed(facts, signed)
            roles.append("byline")
        else:
            if block.heading or is_heading_like(text):
                candidates.append(i)
            roles.append("masthead")
    if not in_bulletin and candidates:
        best = max(candidates, key=lambda i: (blocks[i].heading > 0, _title_weight(blocks[i].text)))
        roles[best] = "title"
        facts = replace(facts, title=clean_title(blocks[best].text))
    return facts, roles


def _title_weight(text: str) -> int:
    return 0 if _CAPTION.search(text) or text.endswith(("网", "要闻", "客户端")) else len(text)


def _read_line(facts: Facts, text: str, in_bulletin: bool) -> Facts | None:
    """Return `facts` with what one masthead line states, or None if it is no such line."""
    if match := _MEETING.match(text):
        facts = replace(facts, date=date_in(text), place=place_of_meeting(text))
        rest = byline(match["rest"]) if match["rest"] else None
        return _signed(facts, rest) if rest else facts
    if match := _LABEL.match(text):
        value = match["value"].strip()
        date = date_in(value)
        printed = _PRINTED.match(value.split(" ")[0]) if not date else None
        return replace(
            facts,
            date=facts.date or date,
            publication=facts.publication or (printed.group() if printed else None),
        )
    if issue_in(text) and len(text) <= 45:
        return replace(facts, issue=issue_in(text), date=_exacter(facts.date, date_in(text)))
    if _is_date(text):
        return replace(facts, date=_exacter(facts.date, date_in(text)))
    name = without_date(text)
    if in_bulletin and (match := _ISSUER.match(name)):
        return replace(facts, issuer=match["name"], date=_exacter(facts.date, date_in(text)))
    if name != text and _PRINTED.fullmatch(name):
        return replace(facts, publication=name, date=_exacter(facts.date, date_in(text)))
    return None


def _exacter(first: str | None, second: str | None) -> str | None:
    """Return the first date, or the second if it says the same more exactly."""
    return second if second and second.startswith(first or "") else first


def _is_date(text: str) -> bool:
    """Whether `text` says nothing but when."""
    return len(text) <= 34 and date_in(text) is not None and not re.search(
        r"[^\W\d_年月日时分秒号〇零○一二三四五六七八九十星期上下午出版]", text
    )


def _signed(facts: Facts, signed: Byline) -> Facts:
    office = signed.office or facts.office
    place = facts.place or (place_of_office(office) if office else None)
    return replace(facts, author=signed.author or facts.author, office=office, place=place)


def _essay(blocks: Sequence[Block]) -> Section:
    """Read one essay of a bulletin: title, bylines, body, signature."""
    title = blocks[0]
    facts = Facts(title=clean_title(title.text))
    section = Section(facts, blocks=[(title, "title")])
    i = 1
    while i < len(blocks) and (signed := byline(blocks[i].text)):
        facts = _signed(facts, signed)
        section.blocks.append((blocks[i], "byline"))
        i += 1
    return _with_body(section, facts, blocks[i:])


def _single(body: Sequence[Block], tail: Sequence[Block], titles: list[int]) -> Section:
    """Read a document that is one essay."""
    head = _leading(body)
    if titles:
        end = titles[0] + 1
        while end < len(body) and byline(body[end].text):
            end += 1
        head = body[: max(end, len(head))]
    facts, roles = _read_head(head, in_bulletin=False)
    if titles:
        roles = ["masthead" if role == "title" else role for role in roles]
        roles[titles[0]] = "title"
        facts = replace(facts, title=clean_title(body[titles[0]].text))
    section = Section(facts, blocks=list(zip(head, roles, strict=True)))
    section = _with_body(section, facts, body[len(head) :])
    section.blocks += [(block, "distribution") for block in tail]
    return section


def _with_body(section: Section, facts: Facts, body: Sequence[Block]) -> Section:
    """Add the body and what only it can tell: who signs at its end, and the place."""
    roles: list[Role] = ["body"] * len(body)
    last = len(body) - 1
    if last > 1 and _is_date(body[last].text) and (signed := byline(body[last - 1].text)):
        facts = replace(facts, date=facts.date or date_in(body[last].text))
        facts = replace(facts, issuer=signed.office) if signed.office else _signed(facts, signed)
        roles[-2:] = ["byline", "byline"]
    elif last > 0 and (signed := byline(body[last].text)):
        facts = facts if facts.author else _signed(facts, signed)
        roles[-1] = "byline"
    elif body and not facts.author and (signed := dateline(body[0].text) or dateline(body[-1].text)):
        facts = _signed(facts, signed)
    if facts.place is None:
        text = "\n".join(block.text for block in body)
        place = place_of_title(facts.title or "") or place_of_text(text)
        facts = replace(facts, place=place)
    section.blocks += zip(body, roles, strict=True)
    return Section(facts, blocks=section.blocks)


def clean_title(text: str) -> str:
    """Return a title without what a line break left in it: 堪当重任的 高素质.

    A space that parts two phrases of a title stays; one after a word that cannot end a phrase
    is what remains of a line end.
    """
    return re.sub(r"(?<=[的和与及、，]) (?=[一-鿿])", "", text.strip("*# "))

"""The head and foot of a document, told from its body by one scored model of their parts.

GB/T 9704-2012 puts the parts of an official document in a fixed order: letterhead, number, title,
addressee, body, list of attachments, signature, date, notes, copies, printing; annexes come after
the date. Speeches, news pieces and web pages have some of these parts in the same order. Each block
gets a score for each part by its form, each step from part to part one for its order, and the best
whole reading is taken (Viterbi 1967). Running text scores for nothing but the body, so no body is
ever read as head.
"""

import re
from collections.abc import Sequence
from typing import Literal

from rag.figures import begins_with_day, is_date, without_date
from rag.outline.bylines import byline
from rag.outline.join import OutlineBlock
from rag.outline.marks import (
    ARTICLE,
    BRACKETS,
    KINDS,
    fields_of,
    holds_sentence,
    is_address,
    is_heading_like,
    is_organ,
    numbering,
)
from rag.outline.masthead import (
    can_be_title,
    document_type,
    is_caption,
    is_fact,
    is_form,
    is_note,
    is_subtitle,
    repeats,
    says_kind,
    title_weight,
)

Element = Literal[
    "start", "head", "title", "more title", "after title", "body", "attachments", "signature",
    "date", "note", "copies", "printing", "annex",
]  # fmt: skip

_STEPS: dict[Element, dict[Element, float]] = {
    "start": {"head": 0, "title": 0, "body": 0},
    "head": {"head": 0, "title": 0, "body": 0},
    "title": {"more title": 0, "after title": 0, "body": 0},
    "more title": {"more title": 0, "after title": 0, "body": 0},
    "after title": {"after title": 0, "body": 0},
    "body": {
        "body": 0, "attachments": -1, "signature": -2, "date": -3, "note": -2.5, "copies": -1,
        "printing": -1,
    },
    "attachments": {
        "attachments": 0, "signature": 0, "date": -1, "note": -1, "copies": 0, "printing": 0,
        "annex": -2,
    },
    "signature": {"signature": -0.3, "date": 1, "note": -1, "copies": -1, "printing": 0},
    "date": {"note": 0, "attachments": 0, "copies": 0, "printing": 0, "annex": -1},
    "note": {
        "note": 0, "attachments": 0, "signature": 0, "copies": 0, "printing": 0, "annex": -2,
    },
    "copies": {"copies": 0, "printing": 0, "annex": -2},
    "printing": {"printing": 0, "copies": 0, "date": -1, "annex": -3},
    "annex": {"annex": 0, "signature": -2, "date": -3, "copies": 0, "printing": -1},
}  # fmt: skip
"""What a step from one part to the next scores; what is not here does not come."""

_LONGEST_HEAD = 40  # blocks of a head, a web page's with all its breadcrumbs
_MOST_BYLINES = 3  # lines of names and offices that sign a text
_LONGEST_NAME = 30  # characters of what signs
_LONGEST_LINE = 120  # characters of a line of the foot

_ADDRESSEE = re.compile(
    r"(?=[^：:]*(?:[各委局院部办府社校县区市镇乡厅]|单位|公司|中心|支部|党|会))[^。；：:]{2,200}[：:]"
    r"|各[^。；：:，]{1,60}(?:[委局院部办府校县区市镇乡厅室]|单位|公司|中心)"
)
_ANNOUNCES = re.compile(r"如下|下列|以下|通知|是[：:]|为[：:]|包括|要求|标准")
_ATTACHED = re.compile(
    r"附件?(?:目录)?\s*[：:]\s*|附件?\s*[\d一二三四五六七八九十]{1,2}\s*[：:．.、]\s*\S"
)
_FORM = re.compile(r"[^，]+(?:表|名单|清单|目录)[。；]")  # what is attached, with a list's mark
_LISTED = re.compile(r"\d{1,2}\s*[.．、]\s*\S")
_ANNEX = re.compile(r"附件?\s*[\d一二三四五六七八九十]{0,2}[：:]?$")
_ENDS_TITLE = re.compile(rf"[一-鿿]{{0,6}}(?:{KINDS}|材料|汇报|讲话|发言)")
_NOTE = re.compile(r"[（(](?![^）)]*作者)[^（）()]{2,60}[）)]")
_COPIES = re.compile(r"(?:抄报|抄送|主送|分送|报送|呈报|呈送|发至|报|送|发)[：:]\s*\S")
_PRINTED = re.compile(r"(?=.*(?:19|20|二〇|二○)).{2,60}(?:印发|编印|印制)$|[（(]?共印\s*\d+\s*份.*")
_ADOPTED = re.compile(r"(?:通过|修订|修正|公布|发布|批准|施行|实施|印发)[）)]?$")
_BLANK_DATE = re.compile(r"(?:20\d\d)?[_\s]*年[_\s]*月[_\s]*日")
_CLOSING = re.compile(r"(?:特|专|谨)?此(?:[复令布致]|证明|通[知告报]|公[告示]|函[复达]|报告)")
_DAY = re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日")
_BRACKETED = re.compile(r"[（(\[【〔].{2,120}[）)\]】〕]")


def elements_of(blocks: Sequence[OutlineBlock]) -> list[Element]:
    """Return the part that each block belongs to."""
    trellis: list[dict[Element, tuple[float, Element]]] = [{"start": (0.0, "start")}]
    for i, block in enumerate(blocks):
        best: dict[Element, tuple[float, Element]] = {}  # score so far, and the part before
        for part, score in _scores(blocks, i).items():
            reached = [
                (value + _step(last, part, block.text), last)
                for last, (value, _) in trellis[-1].items()
                if part in _STEPS[last]
            ]
            if reached:
                value, last = max(reached, key=lambda each: each[0])
                best[part] = (value + score, last)
        trellis.append(best)
    part = max(trellis[-1], key=lambda each: trellis[-1][each][0])
    found: list[Element] = []
    for best in reversed(trellis[1:]):
        found.append(part)
        part = best[part][1]
    return found[::-1]


def _step(last: Element, part: Element, text: str) -> float:
    score = _STEPS[last][part]
    if part != "annex" or last == "annex":
        return score
    number = numbering(text)
    if _ANNEX.match(text) or (number and number[0] <= ARTICLE) or document_type(text):
        return score + 1.5
    return score - (1 if is_heading_like(text) else 5)


def _scores(blocks: Sequence[OutlineBlock], i: int) -> dict[Element, float]:
    """Return what a block scores for each part that it can be of."""
    text = blocks[i].text
    body = _as_body(text)
    scores: dict[Element, float] = {"body": body, "annex": body}
    if i < _LONGEST_HEAD:
        scores |= _as_head(blocks, i)
    if len(text) <= _LONGEST_LINE:
        scores |= _as_foot(blocks, i)
    return scores


def _as_body(text: str) -> float:
    if is_address(text) or numbering(text) or holds_sentence(text) or _CLOSING.fullmatch(text):
        return 0.0 if is_note(text) else 1.5
    return -1.0 if is_fact(text) else 0.0


def _as_head(blocks: Sequence[OutlineBlock], i: int) -> dict[Element, float]:
    block, text = blocks[i], blocks[i].text
    note, known = is_note(text), is_fact(text)
    if block.kind == "row":
        return {"head": 2.5, "after title": 2.5} if known else {}
    if is_caption(text):
        return {"head": 0.0, "after title": 2.0}
    if holds_sentence(text) and not (note or known):
        return {}
    if is_form(text) and not known:
        return {"head": -2.5}
    return _as_line_of_head(blocks, i, known, note)


def _as_line_of_head(
    blocks: Sequence[OutlineBlock], i: int, known: bool, note: bool
) -> dict[Element, float]:
    """Score a line that may be of a head; `known` is whether it states a fact."""
    block, text = blocks[i], blocks[i].text
    signed = byline(text) is not None and not _is_listed(blocks, i)
    before = 1.5 if known else 0.5 if signed else -1.0
    made: dict[Element, float] = {"head": before, "after title": -2.5}
    if known or note or signed or _is_below_title(blocks, i):
        made["after title"] = 2.5
    elif i and repeats(text, blocks[i - 1].text):
        made["after title"] = 1.0
    if (title := _as_title(block)) > -4:
        made |= {"title": title, "more title": _as_more_title(blocks, i)}
    return made


def _is_below_title(blocks: Sequence[OutlineBlock], i: int) -> bool:
    """Whether a line has a form that stands below a title: a subtitle, a date, an organ."""
    text = blocks[i].text
    beside = [blocks[n].text for n in (i - 1, i + 1) if 0 <= n < len(blocks)]
    issues = is_organ(text) and any(is_dated(x) or is_fact(x) or is_address(x) for x in beside)
    return issues or is_subtitle(text) or is_dated(text)


def _is_listed(blocks: Sequence[OutlineBlock], i: int) -> bool:
    """Whether a name is one of a list of them, a line each and no date below: nobody signs so."""
    around = [block.text for block in blocks[max(0, i - 3) : i + 4]]
    below = (block.text.strip(BRACKETS) for block in blocks[i + 1 : i + 8])
    named = sum(byline(x) is not None or is_organ(x) for x in around)
    return named > _MOST_BYLINES and not any(map(is_date, below))


def _as_title(block: OutlineBlock) -> float:
    text = block.text
    if not can_be_title(block) or is_dated(text):
        return -9.0
    if says_kind(text):
        return 4.0 + 2.5 * (block.heading > 0)
    weight = title_weight(block)
    return 1.0 + min(weight, 30) / 30 + 2.5 * (block.heading > 0) - 2.0 * (weight == 0)


def _as_more_title(blocks: Sequence[OutlineBlock], i: int) -> float:
    """Score a line as a further line of a title, by what the two lines and the next one say."""
    text, last = blocks[i].text, blocks[i - 1].text
    after = blocks[i + 1].text if i + 1 < len(blocks) else ""
    ends = _ENDS_TITLE.fullmatch(text) and not document_type(last) and not document_type(after)
    if ends or says_kind(last + text):
        return 4.0
    return 1.5 if is_subtitle(after) or is_addressee(after) else -2.0


def is_addressee(text: str) -> bool:
    """Whether a line says to whom a document goes."""
    return _ADDRESSEE.fullmatch(text) is not None and _ANNOUNCES.search(text) is None


def is_dated(text: str) -> bool:
    """Whether a line says when a document was adopted, published or spoken."""
    if is_date(text.strip(BRACKETS)) or _BRACKETED.fullmatch(text):
        return True
    return begins_with_day(text) and _ADOPTED.search(text) is not None


def _as_foot(blocks: Sequence[OutlineBlock], i: int) -> dict[Element, float]:
    text = blocks[i].text
    made: dict[Element, float] = {}
    if _ATTACHED.match(text):
        made["attachments"] = 3.0
    elif _LISTED.match(text) and (is_heading_like(text) or _FORM.fullmatch(text)):
        made["attachments"] = 2.0 if is_heading_like(text) else 1.2
    if not _is_listed(blocks, i):
        made |= _as_signed(blocks, i)
    kind = fields_of(text)[0][0] if fields_of(text) else "text"
    if (_NOTE.fullmatch(text) and not byline(text)) or kind == "contact":
        made["note"] = 2.5
    if _COPIES.match(text):
        made["copies"] = 4.0
    if _PRINTED.fullmatch(text):
        made["printing"] = 4.0
    elif kind not in ("text", "contact", "meeting"):
        made["printing"] = 2.0
    return made


def _as_signed(blocks: Sequence[OutlineBlock], i: int) -> dict[Element, float]:
    """Score a line as signature or date; an office that is not known may sign above a date."""
    text = blocks[i].text
    bare = text.strip(BRACKETS)
    if _is_day(bare):
        return {"date": 2.5}
    name = without_date(bare)
    if name != bare and bare.startswith(name) and is_organ(name):  # 某会 behind a day heads a text
        return {"date": 4.0}
    if not is_heading_like(bare):
        return {}
    signed = byline(text)
    if signed or is_organ(bare):
        return {"signature": 2.5 if signed and i + 1 == len(blocks) else 2.0}
    below = (block.text.strip(BRACKETS) for block in blocks[i + 1 : i + 1 + _MOST_BYLINES])
    short = len(bare) <= _LONGEST_NAME and not re.search(r"\d", bare)
    may = any(map(_is_day, below)) and not numbering(bare) and short
    return {"signature": 0.5} if may else {}


def _is_day(bare: str) -> bool:
    """Whether a line is a date, of which the year or all may be left out to be filled in."""
    return is_date(bare) or bool(_DAY.fullmatch(bare) or _BLANK_DATE.fullmatch(bare))

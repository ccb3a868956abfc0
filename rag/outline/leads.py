"""Blocks of one essay → its leads: what heads a section or a measure, and of which rank.

A lead is a heading of its own, a number with the sentence behind it, bold text at the start of a
paragraph or clause, one item of a 一是…二是… run, a short first sentence whose siblings are
leads of the same form, or a short sentence that was announced with others. The smaller the rank,
the higher the lead stands; see `marks` for numbers.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rag.gazetteer import is_name
from rag.outline.bylines import byline
from rag.outline.frame import is_addressee
from rag.outline.items import Lead, announced, items, lead_end, sentences
from rag.outline.join import OutlineBlock
from rag.outline.marks import (
    ARTICLE,
    ASKED,
    CHINESE,
    DASH,
    ITEM,
    fields_of,
    is_ended,
    is_heading_like,
    is_organ,
    numbering,
)
from rag.outline.masthead import is_caption

APPENDIX, LINE, LINE_BELOW, OWN_ITEM, BOLD = 9, 15, 35, 57, 60
_APPENDIX = re.compile(
    r"(?:附件|附录)\s*[\d一二三四五六]?[：:]?$|(?:名词解释|名词注释|注释|有关用语说明)[：:]?$"
)
_LONGEST = 60  # characters of a numbered lead
_LONGEST_ASKED = 150  # characters of what is answered in the next paragraph
_VALUE = re.compile(  # a line of data: 收入126万元, 完成时限：2023年6月
    r"[一-鿿（）()]{0,10}[：:]?\s*\d[\d.,]*\s*(?:[万亿千百]*[元人名户亩吨斤个件家项次辆台套所处份岁天分]|[%％‰])"
    r"|[一-鿿（）()]{1,10}[：:]\s*\d[\d年月日.\-/]*|\d{4}[.年]\d{1,2}月?\s*[—–\-至].*"
)
_ANSWERS = re.compile(r"答[：:]")
_FIRST = re.compile(r"[（(]?[1一①](?![\d一二三四五六七八九十])")


def leads(blocks: Sequence[OutlineBlock]) -> list[Lead]:
    """Return the leads of an essay's body in reading order."""
    line_rank = LINE
    below = False  # an article is open
    found = _announcing(blocks)
    announcing = {lead.block for lead in found}
    for i, block in enumerate(blocks):
        number = numbering(block.text)
        if _begins_anew(blocks, i):
            line_rank = LINE
        if number and number[0] == CHINESE and below:  # 一、 of an article
            number = (ARTICLE + 1, number[1])
        elif number and number[0] <= ARTICLE:
            below = number[0] == ARTICLE
        found += [] if i in announcing else _marked(blocks, i, number, line_rank)
        if number and number[0] <= 30:  # lines without mark stand under the numbers before them
            line_rank = LINE_BELOW
    found += _bold(blocks, {lead.block for lead in found if lead.start == 0})
    headed = any(lead.alone for lead in found)
    found += sentences(blocks, {lead.block for lead in found if lead.start == 0}, headed)
    found += announced(blocks, {(lead.block, lead.start) for lead in found})
    return sorted(found, key=lambda lead: (lead.block, lead.start))


def _announcing(blocks: Sequence[OutlineBlock]) -> list[Lead]:
    """Return the lines that announce a list each, where lists begin anew below them.

    职务：县级领导；标准： 1.…2.… 职务：科级干部；标准： 1.…2.… has two such lines.
    """
    found: list[Lead] = []
    for i, (block, after) in enumerate(pairwise(blocks)):
        text, number = block.text, numbering(after.text)
        rank, longest = (number[0], _LONGEST) if number else (LINE, _LONGEST // 2)
        begins = _FIRST.match(after.text) if number else after.kind == "text" and _heads(after.text)
        if not begins or block.kind != "text" or not text.endswith(("：", ":")):
            continue
        if len(text) <= longest and not numbering(text):
            found.append(Lead(i, 0, len(text), rank - 1, True))
    ranks = Counter(lead.rank for lead in found)
    return [lead for lead in found if ranks[lead.rank] > 1]


def _marked(
    blocks: Sequence[OutlineBlock], i: int, number: tuple[int, int] | None, line_rank: int
) -> list[Lead]:
    """Return the leads of one block that a mark, a number or a line of its own shows."""
    block = blocks[i]
    text = block.text
    if block.kind != "text" or (i == 0 and is_addressee(text)):
        return []
    if _APPENDIX.match(text):
        return [Lead(i, 0, len(text), APPENDIX, True)]
    if block.heading:
        return [Lead(i, 0, len(text), block.heading, True)]
    if _is_answered(blocks, i):
        return [Lead(i, 0, len(text), number[0] if number else ASKED, True)]
    if number:
        rank, length = number
        if rank == ITEM and (run := _items(blocks, i, 0)) and run[0].start == 0:
            return run
        if (rank == DASH or text.startswith("最后，")) and not _has_sibling(blocks, i):
            return []
        end = _numbered_end(text, rank, length)
        rank = OWN_ITEM if rank == ITEM else rank
        return [Lead(i, 0, end, rank, end == len(text)), *_items(blocks, i, end)]
    if _heads(text) and _is_followed(blocks, i, line_rank):
        return [Lead(i, 0, len(text), line_rank, True)]
    return _items(blocks, i, 0)


def _is_answered(blocks: Sequence[OutlineBlock], i: int) -> bool:
    """Whether the next paragraph answers this one, whatever marks the question: 答：…."""
    texts = [block.text for block in blocks[i : i + 2]]
    answers = [_ANSWERS.match(text) is not None for text in texts]
    return answers == [False, True] and len(texts[0]) <= _LONGEST_ASKED


def _begins_anew(blocks: Sequence[OutlineBlock], i: int) -> bool:
    """Whether a line heads a list that begins with 一、, one plain paragraph aside."""
    after = [block.text for block in blocks[i + 1 : i + 3]]
    if len(after) > 1 and is_ended(after[0]) and not numbering(after[0]):
        after = after[1:]
    return bool(after) and after[0].startswith("一、") and _heads(blocks[i].text)


def _is_followed(blocks: Sequence[OutlineBlock], i: int, rank: int) -> bool:
    """Whether a line of `rank` has something to head: not where a list above it goes on below.

    The last line of a text only ends a list of such lines.
    """
    if i + 1 == len(blocks):
        return i > 1 and all(_heads(block.text) for block in blocks[i - 2 : i])
    after = numbering(blocks[i + 1].text)
    return after is None or after[0] >= min(rank, ARTICLE)


def _heads(text: str) -> bool:
    """Whether a line without mark can head what follows: no value, and no name of a person."""
    if not is_heading_like(text) or _VALUE.fullmatch(text) or fields_of(text):
        return False
    if is_caption(text) or "://" in text or text.count("：") > 1 or _names_people(text):
        return False
    return len(text) >= 4 or text[-1] in "省市县区镇乡村州旗月"


def _names_people(text: str) -> bool:
    """Whether a line says who is what, an organ too: 组长：李明, 王莉 县医院, 王红、副局长赵亮."""
    label, _, rest = text.rpartition("：")
    first, _, of = rest.partition(" ")
    if is_name(first) and is_organ(of):
        return True
    signed = byline(rest)
    author = signed and signed.author
    named = [byline(each) or is_organ(each) for each in rest.split("、")]
    return any(named) if label else all(named) and (len(named) > 1 or author is not None)


def _has_sibling(blocks: Sequence[OutlineBlock], i: int) -> bool:
    """Whether the block before or after begins with a dash too, or with 其次 before 最后."""
    return any(
        block.text.startswith(("——", "首先", "其次", "再次"))
        for block in (*blocks[max(0, i - 1) : i], *blocks[i + 1 : i + 2])
    )


def _numbered_end(text: str, rank: int, length: int) -> int:
    """Return where the lead of a numbered paragraph ends."""
    end, near = lead_end(text, length, len(text), _LONGEST - length, "，（、")
    return length if rank == ARTICLE or not (near or rank == ASKED) else end


def _items(blocks: Sequence[OutlineBlock], i: int, start: int) -> list[Lead]:
    begins = i + 1 < len(blocks) and not numbering(blocks[i].text)
    then = blocks[i + 1].text if begins else ""  # 二是 in a paragraph of its own
    return [Lead(i, a, b, ITEM, False) for a, b in items(blocks[i].text, start, then)]


def _bold(blocks: Sequence[OutlineBlock], taken: set[int]) -> list[Lead]:
    """Return the bold leads; those like the ones inside paragraphs stand below the others.

    Where leads inside paragraphs have a comma and the first lead has none, or the other way round,
    those two are the forms of measures and of sections.
    """
    found = [
        lead
        for i, block in enumerate(blocks)
        for a, b in block.bold
        if not (block.heading or (i in taken and (a == 0 or block.is_bold)))
        and (lead := _bold_lead(i, block.text, a, b))
    ]
    commas = {lead: "，" in blocks[lead.block].text[lead.start : lead.end] for lead in found}
    inner = Counter(commas[lead] for lead in found if lead.start)
    low = inner.most_common(1)[0][0] if inner else None
    first = next((commas[lead] for lead in found if not lead.start), low)
    return [
        replace(lead, rank=BOLD + 5) if lead.start or (first != low == commas[lead]) else lead
        for lead in found
    ]


def _bold_lead(i: int, text: str, a: int, b: int) -> Lead | None:
    """Return bold text as a lead if it stands as a clause of its own, closing mark included."""
    before, after = text[max(0, a - 2) : a].rstrip(" ")[-1:], text[b : b + 1]
    closed = text[b - 1] in "。：:！？；，、"
    if not 3 <= b - a <= 60 or before not in "。！？；：，”）":
        return None
    if not closed and after not in ("", "。", "，", "：", ":", "；", "！", "？", "”", " "):
        return None
    end = b + (1 if not closed and after and after in "。：:！？" else 0)
    if text[end - 1] in "，、":
        end -= 1
    return Lead(i, a, end, BOLD, a == 0 and end == len(text))

"""Leads inside paragraphs: the items of runs, and short sentences.

Runs are 一是…二是…三是…, 首先…其次…最后…, 第一，…第二，…, 其一，…其二，…. Each item stands at the
beginning of a clause and counts on from the one before; one alone is no run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.figures import number
from rag.outline.join import OutlineBlock
from rag.outline.marks import is_address, numbering
from rag.sentences import sentence_spans
from rag.types import Span

_CLAUSE = "(?:^|(?<=[。；：，！？]))"
_ORDER = {"首先": 1, "其次": 2, "再次": 3}
_LAST = "最后"
_RUNS = (
    ("一是", re.compile(_CLAUSE + r"(?P<n>[一二三四五六七八九]|十[一二三]?)是(?=[^，。])")),
    ("首先", re.compile(_CLAUSE + r"(?P<n>首先|其次|再次|最后)[，,]")),
    ("第一", re.compile(_CLAUSE + r"第(?P<n>[一二三四五六七八九])[，,：]")),
    ("其一", re.compile(_CLAUSE + r"其(?P<n>[一二三四五六七八九])[，,：]")),
)
_ASKED = re.compile(r"\s*[问答][：:]")
_LEAD_END = re.compile(r"[。！？：:；;]")
_BRACKETED = re.compile(r"（[^（）。]*）")
_LONGEST = 45  # characters of an item's lead
_FIRST_SENTENCE = re.compile(r"[^。！？；：“”]*(?:“[^”。]*”[^。！？；：“”]*)*。")
_NO_LEAD = re.compile(  # what a narrating or stating sentence has and the head of a measure has not
    r"习近平|总书记|《|^[^，]{1,8}(?:规定|提出|要求|明确|认为)，|党的二十|\d|时期|[今去明近]年|年(?:来|度|前|底|初|末)|近日|日前|记者|会议|通知|"
    r"^[据他她我这那但]|根据|他们|她们|我[们市县省区国]|这些|(?<!求)是(?!非)|指出|强调|表示|认为|介绍|"
    r"为了|如果|因此|所以|但是|同时|此外|其中|目前|一直|曾经|已经?|了(?!解)|有关|应当|不得|可以|可按|(?<![的所])需要|"
    r"本(?:报|网|刊|条|法|办|规|省|市|县|区)"
)
_SENTENCE_LENGTH = range(4, 29)
SENTENCE = 70  # the rank of a short sentence


@dataclass(frozen=True, slots=True)
class Lead:
    """`blocks[block].text[start:end]` heads what follows it."""

    block: int
    start: int
    end: int
    rank: int
    alone: bool  # a heading of its own, so that it heads the blocks after it too


def items(text: str, start: int, then: str = "") -> list[Span]:
    """Return where the lead of each item in `text[start:]` begins and ends; `then` comes after it.

    >>> text = "采取措施。一是加强引才，每年引进。二是优化服务。"
    >>> [text[a:b] for a, b in items(text, 0)]
    ['一是加强引才，每年引进。', '二是优化服务。']
    """
    runs = (_of_run(run, text, start, then) for first, run in _RUNS if first in text)
    return sorted(span for run in runs for span in run)


def _of_run(run: re.Pattern[str], text: str, start: int, then: str) -> list[Span]:
    matches = list(run.finditer(text, start))
    spans: list[Span] = []
    before: str | None = None  # of the run that is open
    for match, after in zip(matches, [*matches[1:], run.match(then)], strict=False):
        word = match["n"]
        begins = _order(word) == 1 and after is not None and _follows(word, after["n"])
        if begins or (before is not None and _follows(before, word)):
            limit = after.start() if after and after.string is text else len(text)
            spans.append((match.start(), lead_end(text, match.end(), limit, _LONGEST)[0]))
            before = word
    return spans


def _follows(word: str, other: str) -> bool:
    """Whether `other` is the next after `word`; 最后 may follow any."""
    return word != _LAST and (other == _LAST or _order(other) == _order(word) + 1)


def _order(word: str) -> int:
    return _ORDER.get(word) or number(word) or 0


def lead_end(
    text: str, start: int, limit: int, longest: int, commas: str = "，"
) -> tuple[int, bool]:
    """Return where the lead ends that has the text from `start` up to `limit`, and if that is near.

    A sentence mark in brackets ends none; one of more than `longest` characters ends at one of
    `commas`.
    """
    bare = _BRACKETED.sub(lambda match: "（" * len(match.group()), text[start:limit])
    asked = _ASKED.match(bare)
    match = _LEAD_END.search(bare, asked.end() if asked else 0)
    end = match.end() if match else len(bare) - (bare[-1:] in ("，", "、"))
    cuts = (cut for comma in commas if 0 < (cut := bare.find(comma)) <= longest)
    near = end if end <= longest else next(cuts, 0)
    return start + (near or end), near > 0


def sentences(blocks: Sequence[OutlineBlock], taken: set[int], headed: bool) -> list[Lead]:
    """Return short first sentences, where the paragraphs beside them begin with one too.

    Without any heading in the essay there must be three, for narration has short sentences too.
    """
    groups: list[list[int]] = [[]]
    for i, block in enumerate(blocks):
        if i in taken or block.kind != "text" or is_address(block.text):
            groups.append([])
        else:
            groups[-1].append(i)
    chosen = [lead for group in groups for lead in _of_group(blocks, group)]
    return chosen if headed or len(chosen) >= 3 else []


def _of_group(blocks: Sequence[OutlineBlock], group: list[int]) -> list[Lead]:
    """Return the sentence leads of paragraphs that stand under one heading."""
    ends = {i: end for i in group if (end := _sentence_end(blocks, i))}
    alone = {i for i, end in ends.items() if end == len(blocks[i].text)}
    if len(alone) * 2 < len(ends):  # one form or the other, not both
        ends = {i: end for i, end in ends.items() if i not in alone}
        span = [i for i in group if min(ends) <= i <= max(ends)]
    else:
        ends = {i: end for i, end in ends.items() if i in alone and i + 1 not in alone}
        span = list(alone)
    if len(ends) < 2 or len(ends) * 2 < len(span):
        return []
    return [Lead(i, 0, end, SENTENCE, i in alone) for i, end in sorted(ends.items())]


def _sentence_end(blocks: Sequence[OutlineBlock], i: int) -> int:
    """Return where the first sentence ends if it has the form of a lead, else 0."""
    text = blocks[i].text
    match = _FIRST_SENTENCE.match(text[:40])
    if not match or match.end() not in _SENTENCE_LENGTH or text[: match.end()].count("，") > 2:
        return 0
    if _NO_LEAD.search(match.group()):
        return 0
    rest = len(text) - match.end()
    if rest == 0:  # a line of its own heads the paragraph after it
        follows = i + 1 < len(blocks) and not numbering(blocks[i + 1].text)
        return match.end() if follows and len(blocks[i + 1].text) > 30 else 0
    return match.end() if rest >= 20 else 0


def announced(blocks: Sequence[OutlineBlock], taken: set[tuple[int, int]]) -> list[Lead]:
    """Return short sentences that one sentence before them has in a row, two at least.

    找准“点”、连接“线”，绘就“同心圆”。…找准“点”。…连接“线”。… heads two measures, also where the
    paragraphs of a page came as one.
    """
    texts = [block.text if block.kind == "text" else "" for block in blocks]
    clauses: dict[str, tuple[int, int]] = {}  # where the sentence stands that has it
    kept: dict[tuple[int, int], list[Lead]] = {}
    for i, whole in enumerate(texts):
        for start, end in sentence_spans(whole):
            text = whole[start:end]
            said = text.rstrip("。")
            by = clauses.get(said) if text.endswith("。") and (i, start) not in taken else None
            if by and len(text) in _SENTENCE_LENGTH and not _NO_LEAD.search(text):
                kept.setdefault(by, []).append(Lead(i, start, end, SENTENCE, False))
            for clause in re.split(r"[，、；：]", said):
                clauses.setdefault(clause.removeprefix("通过"), (i, start))
    return [lead for group in kept.values() if len(group) >= 2 for lead in group]

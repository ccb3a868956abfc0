"""Lines → blocks: whole paragraphs and headings, whatever cut their lines.

Three things cut lines: the paragraph's end, the width of a page or column, and a page break, which
looks like the first but is not. A line that is cut by width is full, that is, as wide as its
neighbours; a page break leaves a sentence unfinished. Documents whose lines have no common width
are taken as one paragraph a line, apart from unfinished ones.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.outline.furniture import is_furniture
from rag.outline.marks import is_address, is_ended, is_heading_like, numbering
from rag.outline.names import byline, is_name
from rag.types import Line, Piece, Span

_INDENTED = re.compile(r"\u3000{2}|[ \xa0]{4}")
_SPACE = re.compile(r"[ \t\xa0\u2000-\u200a\u3000]+")
_TIGHT = re.compile(r"[0-9０-９％%，。、；：！？（）—…]")
_SPACED_OUT = re.compile(r"(?<!\S)([一-鿿]) (?=[一-鿿](?!\S))")
_LABEL = re.compile(
    r"(?:来源|时间|日期|作者|编辑|责任编辑|发布时间|发表时间|发布日期|信息来源|文章来源)[:：]$"
)
_NEVER_FIRST = re.compile(r"[，。、；：！？”’）》】％%]|是[:：]|的(?!确)|等")
_CUT_DATE = re.compile(r"(?:\d{4}年|月|\d)\n\d{0,2}[年月日]")
_OFFICE_END = re.compile(r"(?:书记|部长|主任|局长|[省市县区镇乡]长|主席|常委)$")
_NEVER_LAST = re.compile(r"[，、《“‘（【—的和与及在把对将并届要]$")
_INDENT = 2  # characters that the first line of a paragraph is set in
_LONGEST_CLAUSE = 14  # characters between commas in a heading, of those that run over lines
_WIDEST = 60  # a common width above this is no page's


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading, repaired."""

    text: str
    origin: tuple[Piece, ...]
    heading: int = 0  # level of a marked heading, else 0
    bold: tuple[Span, ...] = ()

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold."""
        return bool(self.bold) and sum(b - a for a, b in self.bold) >= len(self.text)


@dataclass(frozen=True, slots=True)
class _Part:
    """A tidied line with what is known of its surroundings."""

    line: Line
    gap: bool  # something stands between it and the line before
    indented: bool = False  # set in, where not all lines are
    full: bool = False  # cut by the width of its page or column
    short: bool = False  # so much narrower that its paragraph ends here
    wrapped: bool = False  # its neighbours have a common width


def blocks(lines: Sequence[Line]) -> list[Block]:
    """Join the lines of a document to whole paragraphs and headings; furniture is dropped."""
    parts = _measured(list(_tidied(lines)))
    whole = "".join(part.line.text for part in parts)
    joined: list[Block] = []
    open_parts: list[_Part] = []
    for i, part in enumerate(parts):
        if open_parts and not _goes_on(open_parts, parts, i, joined, whole):
            joined.append(_block(open_parts))
            open_parts = []
        open_parts.append(part)
    if open_parts:
        joined.append(_block(open_parts))
    return joined


def _tidied(lines: Sequence[Line]) -> Iterator[_Part]:
    gap, page = True, None
    for line in lines:
        text = line.text.strip()
        if not text or is_furniture(text):
            gap = True
            continue
        yield _Part(tidy(line), gap or line.page != page, _INDENTED.match(line.text) is not None)
        gap, page = False, line.page


def tidy(line: Line) -> Line:
    """Take off outer spaces, those beside digits and punctuation, and those that space a word out.

    >>> tidy(Line("2022 年 10 月，高 炬", 1)).text
    '2022年10月，高炬'
    """
    text = line.text
    if not _SPACE.search(text):
        return line
    kept = list(range(len(text)))  # place in the file's line of each character that is kept
    for match in reversed(list(_SPACE.finditer(text))):
        start, end = match.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        tight = not before or not after or _is_tight(before, after)
        del kept[start if tight else start + 1 : end]
    made = "".join(" " if text[i].isspace() else text[i] for i in kept)
    drop = {match.end() - 1 for match in _SPACED_OUT.finditer(made)}
    kept = [place for i, place in enumerate(kept) if i not in drop]
    made = "".join(char for i, char in enumerate(made) if i not in drop)
    bold = tuple((_moved(kept, a), _moved(kept, b)) for a, b in line.bold)
    return replace(line, text=made, bold=tuple(span for span in bold if span[0] < span[1]))


def _is_tight(before: str, after: str) -> bool:
    """Whether no space belongs between the two: 10 月, but not Top 10."""
    pair = before + after
    return bool(_TIGHT.search(pair)) and not pair.isascii()


def _moved(kept: list[int], place: int) -> int:
    """Return how many characters are kept before `place`."""
    low, high = 0, len(kept)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if kept[middle] < place else (low, middle)
    return low


def _measured(parts: list[_Part]) -> list[_Part]:
    """Mark the lines that are as wide as their neighbours.

    The first line of a paragraph may be short by the indent that was stripped from it.
    """
    widths = [max(part.line.width, len(part.line.text)) for part in parts]
    visible = [len(part.line.text) for part in parts]
    near = [sorted(visible[max(0, i - 6) : i + 7]) for i in range(len(visible))]
    lacks = [each[len(each) * 3 // 4] - width for each, width in zip(near, widths, strict=True)]
    firsts = [
        lack
        for lack, part, after in zip(lacks, parts, parts[1:], strict=False)
        if part.gap and not after.gap
    ]
    indent = _INDENT if firsts and sorted(firsts)[len(firsts) // 2] > 0 else 0
    lacks = [lack - indent * part.gap for lack, part in zip(lacks, parts, strict=True)]
    inner = [
        max(0, lack)
        for lack, part, after in zip(lacks, parts, parts[1:], strict=False)
        if not after.gap and not is_ended(part.line.text)
    ]
    if len(inner) < 4 or sorted(visible)[len(visible) * 19 // 20] > _WIDEST:
        return parts
    if sum(lack <= 3 for lack in inner) < 0.6 * len(inner):
        return parts
    indents = sum(part.indented for part in parts)
    if indents > 0.9 * len(parts):
        parts = [replace(part, indented=False) for part in parts]
    slack = min(3, sorted(inner)[len(inner) * 19 // 20])
    return [
        replace(part, full=lack <= slack, short=lack > max(slack, 2), wrapped=True)
        for part, lack in zip(parts, lacks, strict=True)
    ]


def _goes_on(
    before: list[_Part], parts: list[_Part], i: int, joined: list[Block], whole: str
) -> bool:
    """Whether `parts[i]` belongs to the paragraph that the parts `before` it began."""
    last, part = before[-1], parts[i]
    end, start = last.line.text, part.line.text
    if _LABEL.search(end) and len(end) < 8 and len(start) < 30:
        return True
    if part.line.heading:
        return False
    if _OFFICE_END.search(end) and is_name(_run(parts, i)[0]):
        return True
    if _CUT_DATE.search(f"{end[-5:]}\n{start[:3]}"):
        return True
    text = "".join(each.line.text for each in before) if len(before) < 5 else end + "。"
    if before[0].line.heading or (is_heading_like(text) and numbering(text)):
        return _heading_goes_on(last, part, parts, i, whole)
    if _is_split_bold(before, last, part):
        return True
    if is_heading_like(text) and byline(text):
        return byline(text + start) is not None and len(start) < 3
    ended = is_ended(end)
    if last.wrapped:
        if part.indented and end[-1] not in "，、":
            return False
        if not part.gap:
            if last.full:
                return not (ended and (numbering(start) or end[-1] in "：:"))
            return not ended and (
                not last.short or end[-1] in "，、" or not is_heading_like(text)
            )
        if ended:
            return False
        if last.full and is_heading_like(text):
            return _unmarked_goes_on(text, start, parts, i, joined, whole)
        return (
            last.full
            or end[-1] in "，、"
            or not is_heading_like(text)
            or (_marks_headings(joined) and not numbering(start))
        )
    if ended or numbering(start) or is_address(start) or end.endswith("摄") or (not part.gap and end[-1] in "；;）)】"):
        return False
    if _NEVER_FIRST.match(start) or _NEVER_LAST.search(end) or _is_open(end):
        return True
    return not is_heading_like(text) and end[-1] not in "；;）)】" and not _starts_bold(part)


def _heading_goes_on(
    last: _Part, part: _Part, parts: list[_Part], i: int, whole: str
) -> bool:
    """Whether a marked or numbered heading, cut by width, goes on in `part`."""
    end, start = last.line.text, part.line.text
    run, behind = _run(parts, i)
    signed = byline(run)
    if numbering(start) or is_ended(end) or (signed and (part.gap or signed.office)):
        return False
    if _NEVER_FIRST.match(start) or _is_open(end):
        return True
    if not last.wrapped:
        return False
    if not part.gap:
        return last.full or is_heading_like(run)
    titled = is_heading_like(run) and behind < len(parts) and byline(_run(parts, behind)[0])
    return last.full and bool(
        titled or end[-1] in "，、" or _is_word(end[-1] + start[0], whole)
    )


def _unmarked_goes_on(
    text: str, start: str, parts: list[_Part], i: int, joined: list[Block], whole: str
) -> bool:
    """Tell a full line before a gap that is a heading from one that a page break cut."""
    if numbering(start) or byline(_run(parts, i)[0]):
        return False
    if _NEVER_LAST.search(text) or _NEVER_FIRST.match(start) or _is_open(text):
        return True
    if max(map(len, re.split("[，,]", text))) > _LONGEST_CLAUSE:
        return True
    if _marks_headings(joined):
        return True
    if joined and is_heading_like(joined[-1].text) and not byline(joined[-1].text):
        return True  # two headings without text between them are rarer than a cut
    return _is_word(text[-1] + start[0], whole)


def _marks_headings(joined: list[Block]) -> bool:
    """Whether running text stands before, in a document whose headings are marked.

    There a line without mark is no heading.
    """
    if not joined or joined[-1].heading:
        return False
    running = is_ended(joined[-1].text) or byline(joined[-1].text) is not None
    return running and sum(block.heading > 0 for block in joined) >= 2


def _is_word(pair: str, whole: str) -> bool:
    """Whether two characters that a break parts stand side by side elsewhere too."""
    return whole.find(pair, whole.find(pair) + 1) >= 0


def _run(parts: list[_Part], i: int) -> tuple[str, int]:
    """Return the text from `parts[i]` up to the next gap, cut where no heading is as long."""
    run = parts[i].line.text
    end = i + 1
    while end < len(parts) and not parts[end].gap and len(run) <= 60:
        run += parts[end].line.text
        end += 1
    return run, end


def _is_split_bold(before: list[_Part], last: _Part, part: _Part) -> bool:
    """Whether bold stands on both sides of the break and no sentence ends there."""
    if not (last.line.bold and part.line.bold) or is_ended(last.line.text):
        return False
    touches = last.line.bold[-1][1] == len(last.line.text) and part.line.bold[0][0] == 0
    alone = len(before) == 1 and last.line.bold[0] == (0, len(last.line.text))
    return touches and (not alone or (last.wrapped and last.full))


def _starts_bold(part: _Part) -> bool:
    return bool(part.line.bold) and part.line.bold[0][0] == 0


def _is_open(text: str) -> bool:
    """Whether a quote or bracket is open near the end of `text`."""
    tail = text[-40:]
    return any(tail.rfind(a) > tail.rfind(b) for a, b in ("“”", "（）", "《》"))


def _block(parts: list[_Part]) -> Block:
    pieces: list[str] = []
    origin: list[Piece] = []
    bold: list[Span] = []
    length = 0
    for part in parts:
        text = part.line.text
        if pieces and (pieces[-1][-1:] + text[:1]).isascii() and pieces[-1][-1:].isalpha():
            pieces.append(" ")  # two Latin words
            length += 1
        origin.append(Piece(start=length, line=part.line.number, page=part.line.page))
        for a, b in part.line.bold:
            span = (a + length, b + length)
            if a == 0 and bold and bold[-1][1] == length and not is_ended(pieces[-1]):
                span = (bold.pop()[0], span[1])
            bold.append(span)
        pieces.append(text)
        length += len(text)
    return Block("".join(pieces), tuple(origin), parts[0].line.heading, tuple(bold))

"""Parts → blocks: whole paragraphs and headings, whatever cut their lines.

Three things cut lines: the paragraph's end, the width of a page or column, and a page break, which
looks like the first but is not. A full line was cut by width; a page break leaves a sentence
unfinished. Documents whose lines have no common width are taken as one paragraph a line, apart
from unfinished ones.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from rag.gazetteer import is_name
from rag.outline.bylines import byline, is_office
from rag.outline.lines import PlacedLine, parts
from rag.outline.marks import (
    KINDS,
    POST,
    fields_of,
    is_address,
    is_ended,
    is_heading_like,
    numbering,
)
from rag.types import Line, LineKind, Piece, Span

_OPENS = re.compile(r"[【\[（(]?编者[按的]|(?:抄?报|抄?送|主送|发)[：:]|" + POST)
_ENDED_TITLE = re.compile(rf"关于.*(?:{KINDS})$")
_NEVER_FIRST = re.compile(r"[，。、；：！？”’）》】％%]|是[:：]|的(?!确)|等")
_NEVER_LAST = re.compile(r"[，、《“‘（【—的和与及在把对将并届是]$|(?<![纪摘概提])要$")
_HYPHENATED = re.compile(r"[a-z]{2}-\n[a-z]")
_LONGEST_CLAUSE = 14  # characters between commas in a heading that runs over lines
_LONGEST_RUN = 60  # characters from which on a run of lines is no heading and no byline


@dataclass(frozen=True, slots=True)
class OutlineBlock:
    """A paragraph or heading, repaired."""

    text: str
    origin: tuple[Piece, ...]
    heading: int = 0  # level of a marked heading, else 0
    bold: tuple[Span, ...] = ()
    kind: LineKind = "text"

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold."""
        return sum(b - a for a, b in self.bold) >= len(self.text)


def blocks(lines: Sequence[Line], printed: bool = True) -> list[OutlineBlock]:
    """Join the lines of a document to whole paragraphs and headings; furniture is dropped.

    Where lines are not `printed` ones but paragraphs, only soft line breaks inside them are joined.
    """
    joiner = _Joiner(parts(lines, printed), printed)
    for i in range(len(joiner.parts)):
        joiner.take(i)
    joiner.close()
    return joiner.made


@dataclass(slots=True)
class _Joiner:
    """Takes in parts in order; `open` are those of the paragraph that is not closed yet."""

    parts: list[PlacedLine]
    printed: bool = True
    made: list[OutlineBlock] = field(default_factory=list)
    open: list[PlacedLine] = field(default_factory=list)
    whole: str = ""  # all text, to look up whether two characters make a word

    def __post_init__(self) -> None:
        self.whole = "".join(part.text for part in self.parts)

    def take(self, i: int) -> None:
        """Take in `parts[i]`. A footnote does not end the paragraph that a page break cuts."""
        if (kind := self.parts[i].line.kind) != "text":
            if kind == "row":
                self.close()
            self.made.append(_block([self.parts[i]]))
            return
        if self.open and not self._goes_on(i):
            self.close()
        self.open.append(self.parts[i])

    def close(self) -> None:
        """End the open paragraph."""
        if self.open:
            self.made.append(_block(self.open))
            self.open = []

    def _goes_on(self, i: int) -> bool:
        """Whether the open paragraph goes on in `parts[i]`."""
        last, part = self.open[-1].line, self.parts[i]
        end, start = last.text, part.text
        if end[-1:] in "：:" and len(start) < 30 and [*fields_of(end), ("", "x")][0][1] == "":
            return True
        if part.line.heading or not (self.printed or part.line.number == last.number):
            return False
        if _HYPHENATED.search(f"{end[-3:]}\n{start[:1]}"):
            return True
        if is_office(end) and is_name(self._run(i)):
            return True
        text = self._open_text()
        if self.open[0].line.heading or (is_heading_like(text) and numbering(text)):
            return self._heading_goes_on(i)
        if byline(text):
            return len(start) < 3 and byline(text + start) is not None
        if part.wrapped:
            return self._wrapped_goes_on(i, text)
        runs_on = self.open[-1].full and not (part.gap or part.indented) and "，" in text
        return _cut_goes_on(end, part, text, runs_on)

    def _open_text(self) -> str:
        """Return the open text; of a long one its last line, marked as no heading."""
        if len(self.open) < 5:
            return "".join(part.text for part in self.open)
        return "。" + self.open[-1].text

    def _wrapped_goes_on(self, i: int, text: str) -> bool:
        """Whether a paragraph goes on where the document has a common width."""
        last, part = self.open[-1], self.parts[i]
        end, start = last.text, part.text
        ended, listed = is_ended(end), end[-1] in "，、"
        if not listed and (part.indented or _OPENS.match(start)):
            return False
        if not part.gap:
            if last.full:
                return not ((ended or end[-1] in "；;") and (numbering(start) or end[-1] in "：:"))
            return not ended and (not last.short or listed or not is_heading_like(text))
        if listed or not is_heading_like(text):
            return not ended
        run = self._run(i)
        if numbering(start) or byline(run) or _ENDED_TITLE.search(text):
            return False
        return last.full and self._heading_was_cut(text, run)

    def _heading_goes_on(self, i: int) -> bool:
        """Whether a marked or numbered heading, cut by width, goes on in `parts[i]`."""
        last, part = self.open[-1], self.parts[i]
        end, start = last.text, part.text
        run = self._run(i)
        signed = byline(run)
        if numbering(start) or is_ended(end) or (signed and (part.gap or signed.office)):
            return False
        if _is_cut(end, start):
            return True
        if not last.wrapped:
            return False
        if not part.gap:
            return last.full or is_heading_like(run)
        return last.full and (is_heading_like(run) or self._is_word(end, start))

    def _heading_was_cut(self, text: str, run: str) -> bool:
        """Tell a full line before a gap that a page break cut from one that is a heading."""
        if _is_cut(text, run):
            return True
        if max(map(len, re.split("[，,]", text))) > _LONGEST_CLAUSE:
            return True
        before = self.made[-1].text if self.made else ""
        if is_heading_like(run) or (is_heading_like(before) and not byline(before)):
            return True  # two headings without text between them are rarer than a cut
        return self._is_word(text, run)

    def _is_word(self, end: str, start: str) -> bool:
        """Whether the two characters that a break parts stand side by side elsewhere too."""
        pair = end[-1] + start[0]
        return self.whole.find(pair, self.whole.find(pair) + 1) >= 0

    def _run(self, i: int) -> str:
        """Return the text from `parts[i]` up to the next gap, or as much as tells what it is."""
        run = self.parts[i].text
        for part in islice(self.parts, i + 1, None):
            if part.gap or len(run) > _LONGEST_RUN:
                break
            run += part.text
        return run


def _cut_goes_on(end: str, part: PlacedLine, text: str, runs_on: bool) -> bool:
    """Whether a paragraph goes on in `part` where each line is one, unless it was cut.

    A line of clauses `runs_on` that is as wide as its page.
    """
    start = part.text
    if len(start) < 4 and start[-1] in "。！？" and not is_ended(end):
        return True  # the rest of a sentence
    complete = is_ended(end) or end.endswith("摄") or (not part.gap and end[-1] in "；;）)】")
    if complete or numbering(start) or is_address(start):
        return False
    return runs_on or _is_cut(end, start) or not is_heading_like(text)


def _is_cut(end: str, start: str) -> bool:
    """Whether no line ends like the one, or begins like the other, but where it was cut.

    No line ends within a quote or bracket.
    """
    if _NEVER_LAST.search(end) or _NEVER_FIRST.match(start):
        return True
    tail = end[-40:]
    return any(tail.rfind(a) > tail.rfind(b) for a, b in ("“”", "（）", "《》"))


def _block(made_of: Sequence[PlacedLine]) -> OutlineBlock:
    """Join parts to one text; a bold range that a break cut becomes one again."""
    pieces: list[str] = []
    origin: list[Piece] = []
    bold: list[Span] = []
    length = 0
    for part in made_of:
        text = part.text
        if pieces and _HYPHENATED.search(f"{pieces[-1][-3:]}\n{text[:1]}"):
            pieces[-1] = pieces[-1][:-1]  # a Latin word that the line end cut
            length -= 1
        elif pieces and pieces[-1][-1].isalpha() and (pieces[-1][-1] + text[0]).isascii():
            pieces.append(" ")  # between two Latin words
            length += 1
        origin.append(Piece(start=length, line=part.line.number, page=part.line.page))
        for a, b in part.line.bold:
            span = (a + length, b + length)
            if bold and bold[-1][1] == length and not is_ended(pieces[-1]):
                span = (bold.pop()[0], span[1])
            bold.append(span)
        pieces.append(text)
        length += len(text)
    first = made_of[0].line
    return OutlineBlock("".join(pieces), tuple(origin), first.heading, tuple(bold), first.kind)

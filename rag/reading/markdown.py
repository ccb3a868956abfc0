r"""Markdown → lines, the marks taken off and kept as `Line.heading` and `Line.bold`.

This is the Markdown that comes out of PDF converters, so bold is looser than CommonMark: it may
touch Chinese punctuation on either side (`**留**。` is not bold there) and may be cut by a line
end. Lists lose their bullet, quotes their `>`; numbers stay, they are part of the text.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rag.reading.tabular import with_rows
from rag.reading.text import read_text
from rag.types import Line, Span

_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:[ \t\u3000]+|(?=[^\s#]))(.*?)(?:\s+#+)?\s*$")
_RULE = re.compile(r"\s{0,3}([-*_=])(?:\s*\1){2,}\s*$")
_PREFIX = re.compile(r"(?:\s{0,3}(?:>\s?)+)?(?:\s*[-*+]\s+(?=\S))?")
_COMMENT = re.compile(r"<!--.*?-->")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_MARK = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>])|(\*\*)|`([^`\n]+)`")
_SIGNS = re.compile(
    r"^\s{0,3}#{1,6}[ \t]+\S|\*\*[^*\n]+\*\*|^[ \t]*\|(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*$"
    r"|(?:^[^|\n]*(?: \|(?= )[^|\n]*){2,}\n){3}",
    re.MULTILINE,
)
_CUT_MARK = re.compile(r"(?<!\*)(?P<whole>(?:\*\*)?)\*(?P<end>[^\S\n]*\n\s*)(?=\*(?:\*\*)?(?!\*))")
_Taken = tuple[int, str, list[int]]
"""Line number, text without marks, places of the bold marks in it."""


def looks_like_markdown(text: str) -> bool:
    """Whether `text` has a heading or bold mark, whatever its file is called."""
    return _SIGNS.search(text) is not None


def read_markdown(text: str) -> tuple[Line, ...]:
    """Return the lines of a Markdown text without its marks; those cut by line ends count too."""
    plain = read_text(_CUT_MARK.sub(r"\g<whole>\g<end>*", text))
    lines = with_rows(plain, lambda cell: _take_off(cell)[1])
    taken = [(line, *_take_off(line.text if line.kind == "text" else "")) for line in lines]
    bold = _bold([(line.number, body, marks) for line, _, body, marks in taken])
    return tuple(
        replace(line, text=body, heading=heading, bold=tuple(bold[line.number]))
        if line.kind == "text"
        else line
        for line, heading, body, _ in taken
    )


def _take_off(line: str) -> tuple[int, str, list[int]]:
    """Return heading level, text without marks, and where in it a bold mark stood."""
    if _RULE.match(line):
        return 0, "", []
    heading = 0
    if match := _HEADING.match(line):
        heading, line = len(match.group(1)), match.group(2)
    else:
        line = _PREFIX.sub("", line, count=1)
    if "<!--" in line:
        line = _COMMENT.sub("", line)
    if "](" in line:
        line = _LINK.sub(r"\1", line)
    if "*" not in line and "\\" not in line and "`" not in line:
        return heading, line, []
    parts, marks, length, done = [], [], 0, 0
    for match in _MARK.finditer(line):
        kept = match.group(1) or match.group(3) or ""
        parts += [line[done : match.start()], kept]
        length += match.start() - done
        if match.group(2):
            marks.append(length)
        length += len(kept)
        done = match.end()
    return heading, "".join(parts) + line[done:], marks


def _bold(lines: Sequence[_Taken]) -> dict[int, list[Span]]:
    """Pair the bold marks in order; return the bold ranges of each line number.

    A pair that is cut by a line end gives a range on each of its lines. A mark that is open at
    the end of a paragraph goes on only where the next paragraph has one mark too many.
    """
    pairs: list[tuple[tuple[int, int], tuple[int, int]]] = []  # line and place of each mark
    opened: list[tuple[int, int]] = []
    for filled, paragraph in groupby(enumerate(lines), lambda each: _is_filled(each[1])):
        own = [(i, place) for i, (_, _, marks) in paragraph for place in marks]
        if filled:
            opened = [*opened, *own] if len(own) % 2 else own
            pairs += zip(opened[::2], opened[1::2], strict=False)
            opened = opened[len(opened) // 2 * 2 :]
    spans: dict[int, list[Span]] = defaultdict(list)
    for (first, start), (last, end) in pairs:
        for i, (number, body, _) in enumerate(lines[first : last + 1], first):
            span = (start if i == first else 0, end if i == last else len(body))
            if span[0] < span[1]:
                spans[number].append(span)
    return spans


def _is_filled(line: _Taken) -> bool:
    return bool(line[1].strip() or line[2])

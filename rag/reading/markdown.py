r"""Markdown → lines, the marks taken off and kept as `Line.heading` and `Line.bold`.

This is the Markdown that comes out of PDF converters, so bold is looser than CommonMark: it may
touch Chinese punctuation on either side (`**留**。` is not bold there) and may be cut by a line
end. Lists lose their bullet, quotes their `>`; numbers stay, they are part of the text.
"""

import re

from rag.reading.text import raw_lines
from rag.types import Line, Span

_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:[ \t\u3000]+|(?=[^\s#]))(.*?)(?:\s+#+)?\s*$")
_RULE = re.compile(r"\s{0,3}([-*_=])(?:\s*\1){2,}\s*$")
_PREFIX = re.compile(r"\s{0,3}(?:>\s?)+|\s*[-*+]\s+(?=\S)")
_COMMENT = re.compile(r"<!--.*?-->")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_MARK = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>])|(\*\*)|`([^`\n]+)`")
_SIGNS = re.compile(r"^\s{0,3}#{1,6}[ \t]+\S|\*\*[^*\n]+\*\*", re.MULTILINE)
_LONGEST_BOLD = 200  # characters; a longer stretch between two marks is no lead


def looks_like_markdown(text: str) -> bool:
    """Whether `text` has a heading or bold mark, whatever its file is called."""
    return _SIGNS.search(text) is not None


def read_markdown(text: str) -> tuple[Line, ...]:
    """Return the lines of a Markdown text without its marks."""
    taken = [(number, page, *_take_off(line), line) for number, page, line in raw_lines(text)]
    bold = _bold([(number, body, marks) for number, _, _, body, marks, _ in taken])
    return tuple(
        Line(
            text=body,
            number=number,
            page=page,
            heading=heading,
            bold=tuple(bold.get(number, ())),
            width=len(line.strip()),
        )
        for number, page, heading, body, _, line in taken
    )


def _take_off(line: str) -> tuple[int, str, list[int]]:
    """Return heading level, text without marks, and where in it a bold mark stood."""
    if _RULE.match(line):
        return 0, "", []
    heading = 0
    if match := _HEADING.match(line):
        heading, line = len(match.group(1)), match.group(2)
    else:
        line = _PREFIX.sub("", line, count=1) if _PREFIX.match(line) else line
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


def _bold(lines: list[tuple[int, str, list[int]]]) -> dict[int, list[Span]]:
    """Pair the bold marks of all lines in order; return the bold ranges of each line number.

    A pair that is cut by a line end gives a range on each of its lines.
    """
    spans: dict[int, list[Span]] = {}
    opened: list[tuple[int, Span]] = []  # ranges since the open mark; the last one grows
    is_open, length = False, 0
    for number, body, marks in lines:
        start = 0
        for mark in marks:
            if is_open:
                for line_number, span in [*opened, (number, (start, mark))]:
                    if span[0] < span[1]:
                        spans.setdefault(line_number, []).append(span)
            is_open, opened, start, length = not is_open, [], mark, 0
        if is_open:
            opened.append((number, (start, len(body))))
            length += len(body) - start
            if length > _LONGEST_BOLD:
                is_open, opened = False, []
    return spans

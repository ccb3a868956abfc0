"""Documents that lost their line ends: parted where numbers count on, and in their head.

Copied from chats and forms, a whole notice may be one line. Only numbers that count on from the
first of their kind part it, so enumerations inside sentences do not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.figures import ORDINALS, number
from rag.outline.marks import KINDS
from rag.reading.text import clipped
from rag.types import Line

_LONG = 300  # characters of a line, on the average, from which on line ends were lost
_LONG_ALONE = 100  # those of the only line
_LEVELS = (
    re.compile(rf"(?<![第之、年月{ORDINALS}])(?P<n>[{ORDINALS}]{{1,3}})、(?![{ORDINALS}\d])"),
    re.compile(rf"[（(](?P<n>[{ORDINALS}]{{1,3}})[）)]"),
    re.compile(r"(?<![\d.．第])(?P<n>\d{1,2})[.．、](?=[一-鿿“《])"),
)  # fmt: skip
_SECOND = re.compile(r"[。；](?:二、|[（(]二[）)]|2[.．、])")
_FOOT = re.compile(r"(?<=。)[^。，；：]{4,40}年[^。，；：]{1,6}日$")
_HEAD = re.compile(
    r"\s*(?:(?P<first>原标题[：:].{4,60}?)(?=□|中新[网社]|新华[网社]|人民网|本[报网]讯)|"
    r"(?P<letterhead>[^。]{4,40}?文件)?(?P<number>[^。，：]{1,40}[〔\[［]\d{4}[〕\]］]\d{1,4}号)?"
    rf"(?P<title>[^。]{{0,40}}?关于[^。]{{2,80}}?的(?:{KINDS}))(?P<colon>[：:])?"
    r"(?P<addressee>(?:各|[^。；：:，]{2,20}[、，])[^。；：:]{2,160}[：:]?)?)"
)


def restored(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of a document; where its line ends were lost, parted anew."""
    held = [line for line in lines if line.text.strip()]
    if not held:
        return []
    average = sum(len(line.text) for line in held) / len(held)
    lost = average >= (_LONG if len(held) > 1 else _LONG_ALONE)
    return [part for line in lines for part in _parted(line, line is held[0], lost)]


def _parted(line: Line, first: bool, lost: bool) -> Iterator[Line]:
    text = line.text
    if not text.strip():
        yield line
        return
    if text[0] in "：:":  # the addressee's, which stands after it
        text = f"{text[1:]}："
        line = replace(line, text=text, bold=clipped(line.bold, 1, len(text)))
    cuts = {0, len(text), *(_head_cuts(text) if first else ())}
    if lost and (match := _FOOT.search(text)):
        cuts.add(match.start())
    lost = lost and len(text) >= _LONG_ALONE
    for level in _LEVELS if lost or (line.kind == "text" and _SECOND.search(text)) else ():
        for start, end in pairwise(sorted(cuts)):
            cuts |= set(_run(level, text, start, end, anywhere=lost))
    for start, end in pairwise(sorted(cuts)):
        if text[start:end].strip("：: "):  # not the colon between title and addressee
            yield replace(line, text=text[start:end], bold=clipped(line.bold, start, end))


def _head_cuts(text: str) -> set[int]:
    """Return where the parts of a head end, if a number or a colon shows that it is one."""
    match = _HEAD.match(text)
    if match is None:
        return set()
    told = match["first"] or match["number"] or match["colon"]
    if not told and not (match["addressee"] or "").endswith(("：", ":")):
        return set()
    return {match.end(name) for name, part in match.groupdict().items() if part}


def _run(level: re.Pattern[str], text: str, start: int, end: int, anywhere: bool) -> list[int]:
    """Return where the items of a list begin: numbers that count on from one, two at least.

    Where they may not stand `anywhere`, each begins the text or follows a sentence.
    """
    found: list[int] = []
    for match in level.finditer(text, start, end):
        at = match.start()
        begins = anywhere or not text[:at].strip() or text[at - 1] in "。；"
        if begins and number(match["n"]) == len(found) + 1:
            found.append(at)
    return found if len(found) > 1 else []

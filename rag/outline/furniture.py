"""What a web page or a form puts around a text and nobody wrote as part of it.

Only whole lines count that are such words, or that come back on every page; a line that also says
something is kept.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from rag.outline.marks import is_ended
from rag.reading.heads import counts_on
from rag.types import Line

_WORDS = frozenset(
    """
    下载 打印 全屏 收藏 加大 还原 减小 大 中 小 】 【 【字号： 【字体： 字号： 字体： 】字号
    首页 > >> » / | × 您的位置: 您的位置： 当前位置： 当前位置: 您当前的位置： 位置：
    分享: 分享： 分享到: 分享到： 分享到 分享到微信 打印本页 关闭窗口 关闭 返回顶部 返回
    相关报道： 相关文档： 相关附件>> 相关链接>> 相关附件： 相关链接： 相关新闻： 相关阅读：
    上一篇： 下一篇： 上一篇：没有了 下一篇：没有了 扫一扫在手机打开当前页 阅读量： 浏览次数：
    》》点击图片进入专题《《 领导批示： 领导批示 批示： 签批： 签发： 打印文章 我要纠错
    """.split()
)
_PAGE_NUMBER = re.compile(
    r"[-—–－·]{1,2} ?\d{1,4} ?[-—–－·]{1,2}|第 ?\d{1,4} ?页(?: ?[，/] ?共 ?\d{1,4} ?页)?"
)
_CRUMB = re.compile(r"(?:您?(?:的|当前的?|现在的?)?|当前)位置[：:].{0,80}")
_CONTENTS = re.compile(r".{2,40}?[….·]{4,}\s*\d{1,4}")  # a line of a table of contents
_DIGITS = re.compile(r"\d+")
_LEAST = 3  # times that a line must come back to be a running head
_LONGEST_HEAD = 40  # characters
_LONGEST = 16  # characters of the longest entry, so that body lines cost one comparison


def is_furniture(line: str) -> bool:
    """Whether the whole `line`, without outer spaces, is furniture."""
    if len(line) <= _LONGEST and (line in _WORDS or _PAGE_NUMBER.fullmatch(line) is not None):
        return True
    if line.startswith(("您", "当前", "位置")) and _CRUMB.fullmatch(line):
        return True
    return line[-1:].isdecimal() and _CONTENTS.fullmatch(line) is not None


def recurring(lines: Sequence[Line]) -> set[int]:
    """Return the places of running heads, feet and bare page numbers.

    A line that comes back is one where its digits stay or count on, and where it stands at the edge
    of its page each time; or, where the file has no pages, where it cuts sentences each time.
    """
    alike: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        text = line.text.strip()
        if 0 < len(text) <= _LONGEST_HEAD and not line.heading and line.kind == "text":
            alike[_DIGITS.sub("#", text)].append(i)
    found: set[int] = set()
    for text, places in alike.items():
        if len(places) < _LEAST or is_ended(text):
            continue
        paged = lines[places[0]].page is not None
        edges = [i for i in places if _is_edge(lines, i) and (paged or _interrupts(lines, i))]
        numbered = [(lines[i].page or n, lines[i].text) for n, i in enumerate(edges)]
        enough = len(edges) >= max(_LEAST, len(places) - 1) and counts_on(numbered)
        if enough and (text != "#" or lines[edges[0]].text != lines[edges[-1]].text):
            found |= set(edges)
    return found


def _is_edge(lines: Sequence[Line], i: int) -> bool:
    """Whether a line is the first or last of its page; without pages, alone between blank lines."""
    around = (lines[i - 1] if i else None, lines[i + 1] if i + 1 < len(lines) else None)
    if lines[i].page is not None:
        return any(each is None or each.page != lines[i].page for each in around)
    return all(each is None or not each.text.strip() for each in around)


def _interrupts(lines: Sequence[Line], i: int) -> bool:
    """Whether running text stands before a line, in the middle of a sentence."""
    before = next((line for line in reversed(lines[max(0, i - 6) : i]) if line.text.strip()), None)
    return before is None or ("，" in before.text and not is_ended(before.text.strip()))

"""Lines → parts: tidied, furniture dropped, and measured against their neighbours.

Furniture is what a web page or a form puts around a text and nobody wrote as part of it: whole
lines that are such words. A line that also says something is kept.

A line is *full* when the width of its page or column cut it, that is, when it is about as wide as
the lines around it. Documents without a common width have no full lines.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.outline.marks import is_ended, numbering
from rag.types import Line

_WORDS = frozenset(
    """
    下载 打印 全屏 收藏 加大 还原 减小 大 中 小 】 【 【字号： 【字体： 字号： 字体： 】字号
    首页 > >> » / | × 您的位置: 您的位置： 当前位置： 当前位置: 您当前的位置： 位置：
    分享: 分享： 分享到: 分享到： 分享到 分享到微信 打印本页 关闭窗口 关闭 返回顶部 返回
    上一篇： 下一篇： 上一篇：没有了 下一篇：没有了 扫一扫在手机打开当前页 阅读量： 浏览次数：
    》》点击图片进入专题《《 领导批示： 领导批示 批示： 签批： 签发： 打印文章 我要纠错
    """.split()
)
_FORMS = re.compile(  # numbers of pages, where one is on a site, lines of a table of contents
    r"相关(?:报道|文档|附件|链接|新闻|阅读)(?:[：:]|>>)?"
    r"|[-—–－·]{1,2} ?\d{1,4} ?[-—–－·]{1,2}|第 ?\d{1,4} ?页(?: ?[，/] ?共 ?\d{1,4} ?页)?"
    r"|(?:您?(?:的|当前的?|现在的?)?|当前)位置[：:].{0,80}|.{2,40}?[….·]{4,}\s*\d{1,4}"
)
_INDENTED = re.compile(r"\u3000{2}|[ \xa0]{4}")
_SPACE = re.compile(r"[ \t\xa0\u2000-\u200a\u3000]+")
_WHITE = re.compile(r"\s")
_TIGHT = re.compile(r"[\d％%，。、；：！？（）—…]")
_SPACED_OUT = re.compile(
    rf"(?<![^\s：，、（])[一-鿿]{_SPACE.pattern}(?=[一-鿿](?![^\s：，、。）]))"
)
_PLAIN = {  # one for one, so that every place stays where it is
    code: unicodedata.normalize("NFKC", chr(code))
    for first, last in ("\uff10\uff19", "\uff21\uff3a", "\uff41\uff5a", "\u2f00\u2fd5")
    for code in range(ord(first), ord(last) + 1)
} | str.maketrans(  # the radicals of U+2E80–2EFF have no decomposition in Unicode
    "⺁⺅⺆⺈⺉⺊⺌⺍⺎⺏⺐⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "厂亻冂刀刂卜小小兀尣尢巳幺彑彐忄㣺扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟网罒网羊羊羊耂肀聿月臼艹艹艹虎衤覀西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
)
_FOLDED = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_POINT = re.compile(r"(?<=\d)．(?=\d)(?!(?:19|20)\d\d年)")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:[ \xa0\u2009\u202f]\d{3})+(?=[%％一-鿿])")
_MIDDLE = re.compile(r"[。，、；！？](?=.)")
_INDENT = 2  # characters that the first line of a paragraph is set in
_WIDEST = 60  # characters; a common width above this is no page's
_LEAST_WIDE = 24  # characters of a full line where few lines tell of the width
_REACH = 6  # lines on either side that count as neighbours
_SLACK = 3  # characters by which a full line may fall short at most, for punctuation


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A tidied line with what is known of its surroundings."""

    line: Line
    gap: bool  # something stands between it and the line before
    indented: bool = False  # set in, where not all lines are
    full: bool = False  # cut by the width of its page or column
    short: bool = False  # so much narrower that its paragraph ends here
    wrapped: bool = False  # its document has a common width

    @property
    def text(self) -> str:
        """The text of the line."""
        return self.line.text


def parts(lines: Sequence[Line], printed: bool = True) -> list[PlacedLine]:
    """Return the lines that hold text, in order.

    `printed` is whether lines may be those of a page, not paragraphs.
    """
    made = list(_tidied(lines))
    return _measured(made) if printed else made


def _tidied(lines: Sequence[Line]) -> Iterator[PlacedLine]:
    gap, page = True, None
    for line in lines:
        text = line.text.strip()
        if line.kind == "furniture":
            continue
        if not text or (line.kind == "text" and is_furniture(text)):
            gap = True
            continue
        if line.kind == "kept":
            line = replace(line, kind="text")
        yield PlacedLine(
            tidy(line), gap or line.page != page, _INDENTED.match(line.text) is not None
        )
        gap, page = False, line.page


def is_furniture(line: str) -> bool:
    """Whether the whole `line`, without outer spaces, is furniture."""
    return line in _WORDS or _FORMS.fullmatch(line) is not None


def tidy(line: Line) -> Line:
    """Take off outer spaces, those beside digits and punctuation, and those that space a word out.

    Full-width digits and letters become plain ones, and the radicals that PDF fonts give for
    characters those characters.

    >>> tidy(Line("2022 年 １１ 月 组织部部长 高 炬", 1)).text
    '2022年11月 组织部部长 高炬'
    """
    text = line.text
    if _FOLDED.search(text):
        text = text.translate(_PLAIN)
    if "．" in text:
        text = _POINT.sub(".", text)
    if not _SPACE.search(text):
        return replace(line, text=text) if text != line.text else line
    closed = {i for match in _THOUSANDS.finditer(text) for i in range(*match.span())}
    closed |= {match.end() - 1 for match in _SPACED_OUT.finditer(text)}
    dropped: set[int] = set()
    for match in _SPACE.finditer(text):
        start, end = match.span()
        inner = start > 0 and end < len(text)
        apart = inner and end - 1 not in closed and not _is_tight(text[start - 1] + text[end])
        dropped |= set(range(start + apart, end))
    kept = [i for i in range(len(text)) if i not in dropped]
    made = _WHITE.sub(" ", "".join([text[i] for i in kept]))
    bold = ((bisect_left(kept, a), bisect_left(kept, b)) for a, b in line.bold)
    return replace(line, text=made, bold=tuple(span for span in bold if span[0] < span[1]))


def _is_tight(pair: str) -> bool:
    """Whether no space belongs between two characters: 10 月, but not Top 10."""
    return bool(_TIGHT.search(pair)) and not pair.isascii()


def _measured(made: list[PlacedLine]) -> list[PlacedLine]:
    """Mark which lines are full and which are short."""
    inner = [  # lines that their paragraph does not end with
        i for i in range(len(made) - 1) if not made[i + 1].gap and not is_ended(made[i].text)
    ]
    if len(inner) < 4 or _quantile([len(part.text) for part in made], 0.95) > _WIDEST:
        return _of_pages(made)
    indents = sum(part.indented for part in made)
    all_indented = indents > 0.9 * len(made)
    running = sum(_runs(made[i].text) for i in inner)
    counted = sum(part.text[0].isdecimal() for part in made)
    if counted > 0.5 * len(made):
        return _of_pages(made)  # a list of days or numbers
    if running < 0.3 * len(inner) and (all_indented or not indents):
        return _of_pages(made)  # a list of items that are about as long as each other
    lacks = _lacks(made)
    if sum(lacks[i] <= _SLACK for i in inner) < 0.6 * len(inner):
        return _of_pages(made)
    slack = max(0, min(_SLACK, _quantile([lacks[i] for i in inner], 0.95)))
    return [
        replace(
            part,
            indented=part.indented and not all_indented,
            full=lack <= slack,
            short=lack > max(slack, 2),
            wrapped=True,
        )
        for part, lack in zip(made, lacks, strict=True)
    ]


def _of_pages(made: list[PlacedLine]) -> list[PlacedLine]:
    """Mark which of a few lines of pages are full: they reach about as far as the widest."""
    shown = [len(part.text) - sum(map(str.isascii, part.text)) / 2 for part in made]
    least = max(_LEAST_WIDE, max(shown, default=0) - 2)
    return [
        replace(part, full=part.line.page is not None and wide >= least)
        for part, wide in zip(made, shown, strict=True)
    ]


def _runs(text: str) -> bool:
    """Whether a line goes on behind a mark, other than that of its number."""
    return _MIDDLE.search(text, (numbering(text) or (0, 0))[1]) is not None


def _lacks(made: list[PlacedLine]) -> list[int]:
    """Return by how many characters each line falls short of those around it.

    The width of a place is the upper quartile near it, without marks, for most lines have none;
    columns of other widths may follow in one file. Where first lines are shorter as a rule, their
    indent was stripped and counts as theirs.
    """
    shown = [len(part.text) for part in made]
    lacks = [
        _quantile(shown[max(0, i - _REACH) : i + _REACH + 1], 0.75) - max(width, part.line.width)
        for i, (width, part) in enumerate(zip(shown, made, strict=True))
    ]
    firsts = [lacks[i] for i in range(len(made) - 1) if made[i].gap and not made[i + 1].gap]
    indent = _INDENT if firsts and _quantile(firsts, 0.5) > 0 else 0
    return [lack - indent * part.gap for lack, part in zip(lacks, made, strict=True)]


def _quantile(values: list[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]

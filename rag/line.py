"""A sentence as the check reads it: units, words and clauses.

A unit is a character or a whole figure with its unit and bound; white space and quotation marks
are left out, full-width digits are half-width. A clause ends at ，；：。 outside quotation marks.
"""

import re
import string
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import rjieba

from rag.figures import Figure, figures

_WIDE = {ord(c) + 0xFEE0: c for c in f"{string.digits}{string.ascii_letters}%.,:"}
_WIDE |= {ord("，"): "，", ord("："): "：", ord(","): "，", ord(";"): "；", ord("("): "（"}
_WIDE |= {ord(")"): "）", ord("?"): "？", ord("!"): "！"}
_OPEN, _CLOSE = "“‘「『《〈", "”’」』》〉"
_MARKS = _OPEN + _CLOSE + '"'
STOPS = "，；：。！？"

# What a clause may be to those behind it: they are its plan, are forbidden by it, hold under its
# condition, or are told by another.
PLAN = re.compile(
    r"力争|争取|计划(?![和、与等的中]|$)|预计|准备|鼓励|(?<![模虚])拟(?![定订人合])"
    r"|不得|不准|不能|不许|不可|不应|严禁|禁止|防止|避免|杜绝|切忌|不宜|反对|拒绝"
)
_CONDITION = re.compile(
    r"^(?:如(?![何期实今火下此])|若(?!干)|凡|对(?!.*(?:开展|进行|实行|给予))|经(?![济常营])|除|只要|只有|一旦|即使|虽)"
    r"|(?:的|后|时|前|下|外|者|的话)$"
)
_TIME = re.compile(
    r"^(?:截至|自|近|今|本|目前|近日|此前|据|今后|以来|过去|未来)"
    r"|(?:年|月|日|时|来|期间|时期|[时点]\d+分|起|以来|今后|目前|当天|日前|近日|今年|去年)$"
)
REPORTING = "指出|强调|表示|介绍|认为|要求|提出|提到|谈到|讲到|写道|透露|明确|规定|显示|了解|称|说"
RISK = re.compile(
    r"[不未没无非勿莫仅只或若如除]|至少|至多|最多|最少|原则上|以下|以上|以内|以外|之内|之外|所有|全部|全体|全(?=[省市县区国镇乡村])|每"
    r"|大约|约|近|超|逾|余|多(?=[个名人次米公])|部分|个别|少数|多数|试点|试行|探索|研究|尝试|其中|首次|率先|前|后|上年|本年|先|再|将|拟|要|应|须|可"
    r"|力争|争取|计划(?![和、与等的中]|$)|预计|准备|鼓励|禁|防止|避免|杜绝|反对|拒绝|取消|停止"
)
_REPORT = re.compile(rf"(?:{REPORTING})$")
# How the name of somebody who acts ends: a place, an office, a group, a person.
_AGENT = re.compile(
    r"(?:省|市|县|区|镇|乡|村|街道|社区|党委|党组|支部|总支|部|部门|单位|机关|政府|中心|医院|学校|大学|院|局|厅|办"
    r"|委|委员会|公司|企业|集团|协会|小组|专班|队|队伍|团|站|班子|干部|党员|群众|居民|村民|书记|主任|主席|部长|局长|院长|校长"
    r"|总书记|成员|人员|代表|志愿者|工人|们|者|对象|户|商户|供应商|采购人|机构|专家|学员|教师|学生|民兵|他|她|各地|双方)$"
)


@dataclass(frozen=True)
class Clause:
    """Units `start` to `end` of a line, without the stop behind."""

    text: str
    start: int
    end: int
    subject: int  # units of who acts, if that is said at its head, else 0

    @cached_property
    def time(self) -> bool:
        """Whether it only says when."""
        return bool(_TIME.search(self.text)) and len(self.text) < 20

    @cached_property
    def condition(self) -> bool:
        """Whether it sets a condition for what follows."""
        return bool(_CONDITION.search(self.text)) and not self.time

    @cached_property
    def report(self) -> bool:
        """Whether it says who tells what follows."""
        return bool(_REPORT.search(self.text)) and not self.text.startswith("据")

    @cached_property
    def plans(self) -> bool:
        """Whether what follows without a subject of its own may be planned or forbidden by it."""
        return bool(PLAN.search(self.text))

    @property
    def frame(self) -> bool:
        """Whether it only says when, under which condition or by whom."""
        return self.time or self.condition or self.report


@dataclass(frozen=True, eq=False)
class SentenceLine:
    """One sentence. Offsets count units."""

    units: tuple[str | Figure, ...]
    quoted: tuple[int, ...]  # for each unit in which quotation it stands, from 1; 0 in none
    tags: dict[int, str]  # where a word begins → its part of speech
    text: str  # the figures as written
    at: tuple[int, ...]  # where in `text` each unit begins, and the end

    @cached_property
    def edges(self) -> frozenset[int]:
        """Where a word begins, and the end."""
        return frozenset(self.tags) | {len(self.units)}

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Its clauses, in order, none empty."""
        return tuple(self._clauses())

    def stop(self, at: int) -> bool:
        """Whether a clause ends at `at`."""
        return at == len(self.units) or (self.units[at] in STOPS_SET and not self.quoted[at])

    def said(self, start: int, end: int) -> str:
        """Return the text of some units."""
        return self.text[self.at[start] : self.at[end]]

    def _subject(self, start: int, end: int) -> int:
        """Return how many units at `start` name somebody who acts."""
        verbs = ("v", "d", "a", "p", "x", "z")
        words = sorted(n for n in self.tags if start <= n < end)
        stop = next(
            (
                n
                for n in words
                if self.tags[n].startswith(verbs)
                and n > start
                and not self.quoted[n]
                and self.tags[n] not in ("vn", "an")
                and self.units[n] != "、"
            ),
            end,
        )
        who = self.said(start, stop)
        name = any(self.tags[n] in ("nr", "nt", "ns") for n in words if n < stop)
        first = self.tags.get(start, "x")
        if stop == end or (first.startswith(("p", "d", "v", "c")) and first != "vn"):
            return 0
        return stop - start if _AGENT.search(who) or (name and len(who) < 5) else 0

    def marked(self, start: int, end: int) -> str:
        """Return the text of some units with their quotation marks."""
        said, inside = "", 0
        for n in range(start, end):
            if self.quoted[n] != inside:
                said += ("”" if inside else "") + ("“" if self.quoted[n] else "")
                inside = self.quoted[n]
            said += self.said(n, n + 1)
        return said + ("”" if inside else "")

    def begins(self, at: int, text: str) -> bool:
        """Whether `text` stands at unit `at`."""
        return self.text.startswith(text, self.at[at])

    def unit(self, offset: int) -> int:
        """Return the unit that begins at or after `offset` of `text`."""
        return bisect_left(self.at, offset)

    def _clauses(self) -> Iterator[Clause]:
        start = 0
        for at in range(len(self.units) + 1):
            if not self.stop(at):
                continue
            if start < at:
                yield Clause(self.said(start, at), start, at, self._subject(start, at))
            start = at + 1


STOPS_SET = frozenset(STOPS)


@lru_cache(maxsize=8192)
def line(text: str) -> SentenceLine:
    """Read `text`, one sentence.

    >>> [clause.text for clause in line("实行“引，育”，补助 5％。").clauses]
    ['实行引，育', '补助5%']
    >>> [clause.time for clause in line("上午9时30分，每人得3分。").clauses]
    [True, False]
    """
    characters: list[str] = []
    quoted: list[int] = []
    starts: dict[int, str] = {}  # in `characters`
    inside, quotations = "", 0
    for word, tag in _tagged(_joined(text.translate(_WIDE))):
        for n, character in enumerate(word):
            if character in _OPEN:
                inside = _CLOSE[_OPEN.index(character)]
                quotations += 1
            elif character == inside:
                inside = ""
            if character in _MARKS or character.isspace():
                continue
            if n == 0 or not word[:n].strip(_MARKS):
                starts[len(characters)] = tag
            characters.append(character)
            quoted.append(quotations if inside else 0)
    flat = "".join(characters)
    return _with_figures(flat, quoted, starts)


def offsets(text: str) -> list[int]:
    """Return for each character of `line(text).text`, and its end, where it stands in `text`."""
    flat, at = line(text).text, 0
    places = []
    for character in flat:
        while at < len(text) and line(text[at]).text != character:
            at += 1
        places.append(min(at, len(text) - 1))
        at += 1
    return [*places, len(text)]


def _tagged(text: str) -> Iterator[tuple[str, str]]:
    """Yield words with their parts of speech; 由市 and 向市 are no words."""
    for word, tag in rjieba.tag(text):
        if re.fullmatch("[由向对把被给][省市县区镇乡村]", word):
            yield from ((word[0], "p"), (word[1], "n"))
        else:
            yield word, tag


def _joined(text: str) -> str:
    """Return `text` without white space, and with the commas in figures taken out."""
    text = re.sub(r"(?<=\d)，(?=\d{3}(?!\d))", "", text)
    return re.sub(r"(?<=\d)：(?=\d)", ":", re.sub(r"\s+", "", text))


def _with_figures(flat: str, quoted: list[int], starts: dict[int, str]) -> SentenceLine:
    units: list[str | Figure] = []
    marks: list[int] = []
    tags: dict[int, str] = {}
    begins: list[int] = []
    at = 0
    whole = [
        (f, (a, b))
        for f, (a, b) in figures(flat)
        if flat[a].isascii() or {a, b} <= {*starts, len(flat)}  # not the 三 of 三门峡
    ]
    for figure, (start, end) in [*whole, (None, (len(flat), len(flat)))]:
        for n in range(at, start):
            if n in starts or n == at:
                tags[len(units)] = starts.get(n, "x")
            begins.append(n)
            units.append(flat[n])
            marks.append(quoted[n])
        if figure:
            tags[len(units)] = "m"
            begins.append(start)
            units.append(figure)
            marks.append(quoted[start])
        at = end
    return SentenceLine(tuple(units), tuple(marks), tags, flat, (*begins, len(flat)))

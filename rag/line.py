"""A sentence as the check reads it: words and clauses.

White space and quotation marks are left out, full-width digits are half-width, and a figure with
its unit and bound is one word. A clause ends at ，；：。 outside quotation marks.
"""

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import rjieba

from rag.figures import Figure, figures

_WIDE = {ord(c) + 0xFEE0: c for c in f"{string.digits}{string.ascii_letters}%.,:"}
_WIDE |= {ord("，"): "，", ord("："): "：", ord(","): "，", ord(";"): "；", ord("("): "（"}
_WIDE |= {ord(")"): "）", ord("?"): "？", ord("!"): "！"}
_THOUSANDS, _TIME_OF_DAY = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))"), re.compile(r"(?<=\d)：(?=\d)")
_OPEN, _CLOSE = "“‘「『《〈", "”’」』》〉"
_MARKS = _OPEN + _CLOSE + '"'
_STOPS = frozenset("，；：。！？")

_INTENDED = "力争|争取|计划(?![和、与等的中]|$)|预计|准备|鼓励"
_OPPOSED = "防止|避免|杜绝|反对|拒绝"
# What a clause may be to those behind it: they are its plan, are forbidden by it, hold under its
# condition, or are told by another.
PLAN = re.compile(
    rf"{_INTENDED}|(?<![模虚])拟(?![定订人合])"
    rf"|不得|不准|不能|不许|不可|不应|严禁|禁止|{_OPPOSED}|切忌|不宜"
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
# What is done against something bad: 打击侵占 is not 侵占.
_AGAINST = "打击|整治|查处|惩|纠|破除|克服|遏制|防范|化解|消除|清理|清除|制止|解决|扣|免|挡|反"
_LIMITS = re.compile(
    r"[不未没无非勿莫仅只或若如除]|至少|至多|最多|最少|原则上|以下|以上|以内|以外|之内|之外|所有|全部|全体|全(?=[省市县区国镇乡村])|每"
    r"|大约|约|近|超|逾|余|多(?=[个名人次米公])|部分|个别|少数|多数|试点|试行|探索|研究|尝试|其中|首次|率先|前|后|上年|本年|先|再|将|拟|要|应|须|可"
    rf"|{_INTENDED}|禁|{_OPPOSED}|取消|停止|{_AGAINST}|各|都|均|因|从而|首先|最后|由于|才|必|只|已|曾|正在|仍|连续"
)
_LIMITLESS = re.compile("不断|近日|目前|日前|人才|非常")
_NOT = re.compile("打击|查处|惩治|遏制|制止|[不未没无勿莫禁拒]|[并绝除]非|^全[省市区县镇乡村国]")
UNIVERSAL = frozenset("各 都 均 全部 所有 已".split())  # who says less may leave them out
_REPORT = re.compile(rf"(?:{REPORTING})$")
# How the name of somebody who acts ends: a place, an office, a group, a person.
_AGENT = re.compile(
    r"(?:省|市|县|区|镇|乡|村|街道|社区|党委|党组|支部|总支|部|部门|单位|机关|政府|中心|医院|学校|大学|院|局|厅|办"
    r"|委|委员会|公司|企业|集团|协会|小组|专班|队|队伍|团|站|班子|干部|党员|群众|居民|村民|书记|主任|主席|部长|局长|院长|校长"
    r"|总书记|成员|人员|代表|志愿者|工人|们|者|对象|户|商户|供应商|采购人|机构|专家|学员|教师|学生|民兵|他|她|各地|双方)$"
)
# Grammar, and what adds weight to a verb or fills a phrase: it states nothing.
_NEUTRAL = frozenset(
    """
    的 了 和 与 及 以及 或 在 是 有 为 于 从 到 向 由 等 中 上 下 里 之 其 这 该 也 还 并 并且 而
    着 地 一个 共 一共 达 达到 将 把 对 同 跟 给 以 按 按照 根据 据 关于 来 个 时 时候 时间
    数额 金额 总额 比例 人数 方面 内容 情况 方式 做法 名单 主题 活动 他 她 它 使 让 用 于 且 所
    则 称 去 做 包括 分别 其中 利用 通过 采用 采取 进行 开展 指 即 叫 大力 积极 深入 扎实 持续
    不断 切实 着力 进一步 努力 认真 充分 坚决 全力 有力 有效 资金 工作 目前 当前 稳步 始终 大胆
    精心 用心 主动 严格 共同 正式 同时 而且 此外 另外 近日 日前 各 各类 各项
    各种 继续 相 但 但是 全面 广泛 称号 场次 次数
    """.split()
)


class Word(NamedTuple):
    """A word, or a figure with its unit and bound. Offsets are those of the line's text."""

    said: str
    start: int
    end: int
    tag: str  # its part of speech
    quoted: int  # in which quotation it stands, from 1; 0 in none
    figure: Figure | None

    @property
    def neutral(self) -> bool:
        """Whether it states nothing."""
        return not self.figure and (self.said in _NEUTRAL or not self.said[0].isalnum())

    @property
    def opens(self) -> bool:
        """Whether a clause that it begins does not begin with who acts."""
        return self.tag.startswith(("p", "d", "v", "c")) and self.tag != "vn"

    @property
    def limits(self) -> bool:
        """Whether it turns or limits what is said; 人才, 各 and figures do not."""
        if self.figure or self.said in UNIVERSAL:
            return False
        return bool(_NOT.search(self.said) or _LIMITS.match(_LIMITLESS.sub("", self.said)))


_NONE = Word("", 0, 0, "x", 0, None)


def limits(text: str) -> list[str]:
    """Return the words in `text` that turn or limit what is said."""
    return sorted(_LIMITS.findall(_LIMITLESS.sub("", text)))


def joined(words: Iterable[Word]) -> str:
    """Return the text of some words, # for a figure."""
    return "".join("#" if word.figure else word.said for word in words)


@dataclass(frozen=True)
class Clause:
    """Some words of a line, without the stop behind."""

    text: str
    words: tuple[Word, ...]

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.words[-1].end

    @cached_property
    def subject(self) -> str:
        """Who acts, if that is said at its head, else ""."""
        first, *others = self.words
        verb = next((word for word in others if _is_verb(word)), None)
        if not verb or first.opens:
            return ""
        who = self.text[: verb.start - first.start]
        name = any(w.tag in ("nr", "nt", "ns") for w in self.words if w.start < verb.start)
        return who if _AGENT.search(who) or (name and len(who) < 5) else ""

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


def _is_verb(word: Word) -> bool:
    """Whether a subject ends before it."""
    other = word.tag in ("vn", "an") or word.said == "、" or word.quoted
    return word.tag.startswith(("v", "d", "a", "p", "x", "z")) and not other


@dataclass(frozen=True, eq=False)
class SentenceLine:
    """One sentence."""

    text: str
    words: tuple[Word, ...]
    places: tuple[int, ...]  # where each character of `text` stands in what was read, and its end

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Its clauses, in order, none empty."""
        runs = groupby(self.words, lambda word: word.said in _STOPS and not word.quoted)
        words = [tuple(run) for stop, run in runs if not stop]
        return tuple(Clause(self.text[run[0].start : run[-1].end], run) for run in words)

    @cached_property
    def subject(self) -> str:
        """The first subject of its clauses, "" if none has one."""
        return next((clause.subject for clause in self.clauses if clause.subject), "")

    def word(self, at: int) -> Word:
        """Return the word of the character at `at`, an empty one outside of the text."""
        return next((word for word in self.words if word.start <= at < word.end), _NONE)

    def around(self, run: Sequence[Word]) -> tuple[Word, Word]:
        """Return the words before and behind some in a row, empty ones at the ends of the text."""
        return self.word(run[0].start - 1), self.word(run[-1].end)

    def marked(self, start: int, end: int) -> str:
        """Return a part of the text with its quotation marks."""
        words = (word for word in self.words if start <= word.start < end)
        runs = groupby(words, lambda word: word.quoted)
        said = ((quoted, "".join(word.said for word in run)) for quoted, run in runs)
        return "".join(f"“{text}”" if quoted else text for quoted, text in said)


@lru_cache(maxsize=8192)
def line(text: str) -> SentenceLine:
    """Read `text`, one sentence.

    >>> [clause.text for clause in line("实行“引，育”，补助 5％。").clauses]
    ['实行引，育', '补助5%']
    >>> [clause.time for clause in line("上午9时30分，每人得3分。").clauses]
    [True, False]
    """
    wide = text.translate(_WIDE)
    commas = {found.start() for found in _THOUSANDS.finditer(wide)}
    there = [n for n, c in enumerate(wide) if n not in commas and not c.isspace()]
    flat, places = "", list[int]()
    tags, quoted, at = dict[int, str](), dict[int, int](), 0  # where a word begins
    tagged = _tagged(_TIME_OF_DAY.sub(":", "".join(wide[n] for n in there)))
    for word, tag, quotation in _in_quotations(tagged):
        if word not in _MARKS:
            tags[len(flat)], quoted[len(flat)] = tag, quotation
            flat += word
            places += there[at : at + len(word)]
        at += len(word)
    return SentenceLine(flat, tuple(_words(flat, tags, quoted)), (*places, len(text)))


def _in_quotations(tagged: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Say of each word in which quotation it stands, from 1; 0 in none."""
    inside, quotations = "", 0
    for word, tag in tagged:
        if word in _OPEN:
            inside = _CLOSE[_OPEN.index(word)]
            quotations += 1
        elif word == inside:
            inside = ""
        yield word, tag, quotations if inside else 0


def _tagged(text: str) -> Iterator[tuple[str, str]]:
    """Yield words with their parts of speech; 由市 and 向市 are no words."""
    for word, tag in rjieba.tag(text):
        if re.fullmatch("[由向对把被给][省市县区镇乡村]", word):
            yield from ((word[0], "p"), (word[1], "n"))
        else:
            yield word, tag


def _words(flat: str, tags: dict[int, str], quoted: dict[int, int]) -> Iterator[Word]:
    """Yield words and figures; a figure takes the place of the words that it is written with."""
    edges, known = {*tags, len(flat)}, dict[int, Figure]()
    for figure, (start, end) in figures(flat):
        if flat[start].isascii() or {start, end} <= {*tags, len(flat)}:  # not the 三 of 三门峡
            edges = {edge for edge in edges if not start < edge < end} | {start, end}
            known[start] = figure
    now = 0
    for start, end in pairwise(sorted(edges)):
        now = quoted.get(start, now)
        tag = "m" if start in known else tags.get(start, "x")
        yield Word(flat[start:end], start, end, tag, now, known.get(start))

"""Can a sentence be made from a source by steps that never make it say more?

The steps: words of the source are taken over in order, and between them
- what only adds weight or fills is left out (大力, 的时间, a bracket, the items before 等各类);
- whole clauses are left out that bear on nothing behind them;
- a subject goes on to a later predicate of its own;
- a listed equivalent stands for a word, an equal figure for a figure, 、 for 和;
- grammar is put in (的, 的是, 了 where the source tells of the past), and the name of whoever
  the source speaks of, or who tells it, at the head of a clause.
A sentence begins where a clause of the source begins and ends where one ends. Nothing else is
allowed, so whatever is not in the list (a person beside a deed, a pair exchanged, a bound or a
condition gone, a cause put in) is refused without being known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from rag.figures import Figure
from rag.line import REPORTING, RISK, Clause, Line

# What adds weight to a verb or fills a phrase, and states nothing.
_FILLERS = frozenset(
    """
    大力 积极 深入 扎实 持续 不断 切实 着力 进一步 努力 认真 充分 坚决 全力 稳步 有力 有效 始终
    大胆 精心 用心 主动 严格 共 共同 各 正式 胜利 圆满 成功 顺利 并 还 也 同时 而且 此外 另外
    以及 一是 二是 三是 四是 五是 六是 其 的 地 了 所 分别 近日 日前 的时间 的方式 的形式 的比例
    的做法 的工作
    """.split()
)
_SELF = re.compile(
    r"(?:全|本|我|该|辖)(?:省|市|县|区|镇|乡|村|校|院|街道|社区)|(?:村|镇|县|区|市)里"
)
_MONEY = ("资金", "金额", "总额")
# Words that may stand for one another; each line one meaning.
_SAME = """
、|，|和|与|及|以及|同|跟|并|并且|，并|，并且|，以及|，和|，还|，同时|，也|还|，而且
达|达到|为|是|有|达成
用|利用|运用
自己|自主|自行
期间|时期
后|以后|之后
前|以前|之前
将|把
向|对|给
给予|予以
应|应当|应该
须|必须
可|可以|能够
不得|不能|不准
开展|进行
荣获|获得|获|获评
一共|共计|总共|累计
目前|当前
让|使|令
每年|每年都
每月|每月都
通过|采取|采用
付|支付
按|按照|依照
选|选择
推广|推广普及
建立|建立健全|建立完善|建立起
实施|组织实施
全体|全部|所有
包括|涵盖
关于|有关
在|于
印发|下发
采用|采取|通过
到|至
已|已经
把|坚持把
以|坚持以
持续|继续
推动|推进
融合|相融合
拒付|拒绝支付
迟付|延迟支付
召开|开
""".split()
_GRAMMAR = frozenset(
    ("的是", "的", "，", "、", "地", "则", "也", "其", "所", "又", "的比例", "的方式")
)
_PAST = re.compile(r"了|已|完成|累计|截至|成立|获|曾")
_LIST = re.compile(r"等(?=各类|各种|多种|各项|多项|\d|[一二三四五六七八九十两]+[个项类种])")
_MANNER = re.compile(r"(?:通过|采取|采用|以)[^，]*?(?:方式|形式)")
_TITLE = re.compile(r"关于.+的(?=[^的]+$)")
_PIVOT = re.compile(
    r"引导|组织|推动|鼓励|支持|帮助|带动|要求|指导|选派|安排|动员|让|使|请|派|号召|督促|促进|委托|协助"
)
_CONJUNCTIONS = ("并", "还", "同时", "并且", "而且", "此外", "另外", "也")
_TEXTS = ("文章", "文中", "材料", "原文")
_ABOUT = re.compile(r"在(.{1,12}?)(?:方面|工作中|工作上|过程中|上|中)")
_GENERIC = ("该省", "该市", "该县", "该区", "该镇", "该乡", "该村", "当地")


def _equivalents() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for row in _SAME:
        words = row.split("|")
        for word in words:
            table.setdefault(word, set()).update(words)
    return {word: frozenset(others - {word}) for word, others in table.items()}


_EQUIVALENTS = _equivalents()
_LONGEST = max(map(len, [*_EQUIVALENTS, *_GRAMMAR]))


@dataclass(frozen=True)
class Basis:
    """A sentence of a source, and how the steps may go through it."""

    line: Line
    names: frozenset[str]  # whom the source speaks of, as it may be called
    tellers: frozenset[str] = frozenset()  # who tells it, where that is said in it or before it
    topic: str = ""  # the subject of the sentence before, where it has none of its own

    @cached_property
    def past(self) -> bool:
        """Whether it tells of what was done."""
        return bool(_PAST.search(self.line.text))

    @cached_property
    def subject(self) -> str:
        """Its first subject, as written; "" if it has none."""
        for clause in self.line.clauses:
            if not clause.frame and clause.subject:
                return self.line.said(clause.start, clause.start + clause.subject)
        return ""

    @cached_property
    def starts(self) -> dict[int, bool]:
        """Where a sentence made of it may begin → whether a name may be put before."""
        found: dict[int, bool] = {}
        planned = foreign = False
        reported = bool(self.tellers) and not any(c.report for c in self.line.clauses)
        last: Clause | None = None
        for clause in self.line.clauses:
            strong = last is not None and self.line.units[last.end] == "；"
            planned = planned and not clause.subject and not strong
            if not planned and not (last and last.condition and not strong):
                for at in self._heads(clause):
                    found[at] = not reported and (not foreign or bool(clause.subject))
            planned = planned or clause.plans
            foreign = foreign or (not clause.frame and self._foreign(clause))
            reported = reported or clause.report
            last = clause
        return found

    def _foreign(self, clause: Clause) -> bool:
        """Whether `clause` has a subject other than whom the source speaks of."""
        return bool(clause.subject) and not any(clause.text.startswith(name) for name in self.names)

    def _heads(self, clause: Clause) -> Iterator[int]:
        """Yield where a clause may begin: at its head, or behind what may be left out there."""
        line, start = self.line, clause.start
        yield start
        said = line.said(start, clause.end)
        name = max((n for n in self.names if said.startswith(n)), key=len, default="")
        if name and start + len(name) < clause.end:
            yield line.unit(line.at[start] + len(name))
        if clause.subject and said.startswith(("该", "其", "他", "她")):
            yield start + clause.subject
        for at in range(start + 1, clause.end):
            if line.tags.get(at) == "nr" and clause.report and self._only_nouns(start, at):
                yield at  # 财政部副部长王东伟: the title may go
            if line.units[at - 1] == "、" and isinstance(line.units[at], Figure):
                yield at

    def _only_nouns(self, start: int, end: int) -> bool:
        tags = [tag for n, tag in self.line.tags.items() if start <= n < end]
        return all(tag.startswith(("n", "b", "j", "x")) for tag in tags)

    @cached_property
    def skips(self) -> dict[int, tuple[int, ...]]:
        """Where something may be left out → where it goes on."""
        found: dict[int, set[int]] = {}
        for at, end in self._skipped():
            found.setdefault(at, set()).add(end)
        return {at: tuple(ends) for at, ends in found.items()}

    def _skipped(self) -> Iterator[tuple[int, int]]:
        line = self.line
        edges = sorted(line.edges)
        for at, end in ((a, b) for a in edges for b in edges if a < b <= a + 3):
            said = line.said(at, end)
            money = said in _MONEY and _is_money(line, end)
            if not line.quoted[at] and (said in _FILLERS or money or _SELF.fullmatch(said)):
                yield at, end
        for at, unit in enumerate(line.units):
            if unit == "（" and "）" in line.units[at:]:
                yield at, line.units.index("）", at) + 1
        for name, other in permutations(self.names, 2):  # 黑龙江省尚志市: what lies around may go
            if name.endswith(other):
                for found in re.finditer(re.escape(name), line.text):
                    start = line.unit(found.start())
                    yield start, start + len(name) - len(other)
        for clause in line.clauses:
            yield from self._skipped_in(clause)

    def _skipped_in(self, clause: Clause) -> Iterator[tuple[int, int]]:
        line, offset = self.line, self.line.at[clause.start]
        for found in _LIST.finditer(clause.text):
            end = line.unit(offset + found.end())
            for at in sorted(line.edges):
                before = line.tags.get(max((n for n in line.tags if n < at), default=-1), "x")
                if clause.start < at < end and before.startswith(("v", "p")):
                    yield at, end
        if (manner := _MANNER.match(clause.text)) and manner.end() < len(clause.text):
            yield clause.start, line.unit(offset + manner.end())
        for at in range(clause.start, clause.end):  # 《关于…的通知》: a 通知
            if line.quoted[at] and (at == 0 or not line.quoted[at - 1]):
                end = next((n for n in range(at, clause.end) if not line.quoted[n]), clause.end)
                if title := _TITLE.match(line.said(at, end)):
                    yield at, line.unit(line.at[at] + title.end())

    def later(self, at: int) -> Iterator[int]:
        """Yield where it may go on when the rest of the clause at `at` is left out.

        Whole clauses go when one has ended at `at`; behind a subject its predicate may go.
        """
        line, clauses = self.line, self.line.clauses
        here = next((n for n, c in enumerate(clauses) if c.start <= at <= c.end), None)
        if here is None:
            return
        ended = line.stop(at)
        if not ended:
            gone = Clause(line.said(at, clauses[here].end), 0, 0, subject=0)
            if not self._is_subject(clauses[here].start, at) or gone.bears:
                return
        for number in range(here + 1, len(clauses)):
            dropped, landing = clauses[here + 1 : number], clauses[number]
            if any(c.bears or self._foreign(c) for c in dropped):
                return
            if line.units[landing.start - 1] == "；" and not ended:
                return
            if (dropped or not ended) and (ended or not landing.subject):
                yield landing.start

    def _is_subject(self, start: int, end: int) -> bool:
        """Whether words are a subject or a place, with 将 or 要 behind it at most."""
        line = self.line
        words = [
            (line.said(n, n + 1), tag) for n, tag in sorted(line.tags.items()) if start <= n < end
        ]
        while words and words[-1][0] in ("将", "要", "应", "须", "已"):
            words.pop()
        if not words or _PIVOT.search(line.said(start, end)):
            return False
        said, tag = words[0]
        placed = tag.startswith("p") and said == "在"
        return words[-1][1].startswith(
            ("n", "r", "j", "k", "f", "x") if placed else ("n", "r", "j", "k")
        ) and not any(tag.startswith(("p", "d")) for _, tag in words[placed:])


def _is_money(line: Line, at: int) -> bool:
    unit = line.units[at] if at < len(line.units) else None
    return isinstance(unit, Figure) and unit.unit == "元"


def reached(
    said: Line,
    bases: tuple[Basis, ...],
    begin: int,
    names: Iterable[str],
    authors: Iterable[str],
    *,
    named: bool,
    liberties: int = 0,
) -> set[int]:
    """Return the heads of clauses up to which `said` can be made, from its head `begin` on.

    `names` and `authors` are those of the source; `named` says that whom `said` speaks of was
    named before. The end counts as a head. `liberties` is how often words within a clause may be
    left out that mostly can be.
    """
    search = _Search(said, bases, frozenset(names), tuple(authors), liberties)
    return search.run(begin, named=named)


State = tuple[int, int, int, int]
"""Units of what is said, sentence of the source, units of it, liberties left."""


@dataclass(frozen=True)
class _Search:
    """All ways through the sentences of one source."""

    said: Line
    bases: tuple[Basis, ...]
    names: frozenset[str]
    authors: tuple[str, ...]
    liberties: int

    @cached_property
    def heads(self) -> frozenset[int]:
        """Where the clauses of what is said begin, and the end."""
        return frozenset(c.start for c in self.said.clauses) | {len(self.said.units)}

    def run(self, begin: int, *, named: bool) -> set[int]:
        """Return the heads that are reached from `begin`."""
        found: set[int] = set()
        seen: set[State] = set()
        todo = self._starts(begin, named=named, left=self.liberties)
        while todo:
            state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            i, k, j, left = state
            head = self._ended(i, self.bases[k].line, j)
            if head is not None:
                found.add(head)
                if head < len(self.said.units):
                    todo += self._starts(head, named=True, left=left)
            if i < len(self.said.units):
                todo += [(a, k, b, left) for a, b in self._steps(self.bases[k], i, j)]
                if left:
                    todo += [(a, k, b, left - 1) for a, b in self._liberties(self.bases[k], i, j)]
        return found & self.heads

    def _ended(self, i: int, line: Line, j: int) -> int | None:
        """Return the head that is reached if a clause ends in both, a frame not counted."""
        if not self.said.stop(i) or not j:
            return None
        whole = line.stop(j) and not _only_frame(line, j)
        item = (
            j < len(line.units) and line.units[j] == "、" and isinstance(line.units[j - 1], Figure)
        )
        return min(i + 1, len(self.said.units)) if whole or item else None

    def _starts(self, head: int, *, named: bool, left: int) -> list[State]:
        found = []
        for i in self._openings(head):
            found += self._starts(i, named=named, left=left)
        for i, put in [(head, named), *((i, True) for i in self._named(head))]:
            for k, basis in enumerate(self.bases):
                free = not put or self._says_who_tells(basis)
                found += [(i, k, j, left) for j, may in basis.starts.items() if may or free]
        for k, basis in enumerate(self.bases):
            for i in self._told(head, basis.tellers or frozenset((*self.authors, *_TEXTS))):
                found += [(i, k, j, left) for j in basis.starts]
            for i in (head, *self._named(head)) if basis.topic else ():
                if self.said.begins(i, basis.topic):
                    end = self.said.unit(self.said.at[i] + len(basis.topic))
                    found += [(end, k, j, left) for j, may in basis.starts.items() if may]
        return found

    def _openings(self, head: int) -> Iterator[int]:
        """Yield where it goes on behind 并 or 在某某方面 at the head of a clause."""
        if head:
            begun = (word for word in _CONJUNCTIONS if self.said.begins(head, word))
            yield from (head + len(word) for word in begun)
        clause = next((c for c in self.said.clauses if c.start == head), None)
        topic = _ABOUT.fullmatch(clause.text) if clause else None
        held = topic and any(topic[1] in basis.line.text for basis in self.bases)
        if clause and held and clause.end + 1 < len(self.said.units):
            yield clause.end + 1

    def _says_who_tells(self, basis: Basis) -> bool:
        who = "|".join(map(re.escape, basis.tellers))
        return bool(who and re.search(rf"(?:{who})(?:{REPORTING})", self.said.text))

    def _liberties(self, basis: Basis, i: int, j: int) -> Iterator[tuple[int, int]]:
        """Yield the steps that are true mostly, so that only few are allowed together."""
        said, line = self.said, basis.line
        if j not in line.edges or (i and said.quoted[i] and said.quoted[i - 1]):
            return
        stop = next((n for n in range(j, len(line.units) + 1) if line.stop(n)), j)
        for end in line.edges:
            if j < end < stop and self._may_go(line, j, end):
                yield i, end

    def _may_go(self, line: Line, start: int, end: int) -> bool:
        gone = line.said(start, end)
        if RISK.search(gone) or any(
            isinstance(u, Figure) or u == "、" for u in line.units[start:end]
        ):
            return False
        tags = [t for n, t in sorted(line.tags.items()) if start <= n < end]
        if any(t in ("nr", "ns", "nt") for t in tags) or any(line.quoted[start:end]):
            return False
        return tags[0].startswith(("p", "d", "v", "ad")) or gone.endswith("的")

    def _named(self, head: int) -> Iterator[int]:
        """Yield where it goes on behind a name at the head of a clause."""
        said = self.said
        for name in sorted((*self.names, *_GENERIC), key=len, reverse=True):
            if said.begins(head, name):
                end = said.unit(said.at[head] + len(name))
                yield end
                if said.units[end : end + 1] in (("的",), ("，",), ("在",), ("有",)):
                    yield end + 1
                return

    def _told(self, head: int, tellers: Iterable[str]) -> Iterator[int]:
        """Yield where it goes on behind 某某指出 and 文章提到."""
        clause = next((c for c in self.said.clauses if c.start == head), None)
        who = "|".join(map(re.escape, tellers))
        found = clause and re.match(rf"(?:{who})(?:{REPORTING})", clause.text)
        if found:
            end = head + found.end()  # no figure in it, so units are characters
            end += self.said.units[end : end + 1] == ("，",)
            yield end
            if self.said.begins(end, "要"):
                yield end + 1

    def _steps(self, basis: Basis, i: int, j: int) -> Iterator[tuple[int, int]]:
        said, line = self.said, basis.line
        unit = said.units[i]
        if j < len(line.units) and _same(unit, line.units[j]):
            yield i + 1, j + 1
        if j not in line.edges or (i and said.quoted[i] and said.quoted[i - 1]):
            return  # no other step within a word of the source or a quotation
        if j < len(line.units) and line.stop(j):
            yield i, j + 1
        if i in self.heads and (line.stop(j) or line.stop(j - 1)):
            yield from ((end, j) for end in self._named(i))
        for j2 in (*basis.skips.get(j, ()), *basis.later(j)):
            yield i, j2
        yield from self._replaced(basis, i, j)
        yield from self._exchanged(line, i, j)

    def _replaced(self, basis: Basis, i: int, j: int) -> Iterator[tuple[int, int]]:
        """Yield the steps over grammar and equivalents."""
        said, line = self.said, basis.line
        for length in range(1, min(_LONGEST, len(said.units) - i) + 1):
            word = said.said(i, i + length)
            if word in _GRAMMAR or (word == "了" and basis.past):
                yield i + length, j
            for other in _EQUIVALENTS.get(word, ()):
                j2 = j + len(other)
                if j2 in line.edges and line.said(j, j2) == other:
                    yield i + length, j2

    def _exchanged(self, line: Line, i: int, j: int) -> Iterator[tuple[int, int]]:
        """Yield the step over 35名新任职的 for 新任职的35名, or the other way round."""
        said = self.said
        for one, other, a, b, turn in ((said, line, i, j, False), (line, said, j, i, True)):
            if a < len(one.units) and isinstance(one.units[a], Figure):
                for end in range(b + 2, min(b + 14, len(other.units))):
                    if other.units[end - 1] == "的" and _same(
                        *(
                            (other.units[end], one.units[a])
                            if turn
                            else (one.units[a], other.units[end])
                        )
                    ):
                        n = end - b
                        if one.units[a + 1 : a + 1 + n] == other.units[b:end]:
                            yield (b + n + 1, a + n + 1) if turn else (a + n + 1, b + n + 1)


def _only_frame(line: Line, j: int) -> bool:
    clause = next((c for c in line.clauses if c.end == j), None)
    return clause is not None and clause.frame and j < len(line.units) - 1


def _same(one: str | Figure, other: str | Figure) -> bool:
    if isinstance(one, Figure) and isinstance(other, Figure):
        return one.follows_from(other)
    return one == other

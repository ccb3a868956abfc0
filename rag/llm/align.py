"""The words of a sentence aligned with those of a sentence of a source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from rag.figures import Figure
from rag.line import Clause, SentenceLine

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
_SAME = """
    设立 建立 成立 组建 / 推进 推动 促进 / 加强 强化 / 完善 健全 / 实施 实行 施行 /
    印发 下发 发布 出台 / 举办 举行 召开 开 / 签订 签署 签 / 提升 提高 增强 / 打造 建设 /
    荣获 获得 获 获评 / 期间 时期 / 付 支付 / 选派 派 派出 / 培养 培育 / 引进 引入 /
    拓展 拓宽 / 自行 自主 自己 / 担任 任 / 增长 增幅 增速 / 选择 选
"""  # words that stand for one another
_EQUIVALENTS = {word: row.split() for row in _SAME.split("/") for word in row.split()}
_ITSELF = re.compile(r"[该本](?:省|市|县|区|镇|乡|村|院|校|中心|公司|街道|社区)|当地|要")
_UNITS = "省市县区镇乡村"  # behind one of them a word begins though it is written as one: 镇党委
_KINDS = ("个", "种", "类", "项", "条")
_BACK, _CROSS = 4, 1  # what a step back costs, and one into another clause
_WAYS = 4  # ways that are tried
_LONGEST = 8  # characters of a word that may be two in the source: garbage has endless ones


class Word(NamedTuple):
    """Units `start` to `end` of a line, and their part of speech."""

    said: str | Figure
    start: int
    end: int
    tag: str

    @property
    def neutral(self) -> bool:
        """Whether it states nothing."""
        return isinstance(self.said, str) and (self.said in _NEUTRAL or not self.said[0].isalnum())

    @property
    def figure(self) -> bool:
        """Whether it is a figure."""
        return isinstance(self.said, Figure)


@lru_cache(maxsize=4096)
def words(read: SentenceLine) -> tuple[Word, ...]:
    """Return the words and figures of a line."""
    found = []
    for start, end in pairwise(sorted(read.edges)):
        unit = read.units[start]
        said = unit if isinstance(unit, Figure) else read.said(start, end)
        found.append(Word(said, start, end, read.tags[start]))
    return tuple(found)


class Pair(NamedTuple):
    """A word that is said and the units of the source that say it."""

    word: Word
    start: int
    end: int


@dataclass(frozen=True)
class Alignment:
    """What is said, and where a sentence of a source says it."""

    said: SentenceLine
    source: SentenceLine
    pairs: tuple[Pair, ...]

    @cached_property
    def covered(self) -> frozenset[int]:
        """The units of the source that are said."""
        return frozenset(unit for pair in self.pairs for unit in range(pair.start, pair.end))

    @cached_property
    def touched(self) -> tuple[Clause, ...]:
        """The clauses of the source of which something is said."""
        return tuple(
            c for c in self.source.clauses if not self.covered.isdisjoint(range(c.start, c.end))
        )

    def words(self, clause: Clause) -> list[Word]:
        """Return the words of a clause of the source."""
        return [w for w in words(self.source) if clause.start <= w.start < clause.end]

    def says(self, word: Word) -> bool:
        """Whether `word` of the source is said, or a part of it."""
        return not self.covered.isdisjoint(range(word.start, word.end))

    def clause(self, pair: Pair) -> Clause:
        """Return the clause of the source that says `pair`."""
        return next(c for c in self.touched if pair.start < c.end)

    def ends(self, clause: Clause) -> bool:
        """Whether the last word of `clause` is said."""
        stated = [w for w in self.words(clause) if not w.neutral]
        return not stated or stated[-1].start in self.covered

    def apart(self, one: Pair, two: Pair) -> bool:
        """Whether a clause of what is said begins between two pairs."""
        return any(one.word.start < c.start <= two.word.start for c in self.said.clauses)


_Way = tuple[int, tuple[Pair, ...]]


def ways(said: SentenceLine, source: SentenceLine, topic: str) -> Iterator[Alignment]:
    """Yield alignments of each word that states something, the simplest first.

    None if the source hasn't one of the words; words of `topic` need no place. The simplest way
    needs the fewest steps back, then the fewest into another clause.
    """
    best: list[_Way] = [(0, ())]
    for word in (piece for whole in words(said) for piece in _cut(whole, source)):
        if word.neutral and not said.quoted[word.start]:
            continue
        pairs = [Pair(word, *place) for place in _places(word, source)]
        if pairs:
            best = [way for pair in pairs for way in _extended(best, pair, source)]
        elif not _needs_no_place(word, said, source, topic):
            return
    best.sort(key=itemgetter(0))
    yield from (Alignment(said, source, pairs) for _, pairs in best[:_WAYS] if pairs)


def _extended(best: list[_Way], pair: Pair, source: SentenceLine) -> list[_Way]:
    """Return the two ways that go on to `pair` at the least cost."""
    found = []
    for cost, pairs in best:
        before = pairs[-1].end if pairs else pair.start
        low, high = sorted((before, pair.start))
        crossed = any(low <= clause.end < high for clause in source.clauses)
        found.append((cost + _BACK * (pair.start < before) + _CROSS * crossed, (*pairs, pair)))
    return sorted(found, key=itemgetter(0))[:2]


def _needs_no_place(word: Word, said: SentenceLine, source: SentenceLine, topic: str) -> bool:
    """Whether `word` is the topic's, points to it, or counts a list that is said whole."""
    if not isinstance(word.said, Figure):
        return word.said in topic or bool(_ITSELF.fullmatch(word.said))
    counts = {c.text.count("、") + c.text.count("和") + 1 for c in said.clauses} - {1}
    whole = "等" not in source.text and word.said.unit in _KINDS
    return whole and word.said.values[0] in counts


def _places(word: Word, source: SentenceLine) -> list[tuple[int, int]]:
    """Return where the source has `word`."""
    if isinstance(word.said, Figure):
        units = enumerate(source.units)
        return [(n, n + 1) for n, u in units if isinstance(u, Figure) and word.said.follows_from(u)]
    return [
        place
        for other in _EQUIVALENTS.get(word.said, [word.said])
        for place in _written(other, source)
    ]


def _written(text: str, source: SentenceLine) -> Iterator[tuple[int, int]]:
    """Yield where `text` stands in the source; of a word there it leaves two characters or none."""
    for found in re.finditer(re.escape(text), source.text):
        start, end = source.unit(found.start()), source.unit(found.end())
        if (source.at[start], source.at[end]) != found.span():
            continue  # inside a figure
        before = start - max(edge for edge in source.edges if edge <= start)
        behind = min(edge for edge in source.edges if edge >= end) - end
        if behind != 1 and (before != 1 or str(source.units[start - 1]) in _UNITS):
            yield start, end


def _cut(word: Word, source: SentenceLine) -> tuple[Word, ...]:
    """Cut `word` in two if the source has it so."""
    if isinstance(word.said, Figure) or word.neutral or _places(word, source):
        return (word,)
    for n in range(1, len(word.said) if len(word.said) <= _LONGEST else 1):
        one = Word(word.said[:n], word.start, word.start + n, word.tag)
        two = Word(word.said[n:], word.start + n, word.end, word.tag)
        if all(piece.neutral or _places(piece, source) for piece in (one, two)):
            return one, two
    return (word,)

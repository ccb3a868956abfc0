"""The words of a sentence aligned with those of a sentence of a source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from operator import itemgetter
from typing import NamedTuple

from rag.line import Clause, SentenceLine, Word

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
PRONOUNS = ("该", "其", "本", "他", "她")
_WAYS = 4  # ways that are tried
_BACK, _CROSS = 4, 1  # what a step back costs, and one into another clause
_LONGEST = 8  # characters of a word that may be two in the source: garbage has endless ones


class Pair(NamedTuple):
    """A word that is said, and where the source says it."""

    word: Word
    start: int
    end: int


@dataclass(frozen=True)
class Basis:
    """A sentence of a source, and who says it of whom."""

    number: int  # of the source
    line: SentenceLine
    names: frozenset[str]  # whom the source speaks of, as it may be called
    tellers: frozenset[str]  # who tells it: as said in it or before it, else whoever wrote it
    topic: str = ""  # the subject of the sentence before, where it has none of its own
    is_lead: bool = False  # it stands above the source, and alone says nothing


@dataclass(frozen=True)
class Alignment:
    """What is said, and where a sentence of a source says it."""

    said: SentenceLine
    basis: Basis
    pairs: tuple[Pair, ...]

    @property
    def source(self) -> SentenceLine:
        """The sentence of the source."""
        return self.basis.line

    @cached_property
    def covered(self) -> frozenset[int]:
        """The characters of the source that are said."""
        return frozenset(at for pair in self.pairs for at in range(pair.start, pair.end))

    @cached_property
    def touched(self) -> tuple[Clause, ...]:
        """The clauses of the source of which something is said."""
        return tuple(clause for clause in self.source.clauses if any(map(self.says, clause.words)))

    def says(self, word: Word) -> bool:
        """Whether `word` of the source is said, or a part of it."""
        return not self.covered.isdisjoint(range(word.start, word.end))

    def clause(self, pair: Pair) -> Clause:
        """Return the clause of the source that says `pair`."""
        return next(clause for clause in self.touched if pair.start < clause.end)

    def ends(self, clause: Clause) -> bool:
        """Whether the last word of `clause` is said."""
        last = next((word for word in reversed(clause.words) if not word.neutral), None)
        return last is None or last.start in self.covered


_Way = tuple[int, tuple[Pair, ...]]


def ways(said: SentenceLine, basis: Basis) -> Iterator[Alignment]:
    """Yield alignments of each word that states something, the simplest first.

    None if the source hasn't one of the words; those of its topic need no place. The simplest way
    needs the fewest steps back, then the fewest into another clause.
    """
    best: list[_Way] = [(0, ())]
    source = basis.line
    for word in (piece for whole in said.words for piece in _cut(whole, source)):
        if word.neutral and not (word.quoted and word.said[0].isalnum()):
            continue
        pairs = [Pair(word, *place) for place in _places(word, source)]
        if pairs:
            onto = ([_onto(pair, *way, source) for way in best] for pair in pairs)
            best = [way for found in onto for way in nsmallest(2, found, itemgetter(0))]
        elif not _needs_no_place(word, said, basis):
            return
    for _, way in nsmallest(_WAYS, best, itemgetter(0)):
        if way:
            yield Alignment(said, basis, way)


def _onto(pair: Pair, cost: int, pairs: tuple[Pair, ...], source: SentenceLine) -> _Way:
    """Return a way that goes on to `pair`."""
    before = pairs[-1].end if pairs else pair.start
    low, high = sorted((before, pair.start))
    crossed = any(low <= clause.end < high for clause in source.clauses)
    return cost + _BACK * (pair.start < before) + _CROSS * crossed, (*pairs, pair)


def _needs_no_place(word: Word, said: SentenceLine, basis: Basis) -> bool:
    """Whether `word` is the topic's, points to it, or counts a list that is said whole."""
    if not word.figure:
        return word.said in basis.topic or bool(_ITSELF.fullmatch(word.said))
    counts = {c.text.count("、") + c.text.count("和") + 1 for c in said.clauses} - {1}
    whole = "等" not in basis.line.text and word.figure.unit in _KINDS
    return whole and word.figure.values[0] in counts


def _places(word: Word, source: SentenceLine) -> list[tuple[int, int]]:
    """Return where the source has `word`."""
    if said := word.figure:
        known = ((w.figure, (w.start, w.end)) for w in source.words)
        return [place for figure, place in known if figure and said.follows_from(figure)]
    others = _EQUIVALENTS.get(word.said, [word.said])
    return [place for other in others for place in _written(other, source)]


def _written(text: str, source: SentenceLine) -> Iterator[tuple[int, int]]:
    """Yield where `text` stands in the source; of a word there it leaves two characters or none."""
    for found in re.finditer(re.escape(text), source.text):
        start, end = found.span()
        first, last = source.word(start), source.word(end - 1)
        before, behind = start - first.start, last.end - end
        if (first.figure and before) or (last.figure and behind):
            continue
        if behind != 1 and (before != 1 or source.text[start - 1] in _UNITS):
            yield start, end


def _cut(word: Word, source: SentenceLine) -> tuple[Word, ...]:
    """Cut `word` in two if the source has it so."""
    if word.figure or word.neutral or _places(word, source):
        return (word,)
    for n in range(1, len(word.said) if len(word.said) <= _LONGEST else 1):
        one = word._replace(said=word.said[:n], end=word.start + n)
        two = word._replace(said=word.said[n:], start=word.start + n)
        if all(piece.neutral or _places(piece, source) for piece in (one, two)):
            return one, two
    return (word,)

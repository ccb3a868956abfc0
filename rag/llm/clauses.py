"""A sentence → its clauses, as the check of support compares them.

A sentence and its source are first made flat: no white space, no quotation marks, half-width
digits and letters. A clause ends at ，、：； unless a quotation goes on over it.
"""

import re
import string
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.llm.figures import Figure, figures
from rag.types import Span
from rag.words import STOPWORDS, pieces, words

_WIDE = {ord(c) + 0xFEE0: c for c in f"{string.digits}{string.ascii_letters}%."}
_MARKS = '“”‘’「」『』"《》〈〉'
_QUOTED = re.compile(r"“([^“”]+)”|「([^「」]+)」|『([^『』]+)』|《([^《》]+)》|\"([^\"]+)\"")
_BREAKS = "，、：；。！？,;:!?"

# Words that report, join or point, and state nothing themselves. Nothing is here that a measure
# could be made of, or that turns what is said: no figure, no degree, no word of who does it.
_ROLES = frozenset("由向被或")
NEUTRAL = (STOPWORDS - _ROLES) | frozenset(
    """
    提出 指出 强调 表示 认为 介绍 提到 谈到 讲到 主要 具体 具体来说 具体而言 方面 措施 举措 做法
    办法 内容 包括 其中 此外 同时 另外 并且 从而 因此 首先 其次 再次 最后 一是 二是 三是 四是 五是
    分别 相关 有关 根据 按照 该县 该市 该区 当地 采取 进行 开展 如下 即 也 均 则 一个 一种 一些
    材料 文章 文中 显示 原文 关于 对于 来说 例如 比如 方式 情况 工作 是 以 来 去 又 再 后 前 时 第
    而且 不仅 还 要 是指 指 比例 以下
    """.split()
)


@dataclass(frozen=True)
class Clause:
    """`start` and `end` count in the flat sentence; `stop` is the sign after it, "" at the end."""

    text: str
    start: int
    stop: str

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures in it."""
        return tuple(figure for figure, _ in figures(self.text))

    @cached_property
    def content(self) -> tuple[str, ...]:
        """Its words that are neither neutral nor part of a figure, in order."""
        return tuple(word for word, _, _ in content(self.text))

    @cached_property
    def ends(self) -> tuple[str, str] | None:
        """Its first and last word or figure, as written; None if it has none."""
        spans = [span for _, span in figures(self.text)]
        spans += [(start, end) for _, start, end in content(self.text)]
        if not spans:
            return None
        first, last = min(spans), max(spans)
        return self.text[slice(*first)], self.text[slice(*last)]


@dataclass(frozen=True, slots=True)
class Flat:
    """A flat sentence."""

    text: str
    clauses: tuple[Clause, ...]


@lru_cache(maxsize=4096)
def flatten(text: str) -> Flat:
    """Make `text` flat and cut it into clauses.

    >>> [(c.text, c.stop) for c in flatten("实行“引、育”，补助 5％。").clauses]
    [('实行引、育', '，'), ('补助5%', '。')]
    """
    inside = {i for match in _QUOTED.finditer(text) for i in range(*match.span())}
    flat: list[str] = []
    breaks: list[int] = []
    for at, character in enumerate(text.translate(_WIDE)):
        if character.isspace() or character in _MARKS:
            continue
        digits = flat and flat[-1].isdigit() and text[at + 1 : at + 2].isdigit()
        if character in _BREAKS and at not in inside and not (digits and character in ",:"):
            breaks.append(len(flat))
        flat.append(character)
    joined = "".join(flat)
    clauses, start = [], 0
    for end in [*breaks, len(joined)]:
        if start < end:
            clauses.append(Clause(joined[start:end], start, joined[end : end + 1]))
        start = end + 1
    return Flat(joined, tuple(clauses))


def quoted(text: str) -> list[str]:
    """Return what stands in quotation marks or 《》 in `text`, flat.

    >>> quoted("推行“四进 四考”")
    ['四进四考']
    """
    return [flatten("".join(groups)).text for groups in _QUOTED.findall(text)]


def content(text: str) -> list[tuple[str, int, int]]:
    """Return the words of a flat clause that state something, with their spans."""
    taken = [span for _, span in figures(text)]
    return [
        (word, start, end)
        for word, start, end in pieces(text)
        if word not in NEUTRAL and word.isalnum() and not _overlaps((start, end), taken)
    ]


def holds(text: str, clause: str, word: str, start: int, end: int) -> bool:
    """Whether `text` holds the word `clause[start:end]`.

    A longer word may be held in its parts. One character says nothing alone: it must stand in
    `text` beside the same neighbour as in `clause`.
    """
    if len(word) == 1 and not word.isascii():
        pairs = (clause[max(0, start - 1) : end], clause[start : end + 1])
        return any(len(pair) == 2 and pair in text for pair in pairs)
    if word in text and not word.isascii():
        return True
    if word.isascii():
        return bool(re.search(rf"(?<![A-Za-z\d]){re.escape(word)}(?![A-Za-z\d])", text))
    parts = [part for part in words(word) if 1 < len(part) < len(word) and part in text]
    return all(any(character in part for part in parts) for character in word)


def _overlaps(span: Span, others: list[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)

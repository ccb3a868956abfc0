"""Does a sentence put one sentence of a source in other order or fewer words?

What `rag.llm.derive` can't make step by step may still say the same. It does where
- all its words, figures and quotations stand in clauses of one sentence of the source,
- it says most of each of these clauses, with every quotation in them and every word that turns
  or limits what is said (不, 至少, 以上, 探索 …), and adds none of these,
- it takes over all items of a list or says 等,
- nouns that touch in it touch in the source,
- the order is the source's; a sentence with 是 may have its two sides exchanged, once.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rag.figures import Figure
from rag.line import REPORTING, RISK, Clause, Line, line
from rag.llm.derive import Basis

_NEUTRAL = frozenset(
    """
    的 了 和 与 及 以及 或 在 是 有 为 于 从 到 向 由 等 中 上 下 里 之 其 这 该 也 还 并 并且 而
    着 地 得 一个 共 一共 达 达到 将 把 对 同 跟 给 以 按 按照 根据 据 关于 来 个 时 时候 时间
    数额 金额 总额 比例 人数 方面 内容 情况 方式 做法 名单 主题 活动 他 她 它 使 让 用 于 且 所
    则 称 去 做 包括 分别 其中 利用 通过 采用 采取 进行 开展 指 即 叫 大力 积极 深入 扎实 持续
    不断 切实 着力 进一步 努力 认真 充分 坚决 全力 有力 有效 资金 工作 目前 当前
    """.split()
)
_ITSELF = re.compile(r"[该本](?:省|市|县|区|镇|乡|村|院|校|中心|公司|街道|社区)|当地")
_COPULA = re.compile(r"是|为|有|分|达|用了|，(?:数额|金额|比例|时间|主题|人数)|约")
_LIMITS = re.compile(f"{RISK.pattern}|各|都|均|因|从而|首先|最后|由于|才|必|只|已|曾|正在|仍")
_MOST = 0.5


class Word(NamedTuple):
    """A word or figure, the unit where it stands, and its part of speech."""

    said: str | Figure
    at: int
    tag: str


@lru_cache(maxsize=4096)
def _words(read: Line) -> tuple[Word, ...]:
    """Return what a line states."""
    found = []
    for start, end in pairwise(sorted(read.edges)):
        unit, word = read.units[start], read.said(start, end)
        if isinstance(unit, Figure):
            found.append(Word(unit, start, "m"))
        elif (word not in _NEUTRAL or read.quoted[start]) and word[0].isalnum():
            found.append(Word(word, start, read.tags[start]))
    return tuple(found)


def says(text: str, basis: Basis, names: Iterable[str]) -> bool:
    """Whether `text`, some clauses of a sentence, says what `basis` says.

    It may begin with one of `names`, those of whom the source speaks, and with who tells it.
    """
    text = _bare(text, basis, names)
    said, source = line(text), basis.line
    if not said.clauses or not all(q in source.text for q in _quotations(said, 0, len(said.units))):
        return False
    placed = _placed(said, source, basis.topic + _first_nouns(source))
    if placed is None:
        return False
    places, touched = placed
    return (
        _limits(said, said.clauses) == _limits(source, touched)
        and ("了" not in text or basis.past)
        and all(_whole(source, clause, said, joined=len(touched) > 1) for clause in touched)
        and not _repeats(said, source)
        and not _governed(source, touched)
        and _in_order(places, source, said, touched)
        and _touching(places, source, said)
    )


def _bare(text: str, basis: Basis, names: Iterable[str]) -> str:
    """Return `text` without the names at its head."""
    for teller in sorted(basis.tellers, key=len, reverse=True):
        if found := re.match(rf"{re.escape(teller)}(?:{REPORTING})，?", text):
            return text[found.end() :]
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(name):
            return text[len(name) :].removeprefix("的")
    return text


def _placed(
    said: Line, source: Line, free: str
) -> tuple[list[tuple[Word, int | None]], list[Clause]] | None:
    """Return where the source has each word, and the clauses which that takes; None if it hasn't.

    Clauses of which most is said come first.
    """
    covered = sorted(((_share(source, c, said), -c.start, c) for c in source.clauses), reverse=True)
    clauses = [clause for share, _, clause in covered if share >= _MOST]
    places: list[tuple[Word, int | None]] = []
    touched: list[Clause] = []
    after = 0
    for word in _words(said):
        place = None
        for clause in clauses:
            found = _found(word.said, source, clause)
            if found:
                place = next((n for n in found if n >= after), found[0])
                touched += [clause] if clause not in touched else []
                break
        if place is None and not _free(word.said, source, clauses, free):
            return None
        places.append((word, place))
        after = after if place is None else place
    return (places, sorted(touched, key=lambda c: c.start)) if touched else None


def _share(source: Line, clause: Clause, said: Line) -> float:
    """Return the share of the words of `clause` that are said."""
    figures = [w.said for w in _words(said) if isinstance(w.said, Figure)]
    stated = [w.said for w in _words(source) if clause.start <= w.at < clause.end]
    held = sum(
        w in said.text if isinstance(w, str) else any(f.follows_from(w) for f in figures)
        for w in stated
    )
    return held / max(1, len(stated))


def _found(word: str | Figure, source: Line, clause: Clause) -> list[int]:
    """Return where `clause` has `word`, as a word of its own."""
    if isinstance(word, Figure):
        units = enumerate(source.units[clause.start : clause.end], clause.start)
        return [n for n, unit in units if isinstance(unit, Figure) and word.follows_from(unit)]
    found = (source.unit(m.start()) for m in re.finditer(re.escape(word), source.text))
    return [
        n for n in found
        if clause.start <= n < clause.end and {n, n + len(word)} <= source.edges
    ]  # fmt: skip


def _free(word: str | Figure, source: Line, clauses: list[Clause], free: str) -> bool:
    """Whether `word` is the subject's, a pronoun's, or a word of the source cut otherwise."""
    if isinstance(word, Figure):
        return False
    if word in free or _ITSELF.fullmatch(word):
        return True
    cuts = [(word[:n], word[n:]) for n in range(1, len(word))]
    held = [one if two in _NEUTRAL else two for one, two in cuts if {one, two} & _NEUTRAL]
    return any(w in _NEUTRAL or any(_found(w, source, c) for c in clauses) for w in held)


def _first_nouns(read: Line) -> str:
    """Return the noun phrase that the sentence begins with."""
    clause = next((c for c in read.clauses if not c.frame), None)
    if clause is None:
        return ""
    end = clause.start
    for a, b in pairwise(sorted(read.edges)):
        if clause.start <= a < clause.end:
            if not read.tags[a].startswith(("n", "j", "vn", "m", "r")) and not read.quoted[a]:
                break
            end = b
    return read.said(clause.start, end)


def _quotations(read: Line, start: int, end: int) -> set[str]:
    found, at = set(), start
    while at < end:
        stop = at + 1
        if read.quoted[at]:
            stop = next((n for n in range(at, end) if not read.quoted[n]), end)
            found.add(read.said(at, stop))
        at = stop
    return found


def _limits(read: Line, clauses: Iterable[Clause]) -> list[str]:
    """Return the words that turn or limit what `clauses` say, figures left out."""
    words = (u if isinstance(u, str) else "#" for c in clauses for u in read.units[c.start : c.end])
    return limits("".join(words))


def limits(text: str) -> list[str]:
    """Return the words in `text` that turn or limit what is said."""
    return sorted(_LIMITS.findall(text))


def _whole(source: Line, clause: Clause, said: Line, *, joined: bool) -> bool:
    """Whether all quotations of `clause` are said, and a list in it.

    Where it is `joined` to another, its ends, too: 由甲考核，由乙拨款 is not 由甲拨款.
    """
    text = said.text
    if not all(q in text for q in _quotations(source, clause.start, clause.end)):
        return False
    ends = [w.said for w in _words(source) if clause.start <= w.at < clause.end]
    if joined and any(isinstance(w, str) and w not in text for w in (ends[0], ends[-1])):
        return False
    items = re.split("、|和(?=[^谐])", clause.text)
    if len(items) < 2 or "等" in text or all(re.search(r"\d", item) for item in items):
        return True
    pairs = [{item[n : n + 2] for n in range(len(item) - 1)} or {item} for item in items]
    shares = [sum(pair in text for pair in each) / len(each) for each in pairs]
    inner = min(shares[1:-1] or [1])
    return (inner > 0.4 and shares[0] > 0.2 and shares[-1] > 0.2) or max(shares[1:]) < 0.2


def _repeats(said: Line, source: Line) -> bool:
    """Whether a word is said more often than the source does; a babbling model does."""
    words = [w.said for w in _words(said) if isinstance(w.said, str)]
    return any(words.count(w) > max(1, source.text.count(w)) for w in set(words))


def _governed(source: Line, touched: list[Clause]) -> bool:
    """Whether a clause that is left out bears on one that is said."""
    planned, before = None, None
    for clause in source.clauses:
        if clause in touched:
            own = source.tags[clause.start].startswith("n")
            if (before and before.condition and before not in touched) or (
                planned and planned not in touched and not own
            ):
                return True
        planned = clause if clause.plans else planned
        before = clause
    return False


def _in_order(
    places: list[tuple[Word, int | None]], source: Line, said: Line, touched: list[Clause]
) -> bool:
    """Whether the order is the source's, but for one exchange: of clauses, or about a 是."""
    held = [(w.at, n) for w, n in places if n is not None and not _only_time(w.said, source)]
    there = "，".join(clause.text for clause in touched)
    back = [(a[0], b[0]) for a, b in pairwise(held) if a[1] > b[1]]
    if len(back) == 1 and any(back[0][0] < clause.start <= back[0][1] for clause in said.clauses):
        return True
    exchanged = any(link not in there for link in _COPULA.findall(said.text))
    return bool(held) and len(back) <= exchanged


def _only_time(word: str | Figure, source: Line) -> bool:
    """Whether `word` belongs to the only time in the sentence, so that its place says nothing."""
    if not isinstance(word, Figure) or word.unit not in ("年", "月", "日"):
        return False
    return sum(isinstance(u, Figure) and u.unit == word.unit for u in source.units) == 1


def _touching(places: list[tuple[Word, int | None]], source: Line, said: Line) -> bool:
    """Whether nothing has gone between two words that changes what one of them belongs to.

    That is another figure or item beside a figure, and a place or person behind a noun.
    """
    for (one, p), (two, q) in pairwise(places):
        if p is None or q is None or p > q or any(p < c.end <= q for c in source.clauses):
            continue
        between = source.units[p + 1 : q]
        if isinstance(one.said, Figure) or isinstance(two.said, Figure):
            if "、" in between and "等" not in said.text:
                return False
            continue
        names = {source.tags.get(n) for n in range(p + 1, q)} & {"ns", "nr", "nt"}
        if names and one.tag.startswith("n") and one.at + len(one.said) == two.at:
            return False
    return True

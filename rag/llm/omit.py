"""What a sentence may leave out of the clauses of a source without saying more than they do.

That is what fills; a means (通过…等方式), a size; items of a list, where no figure counts the rest
and the items that are said don't pass for all; an attribute or adverbial that limits nothing; a
further verb; the predicate behind a subject that goes on to another; a name of whom the source
speaks.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from rag.figures import Figure
from rag.line import PLAN, RISK, Clause
from rag.llm.align import Alignment, Word, words

_SEPARATORS = frozenset("、 和 及 以及 并".split())
_JOINS = _SEPARATORS | {"与", "同"}
# What is done against something bad: 打击侵占 is not 侵占.
_AGAINST = "打击|整治|查处|惩|纠|破除|克服|遏制|防范|化解|消除|清理|清除|制止|解决|扣|免|挡|反"
_LIMITS = re.compile(
    f"{RISK.pattern}|{_AGAINST}|各|都|均|因|从而|首先|最后|由于|才|必|只|已|曾|正在|仍|连续"
)
_NOT = re.compile("打击|查处|惩治|遏制|制止|[不未没无勿莫禁拒]|[并绝除]非|^全[省市区县镇乡村国]")
_FILL = re.compile("不断|近日|目前|日前|人才|非常")
_COVERBS = ("结合", "围绕", "依托", "针对", "立足", "聚焦")
_MEANS = ("方式", "形式", "办法", "措施", "举措", "途径")  # what tells how ends so
_TITLE = 8  # characters of a quotation, above which it names what is said behind it
_MOST = 0.5  # share of a clause that is said, from which on less may hang on the rest
_DATES = ("年", "月", "日")
_LONG = {"连续", "长达"}
MODAL = frozenset(("要", "应"))  # not left out, but said by who orders: 通知要求
UNIVERSAL = frozenset(("各", "都", "均", "全部", "所有", "已"))  # who says less may leave them out
Run = Sequence[Word]
"""Words of a clause of the source in a row that are not said."""


def limits(text: str) -> list[str]:
    """Return the words in `text` that turn or limit what is said."""
    return sorted(_LIMITS.findall(_FILL.sub("", text)))


def limiting(word: Word) -> bool:
    """Whether `word` turns or limits what is said; 人才 and 因地制宜 do not."""
    said = str(word.said)
    return said not in UNIVERSAL and bool(_NOT.search(said) or _LIMITS.match(_FILL.sub("", said)))


def kept(way: Alignment, clause: Clause, names: Iterable[str]) -> str | None:
    """Return the text of `clause` without what is left out, # for a figure.

    None if something is left out that must not be.
    """
    text = ""
    for said, words_ in groupby(way.words(clause), way.says):
        run = list(words_)
        held = [w for w in run if said or w.neutral or w.said in MODAL]
        if len(held) < len(run) and not _may_go(way, clause, run, names):
            return None
        text += "".join("#" if w.figure else str(w.said) for w in held)
    return text


def _may_go(way: Alignment, clause: Clause, run: Run, names: Iterable[str]) -> bool:
    if _is_items(way, clause, run) or _is_name(way, run, names):
        return True
    named = next((n for n in range(1, len(run)) if _is_name(way, run[:n], names)), 0)
    if _is_extra(way, clause, run[named:]):
        return True
    if run[-1].end == clause.end:
        return is_subject(way, clause, run[0].start) or _is_added(way, clause, run)
    known = way.source.quoted[run[-1].end] > 0  # a quotation is known without what stands before it
    minor = known or run[0].said in _COVERBS or _is_minor(way, clause, run)
    return minor and _limits_nothing(way, run)


def _is_items(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is whole items of a list that can do without them."""
    if re.search("、.*等(?:各[类种项])?$", way.source.said(run[0].start, run[-1].end)):
        return True
    held = [n for n, w in enumerate(run) if not (w.neutral and w.tag in ("p", "v"))]
    items = run[held[0] : held[-1] + 1]
    quoted = way.source.quoted
    met = [n for n in (items[0].start, items[-1].end) if 0 < n < len(quoted)]
    between = any(0 < quoted[n - 1] != quoted[n] > 0 for n in met)  # two quotations
    if not between and _SEPARATORS.isdisjoint((items[0].said, items[-1].said)):
        return False
    counted = any(_counts(w) and w not in run and not quoted[w.start] for w in way.words(clause))
    each = [
        any(map(_counts, g)) for joint, g in groupby(items, lambda w: w.said == "、") if not joint
    ]
    return _alone(way, clause) and (not counted or all(each))


def _counts(word: Word) -> bool:
    """Whether `word` is a figure that counts, times aside."""
    return isinstance(word.said, Figure) and word.said.unit not in _DATES


def _alone(way: Alignment, clause: Clause) -> bool:
    """Whether the items that are said don't pass for all: there is one, or 等 is said."""
    read = [
        w for w in way.words(clause)
        if not way.source.quoted[w.start] and (not w.neutral or w.said in _SEPARATORS)
    ]  # fmt: skip
    return "等" in way.said.text or not any(
        b.said in _SEPARATORS and a.start in way.covered and c.start in way.covered
        for a, b, c in zip(read, read[1:], read[2:], strict=False)
    )


def _is_name(way: Alignment, run: Run, names: Iterable[str]) -> bool:
    """Whether `run` is a name of whom the source speaks, or what lies around it."""
    while run and run[0].said in ("是", "为", "在", "对", "向"):
        run = run[1:]
    if not run:
        return False
    start = run[0].start
    gone = way.source.said(start, run[-1].end)
    within = any(w.end == start and w.tag == "ns" for w in words(way.source))
    return any(
        not within if gone == name else name.startswith(gone) and way.source.begins(start, name)
        for name in names
    )


def _limits_nothing(way: Alignment, run: Run) -> bool:
    """Whether `run` has no word that limits, no figure, no agent, no plan and no short name."""
    start, end = run[0].start, run[-1].end
    named = 0 < sum(map(bool, way.source.quoted[start:end])) <= _TITLE
    planned = PLAN.search(way.source.said(start, min(end + 1, len(way.source.units))))
    return not (named or planned or any(w.figure or limiting(w) for w in run if not w.neutral))


def _is_extra(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is a means, how many there are of what follows, or what was said before."""
    last = run[-1].said
    if isinstance(last, Figure):
        others = {w.said for w in run[:-1] if not w.neutral}
        return others <= _LONG and (bool(others) or last.unit not in ("", "%", *_DATES))
    goes_on = run[0].start == clause.start != way.touched[0].start
    again = goes_on and way.source.said(clause.start, run[-1].end) in way.said.text
    return last in _MEANS or again


def _is_minor(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether most of `clause` is said, and `run` is no part of a compound or a list."""
    stated = [w for w in way.words(clause) if not w.neutral]
    if sum(w.start in way.covered for w in stated) < _MOST * len(stated):
        return False
    before = next((w.tag for w in reversed(words(way.source)) if w.end <= run[0].start), "x")
    nouns = [tag[0] == "n" for tag in (before, run[-1].tag, way.source.tags.get(run[-1].end, "x"))]
    compound = nouns[1] and (nouns[0] or nouns[2])
    return not (compound or any(w.said in _JOINS for w in run))


def is_subject(way: Alignment, clause: Clause, end: int) -> bool:
    """Whether the units of `clause` up to `end` are a subject, or a place."""
    quoted = way.source.quoted
    before = [
        w for w in way.words(clause) if w.end <= end and (w.said, w.start) != ("在", clause.start)
    ]
    if not before or before[0].tag == "p" or (before[0].neutral and before[0].tag == "v"):
        return False
    if any(limiting(w) for w in before if not str(w.said).startswith("全")):
        return False
    if any(w.tag[0] in "vpd" and w.tag != "vn" for w in before[1:]):
        return False
    return bool(quoted[before[-1].start]) or before[-1].tag[0] in "njkrfs"


def _is_added(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is a further verb, with what belongs to it, behind one that is said."""
    before = [w for w in way.words(clause) if w.end <= run[0].start]
    verb = run[0].tag in ("v", "l", "i") or (len(run) == 1 and before[-1].tag == "v")
    acts = any(w.tag == "v" and not w.neutral for w in before[:-1])
    return acts and verb and _limits_nothing(way, run)

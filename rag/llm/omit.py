"""What a sentence may leave out of the clauses of a source without saying more than they do.

That is what fills; a means (通过…等方式), a size; items of a list, where no figure counts the rest
and the items that are said don't pass for all; an attribute or adverbial that limits nothing; a
further verb; the predicate behind a subject that goes on to another; a name of whom the source
speaks.
"""

import re
from collections.abc import Sequence
from itertools import dropwhile, groupby

from rag.line import PLAN, Clause, Word, joined
from rag.llm.align import Alignment

_SEPARATORS = frozenset("、 和 及 以及 并".split())
_JOINS = _SEPARATORS | {"与", "同"}
_COVERBS = ("结合", "围绕", "依托", "针对", "立足", "聚焦")
_MEANS = ("方式", "形式", "办法", "措施", "举措", "途径")  # what tells how ends so
_TITLE = 8  # characters of a quotation, above which it names what is said behind it
_MOST = 0.5  # share of a clause that is said, from which on less may hang on the rest
_DATES = ("年", "月", "日")
_LONG = {"连续", "长达"}
MODAL = frozenset(("要", "应"))  # not left out, but said by who orders: 通知要求
Run = Sequence[Word]
"""Words of a clause of the source in a row that are not said."""


def kept(way: Alignment, clause: Clause) -> str | None:
    """Return the text of `clause` without what is left out, # for a figure.

    None if something is left out that must not be.
    """
    text = ""
    for said, words in groupby(clause.words, way.says):
        run = list(words)
        held = [w for w in run if said or w.neutral or w.said in MODAL]
        if len(held) < len(run) and not _may_go(way, clause, run):
            return None
        text += joined(held)
    return text


def _may_go(way: Alignment, clause: Clause, run: Run) -> bool:
    if _is_items(way, clause, run) or _is_name(way, run):
        return True
    named = next((n for n in range(1, len(run)) if _is_name(way, run[:n])), 0)
    if _is_extra(way, clause, run[named:]):
        return True
    if run[-1].end == clause.end:
        return is_subject(clause, run[0].start) or _is_added(way, clause, run)
    _, behind = way.source.around(run)  # a quotation is known without what stands before it
    minor = behind.quoted or run[0].said in _COVERBS or _is_minor(way, clause, run)
    return bool(minor) and _limits_nothing(way, run)


def _is_items(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is whole items of a list that can do without them."""
    if re.search("、.*等(?:各[类种项])?$", way.source.text[run[0].start : run[-1].end]):
        return True
    held = [n for n, w in enumerate(run) if not _is_frame(w)]
    items = run[held[0] : held[-1] + 1]
    before, behind = way.source.around(items)
    joints = (before, items[0]), (items[-1], behind)
    between = any(0 < a.quoted != b.quoted > 0 for a, b in joints)  # two quotations
    if not between and _SEPARATORS.isdisjoint((items[0].said, items[-1].said)):
        return False
    counted = any(_counts(w) and w not in run and not w.quoted for w in clause.words)
    each = [
        any(map(_counts, g)) for joint, g in groupby(items, lambda w: w.said == "、") if not joint
    ]
    return _alone(way, clause) and (not counted or all(each))


def _is_frame(word: Word) -> bool:
    """Whether `word` is a preposition or a verb like 是: it stands around what is named."""
    return word.neutral and word.tag in ("p", "v")


def _counts(word: Word) -> bool:
    """Whether `word` is a figure that counts, times aside."""
    return word.figure is not None and word.figure.unit not in _DATES


def _alone(way: Alignment, clause: Clause) -> bool:
    """Whether the items that are said don't pass for all: there is one, or 等 is said."""
    read = [w for w in clause.words if not w.quoted and (not w.neutral or w.said in _SEPARATORS)]
    return "等" in way.said.text or not any(
        b.said in _SEPARATORS and a.start in way.covered and c.start in way.covered
        for a, b, c in zip(read, read[1:], read[2:], strict=False)
    )


def _is_name(way: Alignment, run: Run) -> bool:
    """Whether `run` is a name of whom the source speaks, or what lies around it."""
    run = [*dropwhile(_is_frame, run)]
    if not run:
        return False
    (before, _), gone = way.source.around(run), "".join(w.said for w in run)
    names = way.basis.names
    there = (name for name in names if way.source.text.startswith(name, run[0].start))
    longer = any(name.startswith(gone) for name in there if name != gone)
    return longer or (gone in names and before.tag != "ns")


def _limits_nothing(way: Alignment, run: Run) -> bool:
    """Whether `run` has no word that limits, no figure, no agent, no plan and no short name."""
    start, end = run[0].start, run[-1].end
    named = 0 < sum(len(w.said) for w in run if w.quoted) <= _TITLE
    planned = PLAN.search(way.source.text[start : end + 1])
    return not (named or planned or any(w.figure or w.limits for w in run if not w.neutral))


def _is_extra(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is a means, how many there are of what follows, or what was said before."""
    if figure := run[-1].figure:
        others = {w.said for w in run[:-1] if not w.neutral}
        return others <= _LONG and (bool(others) or figure.unit not in ("", "%", *_DATES))
    goes_on = run[0].start == clause.start != way.touched[0].start
    again = goes_on and way.source.text[clause.start : run[-1].end] in way.said.text
    return run[-1].said in _MEANS or again


def _is_minor(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether most of `clause` is said, and `run` is no part of a compound or a list."""
    stated = [w for w in clause.words if not w.neutral]
    if sum(w.start in way.covered for w in stated) < _MOST * len(stated):
        return False
    before, behind = way.source.around(run)
    nouns = [word.tag[0] == "n" for word in (before, run[-1], behind)]
    compound = nouns[1] and (nouns[0] or nouns[2])
    return not (compound or any(w.said in _JOINS for w in run))


def is_subject(clause: Clause, end: int) -> bool:
    """Whether the words of `clause` up to `end` are a subject, or a place."""
    before = [w for w in clause.words if w.end <= end and (w.said, w.start) != ("在", clause.start)]
    if not before or before[0].tag == "p" or (before[0].neutral and before[0].tag == "v"):
        return False
    if any(w.limits for w in before if not w.said.startswith("全")):
        return False
    if any(w.tag[0] in "vpd" and w.tag != "vn" for w in before[1:]):
        return False
    return bool(before[-1].quoted) or before[-1].tag[0] in "njkrfs"


def _is_added(way: Alignment, clause: Clause, run: Run) -> bool:
    """Whether `run` is a further verb, with what belongs to it, behind one that is said."""
    before = [w for w in clause.words if w.end <= run[0].start]
    verb = run[0].tag in ("v", "l", "i") or (len(run) == 1 and before[-1].tag == "v")
    acts = any(w.tag == "v" and not w.neutral for w in before[:-1])
    return acts and verb and _limits_nothing(way, run)

"""Does one sentence of a source say what a sentence says?

It does where
- every word, figure and quotation has its place in the source, or is grammar (`rag.llm.align`);
- what the source's clauses say besides may be left out (`rag.llm.omit`);
- the words that turn or limit what is said (不, 至少, 以上, 探索 …) are the same;
- a clause that is left out bears on nothing that is said;
- clauses that are said as one meet at their ends, or share a subject;
- the order is the source's, but for one exchange: of clauses, about a 是, or of a phrase that
  has the same preposition in both;
- who acts, on what and for whom is so in the source.
Nothing else is allowed, so whatever is not in the list (a person beside a deed, a pair exchanged,
a bound or a condition gone, a cause put in) is refused without being known.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

from rag.line import REPORTING, UNIVERSAL, Word, joined, limits, line
from rag.llm.align import PRONOUNS, Alignment, Basis, Pair, ways
from rag.llm.omit import MODAL, is_subject, kept

_MOVE = frozenset("对 向 由 从 到 为 给 被 把 将 以 在 按照".split())  # may, with their phrase
_TO = ("对", "向", "给", "为")  # before those to whom or for whom something is done
_COPULA = re.compile(r"是|包括|叫|为|有|分|达|用了|，(?:数额|金额|比例|时间|主题|人数)|约")
_ORDERED = re.compile("[^，]{1,20}(?:要求|规定|明确|提出|强调)|(?:按照?|根据)[^，]{1,16}，")
_PAST = re.compile(r"了|已|完成|累计|截至|成立|获|曾")
_ABOUT = re.compile(r"在([^，]{1,12}?)(?:方面|工作中|工作上|过程中|上|中)，")


def entails(text: str, basis: Basis) -> bool:
    """Whether `basis` says what `text`, some clauses of a sentence, says.

    A clause of `text` may begin with a name of whom the source speaks, and `text` with who tells
    it.
    """
    said = line(_bare(text, basis))
    quotations = re.findall("“([^”]+)”", said.marked(0, len(said.text)))
    if any(quoted not in basis.line.text + basis.topic for quoted in quotations):
        return False
    told = _ORDERED.match(text) is not None
    return any(_holds(way, told=told) for way in ways(said, basis))


def _holds(way: Alignment, *, told: bool) -> bool:
    """Whether what is said follows from the source, read in this way; `told`: as an order."""
    left = [kept(way, clause) for clause in way.touched]
    return (
        None not in left
        and _as_limited(way, "，".join(map(str, left)), told=told)
        and not _governed(way)
        and _in_order(way)
        and _same_roles(way)
    )


def _bare(text: str, basis: Basis) -> str:
    """Return `text` without who tells it and the names at the heads of its clauses."""
    tellers, called = any_of(basis.tellers), any_of(basis.names)
    text = re.sub(rf"^(?:{tellers})(?:{REPORTING})，?|^(?:按照?|根据|据)(?:{tellers})，", "", text)
    about = _ABOUT.match(text)
    text = text[about.end() :] if about and about[1] in basis.line.text else text
    return re.sub(rf"(^|[，；：])(?:{called})的?", r"\1", text) if called else text


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of `names`, the longest first; "" if there are none."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


def _as_limited(way: Alignment, left: str, *, told: bool) -> bool:
    """Whether what is said is turned and limited as what is left of the source."""
    flat = joined(way.said.words)
    past = bool(_PAST.search(way.source.text))
    if "了" in flat and not past:
        return False
    if "把" in flat + left:
        flat, left = (text.replace("将", "把") for text in (flat, left))
    ours, theirs = Counter(limits(flat)), Counter(limits(left))
    added, gone = set(ours - theirs), set(theirs - ours)
    return added <= (set() if past else {"要"}) and gone <= UNIVERSAL | (MODAL if told else set())


def _governed(way: Alignment) -> bool:
    """Whether a clause that is left out bears on one that is said, or tells of whom it is."""
    first = way.touched[0].start
    bears = False  # up to a clause with a subject of its own
    for clause in way.source.clauses:
        if clause.report:
            continue
        tag = clause.words[0].tag
        own = tag[0] == "n" and (tag != "ns" or clause.subject)  # 新建 is taken for a place
        bears = bears and not own
        condition = clause.condition and not way.ends(clause)
        if clause in way.touched:
            if bears:
                return True
            bears = condition
        else:
            foreign = clause.subject and not clause.text.startswith((*way.basis.names, *PRONOUNS))
            begins = condition or clause.plans or foreign
            bears = bool(begins) or bears or (clause.time and clause.start > first)
    return False


def _in_order(way: Alignment) -> bool:
    """Whether the order is the source's, but for one exchange, and what is said as one is one.

    Clauses that are said as one meet at their ends, or share a subject: 由甲考核，由乙拨款 is not
    由甲拨款. The time that is said with the clause behind it may stand anywhere.
    """
    times = [clause for clause in way.touched[:-1] if clause.time][:1]
    pairs = [pair for pair in way.pairs if way.clause(pair) not in times]
    exchanged = False
    for one, two in pairwise(pairs):
        clause = way.clause(one)
        if two.start < one.end:
            if exchanged or not _may_be_exchanged(way, one, two):
                return False
            exchanged = True
        elif two.start >= clause.end and not (is_subject(clause, one.end) or way.ends(clause)):
            return False
    return True


def _may_be_exchanged(way: Alignment, one: Pair, two: Pair) -> bool:
    """Whether `two`, which stands before `one` in the source, may be said behind it.

    So may clauses, what stands about a 是, and a phrase with its preposition: 加大对甲的力度 for
    对甲加大力度, 把甲送到 for 送甲到.
    """
    heads = [clause.start for clause in way.said.clauses if clause.start <= two.word.start]
    if heads[-1] > one.word.start:
        return True
    moved = any(w.said in _MOVE for w in way.said.words if w.start in (heads[-1], one.word.end))
    if moved and way.clause(one) == way.clause(two):
        return True
    if one.word.figure or one.word.tag == "nr":  # 新任职的35名 for 35名新任职的
        return way.source.text[one.start - 1] == "的"
    there = "，".join(clause.text for clause in way.touched)
    return any(link not in there for link in _COPULA.findall(way.said.text))


def _same_roles(way: Alignment) -> bool:
    """Whether what is done for whom or to whom is so in the source.

    企业发放 for 向企业发放 is not the same.
    """
    said = {pair.word.start for pair in way.pairs}
    return all(
        _is_addressed(way.said.words, pair.word.start, said)
        == _is_addressed(way.source.words, pair.start, way.covered)
        for pair in way.pairs
        if not (pair.word.figure or pair.word.tag.startswith(("v", "d")))
    )


def _is_addressed(read: Sequence[Word], at: int, said: Container[int]) -> bool:
    """Whether the phrase that begins to be said at `at` stands behind 对, 向 … without a verb."""
    begin = max((w.end for w in read if w.start in said and w.start < at), default=0)
    between = [w for w in read if begin <= w.start < at]
    acts = [n for n, w in enumerate(between) if w.tag == "v" and between[-1].said != "的"]
    return any(w.said in _TO for w in between[max(acts, default=-1) + 1 :])

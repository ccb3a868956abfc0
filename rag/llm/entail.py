"""Does one sentence of a source say what a sentence says?

It does where
- every word, figure and quotation has its place in the source, or is grammar (`rag.llm.align`);
- what the source's clauses say besides may be left out: what fills; a means (通过…等方式), a size;
  items of a list, where no figure counts the rest and the items that are said don't pass for all;
  an attribute or adverbial that limits nothing; a further verb behind a verb; the predicate behind
  a subject that goes on to another that is said; a name of whom the source speaks;
- the words that turn or limit what is said (不, 至少, 以上, 探索 …) are the same;
- a clause that is left out bears on nothing that is said;
- clauses that are said as one meet at their ends, or share a subject;
- the order is the source's, but for one exchange: of clauses, about a 是, or of a phrase that
  has the same preposition in both;
- who acts, on what, for whom, where and when is so in the source.
Nothing else is allowed, so whatever is not in the list (a person beside a deed, a pair exchanged,
a bound or a condition gone, a cause put in) is refused without being known.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import dropwhile, groupby, pairwise, takewhile

from rag.line import PLAN, REPORTING, UNIVERSAL, Clause, SentenceLine, Word, joined, limits, line
from rag.llm.align import PRONOUNS, Alignment, Basis, Pair, ways

_MOVE = frozenset("对 向 由 从 到 为 给 被 把 将 以 在 按照".split())  # may, with their phrase
_TO = "对 向 给 为 替 从 面向".split()  # before those to whom something is done
_COPULA = re.compile(r"是|包括|叫|为|有|分|达|用了|，(?:数额|金额|比例|时间|主题|人数)|约")
_ORDERED = re.compile("[^，]{1,20}(?:要求|规定|明确|提出|强调)|(?:按照?|根据)[^，]{1,16}，")
_PAST = re.compile(r"了|已|完成|累计|截至|成立|获|曾")
_ABOUT = re.compile(r"在([^，]{1,12}?)(?:方面|工作中|工作上|过程中|上|中)，")
_WHEN = re.compile(".{0,6}(?:[年月][初中底末]|季度|[上中下]旬|[春夏秋冬][天季]?|周.|午|晚|后)")
_SEPARATORS = frozenset("、 和 及 以及 并".split())
_JOINS = _SEPARATORS | {"与", "同"}
_COVERBS = ("结合", "围绕", "依托", "针对", "立足", "聚焦")
_MEANS = ("方式", "形式", "办法", "措施", "举措", "途径")  # what tells how ends so
_TITLE = 8  # characters of a quotation, above which it names what is said behind it
_MOST = 0.5  # share of a clause that is said, from which on less may hang on the rest
_NOUNS = "njkrfsb"  # parts of speech of what may be a subject
_DATES = ("年", "月", "日")
_MODAL = {"要", "应"}  # not left out, but said by who orders: 通知要求
_Run = Sequence[Word]
"""Words of a clause of the source in a row that are not said."""


def entails(text: str, basis: Basis) -> bool:
    """Whether `basis` says what `text`, some clauses of a sentence, says.

    A clause of `text` may begin with a name of whom the source speaks, and `text` with who tells
    it.
    """
    said = line(_bare(text, basis))
    quotations = re.findall("“([^”]+)”", said.marked(0, len(said.text)))
    quoted = all(quotation in basis.line.text + basis.topic for quotation in quotations)
    told = _ORDERED.match(text) is not None
    return quoted and any(_holds(way, told=told) for way in ways(said, basis))


def _holds(way: Alignment, *, told: bool) -> bool:
    """Whether what is said follows from the source, read in this way; `told`: as an order."""
    left = [_kept(way, clause) for clause in way.touched]
    return (
        None not in left
        and _as_limited(way, "，".join(map(str, left)), told=told)
        and not _governed(way)
        and _in_time(way)
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
    if "把" in flat + left:
        flat, left = (text.replace("将", "把") for text in (flat, left))
    ours, theirs = Counter(limits(flat)), Counter(limits(left))
    added, gone = set(ours - theirs), set(theirs - ours) - UNIVERSAL
    timely = not added if past else added <= {"要"} and "了" not in flat
    return timely and (not gone or (told and gone <= _MODAL))


def _governed(way: Alignment) -> bool:
    """Whether a clause that is left out bears on one that is said, or tells of whom it is."""
    bears = False  # up to a clause with a subject of its own
    for clause in (clause for clause in way.source.clauses if not clause.report):
        tag = clause.words[0].tag
        own = tag[0] == "n" and (tag != "ns" or clause.subject)  # 新建 is taken for a place
        bears = bears and not own
        if bears and clause in way.touched:
            return True
        foreign = clause.subject and not clause.text.startswith((*way.basis.names, *PRONOUNS))
        gone = clause not in way.touched and (bears or clause.plans or foreign)
        bears = bool(gone or (clause.condition and not way.ends(clause)))
    return False


def _in_time(way: Alignment) -> bool:
    """Whether what is said with a time stands behind it in the source, before the next time."""
    dated = [c.start for c in way.source.clauses if is_time(c) or c.words[0].tag == "t"]
    span = range(len(way.source.text))
    for clause in way.said.clauses:
        pairs = [pair for pair in way.pairs if clause.start <= pair.word.start < clause.end]
        for pair in pairs:
            if pair.start in dated or is_time(way.clause(pair)):
                begin = way.clause(pair).start
                span = range(begin, min(filter(begin.__lt__, dated), default=len(way.source.text)))
        if any(pair.start not in span for pair in pairs):
            return False
    return True


def is_time(clause: Clause) -> bool:
    """Whether `clause` only says when: 调解45起 does not."""
    when = clause.time or _WHEN.fullmatch(clause.text) is not None
    return when and not any(map(_counts, clause.words))


def _in_order(way: Alignment) -> bool:
    """Whether the order is the source's, but for one exchange, and what is said as one is one.

    Clauses that are said as one meet at their ends, or share a subject: 由甲考核，由乙拨款 is not
    由甲拨款. Where a time stands is for `_in_time`.
    """
    steps = [*pairwise(pair for pair in way.pairs if not is_time(way.clause(pair)))]
    back = [(one, two) for one, two in steps if two.start < one.end]
    on = [(one, two) for one, two in steps if way.clause(one).end <= two.start]
    meet = all(way.ends(way.clause(one)) or _is_shared(way, one, two) for one, two in on)
    return meet and len(back) < 2 and all(_may_be_exchanged(way, *step) for step in back)


def _is_shared(way: Alignment, one: Pair, two: Pair) -> bool:
    """Whether `one` ends a subject or a place from which `two`, in a later clause, goes on.

    It does unless a clause meanwhile begins with one of its own: 在乡镇试行 is not 在县城试行.
    """
    clause, own = way.clause(one), list[Word]()
    for later in way.source.clauses:
        if clause.end < later.start <= two.start:
            words = later.words[clause.text[0] == later.text[0] == "在" :]
            own += takewhile(lambda w: w.start < two.start and not w.opens, words)
    return _is_subject(clause, one.end) and all(w.neutral or w.tag[0] not in _NOUNS for w in own)


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
    said = {at for pair in way.pairs for at in range(pair.word.start, pair.word.end)}
    return all(
        _is_addressed(way.said, pair.word.start, said)
        == _is_addressed(way.source, pair.start, way.covered)
        for pair in way.pairs
        if not (pair.word.figure or pair.word.tag.startswith(("v", "d")))
        or way.source.word(pair.start - 1).said in _TO
    )


def _is_addressed(read: SentenceLine, at: int, said: Iterable[int]) -> bool:
    """Whether the phrase that begins to be said at `at` stands behind 对, 向 … without a verb.

    A verb right behind it belongs to the phrase: 为返乡青年.
    """
    begin = max(filter(at.__gt__, said), default=-1)
    between = [w for w in read.words if begin < w.start < at]
    verbs = [n for n, w in enumerate(between) if w.tag == "v" and between[-1].said != "的"]
    acts = [n for n in verbs if between[n].neutral or n == 0 or between[n - 1].said not in _TO]
    return any(w.said in _TO for w in between[max(acts, default=-1) + 1 :])


def _kept(way: Alignment, clause: Clause) -> str | None:
    """Return the text of `clause` without what is left out, # for a figure.

    None if something is left out that must not be.
    """
    text = ""
    for said, words in groupby(clause.words, way.says):
        run = list(words)
        held = [w for w in run if said or w.neutral or w.said in _MODAL]
        if len(held) < len(run) and not _may_go(way, clause, run):
            return None
        text += joined(held)
    return text


def _may_go(way: Alignment, clause: Clause, run: _Run) -> bool:
    if _is_items(way, clause, run) or _is_name(way, run):
        return True
    named = next((n for n in range(1, len(run)) if _is_name(way, run[:n])), 0)
    if _is_extra(way, clause, run[named:]):
        return True
    if run[-1].end == clause.end:
        steps = pairwise(way.pairs)
        goes_on = (clause.start < a.end < run[-1].end < b.start for a, b in steps)
        return any(goes_on) or _is_added(way, clause, run)
    _, behind = way.source.around(run)  # a quotation is known without what stands before it
    minor = behind.quoted or run[0].said in _COVERBS or _is_minor(way, clause, run)
    return bool(minor) and _limits_nothing(way, run)


def _is_items(way: Alignment, clause: Clause, run: _Run) -> bool:
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


def _is_name(way: Alignment, run: _Run) -> bool:
    """Whether `run` is a name of whom the source speaks, or what lies around it."""
    run = [*dropwhile(_is_frame, run)]
    if not run:
        return False
    (before, _), gone = way.source.around(run), "".join(w.said for w in run)
    there = (name for name in way.basis.names if way.source.text.startswith(name, run[0].start))
    longer = any(name.startswith(gone) for name in there if name != gone)
    return longer or (gone in way.basis.names and before.tag != "ns")


def _limits_nothing(way: Alignment, run: _Run) -> bool:
    """Whether `run` has no word that limits, no figure, no agent, no plan and no short name."""
    start, end = run[0].start, run[-1].end
    named = 0 < sum(len(w.said) for w in run if w.quoted) <= _TITLE
    planned = PLAN.search(way.source.text[start : end + 1])
    return not (named or planned or any(w.figure or w.limits for w in run if not w.neutral))


def _is_extra(way: Alignment, clause: Clause, run: _Run) -> bool:
    """Whether `run` is a means, how many there are of what follows, or what was said before."""
    if figure := run[-1].figure:
        others = {w.said for w in run[:-1] if not w.neutral}
        is_size = bool(others) or figure.unit not in ("", "%", *_DATES)
        return is_size and others <= {"连续", "长达"}
    goes_on = run[0].start == clause.start != way.touched[0].start
    again = goes_on and way.source.text[clause.start : run[-1].end] in way.said.text
    return run[-1].said in _MEANS or again


def _is_minor(way: Alignment, clause: Clause, run: _Run) -> bool:
    """Whether most of `clause` is said, and `run` is no part of a compound or a list."""
    stated = [w for w in clause.words if not w.neutral]
    most = sum(w.start in way.covered for w in stated) >= _MOST * len(stated)
    noun, *beside = (word.tag[0] == "n" for word in (run[-1], *way.source.around(run)))
    return most and not ((noun and any(beside)) or any(w.said in _JOINS for w in run))


def _is_subject(clause: Clause, end: int) -> bool:
    """Whether the words of `clause` up to `end` are a subject, or a place."""
    before = [w for w in clause.words if w.end <= end and (w.said, w.start) != ("在", clause.start)]
    if not before or before[0].tag == "p" or (before[0].neutral and before[0].tag == "v"):
        return False
    limited = any(w.limits for w in before if not w.said.startswith("全"))
    if limited or any(w.opens and w.said not in _JOINS for w in before[1:]):
        return False
    return bool(before[-1].quoted) or before[-1].tag[0] in _NOUNS


def _is_added(way: Alignment, clause: Clause, run: _Run) -> bool:
    """Whether `run` is a further verb, or a word behind two, with what belongs to it.

    It is not where a noun stands before it: 贴息 is the object of 提供贷款贴息.
    """
    before = [w.tag for w in clause.words if w.end <= run[0].start and not w.neutral]
    verb = run[0].tag in ("v", "l", "i") or (len(run) == 1 and before[-2:] == ["v", "v"] != before)
    return "v" in before[:-1] and before[-1] == "v" and verb and _limits_nothing(way, run)

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
Or it says what something is that a source names so: 四方包括甲、乙 for 对甲、乙等“四方”的评价.
Nothing else is allowed, so whatever is not in the list (a person beside a deed, a pair exchanged,
a bound or a condition gone, a cause put in) is refused without being known.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from rag.line import REPORTING, Clause, SentenceLine, line
from rag.llm.align import ACTED, Alignment, Pair, Word, ways, words
from rag.llm.omit import MODAL, UNIVERSAL, begins, is_subject, kept, limits

_PREPOSITIONS = ("对", "向", "由", "从", "到", "为", "给", "被", "把", "将", "以", "在", "按照")
_COPULA = re.compile(r"是|包括|叫|为|有|分|达|用了|，(?:数额|金额|比例|时间|主题|人数)|约")
_ORDERED = re.compile("[^，]{1,20}(?:要求|规定|明确|提出|强调)|(?:按照?|根据)[^，]{1,16}，")
_IS = ("是", "为", "指", "即", "包括", "有", "叫")
_PAST = re.compile(r"了|已|完成|累计|截至|成立|获|曾")
_PRONOUNS = ("该", "其", "本", "他", "她")
_ABOUT = re.compile(r"在([^，]{1,12}?)(?:方面|工作中|工作上|过程中|上|中)，")
_TEXTS = ("文章", "文中", "材料", "原文")


@dataclass(frozen=True)
class Basis:
    """A sentence of a source, and who says it of whom."""

    line: SentenceLine
    names: frozenset[str]  # whom the source speaks of, as it may be called
    tellers: frozenset[str] = frozenset()  # who tells it, where that is said in it or before it
    topic: str = ""  # the subject of the sentence before, where it has none of its own

    @cached_property
    def subject(self) -> str:
        """Its first subject, as written; "" if it has none."""
        for clause in self.line.clauses:
            if not clause.frame and clause.subject:
                return self.line.said(clause.start, clause.start + clause.subject)
        return ""

    @cached_property
    def free(self) -> str:
        """What it is about: the noun phrase that it begins with, and the topic before."""
        clause = next((c for c in self.line.clauses if not c.frame), None)
        if clause is None:
            return self.topic
        end = clause.start
        for word in words(self.line):
            if clause.start <= word.start < clause.end:
                if (
                    not word.tag.startswith(("n", "j", "vn", "m", "r"))
                    and not (self.line.quoted[word.start])
                ):
                    break
                end = word.end
        return self.topic + self.line.said(clause.start, end)

    def foreign(self, clause: Clause) -> bool:
        """Whether `clause` has a subject other than whom the source speaks of."""
        own = any(clause.text.startswith(name) for name in (*self.names, *_PRONOUNS))
        return bool(clause.subject) and not own


def entails(text: str, basis: Basis, names: Iterable[str], authors: Iterable[str]) -> bool:
    """Whether `basis` says what `text`, some clauses of a sentence, says.

    A clause of `text` may begin with one of `names`, those of whom the source speaks, and `text`
    with who tells it.
    """
    said = line(_bare(text, basis, names, authors))
    if not said.clauses or not all(
        quoted in basis.line.text + basis.topic for quoted in _quotations(said)
    ):
        return False
    told = _ORDERED.match(text) is not None
    read = ways(said, basis.line, basis.free)
    return any(_holds(way, basis, told=told) or _named(way) for way in read)


def _named(way: Alignment) -> bool:
    """Whether it is said what something is that the source names so, whatever it says of it.

    四方包括甲、乙、丙 for 对甲、乙、丙等“四方”进行评价.
    """
    links = [w.start for w in words(way.said) if w.said in _IS]
    clause = way.clause(way.pairs[0])
    if (
        not links
        or links[-1] - links[0] > 1
        or way.pairs[-1].end > clause.end
        or way.touched != (clause,)
    ):
        return False
    at = sum(pair.word.start < links[0] for pair in way.pairs)
    if not 0 < at < len(way.pairs):
        return False
    sides = (way.pairs[:at], way.pairs[at:])
    one, two = sorted((min(p.start for p in side), max(p.end for p in side)) for side in sides)
    read = way.words(clause)
    gone = [w for w in read if w.start not in way.covered and one[0] <= w.start < two[1]]
    before = next((w.said for w in reversed(read) if w.end <= one[0] and w.said != "等"), "")
    behind = way.tags.get(two[1], "x")
    between = way.source.said(one[1], max(one[1], two[0]))
    quoted = all(way.source.quoted[slice(*two)])
    return (
        one[1] <= two[0]
        and all(w.neutral for w in gone)
        and (between.startswith("等") or (quoted and not between))
        and before not in ("、", "和", "与", "及")
        and (quoted or not behind.startswith(("n", "j", "u")))
        and limits(way.said.text) == limits(way.source.said(one[0], two[1]))
    )


def _holds(way: Alignment, basis: Basis, *, told: bool) -> bool:
    """Whether what is said follows from the source, read in this way; `told`: as an order."""
    left = [kept(way, clause, basis.names) for clause in way.touched]
    return (
        None not in left
        and _as_limited(way, "，".join(map(str, left)), told=told)
        and not _governed(way, basis)
        and _in_order(way)
        and _joined(way)
        and _same_roles(way)
    )


def _bare(text: str, basis: Basis, names: Iterable[str], authors: Iterable[str]) -> str:
    """Return `text` without who tells it and the names at the heads of its clauses."""
    tellers = "|".join(map(re.escape, basis.tellers or {*authors, *names, *_TEXTS}))
    called = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    text = re.sub(rf"^(?:{tellers})(?:{REPORTING})，?|^(?:按照?|根据|据)(?:{tellers})，", "", text)
    about = _ABOUT.match(text)
    text = text[about.end() :] if about and about[1] in basis.line.text else text
    return re.sub(rf"(^|[，；：])(?:{called})的?", r"\1", text) if called else text


def _quotations(read: SentenceLine) -> list[str]:
    """Return what `read` has in quotation marks."""
    return re.findall("“([^”]+)”", read.marked(0, len(read.units)))


def _as_limited(way: Alignment, left: str, *, told: bool) -> bool:
    """Whether what is said is turned and limited as what is left of the source."""
    flat = "".join(unit if isinstance(unit, str) else "#" for unit in way.said.units)
    parts = way.source.text.split("；")
    past = any(_PAST.search(p) for p in parts if any(c.text in p for c in way.touched))
    if "了" in flat and not past:
        return False
    if "把" in flat + left:
        flat, left = (text.replace("将", "把") for text in (flat, left))
    ours, theirs = Counter(limits(flat)), Counter(limits(left))
    added, gone = set(ours - theirs), set(theirs - ours)
    return added <= (set() if past else {"要"}) and gone <= UNIVERSAL | (MODAL if told else set())


def _governed(way: Alignment, basis: Basis) -> bool:
    """Whether a clause that is left out bears on one that is said, or tells of whom it is."""
    planned = condition = foreign = dated = left = False
    for clause in basis.line.clauses:
        if left and clause in way.touched and _is_bare(way, clause):
            return True
        if clause.report:
            continue
        if clause.start and basis.line.units[clause.start - 1] == "；":
            planned = condition = foreign = False
        own = clause.subject or basis.line.tags[clause.start].startswith("n")
        left = clause not in way.touched
        if not left and (condition or dated or ((planned or foreign) and not own)):
            return True
        planned = (left and clause.plans) or (planned and not own)
        foreign = (left and basis.foreign(clause)) or (foreign and not own)
        condition = clause.condition and not way.ends(clause)
        dated = left and ((clause.time and clause.start > way.touched[0].start) or dated)
    return False


def _is_bare(way: Alignment, clause: Clause) -> bool:
    """Whether `clause` is a verb and a figure, as 增长5%: of what is said before it."""
    stated = [w for w in way.words(clause) if not w.neutral]
    acts = [w.tag[0] in "vdpux" for w in stated if not w.figure]
    return 0 < len(acts) < len(stated) and all(acts)


def _in_order(way: Alignment) -> bool:
    """Whether the order is the source's, but for one exchange."""
    pairs = _undated(way)
    back = [n for n, (a, b) in enumerate(pairwise(pairs), 1) if b.start < a.end]
    if not back:
        return True
    if len(back) > 1:
        return False
    one, two = (pairs[back[0] + n] for n in (-1, 0))
    if way.apart(one, two) or _phrase_moved(way, way.pairs.index(two)):
        return True
    if one.word.figure or one.word.tag == "nr":
        return _follows_of(way.source, one.start)
    if two.word.figure and _follows_of(way.said, two.word.start):
        return True
    if _of_one_list(way, way.pairs.index(two)):
        return False
    there = "，".join(clause.text for clause in way.touched)
    return any(link not in there for link in _COPULA.findall(way.said.text))


def _of_one_list(way: Alignment, at: int) -> bool:
    """Whether what is said from pair `at` on is of a list that is said before, too."""
    first = min(pair.start for pair in way.pairs[at:])
    last = max((pair.end for pair in way.pairs[:at] if pair.end <= first), default=first)
    return "、" in way.source.said(last, first)


def _undated(way: Alignment) -> list[Pair]:
    """Return the pairs without the times that are said whole with the clause behind them."""
    times = [clause for clause in way.source.clauses if clause.time]
    frames = [
        clause
        for clause, then in pairwise(way.touched)
        if way.ends(clause)
        and (clause.time or clause.condition)
        and (clause.end + 1 == then.start or [clause] == times == [way.touched[0]])
    ]
    return [pair for pair in way.pairs if way.clause(pair) not in frames[:1]]


def _follows_of(read: SentenceLine, at: int) -> bool:
    """Whether 的 stands right before unit `at`: 新任职的35名 for 35名新任职的."""
    return read.units[at - 1 : at] == ("的",)


def _phrase_moved(way: Alignment, at: int) -> bool:
    """Whether a phrase with its preposition stands before or behind the step back to `at`.

    加大对甲的力度 for 对甲加大力度, 把甲送到 for 送甲到.
    """
    if way.clause(way.pairs[at]) != way.clause(way.pairs[at - 1]):
        return False
    for pair in way.pairs:
        own = _preposition(way.said, pair.word.start)
        theirs = _preposition(way.source, pair.start)
        if own != theirs and not {own, theirs} <= {"", *ACTED}:
            return False
    one, two = way.pairs[at - 1].word, way.pairs[at].word
    head = max(clause.start for clause in way.said.clauses if clause.start <= one.start)
    begins = [w.said for w in words(way.said) if w.start == head or one.end == w.start < two.start]
    turned = any(_preposition(way.said, p.word.start) in ("把", "将") for p in way.pairs[:at])
    return turned or not set(_PREPOSITIONS).isdisjoint(begins)


def _joined(way: Alignment) -> bool:
    """Whether clauses that are said as one meet at their ends, or share a subject.

    由甲考核，由乙拨款 is not 由甲拨款.
    """
    for one, two in pairwise(_undated(way)):
        a, b = way.clause(one), way.clause(two)
        judged = b.start <= a.start  # by the order
        if judged or way.apart(one, two) or is_subject(way, a, one.end):
            continue
        if not way.ends(a, one.end) or not begins(way, a):
            return False
    return True


def _same_roles(way: Alignment) -> bool:
    """Whether who acts, on what and for whom is so in the source.

    甲考核 for 由甲考核 and 选派甲 for 把甲选派 are the same; 企业发放 for 向企业发放 is not.
    """
    said = {pair.word.start for pair in way.pairs}
    for pair in way.pairs:
        if pair.word.figure:
            continue
        own = _roles(words(way.said), pair.word.start, said)
        theirs = _roles(way.all_words, pair.start, way.covered)
        acts = pair.word.tag.startswith(("v", "d")) and "" in own | theirs
        if own & theirs or acts:
            continue
        roles = own | theirs
        if "" not in roles or "to" in roles:
            return False
        head = max(c.start for c in way.said.clauses if c.start <= pair.word.start)
        ahead = [w for w in words(way.said) if head <= w.start < pair.word.start]
        if "" in theirs:
            ahead = [w for w in way.words(way.clause(pair)) if w.start < pair.start]
        moved = any(w.tag == "v" for w in ahead) == ("on" in roles)
        if not moved and ("by" in roles or way.clause(pair).subject):
            return False
    return True


def _roles(read: Iterable[Word], at: int, said: Container[int]) -> set[str]:
    """Return as what the phrase that begins to be said at `at` may act; "" if nothing tells."""
    between: list[Word] = []
    for word in read:
        if word.start >= at:
            break
        between = [] if word.start in said else [*between, word]
    for n, word in enumerate(between):
        behind = between[n + 1 :]
        role = ACTED.get(str(word.said))
        if not role or (behind and behind[-1].said != "的" and any(w.tag == "v" for w in behind)):
            continue
        if word.tag == "p":
            return {role}
        if word.said == "将":  # mostly an adverb
            return {role, ""}
    return {""}


def _preposition(read: SentenceLine, at: int) -> str:
    """Return the preposition right before unit `at`; "" if there is none."""
    before = next((str(w.said) for w in words(read) if w.end == at), "")
    return before if before in _PREPOSITIONS else ""

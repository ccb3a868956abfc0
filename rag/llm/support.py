"""Is a sentence supported, and by which sources? A yes or no, no degree.

A sentence is cut at its clauses; each run of clauses must be made from one source
(see `rag.llm.entail`), and the fewest sources that hold all of it are its marks. Marks that a
model gives decide only between sources that hold it equally well.

A place once named is the one spoken of until another is named, over sentences too, and what is
said meanwhile must come from a source of its own. So the words of one county do not pass under
the name of another.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.line import REPORTING, Clause, SentenceLine, line
from rag.llm.claims import LINE_HEAD, Claim, Part
from rag.llm.entail import Basis, entails
from rag.llm.marks import Mark
from rag.types import Citation

Problem = Literal["says nothing", "instruction", "question", "address", "not in source"]

# Words meant for a machine that reads, not for people. A source that holds some is quoted, but
# no model is given it and nothing is worded from it.
_ANSWER = r"(?:回答|答复|回复|作答|答案|输出|应答|总结|摘要|写稿|写作|撰写|改写|生成|引用)"
_ORDER = r"(?:请|须|务必|必须|一律|都要|应当?|不要|不得|改为|改成|忽略|注意)"
_CALL = r"(?:请|务必|不要|忽略|注意[:：])"
_MACHINE = (
    r"(?:AI|人工智能|大?语言模型|大模型|智能助手|聊天机器人|助手|提示词|系统提示|system\s*prompt)"
)
_INSTRUCTION = re.compile(
    rf"(?:{_MACHINE}[^。]{{0,30}}{_CALL}|{_CALL}[^。]{{0,30}}{_MACHINE}|提示词是)"
    rf"|(?:(?:在|每个?|每次|每句|所有|任何|涉及)[^。，]{{0,8}}{_ANSWER}|{_ANSWER}[^。，]{{0,12}}(?:时|中|后|末尾|结尾|里))[^。]{{0,16}}{_ORDER}"
    rf"|{_ORDER}[^。]{{0,8}}{_ANSWER}[^。]{{0,6}}(?:写上|附上|加上|注明|提示|末尾|结尾|[:：“\"])"
    rf"|{_ORDER}(?:在|于)[^。]{{0,6}}{_ANSWER}|{_ANSWER}{_ORDER}"
    r"|(?:编辑|写作|写稿|作者|编者)(?:注意|要求|提示)"
    r"|(?:忽略|无视|忘记|不要遵守|不必理会)[^。]{0,6}(?:以上|上述|之前|前面|此前|前文|上文|所有|系统)"
    r"|你(?:现在|从现在起)(?:是|扮演)|请(?:务必|直接|一律|只)?(?:写|说明|说出|注明|标明|评价|引导|提示|补充|附上|告诉|声称|改写|忽略|加上|列出)"
    r"|(?:ignore|disregard|forget)\s.{0,40}(?:instruction|rule|prompt)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"https?:|www\.|://|[\w.+-]+@[\w-]+\.|[a-z\d-]+\.(?:com|cn|net|org|gov|top|xyz|example|io|info)\b"
    r"|<[|/]?\w|\|>|\[/?INST|⟦|```",
    re.IGNORECASE | re.ASCII,
)
_QUESTION = re.compile(r"[?？]|什么|怎么|如何|哪些|哪个|哪里|是谁|多少|是否|为何|吗。?$|呢。?$")
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*[”’」』）]*")
_PRONOUNS = ("该", "其", "他", "她")
_UNIT = re.compile(r".+?(?:[省市区县旗盟镇乡村]|自治州|街道|社区|$)")
_STEM = re.compile(r"(..+)(?<!经开|高新|开发|示范)(?<!新)[市县区]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a sentence fails, or its parts, each with the sources that it is made from."""

    problem: Problem | None
    parts: tuple[Part, ...] = ()


def names(place: str) -> frozenset[str]:
    """Return how `place` may be called, never by what lies around it.

    >>> sorted(names("安庆市太湖县")), sorted(names("安庆经开区"))
    (['太湖', '太湖县', '安庆市太湖县'], ['安庆经开区'])
    """
    units = _UNIT.findall(re.sub(r"[（(].*?[）)]", "", place))
    found = {"".join(units[n:]) for n in range(len(units))} | ({place} if place else set())
    stem = _STEM.fullmatch(units[-1]) if units else None
    return frozenset(found | ({stem[1]} if stem else set())) - {""}


@dataclass(frozen=True, slots=True)
class Source:
    """A citation as the check reads it."""

    number: int
    bases: tuple[Basis, ...]  # of the sentences of the quote
    leads: tuple[Basis, ...]  # of the leads above it: they alone say nothing
    names: frozenset[str]
    authors: tuple[str, ...]


def is_instruction(text: str) -> bool:
    """Whether `text` holds words meant for a machine."""
    return bool(_INSTRUCTION.search(text))


def is_tainted(citation: Citation) -> bool:
    """Whether the paragraph of `citation`, or a lead above it, holds words meant for a machine."""
    return any(map(is_instruction, (citation.paragraph.text, *citation.trail)))


def source(citation: Citation) -> Source:
    """Read `citation`; one that holds an instruction supports nothing."""
    essay, quote = citation.essay, citation.quote
    called = names(line(essay.place or "").text)
    called |= _named_in(essay.title or "", called)
    authors = tuple(filter(None, (essay.author or "").split("、")))
    tainted = is_tainted(citation)
    return Source(
        citation.number,
        () if tainted else tuple(bases(quote, called)),
        () if tainted else tuple(Basis(line(lead), called) for lead in citation.trail),
        called,
        (*authors, *(f"{essay.office}{author}" for author in authors if essay.office)),
    )


def bases(text: str, called: frozenset[str]) -> Iterator[Basis]:
    """Yield the sentences of `text`, each with who tells it and what the one before was about."""
    tellers: frozenset[str] = frozenset()
    topic = ""
    for found in _SENTENCE.finditer(text):
        read = line(LINE_HEAD.sub("", found.group()))
        if not read.clauses:
            continue
        new = [c for c in read.clauses if c.report]
        basis = Basis(read, called)
        if new:
            tellers = _tellers(read, new[-1], topic)
        elif basis.subject:
            tellers = frozenset()
        own = basis.subject if not basis.subject.startswith(_PRONOUNS) else ""
        yield Basis(read, called, tellers, "" if own else topic)
        topic = own or topic


def _tellers(read: SentenceLine, clause: Clause, topic: str) -> frozenset[str]:
    """Return how the teller of `clause` may be called: 王东伟 for 财政部副部长王东伟介绍."""
    who = re.sub(rf"(?:{REPORTING})$", "", clause.text)
    people = {
        read.said(n, clause.end)[: -len(clause.text) + len(who) or None]
        for n, tag in read.tags.items()
        if clause.start <= n < clause.end and tag == "nr"
    }
    return frozenset({who, *people} | ({topic} if who in ("他", "她") else set())) - {""}


def _named_in(title: str, called: frozenset[str]) -> frozenset[str]:
    """Return the office that `title` begins with: 甲市公共资源交易中心成立五周年."""
    for name in sorted(called, key=len, reverse=True):
        found = re.match(
            rf"{re.escape(name)}[^，。：\s]{{0,12}}?(?:中心|局|委|院|校|大学|公司|会|队|党委|支部)",
            title,
        )
        if found:
            return frozenset({found.group()})
    return frozenset()


class Checker:
    """Checks the sentences of one answer, in order."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        self._sources = tuple(map(source, citations))
        self._names = {name for s in self._sources for name in s.names}
        self._spoken_of: frozenset[str] = frozenset()

    def check(self, claim: Claim) -> Verdict:
        """Judge `claim`. One that fails is not shown, so it does not change who is spoken of."""
        if is_instruction(claim.text):
            return Verdict("instruction")
        if _ADDRESS.search(claim.text):
            return Verdict("address")
        if _QUESTION.search(re.sub(r"[“《][^”》]*[”》]", "", claim.text)):
            return Verdict("question")
        if not line(claim.text).clauses:
            return Verdict("says nothing")
        if several := self._of_several(claim):
            return several
        found = self._attributed(line(claim.text), claim)
        if not found:
            return Verdict("not in source")
        parts, self._spoken_of = found
        whole = len({part.marks for part in parts}) == 1
        return Verdict(None, (Part(claim.text, parts[0].marks),) if whole else parts)

    def _of_several(self, claim: Claim) -> Verdict | None:
        """Judge 甲县、乙县均…: it must hold of each. None if it is of one."""
        called = "|".join(map(re.escape, sorted(self._names, key=len, reverse=True)))
        found = re.match(rf"((?:{called})(?:(?:、|和|与)(?:{called}))+)(?:均|都|也)?", claim.text)
        if not called or not found:
            return None
        held: set[int] = set()
        for name in re.findall(called, found[1]):
            verdict = self.check(Claim(name + claim.text[found.end() :], claim.marks))
            if verdict.problem:
                return verdict
            held.update(mark for part in verdict.parts for mark in part.marks)
        self._spoken_of = frozenset()
        return Verdict(None, (Part(claim.text, tuple(sorted(held))),))

    def _attributed(
        self, saying: SentenceLine, claim: Claim
    ) -> tuple[tuple[Part, ...], frozenset[str]] | None:
        """Return the parts of `saying` with their sources, and whom it speaks of at its end."""
        heads = [clause.start for clause in saying.clauses] + [len(saying.units)]
        subjects = self._subjects(saying)
        best: dict[int, tuple[tuple[int, int], ...]] = {0: ()}  # head → (head reached, source)…
        for at in heads[:-1]:
            if at not in best:
                continue
            for each in self._sources:
                for end in self._reached(saying, each, at):
                    inside = (subjects[h] for h in heads if at <= h < end)
                    if any(who and not who <= each.names for who in inside):
                        continue
                    path = (*best[at], (end, each.number))
                    if end not in best or _cost(path, claim.marks) < _cost(best[end], claim.marks):
                        best[end] = path
        whole = best.get(heads[-1])
        return (_parts(claim.text, saying, whole), subjects[heads[-2]]) if whole else None

    def _reached(self, saying: SentenceLine, each: Source, at: int) -> set[int]:
        """Return the heads up to which `each` holds `saying` from `at`, not by a lead alone."""
        whole = self._told(saying, each, each.bases, at)
        return whole | {
            end for end in self._told(saying, each, each.leads, at) if at or end < len(saying.units)
        }

    def _told(
        self, saying: SentenceLine, each: Source, bases: Sequence[Basis], at: int
    ) -> set[int]:
        """Return the heads up to which one of `bases` says `saying` from `at`."""
        found = set()
        for clause in saying.clauses:
            last = clause is saying.clauses[-1]
            if clause.end > at and (last or not clause.frame):
                text = saying.marked(at, clause.end)
                if any(entails(text, basis, each.names, each.authors) for basis in bases):
                    found.add(len(saying.units) if last else clause.end + 1)
        return found

    def _subjects(self, saying: SentenceLine) -> dict[int, frozenset[str]]:
        """Return for the head of each clause whom it speaks of."""
        found, now = {}, self._spoken_of
        for clause in saying.clauses:
            called = [name for name in self._names if clause.text.startswith(name)]
            if called:
                now = frozenset({max(called, key=len)})
            elif saying.tags[clause.start] == "ns":  # a place of which a source must tell itself
                now = frozenset()
            found[clause.start] = now
        return found


def _cost(path: Iterable[tuple[int, int]], given: Mark) -> tuple[int, int, int]:
    numbers = {number for _, number in path}
    return len(numbers), len(numbers - set(given)), sum(1 for _ in path)


def _parts(text: str, saying: SentenceLine, path: tuple[tuple[int, int], ...]) -> tuple[Part, ...]:
    """Cut `text` where another source begins."""
    parts: list[Part] = []
    begin = 0
    for n, (end, number) in enumerate(path):
        if n + 1 < len(path) and path[n + 1][1] == number:
            continue
        last = n + 1 == len(path)
        at = len(text) if last else _offset(text, saying.at[end - 1])
        parts.append(Part(text[begin:at], (number,)))
        begin = at
    return tuple(parts)


def _offset(text: str, count: int) -> int:
    """Return where the unit-text offset `count` lies in `text`, which has marks and spaces."""
    for at in range(len(text) + 1):
        if len(line(text[:at]).text) >= count:
            return at
    return len(text)

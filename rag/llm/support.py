"""Is a sentence supported, and by which sources? A yes or no, no degree.

A sentence is cut at its clauses; each run of clauses must be made from one source
(see `rag.llm.entail`), and the fewest sources that hold all of it are its marks.

A place once named is the one spoken of until another is named, over sentences too, and what is
said meanwhile must come from a source of its own. So the words of one county do not pass under
the name of another.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from rag.gazetteer import place_names
from rag.line import REPORTING, Clause, SentenceLine, line
from rag.llm.align import PRONOUNS, Basis
from rag.llm.entail import any_of, entails, is_time
from rag.llm.prompts import LINE_HEAD
from rag.sentences import sentence_spans
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
_READER = (
    r"(?:(?:AI|人工智能|智能)(?:助手|程序)|语言模型|大模型|聊天机器人|自动程序)"  # is addressed
)
_INSTRUCTION = re.compile(
    rf"{_READER}[^。，]{{0,6}}(?:须|应(?![用急对])|说明[:：]|一律)"
    r"|机器阅读|自动程序|系统(?:消息|指令)[:：]|应当?写成"
    r"|凡[^。]{0,8}(?:问到|问及|提到|生成)[^。]{0,8}(?:一律|一概|均|都|应)[^。]?(?:答|写|称|注明)"
    rf"|(?:{_MACHINE}[^。]{{0,30}}{_CALL}|{_CALL}[^。]{{0,30}}{_MACHINE}|提示词是)"
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
_NAMED = re.compile(r"(?:[^，。；：、]*[对向])?([^，。；：]+、[^，。；：]+)等“([^”]+)”")
_TEXTS = ("文章", "文中", "材料", "原文")
_OFFICES = "中心|局|委|院|校|大学|公司|会|队|党委|支部"


class Part(NamedTuple):
    """Words and the numbers of the sources that they are made from."""

    text: str
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a sentence fails, or its parts, each with the sources that it is made from."""

    problem: Problem | None
    parts: tuple[Part, ...] = ()


def is_tainted(citation: Citation) -> bool:
    """Whether the paragraph of `citation`, or a lead above it, holds words meant for a machine."""
    return any(map(_INSTRUCTION.search, (citation.paragraph.text, *citation.trail)))


def _bases(citation: Citation) -> Iterator[Basis]:
    """Yield the leads above `citation` and its sentences; none where it holds an instruction.

    What somebody tells goes on until there is another subject.
    """
    if is_tainted(citation):
        return
    essay, number = citation.essay, citation.number
    called = place_names(line(essay.place or "").text)
    office = re.match(rf"(?:{any_of(called)})[^，。：\s]{{0,12}}?(?:{_OFFICES})", essay.title or "")
    if called and office:  # 甲市公共资源交易中心成立五周年
        called |= {office.group()}
    authors = (essay.author or "").split("、")
    offices = [f"{essay.office or ''}{author}" for author in authors]
    writers = frozenset({*authors, *offices, *called, *_TEXTS}) - {""}
    yield from (Basis(number, line(t), called, writers, is_lead=True) for t in citation.trail)
    tellers, topic = writers, ""
    for start, end in sentence_spans(citation.quote):
        read = line(LINE_HEAD.sub("", citation.quote[start:end]))
        reports = [clause for clause in read.clauses if clause.report]
        if reports or read.subject:
            tellers = _tellers(reports[-1]) if reports else writers
        own = "" if read.subject.startswith(PRONOUNS) else read.subject
        basis = Basis(number, read, called, tellers, "" if own else topic)
        topic = own or topic
        yield basis
        for items, name in _NAMED.findall(citation.quote[start:end]):
            yield replace(basis, line=line(f"“{name}”是{items}"))


def _tellers(clause: Clause) -> frozenset[str]:
    """Return how the teller of `clause` may be called: 王东伟 for 财政部副部长王东伟介绍."""
    who = re.sub(rf"(?:{REPORTING})$", "", clause.text)
    return frozenset(who[n:] for n in range(len(who) - 1))


class Checker:
    """Checks the sentences of one answer, in order."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        self._bases = [basis for citation in citations for basis in _bases(citation)]
        self._names = {name for basis in self._bases for name in basis.names}
        self._spoken_of: frozenset[str] = frozenset()

    def check(self, sentence: str) -> Verdict:
        """Judge `sentence`. One that fails is not shown, so does not change who is spoken of."""
        if _INSTRUCTION.search(sentence):
            return Verdict("instruction")
        if _ADDRESS.search(sentence):
            return Verdict("address")
        if _QUESTION.search(re.sub(r"[“《][^”》]*[”》]", "", sentence)):
            return Verdict("question")
        if not line(sentence).clauses:
            return Verdict("says nothing")
        if several := self._of_several(sentence):
            return several
        parts = self._attributed(sentence)
        return Verdict(None, parts) if parts else Verdict("not in source")

    def _of_several(self, sentence: str) -> Verdict | None:
        """Judge 甲县、乙县均…: it must hold of each. None if it is of one."""
        called = any_of(self._names)
        found = re.match(rf"((?:{called})(?:(?:、|和|与)(?:{called}))+)(?:均|都|也)?", sentence)
        if not called or not found:
            return None
        held: set[int] = set()
        for name in re.findall(called, found[1]):
            verdict = self.check(name + sentence[found.end() :])
            if verdict.problem:
                return verdict
            held.update(mark for part in verdict.parts for mark in part.marks)
        self._spoken_of = frozenset()
        return Verdict(None, (Part(sentence, tuple(sorted(held))),))

    def _attributed(self, sentence: str) -> tuple[Part, ...]:
        """Return the parts of `sentence` with their sources, none if it is not in them."""
        saying = line(sentence)
        count, subjects = len(saying.clauses), self._subjects(saying)
        best: dict[int, _Path] = {0: ()}  # how many clauses are held
        for at in range(count):
            for end in range(at + 1, count + 1) if at in best else ():
                first, last = saying.clauses[at], saying.clauses[end - 1]
                if end < count and (last.frame or is_time(last)):
                    continue
                text = saying.marked(first.start, last.end)
                for basis in self._bases:
                    path = (*best[at], (end, basis.number))
                    alone = basis.is_lead and end - at == count
                    own = all(who <= basis.names for who in subjects[at:end])
                    worth = end not in best or _cost(path) < _cost(best[end])
                    if own and worth and not alone and entails(text, basis):
                        best[end] = path
        if count not in best:
            return ()
        self._spoken_of = subjects[-1]
        return tuple(_parts(sentence, saying, best[count]))

    def _subjects(self, saying: SentenceLine) -> list[frozenset[str]]:
        """Return whom each clause speaks of."""
        found, now = [], self._spoken_of
        for clause in saying.clauses:
            called = [name for name in self._names if clause.text.startswith(name)]
            if called:
                now = frozenset({max(called, key=len)})
            elif clause.words[0].tag == "ns":  # a place of which a source must tell itself
                now = frozenset()
            found.append(now)
        return found


_Path = tuple[tuple[int, int], ...]
"""How many clauses are held so far, each time with the number of the source that holds the last."""


def _cost(path: _Path) -> tuple[int, int]:
    return len({number for _, number in path}), len(path)


def _parts(sentence: str, saying: SentenceLine, path: _Path) -> Iterator[Part]:
    """Cut `sentence` before the stop behind which another source begins."""
    begin = 0
    for number, run in groupby(path, itemgetter(1)):
        end, _ = list(run)[-1]
        last = end == len(saying.clauses)
        stop = len(sentence) if last else saying.places[saying.clauses[end - 1].end]
        yield Part(sentence[begin:stop], (number,))
        begin = stop

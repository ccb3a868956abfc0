"""Is a sentence of the model's supported by the sources that it cites? A yes or no, no degree.

Each of its clauses must stand in one sentence of a cited quote, or in one lead above it (see
`rag.llm.held`): every word that states something, every figure with its unit and bound, every
quoted term letter for letter, and neither 不 nor 探索 come or gone (see `rag.llm.turns`).

A place or author once named is the one spoken of until another is named, over sentences too, and
what is said meanwhile must come from an essay of theirs. So the words of one county do not pass
under the name of another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.llm.claims import Claim, Part
from rag.llm.clauses import Flat, content, flatten, quoted
from rag.llm.figures import figures
from rag.llm.held import Body, body
from rag.llm.marks import Mark
from rag.sentences import sentence_spans
from rag.types import Citation, Span

Problem = Literal[
    "no mark", "unknown mark", "says nothing", "instruction", "quoted term", "not in source"
]
_ANCHOR = 5  # characters that a clause has in one piece from its sources; a word salad has not
# Words meant for a machine that reads, not for people: such a sentence supports nothing.
_INSTRUCTION = re.compile(
    r"(?:忽略|无视|忘记|不要遵守)[^。]{0,6}(?:以上|上述|之前|前面|此前|所有|系统)[^。]{0,8}"
    r"(?:规则|指令|指示|要求|提示|设定|内容)|提示词|你(?:现在|从现在起|将)?(?:是|扮演)[^。]{0,12}"
    r"(?:助手|模型|AI|机器人|助理)|(?:请|必须|只|直接)(?:回答|回复|输出|答复)[:：“\"]|"
    r"(?:ignore|disregard|forget)\s.{0,40}(?:instruction|rule|prompt)|system\s+prompt",
    re.IGNORECASE,
)
_ZONE = re.compile(r"(?:经开|高新|开发|示范|新|园)区$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a sentence fails, or for each of its parts the sources that do support it."""

    problem: Problem | None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A citation as the check reads it."""

    number: int
    sentences: tuple[Flat, ...]  # of the quote, then the leads above it
    place: str
    authors: tuple[str, ...]
    signed: str  # place, office, author: words that may stand beside a name

    @property
    def text(self) -> str:
        """All of it, to look a run of characters up in."""
        return "\n".join(sentence.text for sentence in self.sentences)

    @property
    def names(self) -> set[str]:
        """How it may be spoken of: 太湖县, 太湖; 安庆经开区, 安庆, 经开区."""
        places = {self.place[:end] for end in range(2, len(self.place) + 1)}
        zone = _ZONE.search(self.place)
        return places | ({zone.group()} if zone else set()) | set(self.authors)

    def holds(self, clause: Body, *, named: bool) -> bool:
        """Whether one of its sentences holds `clause`, in which it is `named` or not."""
        also = self.signed if named else ""
        return any(clause.held_by(sentence, also) for sentence in self.sentences)


def _source(citation: Citation) -> _Source:
    essay, quote = citation.essay, citation.quote
    cut = [quote[a:b] for a, b in sentence_spans(quote)] + list(citation.trail)
    cut = [sentence for sentence in cut if not _INSTRUCTION.search(sentence)]
    facts = [flatten(fact or "").text for fact in (essay.place, essay.office, essay.author)]
    return _Source(
        number=citation.number,
        sentences=tuple(flatten(sentence) for sentence in cut),
        place=facts[0],
        authors=tuple(filter(None, facts[2].split("、"))),
        signed="\n".join(facts),
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who is spoken of; while only names have come (甲县、乙县…), more names join them."""

    names: frozenset[str] = frozenset()
    open: bool = False


class Checker:
    """Checks the sentences of one answer, in order."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        self._sources = {citation.number: _source(citation) for citation in citations}
        self._names = frozenset(name for s in self._sources.values() for name in s.names)
        self._subject = _Subject()

    def check(self, claim: Claim) -> Verdict:
        """Judge `claim`. One that fails is not shown, so it does not change who is spoken of."""
        cited = {number for part in claim.parts for number in part.marks}
        if not cited:
            return Verdict("no mark")
        if not cited <= self._sources.keys():
            return Verdict("unknown mark")
        if _INSTRUCTION.search(claim.text):
            return Verdict("instruction")
        subject, marks = self._subject, []
        for part in claim.parts:
            if part.marks:
                found = self._support(part, subject)
                if isinstance(found, str):
                    return Verdict(found)
                subject, mark = found
                marks.append(mark)
            elif _states(part.text):
                return Verdict("no mark")
            else:
                marks.append(())
        if not any(marks):
            return Verdict("says nothing")
        self._subject = _Subject(subject.names)
        return Verdict(None, tuple(marks))

    def _support(self, part: Part, subject: _Subject) -> tuple[_Subject, Mark] | Problem:
        """Return who is spoken of at the end of `part`, and which of its sources support it."""
        cited = [self._sources[number] for number in part.marks]
        texts = [source.text for source in cited]
        terms = quoted(part.text)
        if not all(any(term in text for text in texts) for term in terms):
            return "quoted term"
        used: set[int] = set()
        flat = flatten(part.text)
        for clause in flat.clauses:
            spans = _find(self._names, clause.text)
            if spans:
                names = frozenset(clause.text[a:b] for a, b in spans)
                subject = _Subject(subject.names | names if subject.open else names)
            said = body(flat, clause, spans)
            subject = _Subject(subject.names, open=bool(spans) and said.empty)
            if said.empty:
                continue
            holding = [s for s in cited if s.holds(said, named=bool(spans))]
            for name in subject.names or {""}:
                theirs = [s for s in holding if not name or name in s.names]
                if not theirs:
                    return "not in source"
                used |= {source.number for source in theirs}
        said_so = any(_share_a_run(c.text, text) for c in flat.clauses for text in texts)
        if used and not terms and not said_so:
            return "not in source"
        return subject, tuple(number for number in part.marks if number in used)


def _states(text: str) -> bool:
    flat = flatten(text).text
    return bool(content(flat) or figures(flat))


def _find(names: frozenset[str], text: str) -> list[Span]:
    """Return where `text` holds one of `names`, the longest where they overlap."""
    found: list[Span] = []
    for name in sorted(names, key=lambda name: (-len(name), name)):
        for match in re.finditer(re.escape(name), text):
            a, b = match.span()
            if all(b <= start or end <= a for start, end in found):
                found.append((a, b))
    return sorted(found)


def _share_a_run(text: str, source: str) -> bool:
    return any(text[i : i + _ANCHOR] in source for i in range(len(text) - _ANCHOR + 1))

"""Does one sentence of a source hold one clause of the model's?

All words and figures of the clause must stand in clauses of the source that follow one another,
and where a clause of the source is left for the next, what stands at the seam must be said too:
由甲考核，由乙拨款 does not hold 甲拨款, for 考核 and 乙 are left out. Items between 、 share
what frames them, so only figures make a seam there: 青年50人、老干部30人 does not hold 青年30人.
"""

from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from rag.llm.clauses import Clause, Flat, content, holds
from rag.llm.figures import Figure, figures
from rag.llm.turns import turn_at, turns
from rag.types import Span

Word = tuple[str, int, int]
"""A word with its half-open span in the clause."""


@dataclass(frozen=True, slots=True)
class Body:
    """A clause of the model's without the names of those it speaks of."""

    sentence: Flat
    clause: Clause
    words: tuple[Word, ...]

    @property
    def empty(self) -> bool:
        """Whether it states nothing."""
        return not self.words and not self.clause.figures

    def held_by(self, source: Flat, also: str) -> bool:
        """Whether `source` holds it; `also` may hold words too, its office beside a name."""
        clauses = source.clauses
        return any(
            self._held(source, clauses[i:j], also)
            for i in range(len(clauses))
            for j in range(i + 1, len(clauses) + 1)
        )

    def _held(self, source: Flat, run: tuple[Clause, ...], also: str) -> bool:
        return (
            self._in_order(run, also)
            and all(self._as_often(run, also, word[0]) for word in self.words)
            and all(self._joins(left, right) for left, right in pairwise(run))
            and all(self._turned_alike(source, run, word) for word in self.words)
        )

    def _in_order(self, run: tuple[Clause, ...], also: str) -> bool:
        """Whether the clauses hold all words and figures, in the order in which they are said."""
        said: list[tuple[int, Word | Figure]] = [(word[1], word) for word in self.words]
        said += [(span[0], figure) for figure, span in figures(self.clause.text)]
        at = 0
        for _, item in sorted(said, key=itemgetter(0)):
            here = next((k for k in range(at, len(run)) if self._stands(item, run[k])), None)
            if here is not None:
                at = here
            elif isinstance(item, Figure) or not holds(also, self.clause.text, *item):
                return False
        return True

    def _as_often(self, run: tuple[Clause, ...], also: str, word: str) -> bool:
        """Whether `word` is repeated no more than the source does; a babbling model does."""
        there = sum(clause.text.count(word) for clause in run)
        return self.clause.text.count(word) <= max(1, there, also.count(word))

    def _stands(self, item: Word | Figure, clause: Clause) -> bool:
        if isinstance(item, Figure):
            return item in clause.figures
        return holds(clause.text, self.clause.text, *item)

    def _joins(self, left: Clause, right: Clause) -> bool:
        """Whether the clause says what stands at the seam of two clauses of the source."""
        if left.stop == "、" and not (left.figures and right.figures):
            return True
        before, after = left.ends, right.ends
        return (not before or self._says(before[1])) and (not after or self._says(after[0]))

    def _says(self, word: str) -> bool:
        found = [figure for figure, _ in figures(word)]
        return all(f in self.clause.figures for f in found) if found else word in self.clause.text

    def _turned_alike(self, source: Flat, run: tuple[Clause, ...], word: Word) -> bool:
        """Whether `word` is denied, reserved or plainly said in both."""
        first, end = run[0].start, run[-1].start + len(run[-1].text)
        here = turn_at(self.sentence.text, self.clause.start + word[1])
        there = turns(source.text, word[0], first, end)
        return here in there or not (there or here)


def body(sentence: Flat, clause: Clause, names: list[Span]) -> Body:
    """Return `clause` of `sentence` without what stands at `names` in it."""
    text = clause.text
    for a, b in names:
        a -= a > 0 and text[a - 1] == "由"  # 由高炬提出 says no more than 高炬提出
        text = text[:a] + "，" * (b - a) + text[b:]
    return Body(sentence, clause, tuple(content(text)))

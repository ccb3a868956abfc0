"""Each sentence of a draft: looked up, and held against what is nearest."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Literal, Protocol

from rag.index import Records
from rag.line import line
from rag.llm import LINE_HEAD, MARKUP, Checker
from rag.sentences import sentence_spans
from rag.types import Citation, Hit
from rag.verify.comparing import STOPS, Change, DraftItem, changes, holds, is_whole, items

Verdict = Literal["verbatim", "changed", "supported", "not found", "heading"]
_SOURCES = 8  # passages that a sentence is held against
_NEAR = 0.55  # share of a sentence's pairs of characters from which on a source sentence is its own
_QUERY = 300  # characters of a sentence that are searched with
_HEADING = 30  # characters of a line without a stop, up to which it is a heading
_ENDS = f"{STOPS}”』」）)"


class Library(Protocol):
    """What a draft is held against: one generation of an index."""

    @property
    def records(self) -> Records:
        """Its records."""

    def search(self, query: str, k: int = 10) -> tuple[Hit, ...]:
        """Return the k passages that match best."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the draft: `draft[paragraph][start:end] == text`, paragraphs from 0."""

    paragraph: int
    start: int
    end: int
    text: str
    verdict: Verdict
    sources: tuple[Citation, ...] = ()  # the nearest first; `quote` is the source sentence
    changes: tuple[Change, ...] = ()
    items: tuple[DraftItem, ...] = ()


def verify(draft: Sequence[str], library: Library) -> Iterator[Judged]:
    """Yield the sentences of `draft`, a list of paragraphs, in order."""
    for number, paragraph in enumerate(draft):
        read = MARKUP.sub(lambda found: " " * len(found.group()), paragraph)
        for start, end in sentence_spans(read):
            bare = LINE_HEAD.sub("", read[start:end])
            if not _is_heading(bare):
                start = end - len(bare)
            if re.search(r"\w", read[start:end]):
                yield _judge(number, start, paragraph[start:end], read[start:end], library)


def _judge(number: int, start: int, written: str, text: str, library: Library) -> Judged:
    """Judge what is `written`, with blanks in `text` for what is no word of it."""
    records = library.records
    judged = partial(Judged, number, start, start + len(written), written)
    named = partial(items, written, text, start)
    if rows := records.holding(text.rstrip(STOPS)):
        passages = records.passages(rows[:_SOURCES])
        cited = _citations([p.paragraph_id for p in passages], records)
        sources = [near for c in cited if (near := _nearest(text, [c]))]
        if whole := [near for near in sources if is_whole(text, near)]:
            return judged("verbatim", tuple(whole[:3]), (), named(lambda _: True))
    hits = library.search(text[:_QUERY], _SOURCES)
    cited = _citations([hit.passage.paragraph_id for hit in hits], records)
    near = _nearest(text, cited)
    checked = Checker(cited).check(text)
    if not checked.problem and not (near and _is_copy(text, near.quote)):
        marks = {mark for part in checked.parts for mark in part.marks}
        sources = [_nearest(text, [c]) or c for c in cited if c.number in marks]
        source = "".join(c.paragraph.text for c in sources)
        return judged("supported", tuple(sources), (), named(partial(holds, source)))
    if _is_heading(text):
        return judged("heading")
    if near is None or _share(text, near.quote) < _NEAR:
        anywhere = named(lambda said: bool(records.holding(said.strip("“”「」《》"))))
        return judged("not found", (near,) if near else (), (), anywhere)
    differing = tuple(changes(written, text, near, start))
    verdict: Verdict = "changed" if differing else "supported"
    return judged(verdict, (near,), differing, named(partial(holds, near.quote)))


def _is_heading(text: str) -> bool:
    return len(text) <= _HEADING and text[-1:] not in _ENDS


def _citations(paragraphs: Sequence[str], records: Records) -> list[Citation]:
    """Return whole paragraphs as citations, each once."""
    found = map(records.paragraph, dict.fromkeys(paragraphs))
    return [
        Citation(n, p, records.essay(p.essay_id), p.text, 0, len(p.text), p.trail)
        for n, p in enumerate(found, 1)
    ]


def _nearest(text: str, cited: Sequence[Citation]) -> Citation | None:
    """Return the sentence, or two in a row, that share most with `text`."""
    best: tuple[float, Citation] | None = None
    for citation in cited:
        spans = sentence_spans(citation.paragraph.text)
        for a, b in [*spans, *((one[0], two[1]) for one, two in pairwise(spans))]:
            quote = citation.paragraph.text[a:b]
            score = _share(text, quote) + _share(quote, text) / 4
            if score and (best is None or score > best[0]):
                best = (score, replace(citation, quote=quote, start=a, end=b))
    return best[1] if best else None


def _share(text: str, other: str) -> float:
    """Return the share of the pairs of characters in `text` that `other` has."""
    own, others = (Counter(pairwise(line(t).text)) for t in (text, other))
    return sum((own & others).values()) / max(1, sum(own.values()))


def _is_copy(text: str, source: str) -> bool:
    """Whether `text` has the words of `source`, in another order: it was copied and changed."""
    one, two = (line(t).text.strip(_ENDS) for t in (text, source))
    return one != two and Counter(one) == Counter(two)

"""The essays as an answer needs them: trees of measures, and sentences with their context.

Read from the records once an essay, and kept for as long as the generation is open.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rag.index import Records
from rag.sentences import sentence_spans
from rag.types import Essay, Measure, Paragraph, Span

_NEAR = 200  # characters before and after a sentence that are read with it
_OPENING = 60  # characters of a full sentence that its later clauses are read with
_NUMBER = re.compile(r"[（(]?(?:第?[一二三四五六七八九十]+|\d+)(?:[)）、.．是]|[，,])|[①-⑳]|首先")
_ANNOUNCING = ("：", ":", "，", ",")
_ANNOUNCED = re.compile(r"[：:，,]\s*(?:\n|$)")  # where a sentence may end so
_READ = {"body", "note", "heading"}  # roles whose sentences can answer


Part = tuple[Paragraph, int, int]
"""A paragraph from one place to another."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and where it stands."""

    essay: Essay
    paragraph: Paragraph
    start: int
    end: int
    text: str
    trail: tuple[str, ...]  # leads above it, its own measure's last
    node: int | None  # number of its measure in the essay's nodes
    opening: str  # how the full sentence begins of which it is a clause: 今年的主要目标是：

    @property
    def around(self) -> str:
        """The paragraph as far as it is near, the sentence included."""
        return self.paragraph.text[slice(*self.reach)]

    @property
    def reach(self) -> Span:
        """From where to where that is."""
        return max(0, self.start - _NEAR), self.end + _NEAR

    @property
    def context(self) -> str:
        """The leads in one string, to match terms with."""
        return "".join(self.trail)


@dataclass(frozen=True, slots=True)
class Node:
    """A measure with its place in the tree."""

    number: int  # position in `Book.nodes`
    measure: Measure
    paragraph: Paragraph
    lead: str
    trail: tuple[str, ...]  # leads from the outermost to its own
    text: str  # its own text, the lead included, paragraphs under a heading included
    parts: tuple[Part, ...]  # where that text stands
    children: tuple[int, ...]

    @property
    def start(self) -> int:
        """Where it begins in its paragraph."""
        return self.measure.start


class Book:
    """One essay, taken apart; its sentences are cut where they are asked for."""

    def __init__(
        self, essay: Essay, paragraphs: tuple[Paragraph, ...], measures: tuple[Measure, ...]
    ) -> None:
        stretches = _stretches(paragraphs, measures)
        self.essay = essay
        self.paragraphs = paragraphs
        self.nodes = _nodes(measures, stretches)
        self._parts: dict[str, list[tuple[Measure | None, Part]]] = {}  # of each paragraph
        for stretch in stretches:
            for part in stretch.parts:
                self._parts.setdefault(part[0].paragraph_id, []).append((stretch.measure, part))
        self._node_of = {node.measure.measure_id: node for node in self.nodes}
        self._cut: dict[str, tuple[Sentence, ...]] = {}

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in reading order."""
        return tuple(sentence for paragraph_id in self._parts for sentence in self.of(paragraph_id))

    def of(self, paragraph_id: str) -> tuple[Sentence, ...]:
        """The sentences of one paragraph in order."""
        if paragraph_id not in self._cut:
            self._cut[paragraph_id] = tuple(
                sentence
                for measure, part in self._parts.get(paragraph_id, ())
                for sentence in _sentences(
                    self.essay, self._node_of[measure.measure_id] if measure else None, part
                )
            )
        return self._cut[paragraph_id]

    @cached_property
    def announcing(self) -> tuple[tuple[Sentence, tuple[Node, ...]], ...]:
        """The sentences that announce measures, each with those."""
        return tuple(
            (sentence, led)
            for paragraph_id, parts in self._parts.items()
            if any(_ANNOUNCED.search(p.text, start, end) for _, (p, start, end) in parts)
            for sentence in self.of(paragraph_id)
            if (led := self.led_by(sentence))
        )

    def led_by(self, sentence: Sentence) -> tuple[Node, ...]:
        """Return the measures that `sentence` announces, as 有下列情形之一的：（一）… does.

        They begin where it ends, and stand side by side under one section.
        """
        if not sentence.text.rstrip().endswith(_ANNOUNCING):
            return ()
        first = next((node for node in self.nodes if self._follows(sentence, node)), None)
        if first is None:
            return ()
        mine = [n for n in self.nodes if n.measure.parent == first.measure.parent]
        run = [n for n in mine if n.number >= first.number]
        own = sentence.node is not None and first.number in self.nodes[sentence.node].children
        same = [n for n in run if own or n.paragraph is sentence.paragraph]
        again = (
            i for i, n in enumerate(same) if i and _number(first.lead) == _number(n.lead) != ""
        )
        once = same[: next(again, len(same))]  # a second （一） is of another announcement
        return tuple(once) if len(once) > 1 else ()

    def _follows(self, sentence: Sentence, node: Node) -> bool:
        """Whether nothing stands between the sentence and the measure."""
        if node.paragraph is sentence.paragraph:
            between = node.paragraph.text[sentence.end : node.start]
            return node.start >= sentence.end and not between.strip()
        at_end = not sentence.paragraph.text[sentence.end :].strip()
        next_one = node.paragraph.ordinal == sentence.paragraph.ordinal + 1
        return at_end and next_one and not node.paragraph.text[: node.start].strip()


@dataclass(slots=True)
class _Stretch:
    """The text between one lead and the next, in one paragraph or several."""

    measure: Measure | None
    parts: list[Part] = field(default_factory=list)


class Shelf:
    """Opens books."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.essays = tuple(records.essays())
        self.book = lru_cache(maxsize=512)(self._book)

    def _book(self, essay_id: str) -> Book:
        records = self.records
        paragraphs, measures = records.paragraphs(essay_id), records.measures(essay_id)
        return Book(records.essay(essay_id), tuple(paragraphs), tuple(measures))


def _number(lead: str) -> str:
    """How a lead is numbered: （一）, 一是, 第一; "" where it is not."""
    found = _NUMBER.match(lead)
    return found.group() if found else ""


def _sentences(essay: Essay, node: Node | None, part: Part) -> list[Sentence]:
    """Cut one part of a stretch; a lead goes with the sentence after it: alone it says little."""
    paragraph, offset, end = part
    text = paragraph.text
    spans = [(offset + a, offset + b) for a, b in sentence_spans(text[offset:end])]
    if node and len(spans) > 1 and text[slice(*spans[0])] == node.lead:
        spans[:2] = [(spans[0][0], spans[1][1])]
    found, opening = [], ""
    for start, stop in spans:
        found.append(
            Sentence(
                essay=essay,
                paragraph=paragraph,
                start=start,
                end=stop,
                text=text[start:stop],
                trail=node.trail if node else paragraph.trail,
                node=node.number if node else None,
                opening=opening,
            )
        )
        goes_on = text[stop - 1] in "；;"
        opening = (opening or text[start : start + _OPENING]) if goes_on else ""
    return found


def _stretches(paragraphs: tuple[Paragraph, ...], measures: tuple[Measure, ...]) -> list[_Stretch]:
    """Cut the essay at its leads; a paragraph without one goes on with the heading above it."""
    heads: dict[str, list[Measure]] = {}
    for measure in measures:
        heads.setdefault(measure.paragraph_id, []).append(measure)
    by_lead = {measure.lead: measure for measure in measures}
    found: list[_Stretch] = []
    for paragraph in paragraphs:
        if paragraph.role not in _READ:
            continue
        inside = heads.get(paragraph.paragraph_id, [])
        starts = [measure.start for measure in inside] or [len(paragraph.text)]
        if starts[0] > 0:
            above = by_lead.get(paragraph.trail[-1]) if paragraph.trail else None
            going_on = found and above is not None and found[-1].measure is above
            stretch = found[-1] if going_on else _Stretch(above)
            stretch.parts.append((paragraph, 0, starts[0]))
            if not going_on:
                found.append(stretch)
        for measure, end in zip(inside, [*starts[1:], len(paragraph.text)], strict=False):
            found.append(_Stretch(measure, [(paragraph, measure.start, end)]))
    return found


def _nodes(measures: tuple[Measure, ...], stretches: list[_Stretch]) -> tuple[Node, ...]:
    by_id = {measure.measure_id: number for number, measure in enumerate(measures)}
    parts: dict[str, list[Part]] = {}
    for stretch in stretches:
        if stretch.measure:
            parts.setdefault(stretch.measure.measure_id, []).extend(stretch.parts)
    children: dict[str | None, list[int]] = {}
    for number, measure in enumerate(measures):
        children.setdefault(measure.parent, []).append(number)
    nodes = []
    for number, measure in enumerate(measures):
        leads, above = [measure.lead], measure.parent
        while above is not None:
            leads.append(measures[by_id[above]].lead)
            above = measures[by_id[above]].parent
        own = tuple(parts.get(measure.measure_id, ()))
        nodes.append(
            Node(
                number=number,
                measure=measure,
                paragraph=own[0][0],
                lead=measure.lead,
                trail=tuple(reversed(leads)),
                text="".join(paragraph.text[a:b] for paragraph, a, b in own),
                parts=own,
                children=tuple(children.get(measure.measure_id, ())),
            )
        )
    return tuple(nodes)

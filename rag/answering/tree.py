"""An essay taken apart: its measures as a tree, and the sentences under each.

Read from the records once an essay, and kept for as long as the generation is open.
"""

from dataclasses import dataclass
from functools import lru_cache

from rag.index import Records
from rag.sentences import sentence_spans
from rag.types import Essay, Measure, Paragraph, Span

_CLOSING = "”’」』）) "  # what may stand behind a full stop
_READ = {"body", "note", "heading"}  # roles whose text stands under measures


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and where it stands."""

    essay: Essay
    paragraph: Paragraph
    start: int
    end: int
    trail: tuple[str, ...]  # leads above it, its own measure's last
    node: int | None  # number of its measure in the essay's nodes

    @property
    def text(self) -> str:
        """The sentence, word for word."""
        return self.paragraph.text[self.start : self.end]

    @property
    def length(self) -> int:
        """Its characters."""
        return self.end - self.start

    @property
    def is_ended(self) -> bool:
        """Whether a full stop ends it, not a semicolon or a colon."""
        return self.text.rstrip(_CLOSING).endswith(("。", "！", "？", "!", "?"))

    @property
    def announces(self) -> bool:
        """Whether it ends in a colon, or in a comma, behind which only items begin a sentence."""
        return self.text.rstrip(_CLOSING).endswith(("：", ":", "，", ","))

    def holds(self, other: "Sentence") -> bool:
        """Whether another begins inside it."""
        own = self.paragraph.paragraph_id == other.paragraph.paragraph_id
        return own and self.start <= other.start < self.end

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others, in the order of its paragraph."""
        return self.paragraph.paragraph_id, self.start


@dataclass(frozen=True, slots=True)
class Node:
    """A measure with its place in the tree."""

    number: int  # position in `EssayTree.nodes`
    lead: str
    trail: tuple[str, ...]  # leads from the outermost to its own
    level: int
    parent: int | None
    children: tuple[int, ...]
    stretches: tuple[tuple[Paragraph, int, int], ...]  # its own text, the lead first

    @property
    def length(self) -> int:
        """Characters of its own text."""
        return sum(end - start for _, start, end in self.stretches)

    @property
    def text(self) -> str:
        """Its own text, the lead included."""
        return "".join(paragraph.text[a:b] for paragraph, a, b in self.stretches)


class EssayTree:
    """One essay's paragraphs, measures and sentences."""

    def __init__(
        self, essay: Essay, paragraphs: tuple[Paragraph, ...], measures: tuple[Measure, ...]
    ) -> None:
        self.essay = essay
        self.paragraphs = paragraphs
        owners = _owners(paragraphs, measures)
        self.nodes = _nodes(measures, owners)
        numbers = {measure.measure_id: n for n, measure in enumerate(measures)}
        self._sentences: dict[str, list[Sentence]] = {}
        for paragraph, start, end, measure in owners:
            node = numbers[measure.measure_id] if measure else None
            trail = self.nodes[node].trail if node is not None else paragraph.trail
            own = self._sentences.setdefault(paragraph.paragraph_id, [])
            own += [
                Sentence(essay, paragraph, start + a, start + b, trail, node)
                for a, b in sentence_spans(paragraph.text[start:end])
            ]

    @property
    def roots(self) -> tuple[Node, ...]:
        """The measures that stand under no other."""
        return tuple(node for node in self.nodes if node.parent is None)

    def sentences(self, paragraph_id: str, span: Span | None = None) -> list[Sentence]:
        """The sentences of a paragraph, or those inside a part of it, in order."""
        start, end = span or (0, 1 << 60)
        own = self._sentences.get(paragraph_id, [])
        return [s for s in own if s.start < end and s.end > start]

    def under(self, node: Node) -> list[Node]:
        """A measure and all that stands under it, in reading order."""
        found = [node]
        for number in node.children:
            found += self.under(self.nodes[number])
        return found

    def leaves(self, node: Node) -> list[Node]:
        """The measures under this one (or itself) that have none under them."""
        return [each for each in self.under(node) if not each.children]


Owner = tuple[Paragraph, int, int, Measure | None]


def _owners(paragraphs: tuple[Paragraph, ...], measures: tuple[Measure, ...]) -> list[Owner]:
    """Cut the essay at its leads; a paragraph without one goes on with the heading above it.

    Headings may share their words, so the one above is the last that was read with them.
    """
    begun: dict[str, list[Measure]] = {}
    for measure in measures:
        begun.setdefault(measure.paragraph_id, []).append(measure)
    latest: dict[str, Measure] = {}
    found: list[Owner] = []
    for paragraph in paragraphs:
        inside = begun.get(paragraph.paragraph_id, [])
        if paragraph.role not in _READ and not inside:
            found.append((paragraph, 0, len(paragraph.text), None))
            continue
        first = inside[0].start if inside else len(paragraph.text)
        if first > 0:
            above = latest.get(paragraph.trail[-1]) if paragraph.trail else None
            found.append((paragraph, 0, first, above))
        ends = [*(measure.start for measure in inside[1:]), len(paragraph.text)]
        for measure, end in zip(inside, ends, strict=False):
            found.append((paragraph, measure.start, end, measure))
            latest[measure.lead] = measure
    return found


def _nodes(measures: tuple[Measure, ...], owners: list[Owner]) -> tuple[Node, ...]:
    numbers = {measure.measure_id: number for number, measure in enumerate(measures)}
    stretches: dict[str, list[tuple[Paragraph, int, int]]] = {}
    for paragraph, start, end, measure in owners:
        if measure:
            stretches.setdefault(measure.measure_id, []).append((paragraph, start, end))
    children: dict[str | None, list[int]] = {}
    for number, measure in enumerate(measures):
        children.setdefault(measure.parent, []).append(number)
    nodes = []
    for number, measure in enumerate(measures):
        leads, above = [measure.lead], measure.parent
        while above is not None:
            leads.append(measures[numbers[above]].lead)
            above = measures[numbers[above]].parent
        nodes.append(
            Node(
                number=number,
                lead=measure.lead,
                trail=tuple(reversed(leads)),
                level=measure.level,
                parent=numbers[measure.parent] if measure.parent else None,
                children=tuple(children.get(measure.measure_id, ())),
                stretches=tuple(stretches.get(measure.measure_id, ())),
            )
        )
    return tuple(nodes)


class Trees:
    """Takes essays apart; the last few hundred are kept."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.of = lru_cache(maxsize=512)(self._read)

    def _read(self, essay_id: str) -> EssayTree:
        records = self.records
        return EssayTree(
            records.essay(essay_id),
            tuple(records.paragraphs(essay_id)),
            tuple(records.measures(essay_id)),
        )

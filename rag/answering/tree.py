"""An essay taken apart: its measures as a tree, and the sentences under each.

Read from the records once an essay, and kept for as long as the generation is open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rag.index import Records
from rag.sentences import sentence_spans
from rag.types import Essay, Measure, Paragraph, Span

_CLOSING = "”’」』）) "  # what may stand behind a full stop
_READ = {"body", "note", "heading"}  # roles whose text stands under measures


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or another run of a paragraph, and where it stands."""

    tree: "EssayTree" = field(repr=False)
    paragraph: Paragraph
    start: int
    end: int
    trail: tuple[str, ...]  # leads above it, its own measure's last
    node: int | None = None  # number of its measure in the essay's nodes

    @property
    def essay(self) -> Essay:
        """The essay that it is of."""
        return self.tree.essay

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
    def is_question(self) -> bool:
        """Whether a question mark ends it."""
        return self.text.rstrip(_CLOSING).endswith(("？", "?"))

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
        """What tells it from others of its essay."""
        return self.paragraph.paragraph_id, self.start

    @property
    def position(self) -> tuple[int, int]:
        """Where it stands in its essay."""
        return self.paragraph.ordinal, self.start


@dataclass(frozen=True, slots=True)
class ShownItem:
    """What one item on screen stands for, so that 第三条 can be unfolded; it outlives its tree."""

    essay_id: str
    node: int | None  # number of its measure
    paragraph_id: str
    start: int
    end: int

    def holds(self, sentence: Sentence) -> bool:
        """Whether a sentence was on screen with it."""
        own = sentence.paragraph.paragraph_id == self.paragraph_id
        return own and self.start <= sentence.start < self.end


@dataclass(frozen=True, slots=True)
class Node:
    """A measure with its place in the tree."""

    number: int  # position in `EssayTree.nodes`
    lead: str
    trail: tuple[str, ...]  # leads from the outermost to its own
    level: int
    parent: int | None
    children: tuple[int, ...]
    stretches: tuple[Sentence, ...]  # its own text, the lead first

    @property
    def length(self) -> int:
        """Characters of its own text."""
        return sum(stretch.length for stretch in self.stretches)


class EssayTree:
    """One essay's paragraphs, measures and sentences."""

    def __init__(
        self, essay: Essay, paragraphs: Sequence[Paragraph], measures: Sequence[Measure]
    ) -> None:
        self.essay = essay
        self.paragraphs = paragraphs
        numbers = {measure.measure_id: number for number, measure in enumerate(measures)}
        parents = [numbers[measure.parent] if measure.parent else None for measure in measures]
        trails: list[tuple[str, ...]] = []
        for measure, parent in zip(measures, parents, strict=True):
            trails.append((*(trails[parent] if parent is not None else ()), measure.lead))
        stretches: list[list[Sentence]] = [[] for _ in measures]
        children: dict[int | None, list[int]] = {}
        for number, parent in enumerate(parents):
            children.setdefault(parent, []).append(number)
        self._sentences: dict[str, list[Sentence]] = {}
        for paragraph, start, end, owner in _owners(paragraphs, measures):
            node = numbers[owner.measure_id] if owner else None
            trail = trails[node] if node is not None else paragraph.trail
            if node is not None:
                stretches[node].append(Sentence(self, paragraph, start, end, trail, node))
            self._sentences.setdefault(paragraph.paragraph_id, []).extend(
                Sentence(self, paragraph, start + a, start + b, trail, node)
                for a, b in sentence_spans(paragraph.text[start:end])
            )
        self.nodes = tuple(
            Node(
                number=n,
                lead=measure.lead,
                trail=trails[n],
                level=measure.level,
                parent=parents[n],
                children=tuple(children.get(n, ())),
                stretches=tuple(stretches[n]),
            )
            for n, measure in enumerate(measures)
        )

    @property
    def roots(self) -> tuple[Node, ...]:
        """The measures that stand under no other."""
        return tuple(node for node in self.nodes if node.parent is None)

    @property
    def all_leaves(self) -> tuple[Node, ...]:
        """The measures that have none under them."""
        return tuple(node for node in self.nodes if not node.children)

    @property
    def all_sentences(self) -> list[Sentence]:
        """All sentences, in order."""
        return [s for p in self.paragraphs for s in self._sentences.get(p.paragraph_id, ())]

    def sentences(self, paragraph_id: str, span: Span | None = None) -> list[Sentence]:
        """The sentences of a paragraph, or those inside a part of it, in order."""
        start, end = span or (0, 1 << 60)
        own = self._sentences.get(paragraph_id, [])
        return [s for s in own if s.start < end and s.end > start]

    def paragraph(self, paragraph: Paragraph) -> Sentence:
        """A paragraph as it stands."""
        return Sentence(self, paragraph, 0, len(paragraph.text), paragraph.trail)

    def headed(self, sentence: Sentence) -> Node | None:
        """The measure of which a sentence is the lead and says no more."""
        node = None if sentence.node is None else self.nodes[sentence.node]
        if node is None or sentence.start != node.stretches[0].start:
            return None
        return node if sentence.length <= len(node.lead) + 1 else None

    def under(self, node: Node) -> list[Node]:
        """A measure and all that stands under it, in reading order."""
        return [node, *(n for number in node.children for n in self.under(self.nodes[number]))]

    def leaves(self, node: Node) -> list[Node]:
        """The measures under this one (or itself) that have none under them."""
        return [each for each in self.under(node) if not each.children]


def _owners(
    paragraphs: Sequence[Paragraph], measures: Sequence[Measure]
) -> Iterator[tuple[Paragraph, int, int, Measure | None]]:
    """Cut the essay at its leads; a paragraph without one goes on with the heading above it.

    Headings may share their words, so the one above is the last that was read with them.
    """
    begun: dict[str, list[Measure]] = {}
    for measure in measures:
        begun.setdefault(measure.paragraph_id, []).append(measure)
    latest: dict[str, Measure] = {}
    for paragraph in paragraphs:
        inside = begun.get(paragraph.paragraph_id, [])
        first = inside[0].start if inside else len(paragraph.text)
        if first > 0:
            goes_on = (inside or paragraph.role in _READ) and paragraph.trail
            yield paragraph, 0, first, latest.get(paragraph.trail[-1]) if goes_on else None
        ends = [*(measure.start for measure in inside[1:]), len(paragraph.text)]
        for measure, end in zip(inside, ends, strict=False):
            yield paragraph, measure.start, end, measure
            latest[measure.lead] = measure


class Trees:
    """Takes essays apart; the last few hundred are kept."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.of = lru_cache(maxsize=512)(self._read)

    def _read(self, essay_id: str) -> EssayTree:
        records = self.records
        paragraphs = records.paragraphs(essay_id)
        return EssayTree(records.essay(essay_id), paragraphs, records.measures(essay_id))

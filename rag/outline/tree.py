"""Essays and leads → paragraphs and measures with their trail: the outline itself."""

from collections.abc import Sequence
from dataclasses import asdict

from rag.outline.essays import EssayDraft
from rag.outline.items import Lead
from rag.outline.join import OutlineBlock
from rag.outline.leads import BOLD, leads
from rag.outline.marks import DASH, is_address
from rag.outline.metadata import completed
from rag.types import Document, Essay, Measure, Outline, Paragraph, Role


def build(document: Document, drafts: Sequence[EssayDraft]) -> Outline:
    """Number everything and hang each paragraph and measure under the leads that are open."""
    essays: list[Essay] = []
    paragraphs: list[Paragraph] = []
    measures: list[Measure] = []
    whole = completed(document, drafts)
    for n, (draft, (facts, known)) in enumerate(zip(drafts, whole, strict=True)):
        essay = Essay(
            essay_id=f"{document.path}#{n}",
            document=document.path,
            kind="matter" if draft.is_matter else "essay",
            known=known,
            **asdict(facts),
        )
        essays.append(essay)
        tree = _Tree(essay.essay_id)
        tree.grow(draft)
        paragraphs += tree.paragraphs
        measures += tree.measures
    order = sorted(paragraphs, key=lambda paragraph: paragraph.origin[0].line)
    return Outline(document, tuple(essays), tuple(order), tuple(measures))


class _Tree:
    """Grows the paragraphs and measures of one essay in reading order."""

    def __init__(self, essay_id: str) -> None:
        self.paragraphs: list[Paragraph] = []
        self.measures: list[Measure] = []
        self._essay_id = essay_id
        self._open: list[tuple[Lead, Measure]] = []  # those under which stands what follows

    def grow(self, draft: EssayDraft) -> None:
        """Take in all blocks of `draft`."""
        body = [block for block, role in draft.blocks if role == "body"]
        own: list[list[Lead]] = [[] for _ in body]
        for lead in [] if draft.is_matter else leads(body):
            own[lead.block].append(lead)
        coming = iter(own)
        for block, role in draft.blocks:
            if role == "body":
                self._body(block, next(coming))
            else:
                self._add(block, role, ())

    def _body(self, block: OutlineBlock, own: list[Lead]) -> None:
        """Add a paragraph of the body with the measures in it."""
        if is_address(block.text):
            self._open = self._open[:1]
        if not own or own[0].start > 0:
            self._close_run_in(own[0].rank if own else 0)
        else:
            self._close(own[0].rank)
        trail = tuple(measure.lead for _, measure in self._open)
        heading = bool(own) and own[0].alone
        paragraph_id = self._add(block, "heading" if heading else "body", trail)
        ends = [*(lead.start for lead in own[1:]), len(block.text)]
        for lead, end in zip(own, ends, strict=False):
            self._close(lead.rank)
            measure = Measure(
                measure_id=f"{self._essay_id}.m{len(self.measures) + 1}",
                essay_id=self._essay_id,
                paragraph_id=paragraph_id,
                level=len(self._open) + 1,
                parent=self._open[-1][1].measure_id if self._open else None,
                lead=block.text[lead.start : lead.end],
                start=lead.start,
                end=end,
            )
            self.measures.append(measure)
            self._open.append((lead, measure))

    def _close(self, rank: int) -> None:
        """Close what a lead of `rank` does not stand under."""
        while self._open and self._open[-1][0].rank >= rank:
            self._open.pop()

    def _close_run_in(self, inner_rank: int) -> None:
        """Close the leads that head no more than their own paragraph."""
        while self._open and not (last := self._open[-1][0]).alone:
            if last.rank < DASH or last.rank == BOLD:
                break  # a numbered or section lead heads the paragraphs after it too
            self._open.pop()
        if inner_rank:
            self._close(inner_rank)

    def _add(self, block: OutlineBlock, role: Role, trail: tuple[str, ...]) -> str:
        ordinal = len(self.paragraphs) + 1
        paragraph = Paragraph(
            paragraph_id=f"{self._essay_id}.{ordinal}",
            essay_id=self._essay_id,
            ordinal=ordinal,
            role=role,
            text=block.text,
            origin=block.origin,
            trail=trail,
        )
        self.paragraphs.append(paragraph)
        return paragraph.paragraph_id

"""Answers and baskets → what a reader carries into a document of their own.

Every mark has a note that says where the words stand, and what they were where they are not given
word for word. Chinese only, as the essays are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from rag.basket import BasketEntry, under
from rag.blocks import (
    Block,
    Cell,
    Heading,
    Inline,
    Item,
    Mark,
    ParagraphBlock,
    Table,
    Text,
    cells,
    words,
)  # fmt: skip
from rag.citing import escape
from rag.render.docx import docx
from rag.render.markdown import pieces
from rag.render.text import text
from rag.types import Answer, Citation

_REFUSED = "没有作答"
_NEAREST = "最接近的内容（不是答案）"
_OWN = "自拟文字，不是文库原文。"
_CLOSING = "。！？；：，"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document to be carried away; every mark in `blocks` has its note."""

    title: str
    blocks: tuple[Block, ...]
    notes: Mapping[int, str]


def of_answer(answer: Answer) -> Paper:
    """Return an answer under its question."""
    return _paper(answer.question, [(_blocks(answer), notes(answer))])


def of_conversation(title: str, answers: Iterable[Answer]) -> Paper:
    """Return the answers of a conversation, each under its question."""
    return _paper(
        title,
        (
            ((Heading((Text(answer.question),)), *under(_blocks(answer))), notes(answer))
            for answer in answers
        ),
    )


def of_basket(title: str, entries: Iterable[BasketEntry]) -> Paper:
    """Return what a user has collected; their own words are noted to be so."""
    paper = _paper(title, map(_part, entries))
    return replace(paper, blocks=tuple(_counted(paper.blocks)))


def _part(entry: BasketEntry) -> tuple[tuple[Block, ...], dict[int, str]]:
    block = entry.block
    if entry.own and isinstance(block, ParagraphBlock):
        return (ParagraphBlock((*block.inlines, Mark(1))),), {1: _OWN}
    return (block,), _notes((block,), entry.citations)


def _paper(title: str, parts: Iterable[tuple[Sequence[Block], Mapping[int, str]]]) -> Paper:
    """Put parts together; the same note has one number in all of them."""
    numbers: dict[str, int] = {}
    made: list[Block] = []
    for blocks, noted in parts:
        new = {old: numbers.setdefault(note, len(numbers) + 1) for old, note in noted.items()}
        made += (_numbered(block, new) for block in blocks)
    return Paper(title, tuple(made), {number: note for note, number in numbers.items()})


def _numbered(block: Block, new: Mapping[int, int]) -> Block:
    if isinstance(block, Table):
        rows = tuple(tuple(_renumbered(cell, new) for cell in row) for row in block.rows)
        return replace(block, header=tuple(_renumbered(c, new) for c in block.header), rows=rows)
    return replace(block, inlines=_renumbered(block.inlines, new))


def _renumbered(cell: Cell, new: Mapping[int, int]) -> Cell:
    """Give marks their new numbers; of neighbours that say the same the last one says it for all.

    A mark speaks of the words from the mark before it on.
    """
    made: list[Inline] = []
    after: Inline | None = None  # the next mark
    for each in reversed(cell):
        if not isinstance(each, Mark):
            made.append(each)
        elif each.number not in new:  # as in a text that an early version kept
            made.append(Text(f"[{each.number}]"))
        elif (mark := Mark(new[each.number])) != after:
            made.append(after := mark)
    return tuple(reversed(made))


def _counted(blocks: Iterable[Block]) -> Iterator[Block]:
    """Number the items of lists anew: they may have been moved or removed."""
    counts: list[int] = []  # of every level
    for block in blocks:
        if not isinstance(block, Item):
            counts = []
        elif block.number is not None:
            counts = [*counts, *[0] * block.level][: block.level]
            counts[-1] += 1
            block = replace(block, number=counts[-1])
        yield block


def written_date(iso: str) -> str:
    """Return an ISO date in Chinese, as exact as it is.

    >>> written_date("2022-10-05"), written_date("2022")
    ('2022年10月5日', '2022年')
    """
    return "".join(
        f"{part.lstrip('0')}{unit}" for part, unit in zip(iso.split("-"), "年月日", strict=False)
    )


def provenance(citation: Citation) -> str:
    """Return where it stands and who says it, in one line."""
    essay = citation.essay
    publication = essay.publication or essay.issuer
    if publication and essay.issue:
        publication = f"{publication}第{essay.issue}期"
    stated = (
        f"《{essay.title}》" if essay.title else essay.document,
        essay.place,
        essay.author,
        publication,
        written_date(essay.date) if essay.date else None,
        f"第{citation.paragraph.ordinal}段",
    )
    return "，".join(part for part in stated if part)


def essay_path(citation: Citation) -> str:
    """Return the path of the cited paragraph in the library, its quote to be marked there."""
    essay_id, ordinal = citation.essay.essay_id, citation.paragraph.ordinal
    query = {"id": essay_id, "p": ordinal, "from": citation.start, "to": citation.end}
    return f"/library/essay?{urlencode(query)}#p{ordinal}"


def footnote(citation: Citation) -> str:
    """Return where it stands, then the quote word for word."""
    return f"{provenance(citation)}。原文：{citation.quote}"


def notes(answer: Answer) -> dict[int, str]:
    """Return the note of every mark of an answer."""
    return _notes(answer.blocks, answer.citations)


def _notes(blocks: Sequence[Block], citations: Iterable[Citation]) -> dict[int, str]:
    """Return notes that repeat a quote only where `blocks` do not give it word for word."""
    said = "\n".join(words(cell) for block in blocks for cell in cells(block))
    return {c.number: f"{provenance(c)}。" if c.quote in said else footnote(c) for c in citations}


def as_text(paper: Paper) -> str:
    """Return a paper as plain text, with a list of its notes."""
    lines = [paper.title, "", text(paper.blocks)]
    if paper.notes:
        lines += ["", *(f"[{number}] {note}" for number, note in paper.notes.items())]
    return "\n".join(lines) + "\n"


def as_markdown(paper: Paper) -> str:
    """Return a paper as Markdown with footnotes (`[^1]`)."""
    written = "".join(
        f"[^{each.number}]" if isinstance(each, Mark) else each for each in pieces(paper.blocks)
    )
    listed = "".join(f"[^{n}]: {_escaped(note)}\n" for n, note in paper.notes.items())
    return f"# {_escaped(paper.title)}\n\n{written}\n" + (f"\n{listed}" if listed else "")


def as_docx(paper: Paper) -> bytes:
    """Return a Word file in which every mark is a real footnote."""
    return docx(paper.title, paper.blocks, paper.notes)


def _blocks(answer: Answer) -> tuple[Block, ...]:
    """Return the answer; of a refusal why there is none, and what is nearest to one."""
    if not answer.abstained:
        return answer.blocks
    reason = (answer.reason or answer.text).rstrip(_CLOSING)
    said = [f"{_REFUSED}：{reason}。"]
    said += [f"{_NEAREST}：{footnote(citation)}" for citation in answer.nearest]
    return tuple(ParagraphBlock((Text(each),)) for each in said)


def _escaped(text: str) -> str:
    return escape(" ".join(text.split()))

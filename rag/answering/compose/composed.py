"""An answer in the making, what a later turn may point at, and how a source is quoted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rag.answering.conversation import ShownItem
from rag.answering.draft import Draft, Quoted
from rag.answering.tree import Sentence
from rag.types import Essay, Paragraph, Span


@dataclass(slots=True)
class Composed:
    """A draft and what a later turn may point at."""

    draft: Draft
    items: list[ShownItem] = field(default_factory=list)
    essays: list[str] = field(default_factory=list)  # ids of those the answer is of

    def of(self, essay_id: str) -> None:
        """Note an essay that the answer is of."""
        if essay_id not in self.essays:
            self.essays.append(essay_id)


def label(essay: Essay) -> str:
    """Whose text follows: place and author, or title, or file name."""
    title = f"《{essay.title}》" if essay.title else ""
    facts = [fact for fact in (essay.place, essay.author) if fact and len(fact) <= 16]
    return " ".join(facts) + title if facts or title else PurePosixPath(essay.document).name


def heading(essay: Essay, made: Composed) -> None:
    """Say whose text follows."""
    made.draft.paragraph()
    made.draft.say(f"{label(essay)}：")


def item_of(sentence: Sentence) -> ShownItem:
    """What a sentence on screen stands for."""
    return ShownItem(
        sentence.essay.essay_id, sentence.node, sentence.paragraph.paragraph_id,
        sentence.start, sentence.end,
    )  # fmt: skip


def quote(sentence: Sentence, made: Composed, bold: Sequence[Span] = ()) -> None:
    """Write a sentence; it becomes an item that a later turn can point at."""
    made.of(sentence.essay.essay_id)
    made.items.append(item_of(sentence))
    made.draft.quote(
        sentence.essay, sentence.paragraph, sentence.start, sentence.end,
        bold=bold, trail=sentence.trail,
    )  # fmt: skip


def quoted(sentence: Sentence, made: Composed) -> Quoted:
    """A sentence for a cell of a table; it becomes an item, too."""
    made.of(sentence.essay.essay_id)
    made.items.append(item_of(sentence))
    return Quoted(
        sentence.essay, sentence.paragraph, sentence.start, sentence.end, (), sentence.trail
    )


def whole_paragraph(essay: Essay, paragraph: Paragraph, made: Composed) -> None:
    """Write a paragraph as it stands."""
    made.of(essay.essay_id)
    made.draft.quote(essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)


def pairs(text: str) -> set[str]:
    """The pairs of characters that stand beside each other in a text."""
    text = re.sub(r"\W", "", text)
    return {text[at : at + 2] for at in range(len(text) - 1)}

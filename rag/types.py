"""The frozen data types that pass between the floors. Floor 0: imports only `rag.blocks`.

All text is NFC. All offsets are code points, half-open: `text[start:end]`. A fact that the
file does not state is None. Nothing here reads, writes or computes more than a property.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from rag.blocks import Block
from rag.messages import Text

_HAN = re.compile(r"[\u4e00-\u9fff]")
_SAYING = 4  # Chinese characters from which a file's name says something

Span = tuple[int, int]
"""Half-open range of code points."""

LineKind = Literal["text", "row", "note", "furniture", "kept"]
"""`furniture` is what a page puts around a text: kept as a line, left out of the outline; `kept` is
text that a sidecar says is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the file has it, its marks taken off and kept beside it."""

    text: str  # without markup and line end; inner and outer spaces as in the file
    number: int  # 1-based line in the file
    page: int | None = None  # 1-based page, where the format has pages
    heading: int = 0  # 1..6 for a marked heading, 0 for none
    bold: tuple[Span, ...] = ()  # bold ranges of `text`, ascending
    width: int = 0  # characters in the file without indent, markup included
    kind: LineKind = "text"  # a table's row and a footnote stand alone


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact about a document or an essay, where it is stated, and how sure that makes it."""

    name: str  # a field of Essay: "title", "date", ...
    value: str
    source: str  # "sidecar", "front matter", "masthead", "byline", "text", "properties", ...
    confidence: float  # 0..1; under SURE a fact is told to the reader of a report, not taken


SURE = 0.5
FACTS = (
    "title", "author", "office", "place", "publication", "issue", "date", "issuer",
    "document_number", "document_type",
)  # fmt: skip
"""The attributes of Essay that are facts, in the order in which reports name them."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus, as lines; blank lines are kept, for they mean something."""

    path: str  # relative to the corpus, with forward slashes
    sha256: str  # of the file's bytes
    format: str  # "txt", "md", ...
    lines: tuple[Line, ...]
    notes: tuple[Text, ...] = ()  # what the reader had to repair or assume, for the report
    stated: tuple[Stated, ...] = ()  # what its properties and sidecar say, not its text
    unread: tuple[Text, ...] = ()  # which parts could not be read and why, for the report


@dataclass(frozen=True, slots=True)
class Essay:
    """One essay's facts, or those of the matter around the essays of a bulletin.

    A bulletin has one Essay of kind "matter" that owns its masthead, editor's note and
    distribution list; it is cited like an essay but never counted as one.
    """

    essay_id: str  # "{document}#{n}", n from 0 in order of the file
    document: str  # Document.path
    kind: Literal["essay", "matter"] = "essay"
    title: str | None = None
    author: str | None = None  # several are joined by "、"
    office: str | None = None
    place: str | None = None
    publication: str | None = None
    issue: str | None = None  # "32"
    date: str | None = None  # ISO 8601, as exact as stated: "2022-10-25", "2022-10", "2022"
    issuer: str | None = None
    document_number: str | None = None  # "皖发〔2022〕5号"
    known: tuple[Stated, ...] = ()  # where each fact is from; also those too unsure to be taken
    reprint_of: str | None = None  # essay_id of the first essay that says nearly the same

    @property
    def document_type(self) -> str | None:
        """What kind of document it is, as it calls itself or a sidecar says: 通知."""
        return next((fact.value for fact in self.known if fact.name == "document_type"), None)

    @property
    def file_name(self) -> str:
        """What the file of a single essay is called, where that says something; else ""."""
        stem = self.document.rpartition("/")[2].rsplit(".", 1)[0]
        says = len(_HAN.findall(stem)) >= _SAYING and not self.publication
        return stem if says and stem not in (self.title or "") else ""

    @property
    def called(self) -> str:
        """Its title and the name of its file, as far as they say something."""
        return " ".join(filter(None, (self.title, self.file_name)))


Role = Literal["masthead", "note", "title", "byline", "heading", "body", "distribution"]


@dataclass(frozen=True, slots=True)
class Piece:
    """`Paragraph.text` from `start` up to the next piece stood on this line of the file."""

    start: int
    line: int  # 1-based
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The unit that is cited: a paragraph with its broken lines repaired.

    What counts as a line of a file is told in `rag.reading`.
    """

    paragraph_id: str  # "{essay_id}.{ordinal}"
    essay_id: str
    ordinal: int  # 1-based within the essay, titles and bylines counted
    role: Role
    text: str
    origin: tuple[Piece, ...]  # ascending by start, the first at 0, never empty
    trail: tuple[str, ...] = ()  # leads of the sections that are open where it begins

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line in the file."""
        numbers = [piece.line for piece in self.origin]
        return min(numbers), max(numbers)

    @property
    def pages(self) -> tuple[int, int] | None:
        """First and last page, where the format has pages."""
        numbers = [piece.page for piece in self.origin if piece.page is not None]
        return (min(numbers), max(numbers)) if numbers else None


@dataclass(frozen=True, slots=True)
class Measure:
    """A lead and what it heads; a section is a measure with measures under it.

    `paragraph.text[start:end]` is the lead with the text that follows it in that paragraph,
    up to the next lead of any level. Where the lead is a heading of its own, its text is in the
    paragraphs that follow, whose `trail` holds the lead.
    """

    measure_id: str  # "{essay_id}.m{n}", n from 1 in reading order
    essay_id: str
    paragraph_id: str
    level: int  # 1 for a section, 2 for what stands under it, ...
    parent: str | None  # measure_id of the section it stands under
    lead: str  # as printed, closing punctuation included: "强化专业训练。"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What the outliner makes of one document."""

    document: Document
    essays: tuple[Essay, ...]
    paragraphs: tuple[Paragraph, ...]  # in reading order
    measures: tuple[Measure, ...]  # in reading order
    notes: tuple[Text, ...] = ()  # what was repaired, for the report
    dropped: tuple[Line, ...] = ()  # lines that hold text and stand in no paragraph


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is retrieved: `paragraph.text[start:end] == text`."""

    passage_id: str  # "{paragraph_id}:{start}-{end}"
    paragraph_id: str
    essay_id: str
    measure_id: str | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved passage. Ranks run 1..n without gaps; an arm that missed it says None."""

    passage: Passage
    score: float
    rank: int
    dense_rank: int | None
    sparse_rank: int | None
    cosine: float | None = None  # with the question; None where it is searched by words


@dataclass(frozen=True, slots=True)
class Filters:
    """What limits the essays; an empty tuple does not limit. No match means no hit."""

    place: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    publication: tuple[str, ...] = ()
    issue: tuple[str, ...] = ()
    date: tuple[str, ...] = ()  # a prefix of the ISO date: "2022", "2022-10"
    essay_id: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """`paragraph.text[start:end] == quote`; `number` is the mark `[n]` in the answer."""

    number: int
    paragraph: Paragraph
    essay: Essay
    quote: str
    start: int
    end: int
    trail: tuple[str, ...] = ()  # leads that enclose the quote, outermost first


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the essays asked about say something; the silent ones by name."""

    essays: int
    matched: int
    silent: tuple[str, ...] = ()


Kind = Literal["number", "who", "fact", "define", "list", "compare", "document", "summary", "help"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`abstained` exactly when `citations` is empty; every mark in `blocks` has its citation."""

    question: str
    kind: Kind
    text: str  # `blocks` as Markdown; corpus text in it is escaped
    citations: tuple[Citation, ...]
    abstained: bool
    reason: str | None  # why it abstained, for the reader
    nearest: tuple[Citation, ...] = ()  # on refusal: the nearest passage, not an answer
    coverage: Coverage | None = None
    understood: str | None = None  # the full question that a follow-up was read as
    likely: float | None = None  # probability that the corpus answers it, where that was weighed
    generation: str = ""
    seconds: dict[str, float] = field(default_factory=dict)  # step → seconds
    note: str | None = None  # for the reader: that the endpoint failed and words alone were used
    blocks: tuple[Block, ...] = ()

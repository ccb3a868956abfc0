"""A Word file with comments at parts of its paragraphs."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml.etree import LxmlError

from rag.characters import cleaned
from rag.errors import BadInput

_AUTHOR, _INITIALS = "有据", "据"


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` stands at `start` to `end` of a paragraph, which are counted from 0."""

    paragraph: int
    start: int
    end: int
    text: str


def paragraphs(data: bytes) -> list[str]:
    """Return the paragraphs of a Word file in order, those of tables included.

    Raises:
        BadInput: it is no Word file that can be read.
    """
    return ["".join(run.text for run in runs) for runs in _runs(_opened(data))]


def commented(draft: bytes | Sequence[str], comments: Iterable[Comment]) -> bytes:
    """Return the Word file `draft`, or a new one of its paragraphs, with `comments`.

    `Comment.paragraph` counts `paragraphs`.
    """
    document = _opened(draft) if isinstance(draft, bytes) else Document()
    for paragraph in () if isinstance(draft, bytes) else draft:
        document.add_paragraph(cleaned(paragraph))
    runs = _runs(document)
    for comment in comments:
        within = _cut(runs[comment.paragraph], comment.start, comment.end)
        if within:
            runs[comment.paragraph] = within[1]
            document.add_comment(within[0], cleaned(comment.text), _AUTHOR, _INITIALS)
    sink = BytesIO()
    document.save(sink)
    return sink.getvalue()


def _opened(data: bytes) -> Document:
    try:
        return Document(BytesIO(data))
    except (PackageNotFoundError, BadZipFile, LxmlError, KeyError, ValueError) as error:
        raise BadInput("the file is no Word file (.docx): save it as one") from error


def _runs(document: Document) -> list[list[Run]]:
    """Return the runs of every paragraph, those in links and tables included."""
    return [
        [Run(element, Paragraph(p, document)) for element in p.iter(qn("w:r"))]
        for p in document.element.body.iter(qn("w:p"))
    ]


def _cut(runs: list[Run], start: int, end: int) -> tuple[list[Run], list[Run]] | None:
    """Cut runs so that some hold just `start` to `end`; return these, and all."""
    runs = _cut_at(_cut_at(runs, start), end)
    within, seen = [], 0
    for run in runs:
        length = len(run.text)
        if length and start <= seen and seen + length <= end:
            within.append(run)
        seen += length
    return (within, runs) if within else None


def _cut_at(runs: list[Run], at: int) -> list[Run]:
    """Cut the run that goes over `at` in two; return all."""
    seen = 0
    for n, run in enumerate(runs):
        length = len(run.text)
        if seen < at < seen + length:
            return [*runs[: n + 1], _split(run, at - seen), *runs[n + 1 :]]
        seen += length
    return runs


def _split(run: Run, at: int) -> Run:
    """Cut `run` at character `at`, and return what is behind, a run as it is formatted."""
    text = run.text
    element = deepcopy(run._r)
    run._r.addnext(element)
    rest = Run(element, run._parent)
    run.text, rest.text = text[:at], text[at:]
    return rest

"""Answers and sources → HTML, by the templates, which escape whatever they are given. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rag.blocks import Table
from rag.export import essay_path, notes
from rag.export import written_date as chinese_date
from rag.messages import said
from rag.render.html import html
from rag.types import Answer, Citation, Essay, Paragraph, Piece
from rag.users import LOCAL, User
from ui.strings import LANGUAGES, ZH, Strings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The paragraphs around a cited one, in reading order, and whether it is still there."""

    before: tuple[Paragraph, ...] = ()
    after: tuple[Paragraph, ...] = ()
    changed: bool = False  # the library no longer has the paragraph as it was cited


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the essays; `wider` is the question without it, where the question set it."""

    value: str
    wider: str | None = None
    apart: bool = False  # what it names is left out, not what is looked through


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes with an answer that the history holds."""

    answer_id: str
    mark: str = ""
    verdict: str | None = None
    limits: tuple[Limit, ...] = ()
    next_questions: tuple[str, ...] = ()
    last: bool = True  # only the last answer of a conversation can be had again
    told: str = ""  # why another try at it failed


def essay_title(essay: Essay, s: Strings) -> str:
    """Return the title of an essay as running text sets it."""
    return (
        s.essay_title.format(title=essay.title)
        if essay.title
        else s.untitled.format(file=bare_title(essay))
    )


def bare_title(essay: Essay) -> str:
    """Return the title of an essay; that of its file, without the suffix, where it has none."""
    return essay.title or PurePath(essay.document).stem


def short(c: Citation, s: Strings) -> str:
    """Return who says it and where, in one line: "左小斌《……》"."""
    return f"{c.essay.author or c.essay.place or ''}{essay_title(c.essay, s)}"


def facts(essay: Essay, s: Strings) -> tuple[str, ...]:
    """Return place, author and date of an essay, those that are stated."""
    date = written_date(essay.date, s) if essay.date else None
    return tuple(fact for fact in (essay.place, essay.author, date) if fact)


def quote_lines(c: Citation) -> tuple[int, int, int | None]:
    """Return the first and last line of the file that hold the quote, and its page or None."""
    held = [piece for piece, _ in pieces(c.paragraph, c.start, c.end)]
    return held[0].line, held[-1].line, held[0].page


def pieces(paragraph: Paragraph, start: int, end: int) -> Iterator[tuple[Piece, str]]:
    """Yield the lines of the file that hold `start` to `end`, each with what of it stands there."""
    ends = [piece.start for piece in paragraph.origin[1:]] + [len(paragraph.text)]
    for piece, until in zip(paragraph.origin, ends, strict=True):
        if part := paragraph.text[max(start, piece.start) : min(end, until)]:
            yield piece, part


def written_date(iso: str, s: Strings) -> str:
    """Return an ISO date as the language writes it, as exact as it is."""
    return chinese_date(iso) if s is ZH else iso


def published(essay: Essay, s: Strings) -> str:
    """Return where and when an essay appeared, in one line; empty where the file does not say."""
    publication = essay.publication or essay.issuer
    if publication and essay.issue:
        publication = s.issue.format(publication=publication, issue=essay.issue)
    parts = (publication, written_date(essay.date, s) if essay.date else None)
    return s.separator.join(part for part in parts if part)


def local_time(iso: str) -> str:
    """Return a time of the history as clocks show it where the server is."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")


def link(path: str, /, **query: object) -> str:
    """Return an address with what it asks for; empty values are left out."""
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
for each in (
    bare_title, essay_path, essay_title, facts, link, local_time, published, quote_lines, said,
    short, written_date,
):  # fmt: skip
    TEMPLATES.globals[each.__name__] = each
PARTS: Any = TEMPLATES.get_template("turn.html").module
"""The parts of a conversation, by name: each is called with what it shows and returns its HTML."""


def masthead(
    s: Strings, here: str, path: str = "/", query: Mapping[str, str] | None = None,
    user: User = LOCAL,
) -> Markup:  # fmt: skip
    """Return the head of a page, with `here` (chat, library, …) marked, as `user` may see it.

    The switch of language leads to the page again: `path` and what its address asks for.
    """
    name, other = next((name, each) for name, each in LANGUAGES.items() if each is not s)
    now = f"{path}?{urlencode(query)}" if query else path
    made: Markup = PARTS.masthead(s, here, user, link(f"/language/{name}", to=now), other.language)
    return made


def queued(ahead: int, s: Strings) -> str:
    """Return what is said of a question that is answered once those `ahead` of it are."""
    return s.queued.format(count=ahead) if ahead else s.searching


def turn(
    answer: Answer, around: Mapping[str, Surroundings], s: Strings, kept: Kept | None = None
) -> Markup:
    """Return the whole turn of an answer with its sources, which the panel shows.

    `around` is by paragraph_id and may lack any; `kept` is for one that the history holds.
    """
    made: Markup = PARTS.answered(view(answer, s, around), kept, s)
    return made


def view(
    answer: Answer | None, s: Strings, around: Mapping[str, Surroundings] = {}
) -> dict[str, Any] | None:
    """Return what the templates show of an answer; None for none."""
    if answer is None:
        return None
    noted, understood = notes(answer), answer.understood
    chips = {c.number: str(PARTS.chip(c, noted[c.number], s)) for c in answer.citations}
    return {
        "answer": answer,
        "understood": "" if _bare(understood or "") == _bare(answer.question) else understood,
        "reason": answer.reason or answer.text,
        "prose": "" if answer.abstained else Markup(html(answer.blocks, chips)),
        "table": any(isinstance(block, Table) for block in answer.blocks),
        "essays": _essays(answer.citations, s),
        "sources": [*_sources(answer, around)],
    }


def _sources(
    answer: Answer, around: Mapping[str, Surroundings]
) -> Iterator[tuple[Citation, Surroundings]]:
    """Yield what an answer stands on, or of a refusal what is nearest, and what is around it."""
    for each in answer.nearest if answer.abstained else answer.citations:
        yield each, around.get(each.paragraph.paragraph_id, Surroundings())


def _bare(question: str) -> str:
    return question.rstrip("。？！?!. ")


def _essays(cited: Sequence[Citation], s: Strings) -> list[tuple[int, str, str]]:
    """Return the essays that are cited: the number of the first quote, the title, what is said."""
    held: dict[str, list[Citation]] = {}
    for c in cited:
        held.setdefault(c.essay.essay_id, []).append(c)
    return [
        (
            of[0].number,
            essay_title(of[0].essay, s),
            s.separator.join((*facts(of[0].essay, s), s.quotes.format(count=len(of)))),
        )
        for of in held.values()
    ]

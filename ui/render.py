"""Answers and citations → HTML. Pure: no file, no index, no Gradio.

Every string that came from the corpus or the user passes through `_e` (or `ui.markdown`) before
it enters a page. What the page's script needs is in `data-` attributes: `data-cite` on whatever
opens a source, `data-source` on the source itself, `data-ask` on a question to be asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as _e
from math import ceil

from rag.types import Answer, Citation, Essay, Paragraph
from ui.markdown import to_html
from ui.strings import Strings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The paragraphs around a cited one, in reading order."""

    before: tuple[Paragraph, ...] = ()
    after: tuple[Paragraph, ...] = ()


NOTHING_AROUND = Surroundings()


def welcome(examples: Sequence[str], s: Strings) -> str:
    """Return the empty state: what this is, and `examples` to start from."""
    items = "".join(
        f'<li><button type="button" class="example" data-ask="{_e(q)}">{_e(q)}</button></li>'
        for q in examples
    )
    tries = f'<h3>{_e(s.try_one)}</h3><ul class="examples">{items}</ul>' if items else ""
    return (
        f'<section lang="{_e(s.language)}" class="welcome"><h2>{_e(s.welcome)}</h2>'
        f"<p>{_e(s.welcome_text)}</p>{tries}</section>"
    )


def masthead(s: Strings) -> str:
    """Return the head of the page."""
    return f"<h1>{_e(s.title)}</h1><p>{_e(s.motto)}</p>"


def thread(turns: Sequence[str], s: Strings) -> str:
    """Return the conversation, made of what the functions below return."""
    return (
        f'<div lang="{_e(s.language)}" role="log" aria-label="{_e(s.conversation)}">'
        f"{''.join(turns)}</div>"
    )


def panel(s: Strings) -> str:
    """Return the empty source panel, which the page's script fills."""
    return (
        f'<aside aria-label="{_e(s.source)}"><header>'
        f'<h2 tabindex="-1" data-empty="{_e(s.source)}" data-hint="{_e(s.source_hint)}">'
        f"{_e(s.source)}</h2>"
        f'<button type="button" data-step="-1" hidden>{_e(s.previous)}</button>'
        f'<button type="button" data-step="1" hidden>{_e(s.next)}</button>'
        f'<button type="button" data-close>{_e(s.close)}</button></header>'
        f'<div class="shown"><p class="hint">{_e(s.source_hint)}</p></div></aside>'
    )


def waiting(question: str, s: Strings) -> str:
    """Return the turn of a question that is being answered."""
    return _turn(question, f'<p class="waiting" role="status">{_e(s.searching)}</p>', busy=True)


def problem(question: str, message: str, s: Strings) -> str:
    """Return the turn of a question that failed with an error: one line."""
    body = f'<strong class="verdict">{_e(s.failed)}</strong><p>{_e(message)}</p>'
    return _turn(question, f'<div class="problem" role="alert">{body}</div>')


def partial(answer: Answer, text: str, s: Strings) -> str:
    """Return the turn of an answer of which only the beginning `text` is out yet."""
    return _turn(answer.question, _understood(answer, s) + _prose(answer, text, s), busy=True)


def turn(answer: Answer, around: Mapping[str, Surroundings], s: Strings) -> str:
    """Return the whole turn of an answer with its sources, which the panel shows.

    Args:
        answer: an answer or a refusal.
        around: paragraph_id → the paragraphs before and after it; may lack any.
        s: the interface's language.
    """
    cited = answer.nearest if answer.abstained else answer.citations
    sources = "".join(
        source(c, place, len(cited), around.get(c.paragraph.paragraph_id, NOTHING_AROUND), s)
        for place, c in enumerate(cited, 1)
    )
    body = _refusal(answer, s) if answer.abstained else _prose(answer, answer.text, s)
    hidden = f'<div class="sources" hidden>{sources}</div>'
    return _turn(answer.question, _understood(answer, s) + body + _facts(answer, s) + hidden)


def source(c: Citation, place: int, total: int, around: Surroundings, s: Strings) -> str:
    """Return one citation in full: its paragraph with the quote marked, and where it stands."""
    text = c.paragraph.text
    marked = f"{_e(text[: c.start])}<mark>{_e(c.quote)}</mark>{_e(text[c.end :])}"
    rows = "".join(f"<dt>{_e(k)}</dt><dd>{_e(v)}</dd>" for k, v in _provenance(c, s) if v)
    return (
        f'<section class="source" data-source="{c.number}" '
        f'data-heading="{_e(s.source_of.format(number=place, total=total))}">'
        f"<h3>{_e(_title(c.essay, s))}</h3><dl>{rows}</dl>"
        f"{_folded(s.before, around.before)}"
        f'<p class="paragraph">{marked}</p>'
        f"{_folded(s.after, around.after)}</section>"
    )


def quote_lines(c: Citation) -> tuple[int, int, int | None]:
    """Return the first and last line of the file that hold the quote, and its page or None."""
    pieces = c.paragraph.origin
    ends = [piece.start for piece in pieces[1:]] + [len(c.paragraph.text)]
    held = [p for p, end in zip(pieces, ends, strict=True) if p.start < c.end and end > c.start]
    return held[0].line, held[-1].line, held[0].page


def written_date(iso: str, s: Strings) -> str:
    """Return an ISO date as the language writes it, as exact as it is.

    >>> from ui.strings import ZH
    >>> written_date("2022-10-05", ZH)
    '2022年10月5日'
    """
    year, *rest = iso.split("-")
    month, day = [part.lstrip("0") for part in (*rest, "", "")[:2]]
    form = s.day if day else s.month if month else s.year
    return form.format(year=year, month=month, day=day)


def _turn(question: str, body: str, busy: bool = False) -> str:
    state = ' aria-busy="true"' if busy else ""
    return f'<article class="turn"{state}><h2 class="asked">{_e(question)}</h2>{body}</article>'


def _understood(answer: Answer, s: Strings) -> str:
    if answer.understood is None:
        return ""
    line = s.understood.format(question=answer.understood)
    return f'<p class="understood">{_e(line)}</p>'


def _prose(answer: Answer, text: str, s: Strings) -> str:
    chips = {c.number: _chip(c, str(c.number), s) for c in answer.citations}
    return f'<div class="answer">{to_html(text, chips)}</div>'


def _chip(c: Citation, label: str, s: Strings) -> str:
    name = s.citation_chip.format(number=c.number, source=_short(c, s))
    return (
        f'<button type="button" class="chip" data-cite="{c.number}" title="{_e(c.quote)}" '
        f'aria-label="{_e(name)}">{_e(label)}</button>'
    )


def _refusal(answer: Answer, s: Strings) -> str:
    reason = answer.reason or answer.text
    nearest = "".join(
        f'<blockquote><p>{_e(c.quote)}</p><footer><button type="button" class="open" '
        f'data-cite="{c.number}" '
        f'aria-label="{_e(s.open_nearest.format(source=_short(c, s)))}">{_e(_short(c, s))}</button>'
        f"</footer></blockquote>"
        for c in answer.nearest
    )
    shown = f'<div class="nearest"><h3>{_e(s.nearest)}</h3>{nearest}</div>' if nearest else ""
    return (
        f'<div class="refusal" role="note"><strong class="verdict">{_e(s.refused)}</strong>'
        f"<p>{_e(reason)}</p></div>{shown}"
    )


def _facts(answer: Answer, s: Strings) -> str:
    """Return the small line under an answer."""
    if answer.abstained:
        return ""
    seconds = f"{ceil(answer.seconds.get('total', 0) * 100) / 100:.2f}"  # never "0.00"
    line = s.summary.format(citations=len(answer.citations), seconds=seconds)
    return f'<p class="facts">{_e(line)}</p>'


def _title(essay: Essay, s: Strings) -> str:
    return s.essay_title.format(title=essay.title) if essay.title else s.untitled


def _short(c: Citation, s: Strings) -> str:
    """Return who says it and where, in one line: "左小斌《……》"."""
    return f"{c.essay.author or c.essay.place or ''}{_title(c.essay, s)}"


def _provenance(c: Citation, s: Strings) -> list[tuple[str, str]]:
    """Return what is known of where the quote stands, as (label, facts); some facts are empty."""
    essay = c.essay
    publication = essay.publication or essay.issuer
    if publication and essay.issue:
        publication = s.issue.format(publication=publication, issue=essay.issue)
    first, last, page = quote_lines(c)
    lines = (s.line if first == last else s.lines).format(first=first, last=last)
    facts: list[tuple[str, list[str | None]]] = [
        (s.author, [essay.author, essay.office]),
        (s.publication, [publication, written_date(essay.date, s) if essay.date else None]),
        (s.trail, [" / ".join(c.trail or c.paragraph.trail)]),
        (
            s.file,
            [
                essay.document,
                s.page.format(page=page) if page else None,
                lines,
                s.ordinal.format(ordinal=c.paragraph.ordinal),
            ],
        ),
    ]
    return [(label, s.separator.join(part for part in parts if part)) for label, parts in facts]


def _folded(label: str, paragraphs: Sequence[Paragraph]) -> str:
    if not paragraphs:
        return ""
    text = "".join(f"<p>{_e(p.text)}</p>" for p in paragraphs)
    return f'<details class="around"><summary>{_e(label)}</summary>{text}</details>'

"""Answers → HTML. Pure: no file, no index, no Gradio.

Every string that came from the corpus or the user passes through `_e` or `rag.render.html`
before it enters a page. What the page's script needs is in `data-` attributes: `data-cite` on
whatever opens a source, `data-source` on the source itself, `data-ask` on a question to be
asked, `data-copy` and `data-judge` on what is done with an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as _e
from math import ceil

from rag.blocks import Block
from rag.render.html import html
from rag.types import Answer, Citation
from ui.source import NOTHING_AROUND, Surroundings, short, source
from ui.strings import Strings


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the essays; `wider` is the question without it, where the question set it."""

    value: str
    wider: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes with an answer that the history holds."""

    answer_id: str
    verdict: str | None = None
    limits: tuple[Limit, ...] = ()
    next_questions: tuple[str, ...] = ()
    last: bool = True  # only the last answer of a conversation can be had again


def welcome(examples: Sequence[str], s: Strings) -> str:
    """Return the empty state: what this is, and `examples` to start from."""
    items = _questions(examples, "example")
    tries = f'<h3>{_e(s.try_one)}</h3><ul class="examples">{items}</ul>' if items else ""
    return (
        f'<section class="welcome"><h2>{_e(s.welcome)}</h2><p>{_e(s.welcome_text)}</p>{tries}'
        "</section>"
    )


def thread(turns: Sequence[str], s: Strings, conversation: str = "", state: str = "") -> str:
    """Return the conversation, made of what the functions below return.

    `state` is a line above it: what is not as usual; "" where all is.
    """
    line = f'<p class="state">{_e(state)}</p>' if state else ""
    return (
        f'{line}<div lang="{_e(s.language)}" role="log" aria-label="{_e(s.conversation)}" '
        f'data-conversation="{_e(conversation)}" data-offline="{_e(s.away)}">'
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
        f'<div class="shown" tabindex="0" role="group" aria-label="{_e(s.source)}">'
        f'<p class="hint">{_e(s.source_hint)}</p></div></aside>'
    )


def waiting(question: str, s: Strings) -> str:
    """Return the turn of a question that is being answered."""
    return _turn(question, f'<p class="waiting" role="status">{_e(s.searching)}</p>', busy=True)


def problem(question: str, message: str, s: Strings) -> str:
    """Return the turn of a question that failed with an error: one line."""
    body = f'<strong class="verdict">{_e(s.failed)}</strong><p>{_e(message)}</p>'
    return _turn(question, f'<div class="problem" role="alert">{body}</div>')


def stopped(question: str, s: Strings) -> str:
    """Return the turn of a question whose answer the reader stopped."""
    return _turn(question, f'<p class="stopped" role="status">{_e(s.stopped)}</p>')


def partial(answer: Answer, begun: Sequence[Block], s: Strings) -> str:
    """Return the turn of an answer of which only its beginning `begun` is out yet."""
    return _turn(answer.question, _understood(answer, s) + _prose(answer, begun, s), busy=True)


def turn(
    answer: Answer, around: Mapping[str, Surroundings], s: Strings, kept: Kept | None = None
) -> str:
    """Return the whole turn of an answer with its sources, which the panel shows.

    Args:
        answer: an answer or a refusal.
        around: paragraph_id → the paragraphs before and after it; may lack any.
        s: the interface's language.
        kept: what can be done with it, where the history holds it.
    """
    cited = answer.nearest if answer.abstained else answer.citations
    sources = "".join(
        source(c, place, len(cited), around.get(c.paragraph.paragraph_id, NOTHING_AROUND), s)
        for place, c in enumerate(cited, 1)
    )
    body = _refusal(answer, s) if answer.abstained else _prose(answer, answer.blocks, s)
    parts = (
        _understood(answer, s),
        _limits(kept.limits, s) if kept else "",
        body,
        f'<p class="state">{_e(s.by_words_only)}</p>' if answer.note else "",
        _facts(answer, s),
        _actions(kept, s) if kept else "",
        _next(kept.next_questions, s) if kept else "",
        f'<div class="sources" hidden>{sources}</div>',
    )
    return _turn(answer.question, "".join(parts), kept.answer_id if kept else "")


def _turn(question: str, body: str, answer_id: str = "", busy: bool = False) -> str:
    state = ' aria-busy="true"' if busy else ""
    if answer_id:
        state = f' id="a-{_e(answer_id)}" data-answer="{_e(answer_id)}"'
    return f'<article class="turn"{state}><h2 class="asked">{_e(question)}</h2>{body}</article>'


def _understood(answer: Answer, s: Strings) -> str:
    if answer.understood is None or _bare(answer.understood) == _bare(answer.question):
        return ""
    line = s.understood.format(question=answer.understood)
    return f'<p class="understood">{_e(line)}</p>'


def _bare(question: str) -> str:
    return question.rstrip("。？！?!. ")


def _limits(limits: Sequence[Limit], s: Strings) -> str:
    """Return the limits that held: those of the question can be taken away by asking again."""
    asked = "".join(
        f'<button type="button" class="limit" data-ask="{_e(each.wider)}" '
        f'aria-label="{_e(s.widen.format(value=each.value))}">{_e(each.value)}</button>'
        for each in limits
        if each.wider
    )
    chosen = "".join(
        f'<span class="limit">{_e(each.value)}</span>' for each in limits if not each.wider
    )
    labelled = ((s.asked_limit, asked), (s.set_limit, chosen))
    return "".join(
        f'<p class="limits"><span>{_e(label)}</span>{chips}</p>'
        for label, chips in labelled
        if chips
    )


def _prose(answer: Answer, blocks: Sequence[Block], s: Strings) -> str:
    chips = {c.number: _chip(c, str(c.number), s) for c in answer.citations}
    return f'<div class="answer">{html(blocks, chips)}</div>'


def _chip(c: Citation, label: str, s: Strings) -> str:
    name = s.citation_chip.format(number=c.number, source=short(c, s))
    return (
        f'<button type="button" class="chip" data-cite="{c.number}" data-quote="{_e(c.quote)}" '
        f'aria-label="{_e(name)}">{_e(label)}</button>'
    )


def _refusal(answer: Answer, s: Strings) -> str:
    reason = answer.reason or answer.text
    if answer.kind == "help":  # small talk is answered, not refused
        return f'<div class="answer"><p>{_e(reason)}</p></div>'
    nearest = "".join(
        f'<blockquote><p>{_e(c.quote)}</p><footer><button type="button" class="open" '
        f'data-cite="{c.number}" '
        f'aria-label="{_e(s.open_nearest.format(source=short(c, s)))}">{_e(short(c, s))}</button>'
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


def _next(questions: Sequence[str], s: Strings) -> str:
    items = _questions(questions, "follow")
    return (
        f'<div class="next"><h3>{_e(s.next_questions)}</h3><ul>{items}</ul></div>' if items else ""
    )


def _questions(questions: Sequence[str], name: str) -> str:
    return "".join(
        f'<li><button type="button" class="{name}" data-ask="{_e(q)}">{_e(q)}</button></li>'
        for q in questions
    )


def _actions(kept: Kept, s: Strings) -> str:
    """Return what can be done with an answer, and the form that asks what is wrong with it."""
    at = f"/answers/{_e(kept.answer_id)}"
    again = f'<button type="button" data-again>{_e(s.again)}</button>' if kept.last else ""
    judge = "".join(
        f'<button type="button" data-judge="{verdict}" '
        f'aria-pressed="{str(kept.verdict == verdict).lower()}">{_e(label)}</button>'
        for verdict, label in (("good", s.good), ("bad", s.bad))
    )
    reasons = "".join(
        f'<label><input type="checkbox" value="{_e(reason)}">{_e(reason)}</label>'
        for reason in s.reasons.split("/")
    )
    return (
        f'<div class="actions" role="group" aria-label="{_e(s.actions)}">'
        f'<button type="button" data-copy data-done="{_e(s.copied)}" '
        f'data-failed="{_e(s.not_copied)}">{_e(s.copy)}</button>'
        f'<a href="{at}.docx" download>{_e(s.word)}</a><a href="{at}.md" download>'
        f'{_e(s.markdown)}</a><a href="{at}">{_e(s.link)}</a>{again}{judge}'
        f'<span class="said" role="status" data-thanks="{_e(s.thanks)}" '
        f'data-offline="{_e(s.offline)}"></span></div>'
        f'<form class="why" hidden><fieldset><legend>{_e(s.why_bad)}</legend>{reasons}'
        f'<input type="text" maxlength="500" aria-label="{_e(s.more_reason)}" '
        f'placeholder="{_e(s.more_reason)}"><button type="submit">{_e(s.send)}</button>'
        "</fieldset></form>"
    )

"""Answers → HTML. Pure: no file, no index, no Gradio.

Every string that came from the corpus or the user passes through `_e` or `rag.render.html`
before it enters a page. What the page's script needs is in `data-` attributes: `data-cite` on
whatever opens a source, `data-source` on the source itself, `data-ask` on a question to be
asked, `data-edit` on a question to be changed, `data-copy` and `data-judge` on what is done with an
answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as _e
from urllib.parse import urlencode

from rag.blocks import Table
from rag.export import notes
from rag.history import Turn
from rag.render.html import html
from rag.types import Answer, Citation
from ui.source import NOTHING_AROUND, Surroundings, about, essay_title, facts, short, source
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
    mark: str = ""
    verdict: str | None = None
    limits: tuple[Limit, ...] = ()
    next_questions: tuple[str, ...] = ()
    last: bool = True  # only the last answer of a conversation can be had again
    told: str = ""  # why another try at it failed


def welcome(examples: Sequence[str], s: Strings) -> str:
    """Return the empty state: what this is, and `examples` to start from."""
    items = _questions(examples, "example")
    tries = f'<h3>{_e(s.try_one)}</h3><ul class="examples">{items}</ul>' if items else ""
    return (
        f'<section class="welcome"><h2>{_e(s.welcome)}</h2><p>{_e(s.welcome_text)}</p>{tries}'
        "</section>"
    )


def thread(turns: Sequence[str], s: Strings) -> str:
    """Return the conversation, made of what the functions below return."""
    return (
        f'<div lang="{_e(s.language)}" role="log" aria-label="{_e(s.conversation)}">'
        f"{''.join(turns)}</div>"
    )


def above(state: str) -> str:
    """Return the line above a conversation that says what is not as usual; "" where all is."""
    return f'<p class="state">{_e(state)}</p>' if state else ""


def earlier(s: Strings) -> str:
    """Return what brings the turns before those that are shown."""
    return f'<button type="button" class="earlier" data-earlier>{_e(s.earlier)}</button>'


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


def waiting(kept: Turn, begun: Answer | None, s: Strings) -> str:
    """Return the turn of a question that is being answered, with what there is of the answer."""
    body = f'<p class="waiting" role="status">{_e(s.searching)}</p>'
    if begun and begun.blocks:
        body = _understood(begun, s) + _prose(begun, s) + body
    return _turn(kept.question, body, s, kept.answer_id, kept.mark, busy=True)


def unanswered(kept: Turn, s: Strings) -> str:
    """Return the turn of a question that was stopped or failed: one line, and what can be done."""
    told = s.stopped if kept.state == "stopped" else getattr(s, kept.problem or "other_error")
    role = "status" if kept.state == "stopped" else "alert"
    again = f'<button type="button" data-again>{_e(s.ask_again)}</button>'
    body = (
        f'<p class="{_e(kept.state)}" role="{role}">{_e(told)}</p>'
        f'<div class="actions" role="group" aria-label="{_e(s.actions)}">{again}</div>'
    )
    return _turn(kept.question, body, s, kept.answer_id, kept.mark)


def unkept(kept: Turn, answer: Answer | None, told: str, s: Strings) -> str:
    """Return the turn of an answer that could not be kept: `told` says so, the answer is shown."""
    line = f'<p class="failed" role="alert">{_e(told)}</p>'
    body = _body(answer, {}, s) if answer else ""
    return _turn(kept.question, line + body, s, kept.answer_id, kept.mark)


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
    known = (kept.answer_id, kept.mark) if kept else ("", "")
    return _turn(answer.question, _body(answer, around, s, kept), s, *known)


def _body(
    answer: Answer, around: Mapping[str, Surroundings], s: Strings, kept: Kept | None = None
) -> str:
    cited = answer.nearest if answer.abstained else answer.citations
    sources = "".join(
        source(c, place, len(cited), around.get(c.paragraph.paragraph_id, NOTHING_AROUND), s)
        for place, c in enumerate(cited, 1)
    )
    body = _refusal(answer, s) if answer.abstained else _prose(answer, s)
    parts = (
        _understood(answer, s),
        _limits(kept.limits, s) if kept else "",
        f'<p class="failed" role="alert">{_e(kept.told)}</p>' if kept and kept.told else "",
        body,
        f'<p class="state">{_e(s.by_words_only)}</p>' if answer.note else "",
        _essays(answer.citations, s),
        _actions(answer, kept, s) if kept and answer.kind != "help" else "",
        _next(kept.next_questions, s) if kept else "",
        f'<div class="sources" hidden>{sources}</div>' if sources else "",
    )
    return "".join(parts)


def _turn(
    question: str, body: str, s: Strings, answer_id: str = "", mark: str = "", busy: bool = False
) -> str:
    state = ' aria-busy="true"' if busy else ""
    if answer_id:
        state += f' id="a-{_e(answer_id)}" data-answer="{_e(answer_id)}" data-mark="{_e(mark)}"'
    edit = f'<button type="button" class="edit" data-edit>{_e(s.edit)}</button>'
    return (
        f'<article class="turn"{state}><div class="question"><h2 class="asked">{_e(question)}</h2>'
        f"{edit}</div>{body}</article>"
    )


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
        f'aria-label="{_e(s.widen.format(value=each.value))}">'
        f"{_e(s.asked_limit.format(value=each.value))}</button>"
        for each in limits
        if each.wider
    )
    ticked = "".join(
        f'<span class="limit">{_e(each.value)}</span>' for each in limits if not each.wider
    )
    label = f"<span>{_e(s.set_limit)}</span>" if ticked else ""
    return f'<p class="limits">{asked}{label}{ticked}</p>' if asked or ticked else ""


def _prose(answer: Answer, s: Strings) -> str:
    noted = notes(answer)
    chips = {c.number: _chip(c, noted[c.number], s) for c in answer.citations}
    return f'<div class="answer">{html(answer.blocks, chips)}</div>'


def _chip(c: Citation, note: str, s: Strings) -> str:
    name = s.citation_chip.format(number=c.number, source=short(c, s))
    return (
        f'<button type="button" class="chip" data-cite="{c.number}" data-about="{_e(about(c, s))}" '
        f'data-note="{_e(note)}" aria-label="{_e(name)}">{c.number}</button>'
    )


def _essays(cited: Sequence[Citation], s: Strings) -> str:
    """Return the essays that are cited, each with how often; each opens its first quote."""
    first: dict[str, Citation] = {}
    counts: dict[str, int] = {}
    for c in cited:
        first.setdefault(c.essay.essay_id, c)
        counts[c.essay.essay_id] = counts.get(c.essay.essay_id, 0) + 1
    told = {
        of: s.separator.join((*facts(c.essay, s), s.quotes.format(count=counts[of])))
        for of, c in first.items()
    }
    items = "".join(
        f'<li><button type="button" class="open" data-cite="{c.number}">'
        f'{_e(essay_title(c.essay, s))}</button><span class="meta">{_e(told[of])}</span></li>'
        for of, c in first.items()
    )
    heading = f"<h3>{_e(s.sources_of.format(count=len(first)))}</h3>"
    return f'<section class="essays">{heading}<ul>{items}</ul></section>' if items else ""


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


def _book(answer: Answer, at: str, s: Strings) -> str:
    """Return the way to a workbook, where there is a table to fill it."""
    if not any(isinstance(block, Table) for block in answer.blocks):
        return ""
    return f'<a href="{at}.xlsx" download>{_e(s.download.format(format="XLSX"))}</a>'


def _actions(answer: Answer, kept: Kept, s: Strings) -> str:
    """Return what can be done with an answer, and the form that asks what is wrong with it."""
    at = f"/answers/{_e(kept.answer_id)}"
    if answer.abstained:
        look = f"/library?{urlencode({'q': answer.question})}"
        own = (
            f'<button type="button" data-edit>{_e(s.rephrase)}</button>'
            f'<a href="{_e(look)}">{_e(s.look_in_library)}</a>'
        )
    else:
        own = (
            f'<button type="button" data-copy="notes">{_e(s.copy)}</button>'
            f'<button type="button" data-copy="plain">{_e(s.copy_plain)}</button>'
            f'<button class="put" form="put" name="answer" value="{_e(kept.answer_id)}" '
            f'title="{_e(s.basket_key)}">{_e(s.to_basket)}</button>'
            f'<a href="{at}.docx" download>{_e(s.word)}</a>'
            f'<a href="{at}.md" download>{_e(s.markdown)}</a>' + _book(answer, at, s)
        )
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
        f'{own}<a href="{at}">{_e(s.link)}</a>{again}{judge}'
        f'<span class="said" role="status" data-thanks="{_e(s.thanks)}" data-done="{_e(s.copied)}" '
        f'data-failed="{_e(s.not_copied)}" data-offline="{_e(s.offline)}"></span></div>'
        f'<form class="why" hidden><fieldset><legend>{_e(s.why_bad)}</legend>{reasons}'
        f'<input type="text" maxlength="500" aria-label="{_e(s.more_reason)}" '
        f'placeholder="{_e(s.more_reason)}"><button type="submit">{_e(s.send)}</button>'
        "</fieldset></form>"
    )

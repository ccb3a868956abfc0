"""The page of questions and answers, as a Gradio Blocks. Wires; computes nothing itself.

The conversation is one `gr.HTML` that Gradio patches in place while an answer is streamed. The
sources of every answer are in it, hidden; the page's script (`static/chat.js`) copies the one
that is asked for into the panel, so opening a citation needs no round trip to the server.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from rag.errors import BadInput, IndexDamaged, IndexMismatch, IndexMissing, RagError
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Answer, Citation
from ui import render
from ui.examples import examples
from ui.markdown import prefixes
from ui.render import Surroundings
from ui.strings import ZH, Strings, strings

_TURNS_KEPT = 40  # of one conversation, on the page and in the server's memory
_AROUND = 2  # paragraphs shown on each side of a cited one
_STEPS = 14  # of a streamed answer
_STEP_SECONDS = 0.03  # an extractive answer is there at once; this only lets the eye follow
_AT_ONCE = 8  # questions that are answered at the same time; more wait in a queue
_SCRIPT = '<script src="ui/chat.js"></script>'
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation: its language, the turns on the page and the questions behind them."""

    language: str = ZH.language
    turns: tuple[str, ...] = ()  # HTML
    questions: tuple[str, ...] = ()

    def with_turn(self, question: str, turn: str) -> "Chat":
        """Return the conversation with one more turn, the oldest dropped past the limit."""
        return replace(
            self,
            turns=(*self.turns, turn)[-_TURNS_KEPT:],
            questions=(*self.questions, question)[-_TURNS_KEPT:],
        )


def chat_page(assistant: Assistant, settings: Settings) -> gr.Blocks:
    """Return the chat over `assistant`; its queue is on, and nothing of it is a public API."""
    events = _Events(assistant)
    page = gr.Blocks(title=ZH.title, fill_width=True, analytics_enabled=False)
    with page:
        state = gr.State(Chat())
        masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="conversation"):
                thread = gr.HTML(
                    elem_id="thread",
                    apply_default_css=False,
                    head=_SCRIPT,
                    js_on_load="youju.start(element, trigger, watch)",
                )
                with gr.Row(elem_id="composer"):
                    box = gr.Textbox(
                        elem_id="question",
                        lines=1,
                        max_lines=6,
                        max_length=settings.max_question,
                        container=False,
                        autofocus=True,
                    )
                    send = gr.Button(variant="primary", elem_id="send", min_width=0, scale=0)
                    new = gr.Button(elem_id="new", min_width=0, scale=0)
            panel = gr.HTML(elem_id="panel", apply_default_css=False)
        page.load(events.open, None, [state, masthead, thread, panel, box, send, new], **_QUIET)
        out = [box, thread, state]
        asked = gr.on([box.submit, send.click], events.ask, [box, state], out, **_QUIET)
        picked = thread.submit(events.ask_example, state, out, **_QUIET)
        new.click(events.clear, state, out, cancels=[asked, picked], **_QUIET)
    page.queue(default_concurrency_limit=_AT_ONCE, api_open=False)
    return page


class _Events:
    """What the page's events do; holds no state of a conversation."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def open(self, request: gr.Request) -> tuple[Any, ...]:
        """Fill the page in the language that `?lang=` names."""
        s = strings(request.query_params.get("lang"))
        box = gr.update(label=s.question, placeholder=s.placeholder)
        labels = gr.update(value=s.ask), gr.update(value=s.new_chat)
        return Chat(s.language), render.masthead(s), self._empty(s), render.panel(s), box, *labels

    def clear(self, chat: Chat) -> tuple[str, str, Chat]:
        """Start a new conversation."""
        return "", self._empty(strings(chat.language)), Chat(chat.language)

    def ask_example(self, chat: Chat, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        """Ask the question of a button in the thread."""
        yield from self.ask(str(event.question), chat)

    def ask(self, question: str, chat: Chat) -> Iterator[tuple[Any, ...]]:
        """Answer `question` step by step; yields (box, thread, state)."""
        question, s = question.strip(), strings(chat.language)
        if not question:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        yield "", _thread(chat, render.waiting(question, s), s), gr.skip()
        answer = None
        try:
            for answer, text in self._growing(question, chat):
                yield gr.skip(), _thread(chat, render.partial(answer, text, s), s), gr.skip()
        except RagError as error:
            _log.warning("%s: %s", type(error).__name__, error)
            turn = render.problem(question, _message(error, s), s)
        except Exception:  # a bug: the reader gets one line, the log the traceback
            _log.exception("a question of %d characters could not be answered", len(question))
            turn = render.problem(question, s.other_error, s)
        else:
            turn = render.turn(answer, self._surroundings(answer), s) if answer else ""
        chat = chat.with_turn(question, turn)
        yield gr.skip(), _thread(chat, "", s), chat

    def _growing(self, question: str, chat: Chat) -> Iterator[tuple[Answer, str]]:
        """Yield the answer with the text to show of it by now.

        One from the essays is shown in steps, one that a language model words grows by itself.
        """
        answer = None
        for answer in self._assistant.asking(question, history=chat.questions):
            if self._assistant.worded:
                yield answer, answer.text
        if answer and not self._assistant.worded:
            for text in prefixes(answer.text, _STEPS):
                yield answer, text
                time.sleep(_STEP_SECONDS)

    def _empty(self, s: Strings) -> str:
        records = self._assistant.records
        return render.welcome(examples(records.essays(), records.measures(), s), s)

    def _surroundings(self, answer: Answer) -> dict[str, Surroundings]:
        cited = answer.citations or answer.nearest
        return {c.paragraph.paragraph_id: self._around(c) for c in cited}

    def _around(self, citation: Citation) -> Surroundings:
        """Look the neighbours up; none where a new index no longer has the paragraph as cited."""
        paragraphs = self._assistant.records.paragraphs(citation.essay.essay_id)
        if citation.paragraph not in paragraphs:
            return Surroundings()
        at = paragraphs.index(citation.paragraph)
        return Surroundings(
            before=paragraphs[max(0, at - _AROUND) : at],
            after=paragraphs[at + 1 : at + 1 + _AROUND],
        )


def _thread(chat: Chat, last: str, s: Strings) -> str:
    return render.thread((*chat.turns, last), s)


def _message(error: RagError, s: Strings) -> str:
    """Return what went wrong in the reader's language; the log has the error's own words."""
    messages = {
        BadInput: s.bad_input,
        IndexMissing: s.index_missing,
        IndexMismatch: s.index_mismatch,
        IndexDamaged: s.index_damaged,
    }
    return messages.get(type(error), s.other_error)

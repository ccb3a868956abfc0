"""What the events of the chat do; holds no state of a conversation."""

import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import gradio as gr

from rag.blocks import Block, Mark, Table
from rag.errors import (
    BadInput,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    RagError,
    StoreFailed,
)
from rag.types import Answer, Filters
from ui import render
from ui.access import user, user_of
from ui.conversation import TURNS_KEPT, Chat, Shown
from ui.examples import examples
from ui.masthead import masthead
from ui.scope import Sent, choices, narrowed, scope, sent
from ui.site import Site, language, searched
from ui.strings import Strings, strings

_STEPS = 14  # of a streamed answer
_STEP_SECONDS = 0.03  # an extractive answer is there at once; this only lets the eye follow

_log = logging.getLogger(__name__)


class Events:
    """The events of the chat of `site`; every whole answer goes into its history."""

    def __init__(self, site: Site) -> None:
        self._assistant = site.assistant
        self._history, self._watch, self._rooted = site.history, site.watch, site.rooted
        self._shown = Shown(site.assistant)

    def open(self, request: gr.Request) -> tuple[Any, ...]:
        """Fill the page in the reader's language, with the conversation that `?chat=` names."""
        query = dict(request.query_params)
        s = language(request)
        chat = self._continued(Chat(s.language, user_of(request)), query.get("chat"), s)
        box = gr.update(label=s.question, placeholder=s.placeholder)
        labels = [gr.update(value=label) for label in (s.ask, s.stop, s.new_chat)]
        kept = {name: query[name] for name in ("chat",) if name in query}
        return (
            chat, {}, self._rooted(masthead(s, "chat", "/", kept, user(request))),
            self._thread(chat, "", s), self._scope(Filters(), s), render.panel(s), box, *labels,
        )  # fmt: skip

    def ask_picked(
        self, chat: Chat, limits: Sent, event: gr.EventData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Ask the question of a button in the thread, or of a link."""
        yield from self.ask(str(event.question), chat, limits, request)

    def ask_again(self, chat: Chat, limits: Sent, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Answer the last question anew, in the place of its answer."""
        chat = self._known(chat, request)
        if chat.last is None or not chat.questions:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        yield from self._ask(chat.questions[-1], chat.without_last(), limits, chat.last)

    def ask(
        self, question: str, chat: Chat, limits: Sent, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Answer `question` step by step; yields (box, thread, state)."""
        yield from self._ask(question, self._known(chat, request), limits)

    def _ask(
        self, question: str, chat: Chat, limits: Sent, instead: str | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Answer `question`, in the place of the kept answer `instead` where one is named."""
        question, s = question.strip(), strings(chat.language)
        if not question:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        chat = replace(chat, pending=question)
        yield "", self._thread(chat, render.waiting(question, s), s), chat
        answer = None
        try:
            filters = sent(limits)
            for answer, begun in self._growing(question, chat, filters):
                yield gr.skip(), self._thread(chat, render.partial(answer, begun, s), s), gr.skip()
            if answer:
                self._watch.answered(chat.user, answer)
                chat = self._kept(chat, answer, filters, instead, s)
        except RagError as error:
            _log.warning("%s: %s", type(error).__name__, error)
            self._watch.unanswered(chat.user, question, "failed")
            chat = chat.with_turn(question, render.problem(question, message(error, s), s))
        except Exception:  # a bug: the reader gets one line, the log the traceback
            _log.exception("a question of %d characters could not be answered", len(question))
            self._watch.unanswered(chat.user, question, "failed")
            chat = chat.with_turn(question, render.problem(question, s.other_error, s))
        yield gr.skip(), self._thread(chat, "", s), chat

    def stop(self, chat: Chat, request: gr.Request) -> tuple[Any, str, Chat]:
        """End a running answer, which is not kept."""
        chat = self._known(chat, request)
        s = strings(chat.language)
        if chat.pending:
            self._watch.unanswered(chat.user, chat.pending, "stopped")
            chat = chat.with_turn(chat.pending, render.stopped(chat.pending, s))
        return gr.skip(), self._thread(chat, "", s), chat

    def clear(self, chat: Chat, request: gr.Request) -> tuple[Any, ...]:
        """Start a new conversation without limits."""
        chat = self._known(chat, request)
        s, new = strings(chat.language), Chat(chat.language, chat.user)
        return "", self._thread(new, "", s), new, {}, self._scope(Filters(), s)

    def narrow(self, limits: Sent, event: gr.EventData, request: gr.Request) -> tuple[Sent, str]:
        """Add a limit of the essays, or take one away."""
        given: dict[str, Any] = event._data or {}
        field, value = str(given.get("field")), str(given.get("value") or "")
        try:
            filters = narrowed(sent(limits), field, value, bool(given.get("drop")))
        except BadInput:
            filters = Filters()
        return asdict(filters), self._scope(filters, language(request))

    def _known(self, chat: Chat, request: gr.Request) -> Chat:
        """Return `chat`, taken from the history where the server has forgotten it.

        It does so when it is started anew, and an hour after a page has gone to sleep.
        """
        if chat.user:
            return chat
        s = language(request)
        empty = Chat(s.language, user_of(request))
        return self._continued(empty, request.query_params.get("chat"), s)

    def _continued(self, chat: Chat, conversation_id: str | None, s: Strings) -> Chat:
        """Return `chat` with the turns that the history holds; empty where it holds none."""
        try:
            turns = self._history.turns(chat.user, conversation_id or "")
        except KeyError:
            return chat
        asked = tuple(turn.answer.question for turn in turns)
        html = [self._shown.turn(turn, s, asked, turn is turns[-1]) for turn in turns[-TURNS_KEPT:]]
        return replace(
            chat,
            conversation_id=conversation_id,
            turns=tuple(html),
            questions=asked[-TURNS_KEPT:],
            last=turns[-1].answer_id if turns else None,
        )

    def _kept(
        self, chat: Chat, answer: Answer, filters: Filters, instead: str | None, s: Strings
    ) -> Chat:
        """Return `chat` with a whole answer, which the history now holds."""
        if instead:
            kept = self._history.replace(chat.user, instead, answer)
        else:
            kept = self._history.add(chat.user, chat.conversation_id, answer, filters)
        asked = (*chat.questions, answer.question)
        chat = chat.with_turn(answer.question, self._shown.turn(kept, s, asked))
        return replace(chat, conversation_id=kept.conversation_id, last=kept.answer_id)

    def _growing(
        self, question: str, chat: Chat, filters: Filters
    ) -> Iterator[tuple[Answer, tuple[Block, ...]]]:
        """Yield the answer with what is to be shown of it by now.

        One from the essays is shown in steps, one that a language model words grows by itself.
        """
        answer = None
        for answer in self._assistant.asking(question, chat.questions, filters):
            if self._assistant.worded:
                yield answer, answer.blocks
        if answer and not self._assistant.worded:
            for begun in beginnings(answer.blocks, _STEPS):
                yield answer, begun
                time.sleep(_STEP_SECONDS)

    def _thread(self, chat: Chat, last: str, s: Strings) -> str:
        turns = (*chat.turns, last) if chat.turns or last else (self._empty(s),)
        state = searched(self._assistant, s)
        return self._rooted(render.thread(turns, s, chat.conversation_id or "", state))

    def _empty(self, s: Strings) -> str:
        records = self._assistant.records
        return render.welcome(examples(records.essays(), records.measures(), s), s)

    def _scope(self, filters: Filters, s: Strings) -> str:
        return scope(filters, choices(self._assistant.records.essays(), s), s)


def beginnings(blocks: tuple[Block, ...], most: int) -> Iterator[tuple[Block, ...]]:
    """Yield at most `most` growing beginnings of `blocks`, the last one whole.

    They end with a block, or after a mark in it.
    """
    ends = [(*blocks[:at], part) for at, block in enumerate(blocks) for part in _parts(block)]
    step = max(1, -(-len(ends) // most))
    yield from reversed(ends[::-step])


def _parts(block: Block) -> Iterator[Block]:
    """Yield what there is of `block` up to each mark, then all of it."""
    if not isinstance(block, Table):
        for end, inline in enumerate(block.inlines[:-1], 1):
            if isinstance(inline, Mark):
                yield replace(block, inlines=block.inlines[:end])
    yield block


def message(error: RagError, s: Strings) -> str:
    """Return what went wrong in the reader's language; the log has the error's own words."""
    messages = {
        BadInput: s.bad_input,
        IndexMissing: s.index_missing,
        IndexMismatch: s.index_mismatch,
        IndexDamaged: s.index_damaged,
        StoreFailed: s.store_failed,
    }
    return messages.get(type(error), s.other_error)

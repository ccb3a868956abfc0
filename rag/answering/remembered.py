"""The states of conversations, kept by the questions that led to them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from rag.answering.conversation import State
from rag.answering.named import Name
from rag.limits import MOST_TURNS

_KEPT = 2_000  # states

History = tuple[str, ...]


class Conversations:
    """The last states, of all conversations together. Thread-safe."""

    def __init__(self) -> None:
        self._states: OrderedDict[History, State] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, history: History, state: State) -> None:
        """Keep the state after these questions; the one that was used longest ago goes.

        Of a long conversation only the last questions are given the next time, so they are the key.
        """
        history = history[-MOST_TURNS:]
        with self._lock:
            self._states[history] = state
            self._states.move_to_end(history)
            while len(self._states) > _KEPT:
                self._states.popitem(last=False)

    def known(self, history: History) -> tuple[int, State]:
        """Return the last kept state, and how many of the questions it is after."""
        with self._lock:
            for length in range(len(history), 0, -1):
                if state := self._states.get(history[:length][-MOST_TURNS:]):
                    return length, state
        return 0, State()

    def take_over(
        self, before: "Conversations", is_same: Callable[[str], bool],
        renewed: Callable[[Name], Name | None],
    ) -> None:  # fmt: skip
        """Go on with the conversations of an earlier generation that lean on nothing that changed.

        What stood on screen then is what 第三条 means now. One that leans on a changed essay, or on
        a name that is not known any more, is read again when it goes on.

        Args:
            before: the conversations of that generation.
            is_same: whether an essay, by its id, says here what it said there.
            renewed: a name with the essays that it means here; None where it is not known.
        """
        is_same, renewed = cache(is_same), cache(renewed)
        with before._lock:
            states = [*before._states.items()]
        for history, state in states:
            essays = {*state.essays, *state.limit, *(item.essay_id for item in state.items)}
            if not all(map(is_same, essays)):
                continue
            names = tuple(filter(None, map(renewed, state.names)))
            recent = tuple(filter(None, map(renewed, state.recent)))
            read = tuple(one for one in state.read if all(map(is_same, one.essays)))
            if (len(names), len(recent)) == (len(state.names), len(state.recent)):
                now = replace(state, names=names, recent=recent, read=read, refused=None)
                self.keep(history, now)

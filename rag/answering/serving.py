"""Which generation answers: the current one, or the last whole one where that is damaged.

A new generation is noticed between two questions; while one thread opens it, the others go on
with the old one. One that cannot be used never answers, and `warning` says why.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass

from rag.answering.answerer import Answerer
from rag.answering.reader import OnnxReader, load_reader
from rag.encoding import Encoder
from rag.errors import BadEncoder, IndexDamaged, RagError
from rag.index import FolderStore, Generation
from rag.messages import both
from rag.retrieval import Retriever
from rag.settings import Settings

_log = logging.getLogger(__name__)
_AGAIN = 10.0  # seconds until what could not be opened is tried again: a copy may be on its way


@dataclass(frozen=True, slots=True)
class Opened:
    """One generation with what answers from it; replaced as a whole."""

    generation: Generation
    retriever: Retriever
    answerer: Answerer


@dataclass(frozen=True, slots=True)
class Steady:
    """One generation for good, whichever serves later."""

    store: FolderStore
    opened: Opened
    warning: str | None = None

    def current(self) -> Opened:
        """Return that generation."""
        return self.opened


class Opener:
    """Opens generations of one index; what they share is loaded once."""

    def __init__(self, store: FolderStore, settings: Settings, encoder: Encoder | None) -> None:
        self.store = store
        self._encoder = encoder
        self._reader = _reader(settings)

    def open(self, name: str) -> Opened:
        """Open a generation.

        Raises:
            IndexMismatch: it was made by another encoder, tokenizer or format.
            IndexDamaged: a file of it is missing or broken.
        """
        generation = self.store.open(self._encoder, name)
        retriever = Retriever(generation, self._encoder)
        answerer = Answerer(generation, retriever, self._reader, self._encoder)
        return Opened(generation, retriever, answerer)

    def steady(self, name: str) -> Steady:
        """Open a generation for good; it raises what `open` does."""
        return Steady(self.store, self.open(name))


def _reader(settings: Settings) -> OnnxReader | None:
    """The reader, unless it is switched off; where it is damaged, answers do without."""
    if settings.reader == "none":
        return None
    try:
        return load_reader()
    except BadEncoder as error:
        _log.warning("questions are answered without the reader: %s", error)
        return None


class Serving:
    """The generation of an index that answers; safe for several threads at once."""

    def __init__(self, opener: Opener) -> None:
        """Open the current generation, or the last whole one before it.

        Raises:
            IndexMissing: nothing was built yet.
            IndexMismatch: the index was made by another encoder, tokenizer or format.
            IndexDamaged: a file of it is missing or broken, and there is no older one to take.
        """
        self._opener = opener
        self.store = opener.store
        self._turn = threading.Lock()
        self._tried = self.store.current()
        self._again = math.inf  # when the generation that was tried is tried again
        self.warning: str | None = None
        try:
            self._open = opener.open(self._tried)
        except IndexDamaged as error:
            self._open = self._older(self._tried, error)

    def current(self) -> Opened:
        """Return what answers now, changed over if another generation serves now."""
        self._change_over()
        return self._open

    def _change_over(self) -> None:
        try:
            named = self.store.current()
        except (RagError, OSError):
            return
        if not self._is_due(named) or not self._turn.acquire(blocking=False):
            return
        try:
            if self._is_due(named):
                self._tried, self._again = named, math.inf
                opened = self._opener.open(named)
                opened.answerer.take_over(self._open.answerer)
                self._open, self.warning = opened, None
        except (RagError, OSError) as error:
            self._again = time.monotonic() + _AGAIN
            told = "the new index {name} cannot be used, the old one answers: {error}"
            self._warn(both(told, name=named, error=error))
        finally:
            self._turn.release()

    def _is_due(self, named: str) -> bool:
        """Whether the generation that serves now is to be opened."""
        return named != self._tried or time.monotonic() >= self._again

    def _older(self, damaged: str, damage: IndexDamaged) -> Opened:
        """Open the last whole generation before a damaged one."""
        for name in self.store.whole_before(damaged):
            try:
                opened = self._opener.open(name)
            except RagError:  # of another encoder or format
                continue
            told = "the index {damaged} cannot be used, {name} answers: {damage}"
            self._warn(both(told, damaged=damaged, name=name, damage=damage))
            return opened
        raise damage

    def _warn(self, warning: str) -> None:
        if warning != self.warning:
            _log.warning("%s", warning)
        self.warning = warning

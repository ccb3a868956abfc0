"""The one rebuild that may run at a time, in a thread, and how far it is."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rag.errors import (
    CorpusGone,
    EmptyCorpus,
    EncoderFailed,
    IndexBusy,
    IndexNotWritten,
    RagError,
)
from rag.messages import cause, said
from rag.pipeline import build
from rag.settings import Settings
from ui.strings import Strings
from ui.watch import Watch

_log = logging.getLogger(__name__)
_TEXTS: dict[type[Exception], str] = {  # what a reader is told of an error
    CorpusGone: "build_gone",
    EmptyCorpus: "build_empty",
    EncoderFailed: "build_encoder",
    IndexBusy: "build_busy",
    IndexNotWritten: "build_full",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rebuild is; `detail` is the new generation, or what went wrong."""

    state: Literal["idle", "building", "built", "failed"] = "idle"
    step: str = ""
    done: int = 0
    total: int = 0
    detail: str = ""
    text: str = "build_other"  # the name of the text on what went wrong
    began: float = 0.0  # seconds since 1970: what changed later may not be in it

    def failure(self, s: Strings) -> str:
        """Say what went wrong in the reader's language."""
        return s.build_failed.format(
            why=str(getattr(s, self.text)).format(why=said(self.detail, s.language))
        )


class Rebuild:
    """Rebuilds the index of `settings` from its corpus."""

    def __init__(self, settings: Settings, watch: Watch) -> None:
        self._settings, self._watch = settings, watch
        self._lock = threading.Lock()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """Where the rebuild is now."""
        return self._progress

    def start(self, anew: bool = False) -> bool:
        """Start a rebuild, of all files if `anew`; False where one is running."""
        with self._lock:
            if self._progress.state == "building":
                return False
            self._progress = Progress("building", began=time.time())
        threading.Thread(target=self._run, args=(anew,), daemon=True).start()
        return True

    def _run(self, anew: bool) -> None:
        settings, began = self._settings, self._progress.began
        corpus, index = Path(settings.corpus), Path(settings.index)
        try:
            made = build([corpus], index, settings, self._tell, anew=anew)
        except (RagError, OSError) as error:
            text = _TEXTS.get(type(error), "build_other")
            self._progress = Progress("failed", detail=_line(error), text=text)
        except Exception as error:  # a bug: the log has the traceback, the old index goes on
            _log.exception("the rebuild failed")
            self._progress = Progress("failed", detail=type(error).__name__)
        else:
            self._progress = Progress("built", detail=made.generation, began=began)
        self._watch.built(self._progress.state == "built")

    def _tell(self, step: str, done: int, total: int) -> None:
        self._progress = replace(self._progress, step=step, done=done, total=total)


def _line(error: RagError | OSError) -> str:
    return error.message if isinstance(error, RagError) else cause(error)

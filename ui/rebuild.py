"""The one rebuild that may run at a time, and how far it is."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rag.beside import build
from rag.errors import RagError
from rag.messages import cause
from rag.settings import Settings
from ui.watch import Watch

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rebuild is; `detail` is the new generation, or what went wrong."""

    state: Literal["idle", "building", "built", "failed"] = "idle"
    step: str = ""
    done: int = 0
    total: int = 0
    detail: str = ""
    began: float = 0.0  # seconds since 1970: what changed later may not be in it


class Rebuild:
    """Rebuilds the index of `settings` from its corpus."""

    def __init__(self, settings: Settings, watch: Watch) -> None:
        self._settings, self._watch = settings, watch
        self._lock = threading.Lock()
        self.progress = Progress()  # where the rebuild is now

    def start(self, anew: bool = False) -> bool:
        """Start a rebuild, of all files if `anew`; False where one is running."""
        with self._lock:
            if self.progress.state == "building":
                return False
            self.progress = Progress("building", began=time.time())
        threading.Thread(target=self._run, args=(anew,), daemon=True).start()
        return True

    def _run(self, anew: bool) -> None:
        settings, began = self._settings, self.progress.began
        corpus, index = Path(settings.corpus), Path(settings.index)
        try:
            made = build([corpus], index, settings, self._tell, anew=anew)
        except (RagError, OSError) as error:
            detail = error.message if isinstance(error, RagError) else cause(error)
            self.progress = Progress("failed", detail=detail)
        except Exception as error:  # a bug: the log has the traceback, the old index goes on
            _log.exception("the rebuild failed")
            self.progress = Progress("failed", detail=type(error).__name__)
        else:
            self.progress = Progress("built", detail=made, began=began)
        self._watch.built(self.progress.state == "built")

    def _tell(self, step: str, done: int, total: int) -> None:
        self.progress = replace(self.progress, step=step, done=done, total=total)

"""The one rebuild that may run at a time, in a thread, and how far it is."""

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rag.errors import RagError
from rag.pipeline import build
from rag.settings import Settings
from ui.metrics import Metrics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rebuild is; `detail` is the new generation, or what went wrong."""

    state: Literal["idle", "building", "built", "failed"] = "idle"
    step: str = ""
    done: int = 0
    total: int = 0
    detail: str = ""


class Rebuild:
    """Rebuilds the index of `settings` from its corpus."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._lock = threading.Lock()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """Where the rebuild is now."""
        return self._progress

    def start(self) -> bool:
        """Start a rebuild; False where one is running."""
        with self._lock:
            if self._progress.state == "building":
                return False
            self._progress = Progress("building")
        threading.Thread(target=self._run, daemon=True).start()
        return True

    def _run(self) -> None:
        settings = self._settings
        try:
            made = build([Path(settings.corpus)], Path(settings.index), settings, self._tell)
        except (RagError, OSError) as error:
            self._progress = Progress("failed", detail=str(error))
        except Exception as error:  # a bug: the log has the traceback, the old index goes on
            _log.exception("the rebuild failed")
            self._progress = Progress("failed", detail=type(error).__name__)
        else:
            self._progress = Progress("built", detail=made.generation)
        self._metrics.built(self._progress.state == "built")

    def _tell(self, step: str, done: int, total: int) -> None:
        self._progress = replace(self._progress, step=step, done=done, total=total)

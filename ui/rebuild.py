"""The one rebuild that may run at a time, in a thread, and what the last one reported."""

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from rag.errors import RagError
from rag.pipeline import build
from rag.report import BuildReport
from rag.settings import Settings
from ui.metrics import Metrics

FILE_NAME = "report.json"
_REPORTS: TypeAdapter[BuildReport] = TypeAdapter(BuildReport)

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

    @property
    def report(self) -> BuildReport | None:
        """What the last rebuild that was started here made; None where there was none."""
        try:
            return _REPORTS.validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def start(self) -> bool:
        """Start a rebuild; False where one is running."""
        with self._lock:
            if self._progress.state == "building":
                return False
            self._progress = Progress("building")
        threading.Thread(target=self._run, daemon=True).start()
        return True

    @property
    def _path(self) -> Path:
        return Path(self._settings.data) / FILE_NAME

    def _run(self) -> None:
        settings = self._settings
        try:
            made = build([Path(settings.corpus)], Path(settings.index), settings, self._tell)
            self._path.write_bytes(_REPORTS.dump_json(made, indent=1))
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

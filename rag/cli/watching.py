"""`rag build --watch`: a new generation whenever the corpus has changed, until told to stop."""

import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rag.cli.console import say, shown
from rag.cli.reporting import states
from rag.errors import IndexBusy, RagError
from rag.messages import Bilingual, both
from rag.reading.folders import look
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.pipeline import Gate
    from rag.report import BuildReport

_KEPT = 2  # generations beside the one that serves, as `rag index prune` leaves them


def watch(paths: Sequence[Path], settings: Settings, gate: "Gate | None") -> int:
    """Build now and after every change, once it has settled; return when Ctrl-C or SIGTERM comes.

    One line says what each build made. One that fails leaves the old generation serving and the
    watch going on; where another build holds the index, it is tried again.
    """
    watched = [*paths, *([Path(settings.dictionary)] if settings.dictionary else [])]
    before = signal.signal(signal.SIGTERM, _stop)
    busy: str | None = None
    try:
        while True:
            built, waiting = look(watched), busy
            busy = _build(paths, settings, gate)
            if busy and busy != waiting:
                _say(both("waits: {why}", why=busy))
            while not busy and look(watched) == built:
                time.sleep(settings.watch_seconds)
            _settle(watched, settings.watch_seconds)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def _settle(watched: Sequence[Path], seconds: float) -> None:
    """Return when nothing has changed for a while: who copies files is not done at the first."""
    now = None
    while now != (now := look(watched)):
        time.sleep(seconds)


def _build(paths: Sequence[Path], settings: Settings, gate: "Gate | None") -> str | None:
    """Build and say in one line what came of it; return who is building where that is another."""
    from rag.index import open_store
    from rag.pipeline import build

    index = Path(settings.index)
    try:
        report = build(paths, index, settings, gate=gate)
        with suppress(IndexBusy):  # somebody builds already, and the next build prunes too
            open_store(index, settings).prune(_KEPT)
        _say(_told(report))
    except IndexBusy as error:
        return error.message
    except RagError as error:
        _say(both("failed: {why}", why=error))
    return None


def _told(report: "BuildReport") -> Bilingual:
    held = both("does not serve: {why}", why=report.held_back)
    return both(
        "generation {generation} {serves}; {essays} essays, {passages} passages in {seconds:.1f} s;"
        " {states}",
        generation=report.generation,
        serves=held if report.held_back else both("serves"),
        essays=report.essays,
        passages=report.passages,
        seconds=sum(report.seconds.values()),
        states=states(report),
    )


def _say(text: str) -> None:
    say(f"{datetime.now():%Y-%m-%d %H:%M:%S} {shown(text)}")
    sys.stdout.flush()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Take SIGTERM for Ctrl-C, so that a build that is running cleans up behind itself."""
    raise KeyboardInterrupt

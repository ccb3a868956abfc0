"""What the server is asked and how it does: audit, metrics, and the paths that tell of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from rag.audit import Audit, Fact
from rag.errors import RagError
from rag.pipeline import Assistant, Searching
from rag.types import Answer
from ui.metrics import CONTENT_TYPE, Metrics

_AT_ONCE = 2  # of those who watch
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """The audit log and the metrics of one server."""

    audit: Audit
    metrics: Metrics

    def answered(self, user: str, answer: Answer) -> None:
        """Note a question that was answered or refused."""
        self.metrics.answered(answer)
        outcome = "refused" if answer.abstained else "answered"
        self._noted(
            lambda: self.audit.asked(
                user, answer.question, outcome=outcome, generation=answer.generation
            )
        )

    def unanswered(self, user: str, question: str, outcome: Literal["failed", "stopped"]) -> None:
        """Note a question that got no answer."""
        self.metrics.unanswered(outcome)
        self._noted(lambda: self.audit.asked(user, question, outcome=outcome))

    def logged_in(self, user: str, outcome: str, address: str) -> None:
        """Note a login: done, refused, locked out or too many."""
        self.metrics.logged_in(outcome)
        self.note("login", user, outcome=outcome, address=address)

    def note(self, event: str, user: str, **facts: Fact) -> None:
        """Note anything else that is to be known later."""
        self._noted(lambda: self.audit.write(event, user, **facts))

    def _noted(self, write: Callable[[], None]) -> None:
        """Write to the audit log; a full disk is said in the log and ends nobody's work."""
        try:
            write()
        except OSError as error:
            _log.error("the audit log cannot be written: %s", error.strerror)


def routes(assistant: Assistant, metrics: Metrics) -> APIRouter:
    """Return the routes that a supervisor and Prometheus ask.

    They do not wait for a thread behind those who ask questions.
    """
    router, own = APIRouter(), CapacityLimiter(_AT_ONCE)

    def state() -> str:
        return "ok" if assistant.warning is None else "the newest index cannot be used"

    def searching() -> Searching | None:
        try:
            return assistant.searching
        except RagError:  # there is no index that answers
            return None

    def answering() -> JSONResponse:
        said = {"status": state(), "generation": assistant.generation}
        return JSONResponse({**said, "searching": assistant.searching})

    @router.get("/health")
    async def health() -> JSONResponse:
        """Whether the process answers at all, whether by the newest index, and searching how."""
        by = await to_thread.run_sync(searching, limiter=own)
        return JSONResponse({"status": "ok", "index": state(), "searching": by})

    @router.get("/ready")
    async def ready() -> JSONResponse:
        """Whether questions are answered, whether by the newest index, and searching how."""
        return await to_thread.run_sync(answering, limiter=own)

    @router.get("/metrics")
    async def measured() -> Response:
        text = await to_thread.run_sync(metrics.text, assistant, limiter=own)
        return Response(text, media_type=CONTENT_TYPE)

    return router

"""What the server is asked and how it does: audit, metrics, the paths that tell of it, and logs.

The metrics are for Prometheus; no text and no name of a user is among them.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from rag.audit import Audit, Fact
from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Answer

_AT_ONCE = 2  # of those who watch
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FORMS = ("text", "json")
_FACTS = ("request", "method", "path", "status", "milliseconds", "user", "address")
_log = logging.getLogger(__name__)


class Watch:
    """The audit log and the counters of one server."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        count, state = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        spread = partial(Histogram, registry=registry, buckets=_SECONDS)
        self._requests = count("youju_http_requests", "Requests.", ["path", "method", "status"])
        self._request_seconds = spread(
            "youju_http_request_seconds", "Until the last byte of the answer.", ["path"]
        )
        self._questions = count("youju_questions", "Questions.", ["outcome"])
        self._answer_seconds = spread("youju_answer_seconds", "Work on one question.")
        self._logins = count("youju_logins", "Logins.", ["outcome"])
        self._builds = count("youju_builds", "Builds here.", ["outcome"])
        self._generation = state(
            "youju_index_generation", "The generation that answers: always 1.", ["generation"]
        )
        self._refused = state(
            "youju_index_refused", "1 while the current generation cannot be used."
        )
        for outcome in ("answered", "refused", "failed", "stopped"):
            self._questions.labels(outcome)
        for outcome in ("done", "failed"):
            self._builds.labels(outcome)

    def requested(self, rule: str, method: str, status: int, seconds: float) -> None:
        """Count a request by the rule that spoke for its path, of which there are few."""
        self._requests.labels(rule, method, str(status)).inc()
        self._request_seconds.labels(rule).observe(seconds)

    def answered(self, user: str, answer: Answer) -> None:
        """Note a question that was answered or refused."""
        self._answer_seconds.observe(answer.seconds.get("total", 0.0))
        outcome = "refused" if answer.abstained else "answered"
        self.asked(user, answer.question, outcome, answer.generation)

    def asked(self, user: str, question: str, outcome: str, generation: str | None = None) -> None:
        """Note what became of a question: answered, refused, failed or stopped."""
        self._questions.labels(outcome).inc()
        self._noted(self._audit.asked, user, question, outcome=outcome, generation=generation)

    def logged_in(self, user: str, outcome: str, address: str) -> None:
        """Note a login: done, refused, locked out or too many."""
        self._logins.labels(outcome).inc()
        self.note("login", user, outcome=outcome, address=address)

    def built(self, done: bool) -> None:
        """Count a build that the server was asked for."""
        self._builds.labels("done" if done else "failed").inc()

    def note(self, event: str, user: str, **facts: Fact) -> None:
        """Note anything else that is to be known later."""
        self._noted(self._audit.write, event, user, **facts)

    def _noted(self, write: Callable[..., None], *told: str, **facts: Fact) -> None:
        """Write to the audit log; a full disk is said in the log and ends nobody's work."""
        try:
            write(*told, **facts)
        except OSError as error:
            _log.error("the audit log cannot be written: %s", error.strerror)

    def text(self, assistant: Assistant) -> bytes:
        """Return everything as Prometheus reads it."""
        self._generation.clear()
        self._generation.labels(assistant.generation).set(1)
        self._refused.set(assistant.warning is not None)
        return generate_latest(self._registry)


def routes(assistant: Assistant, watch: Watch) -> APIRouter:
    """Return the routes that a supervisor and Prometheus ask.

    They do not wait for a thread behind those who ask questions.
    """
    router, own = APIRouter(), CapacityLimiter(_AT_ONCE)

    def answering() -> JSONResponse:
        state = "ok" if assistant.warning is None else "the newest index cannot be used"
        told = {"status": state, "generation": assistant.generation}
        return JSONResponse({**told, "searching": assistant.searching})

    @router.get("/health")
    async def health() -> JSONResponse:
        """Whether the process answers at all."""
        return JSONResponse({"status": "ok"})

    @router.get("/ready")
    async def ready() -> JSONResponse:
        """Whether questions are answered, whether by the newest index, and searching how."""
        return await to_thread.run_sync(answering, limiter=own)

    @router.get("/metrics")
    async def measured() -> Response:
        text = await to_thread.run_sync(watch.text, assistant, limiter=own)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


class JsonLines(logging.Formatter):
    """One JSON object a line; a line break in a path or message stays inside its string."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in _FACTS if name in record.__dict__}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(settings: Settings) -> None:
    """Log to stderr warnings as text, or with every request as JSON; BadInput for another form."""
    if settings.log not in _FORMS:
        raise BadInput(
            "setting log must be {forms}, got {log!r}", forms=" or ".join(_FORMS), log=settings.log
        )
    if settings.log == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
        logging.getLogger("youju").setLevel(logging.INFO)

"""What the server counts, for Prometheus; no text and no name of a user is among it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from rag.errors import RagError
from rag.pipeline import Assistant
from rag.types import Answer

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "youju_http_requests", "Requests.", ["path", "method", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "youju_http_request_seconds", "Until the last byte of the answer.", ["path"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._questions = Counter("youju_questions", "Questions.", ["outcome"], registry=registry)
        self._answer_seconds = Histogram(
            "youju_answer_seconds", "Work on one question.", buckets=_SECONDS, registry=registry
        )
        self._logins = Counter("youju_logins", "Logins.", ["outcome"], registry=registry)
        self._builds = Counter("youju_builds", "Builds here.", ["outcome"], registry=registry)
        self._generation = Gauge(
            "youju_index_generation", "The generation that answers: always 1.", ["generation"],
            registry=registry,
        )  # fmt: skip
        self._count = Gauge("youju_index_items", "What it holds.", ["what"], registry=registry)
        self._refused = Gauge(
            "youju_index_refused", "1 while the current generation cannot be used.",
            registry=registry,
        )  # fmt: skip
        self._finished = Gauge(
            "youju_index_generations", "Finished generations in the folder.", registry=registry
        )
        for outcome in ("answered", "refused", "failed", "stopped"):
            self._questions.labels(outcome)
        for outcome in ("done", "failed"):
            self._builds.labels(outcome)

    def requested(self, rule: str, method: str, status: int, seconds: float) -> None:
        """Count a request by the rule that spoke for its path, of which there are few."""
        self._requests.labels(rule, method, str(status)).inc()
        self._request_seconds.labels(rule).observe(seconds)

    def answered(self, answer: Answer) -> None:
        """Count a question that was answered or refused."""
        self._questions.labels("refused" if answer.abstained else "answered").inc()
        self._answer_seconds.observe(answer.seconds.get("total", 0.0))

    def unanswered(self, outcome: str) -> None:
        """Count a question that was stopped, or that failed: an error, or one that is too long."""
        self._questions.labels(outcome).inc()

    def logged_in(self, outcome: str) -> None:
        """Count a login: done, refused, locked out or too many."""
        self._logins.labels(outcome).inc()

    def built(self, done: bool) -> None:
        """Count a build that the server was asked for."""
        self._builds.labels("done" if done else "failed").inc()

    def text(self, assistant: Assistant) -> bytes:
        """Return everything as Prometheus reads it."""
        self._generation.clear()
        self._generation.labels(assistant.generation).set(1)
        self._refused.set(assistant.warning is not None)
        try:
            known = assistant.store.generations()
        except (RagError, OSError):
            known = ()
        self._finished.set(len(known))
        for name, manifest, _ in known:
            if manifest and name == assistant.generation:
                for what, count in manifest.counts.items():
                    self._count.labels(what).set(count)
        return generate_latest(self._registry)

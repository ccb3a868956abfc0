"""What the server logs: lines for a person, or JSON objects for a collector, on stderr."""

import json
import logging
from datetime import UTC, datetime

from rag.errors import BadInput
from rag.settings import Settings

_FORMS = ("text", "json")
_FACTS = ("request", "method", "path", "status", "milliseconds", "user", "address")


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
    """Log to stderr as the settings say: warnings as text, or with every request as JSON.

    Raises:
        BadInput: the settings name no such form.
    """
    if settings.log not in _FORMS:
        raise BadInput(
            "setting log must be {forms}, got {log!r}", forms=" or ".join(_FORMS), log=settings.log
        )
    if settings.log == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
        logging.getLogger("youju").setLevel(logging.INFO)

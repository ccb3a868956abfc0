"""Who did what, when and on which generation: one JSON object a line, only ever added to.

The file is opened anew for every line, so it can be rotated by renaming it.
"""

import errno
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import BadInput, failing_as
from rag.settings import Settings

FILE_NAME = "audit.jsonl"
Fact = str | int | float | bool | None


class Audit:
    """The audit log of one server; usable from several threads."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Write to `folder`, unless the settings switch the log off.

        Raises:
            BadInput: the folder or file cannot be written.
        """
        self._path, self._on, self._text = folder / FILE_NAME, settings.audit, settings.audit_text
        self._turn = threading.Lock()
        told = "cannot write the audit log {path}: {why}; set RAG_DATA"
        with failing_as(BadInput, told, path=self._path):
            if self._on:
                folder.mkdir(parents=True, exist_ok=True)
                self._append("")

    def write(self, event: str, user: str, **facts: Fact) -> None:
        """Add a line; None is left out.

        Raises:
            OSError: it cannot be written, e.g. because the disk is full.
        """
        if self._on:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            told = {name: value for name, value in facts.items() if value is not None}
            line = {"at": at, "event": event, "user": user, **told}
            self._append(json.dumps(line, ensure_ascii=False) + "\n")

    def asked(self, user: str, question: str, **facts: Fact) -> None:
        """Add a line on a question; its length stands for a text that is not to be kept."""
        text: dict[str, Fact] = (
            {"question": question} if self._text else {"characters": len(question)}
        )
        self.write("asked", user, **text, **facts)

    def _append(self, line: str) -> None:
        """Write a whole line in one call, which O_APPEND keeps from mixing with another's."""
        with self._turn:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                data = line.encode("utf-8", "backslashreplace")
                if (written := os.write(file, data)) < len(data):  # the disk is full
                    os.ftruncate(file, os.fstat(file).st_size - written)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(file)

"""Every error a user can meet.

Every message is one line that says what is wrong and what to do next, in English and Chinese.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rag.messages import Bilingual, both, cause


class RagError(Exception):
    """Base of all errors that are shown to the user as one line, without a traceback.

    `str` gives the English, `zh` the Chinese.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(both(template, **values))

    @property
    def message(self) -> Bilingual:
        """The line in both languages."""
        return both(self.args[0])

    @property
    def zh(self) -> str:
        """The line in Chinese."""
        return self.message.zh


@contextmanager
def failing_as(
    kind: type[RagError], template: str, /, *errors: type[Exception], **values: object
) -> Iterator[None]:
    """Raise `kind` where the system, or one of `errors`, fails meanwhile; `{why}` is what it says.

    >>> with failing_as(BadInput, "cannot write {path}: {why}", path="/none"):
    ...     open("/none/there", "wb")
    Traceback (most recent call last):
    rag.errors.BadInput: cannot write /none: No such file or directory
    """
    caught: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except caught as error:
        raise kind(template, why=cause(error), **values) from error


class BadInput(RagError):
    """A question, option, setting or path that cannot be used as given."""


class UnreadableFile(RagError):
    """One file that cannot be read; the others go on."""


class EmptyCorpus(RagError):
    """No readable text under the given paths; `files` are the reports that say why."""

    def __init__(self, template: str, files: Sequence[Any] = (), **values: object) -> None:
        super().__init__(template, **values)
        self.files = files


class CorpusGone(RagError):
    """A file that a build listed is gone before it was read, as when a drive drops."""


class IndexMissing(RagError):
    """No index at that path yet."""


class IndexMismatch(RagError):
    """The index on disk does not fit the running settings."""


class IndexOutdated(IndexMismatch):
    """The index on disk has a format that this program does not read."""


class IndexDamaged(RagError):
    """A file of the index is missing or differs from its manifest."""


class IndexBusy(RagError):
    """Another build is writing the index; one at a time may."""


class IndexNotWritten(RagError):
    """The index cannot be written: the disk is full, or the folder read-only or not permitted."""


class DataNotWritten(RagError, sqlite3.OperationalError):
    """History or accounts that cannot be written; what was there is as it was."""


class BackupFailed(RagError):
    """A backup that cannot be made, is damaged, or cannot be put back."""


class StoreFailed(RagError):
    """The server that holds the index cannot be reached, or does not do what it is asked."""


class BadEncoder(RagError):
    """A model folder that is missing, broken or of another dimension."""


class EncoderFailed(RagError):
    """An encoder that does not answer with vectors; `temporary` if it may later."""

    def __init__(self, template: str, *, temporary: bool = False, **values: object) -> None:
        super().__init__(template, **values)
        self.temporary = temporary


class WorkerLost(RagError):
    """A process that a build had started ended before its work."""


class Overloaded(RagError):
    """More questions wait than can be answered soon, or one has waited too long."""


class OutOfMemory(RagError):
    """A build needs more memory than the machine, or a limit on it, gives."""

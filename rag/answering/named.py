"""What a question names, as the search for names hands it on."""

from dataclasses import dataclass
from typing import Literal

NameKind = Literal[
    "title", "document_number", "place", "person", "office", "publication", "issue"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Referent:
    """What a written name stands for."""

    kind: NameKind
    value: str  # the full name: 太湖县 for 太湖; a title; "32" for an issue
    essays: tuple[str, ...] = ()  # ids of those that are about it; () if none is


@dataclass(frozen=True, slots=True)
class Name:
    """One name in a question; `question[start:end] == text`."""

    text: str
    kind: NameKind
    value: str  # as in its referent
    start: int
    end: int
    essays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that no text of the corpus holds."""

    text: str
    suggestion: str | None = None  # the known name that it may be a typing error of


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names, each in order of the question."""

    names: tuple[Name, ...] = ()  # some essay is about each
    mentioned: tuple[Name, ...] = ()  # no essay is about them; `value` is held by some passage
    absent: tuple[Absent, ...] = ()
    excluded: tuple[Name, ...] = ()  # left out: 除了太湖县以外
    rest: str = ""  # the question without all these

    def values(self, *kinds: NameKind) -> tuple[str, ...]:
        """Return the full names of some kinds that essays are about, kind by kind, each once."""
        found = (name.value for kind in kinds for name in self.names if name.kind == kind)
        return tuple(dict.fromkeys(found))

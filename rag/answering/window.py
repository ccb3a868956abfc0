"""A passage as a reader sees it: a line that says where it stands, and its sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from rag.figures import arabic_years
from rag.types import Essay

_TITLE = 30  # characters of a title
_LEAD = 40  # characters of a lead


@dataclass(frozen=True, slots=True)
class Window:
    """What a reader is given beside the question, years in Arabic digits."""

    head: str
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, essay: Essay, trail: Sequence[str], sentences: Sequence[str]) -> Self:
        """Return the window of a passage; `trail` holds the leads it stands under, its own last."""
        own = sentences[0].startswith(trail[-1]) if trail and sentences else True
        lead = "" if own else trail[-1][:_LEAD]
        facts = (essay.place, essay.author, (essay.title or essay.file_name)[:_TITLE], lead)
        head = " ".join(fact for fact in facts if fact)
        return cls(arabic_years(head), tuple(map(arabic_years, sentences)))

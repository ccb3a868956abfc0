"""What limits the essays: chosen by the reader beside the question box, or set by the question."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from html import escape as _e
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.answering.gazetteer import short_place
from rag.answering.naming import Named
from rag.errors import BadInput
from rag.types import Essay, Filters
from ui.render import Limit
from ui.source import essay_title
from ui.strings import Strings

FIELDS = ("place", "author", "essay_id", "date")
_DANGLING = re.compile(r"^[的在对和与及，、\s]+|[和与及、](?=[有在的对怎如])")
_FILTERS: TypeAdapter[Filters] = TypeAdapter(Filters)
_YEAR = 4  # characters of an ISO date

Sent = dict[str, Any]
"""`Filters` as JSON: what the page keeps of them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader can choose from: field → (value, label) in the order of the corpus."""

    place: tuple[tuple[str, str], ...]
    author: tuple[tuple[str, str], ...]
    essay_id: tuple[tuple[str, str], ...]
    date: tuple[tuple[str, str], ...]


def choices(essays: Sequence[Essay], s: Strings) -> Choices:
    """Return what the essays can be limited by."""
    counted = [essay for essay in essays if essay.kind == "essay"]
    authors = [name for essay in counted for name in (essay.author or "").split("、")]
    return Choices(
        place=_once(essay.place for essay in counted),
        author=_once(authors),
        essay_id=tuple((e.essay_id, essay_title(e, s)) for e in counted),
        date=tuple(sorted(_once((essay.date or "")[:_YEAR] for essay in counted), reverse=True)),
    )


def sent(limits: Any) -> Filters:  # noqa: ANN401 (a page of someone else's may send anything)
    """Return the limits that a page sends back, as it was given them.

    Raises:
        BadInput: they are none.
    """
    try:
        return _FILTERS.validate_python(limits or {})
    except ValidationError as error:
        raise BadInput("the limits cannot be read: load the page again") from error


def narrowed(filters: Filters, field: str, value: str, drop: bool = False) -> Filters:
    """Return `filters` with one value more, or without it; an unknown field changes nothing."""
    if field not in FIELDS or not value:
        return filters
    kept = tuple(old for old in getattr(filters, field) if old != value)
    return replace(filters, **{field: kept if drop else (*kept, value)})


def scope(filters: Filters, offered: Choices, s: Strings) -> str:
    """Return the chooser with the chosen as chips that a click removes."""
    labels = _labels(s)
    chosen = "".join(
        f'<button type="button" class="limit" data-drop="{field}" data-value="{_e(value)}" '
        f'aria-label="{_e(s.drop_limit.format(field=labels[field], value=shown))}">'
        f"{_e(s.limit.format(field=labels[field], value=shown))}</button>"
        for field, value, shown in _chosen(filters, offered)
    )
    selects = "".join(
        f'<label>{_e(labels[field])}<select data-narrow="{field}"><option value="">'
        f"{_e(s.anything)}</option>{_options(getattr(offered, field))}</select></label>"
        for field in FIELDS
    )
    return (
        f'<div class="scope"><details><summary>{_e(s.scope)}</summary>'
        f'<div class="pick">{selects}</div></details>{chosen}</div>'
    )


def limits(
    question: str, named: Named, filters: Filters, essays: Sequence[Essay], s: Strings
) -> tuple[Limit, ...]:
    """Return what limited an answer: the names in its question, then what the reader chose.

    Args:
        question: as it was understood.
        named: the names in it.
        filters: what the reader chose.
        essays: all of the corpus.
        s: the interface's language.
    """
    asked = [
        Limit(name, wider)
        for name in (*named.places, *named.people, *named.publications)
        if (wider := _without(question, name))
    ]
    chosen = [Limit(shown) for _, _, shown in _chosen(filters, choices(essays, s))]
    return (*asked, *chosen)


def _without(question: str, name: str) -> str | None:
    """Return the question without a name; None where it does not hold it, or nothing is left."""
    for written in (name, short_place(name)):
        if written in question:
            left = _DANGLING.sub("", question.replace(written, ""))
            return left if len(left) > 1 else None
    return None


def _labels(s: Strings) -> dict[str, str]:
    return {"place": s.place, "author": s.author, "essay_id": s.essay, "date": s.date}


def _chosen(filters: Filters, offered: Choices) -> list[tuple[str, str, str]]:
    """Return (field, value, label) of each value that was chosen."""
    return [
        (field.name, value, dict(getattr(offered, field.name, ())).get(value, value))
        for field in fields(filters)
        for value in getattr(filters, field.name)
    ]


def _options(values: Sequence[tuple[str, str]]) -> str:
    return "".join(f'<option value="{_e(value)}">{_e(label)}</option>' for value, label in values)


def _once(values: Iterable[str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((value, value) for value in dict.fromkeys(values) if value)

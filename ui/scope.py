"""What limits the essays: ticked by the reader in the list of sources, or set by the question."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from urllib.parse import parse_qs

from markupsafe import Markup

from rag.answering.named import Name, Named
from rag.index import Records
from rag.types import Essay, Filters
from ui.render import PARTS, Limit, essay_title
from ui.strings import Strings

FIELDS = ("place", "publication", "date", "essay_id")
GROUPS = ("publication", "place", "date")
_DANGLING = re.compile(r"^[的在对和与及，、\s]+|[和与及、](?=[有在的对怎如])")
_YEAR = 4  # characters of an ISO date
_EVERYWHERE = "各地"
_AS_WRITTEN = frozenset({"title", "issue", "document_number"})  # the rest by their full names
_CHIPS = 5  # limits that are named one by one
_FOUND = 200  # essays that a search lists
Labelled = tuple[tuple[str, str], ...]
"""Values, each with what is shown for it."""


def choices(essays: Sequence[Essay]) -> dict[str, Labelled]:
    """Return what the essays can be limited by: field → (value, label), in corpus order."""
    places, publications, authors, dates = (
        [value for essay in essays if essay.kind == "essay" and (value := getattr(essay, name))]
        for name in ("place", "publication", "author", "date")
    )
    return {
        "place": _once(places),
        "publication": _once(publications),
        "author": _once(name for several in authors for name in several.split("、")),
        "date": tuple(sorted(_once(date[:_YEAR] for date in dates), reverse=True)),
    }


@dataclass(frozen=True, slots=True)
class Group:
    """Essays that share a place, a publication or a year; "" where none is stated."""

    value: str
    count: int
    essays: Labelled = ()  # id and title, of a group that is open


def sent(query: str) -> Filters:
    """Return what was ticked, as the page's address says it: `place=太湖县&essay_id=…`."""
    given = parse_qs(query)
    return Filters(**{field: tuple(given.get(field, ())) for field in FIELDS})


def resolved(ticked: Filters, records: Records) -> Filters:
    """Return what limits a question to the essays of which any tick speaks.

    `Filters` joins its fields by "and", ticks of several kinds are joined by "or".
    """
    given = [Filters(**{f: getattr(ticked, f)}) for f in FIELDS if getattr(ticked, f)]
    if len(given) < 2:
        return ticked
    ids = dict.fromkeys(e.essay_id for each in given for e in records.essays_where(each))
    return Filters(essay_id=tuple(ids) or ("",))  # where no essay is left, none answers


def groups(essays: Sequence[Essay], by: str, opened: str | None, s: Strings) -> tuple[Group, ...]:
    """Return the essays grouped `by` one of `GROUPS`, with the titles of the one that is open."""
    held: dict[str, list[Essay]] = {}
    for essay in essays:
        if essay.kind == "essay":
            value = getattr(essay, by) or ""
            held.setdefault(value[:_YEAR] if by == "date" else value, []).append(essay)
    return tuple(
        Group(value, len(of), _titled(of, s) if value == opened else ())
        for value, of in sorted(held.items(), key=lambda item: not item[0])
    )


def found(essays: Sequence[Essay], query: str, s: Strings) -> Labelled:
    """Return id and title of the essays that say `query` of themselves, the first `_FOUND`."""
    told = attrgetter("title", "place", "author", "publication", "document")
    held = (e for e in essays if e.kind == "essay" and query in " ".join(filter(None, told(e))))
    return _titled(islice(held, _FOUND), s)


def chips(ticked: Filters, essays: Sequence[Essay], s: Strings) -> Markup:
    """Return what was ticked as chips, each removed by a click."""
    labels = {"place": s.place, "publication": s.publication, "essay_id": s.essay, "date": s.date}
    held = _chosen(ticked, essays, s)
    made: Markup = PARTS.chips([(f, labels[f], value, shown) for f, value, shown in held], s)
    return made


def limits(
    question: str, named: Named, filters: Filters, essays: Sequence[Essay], s: Strings
) -> tuple[Limit, ...]:
    """Return what limited an answer: the names in its question, then what the reader chose.

    The question is as it was understood, `filters` what was chosen, `essays` all of the corpus.
    """
    chosen = [Limit(shown) for _, _, shown in _chosen(filters, essays, s)]
    more = [Limit(s.more_limits.format(count=len(chosen)))] if len(chosen) > _CHIPS else []
    return (*_asked(question, named), *chosen[:_CHIPS], *more)


def _asked(question: str, named: Named) -> Iterator[Limit]:
    """Yield what limits a question by itself: the names it means, and those it leaves out."""
    meant, by_name = _meant(named), dict[str, list[Name]]()
    for name in sorted(meant, key=attrgetter("start")):
        by_name.setdefault(_called(name), []).append(name)
    for shown, own in by_name.items():
        if wider := _without(question, own, alone=len(by_name) == 1):
            yield Limit(shown, wider)
    if named.excluded:
        others = " ".join(name.text for name in meant) or _EVERYWHERE
        left_out = dict.fromkeys(name.value for name in named.excluded)
        yield Limit("、".join(left_out), f"{others} {named.rest}", apart=True)


def _called(name: Name) -> str:
    return name.text if name.kind in _AS_WRITTEN else name.value


def _meant(named: Named) -> tuple[Name, ...]:
    """Return the names that are asked about.

    A name that texts only mention counts where no text is about one of its kind.
    """
    about = {name.kind for name in named.names}
    return (*named.names, *(name for name in named.mentioned if name.kind not in about))


def _without(question: str, names: Iterable[Name], alone: bool) -> str | None:
    """Return the question without a name, in order where it stands; None where nothing is left.

    Without any name it would be asked of what the conversation is about, so one that is `alone`
    makes room for all places.
    """
    cuts = [0, *(at for name in names for at in (name.start, name.end)), len(question)]
    parts = [question[start:end] for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
    left = _DANGLING.sub("", "".join(parts))
    if len(left) < 2:
        return None
    return " ".join((parts[0] + _EVERYWHERE + "".join(parts[1:]) if alone else left).split())


def _chosen(filters: Filters, essays: Sequence[Essay], s: Strings) -> list[tuple[str, str, str]]:
    """Return (field, value, label) of each value that was chosen."""
    titles = {e.essay_id: essay_title(e, s) for e in essays if e.essay_id in filters.essay_id}
    return [
        (field, value, titles.get(value, value))
        for field in FIELDS
        for value in getattr(filters, field)
    ]


def _titled(essays: Iterable[Essay], s: Strings) -> Labelled:
    return tuple((e.essay_id, f"{e.place or ''}{essay_title(e, s)}") for e in essays)


def _once(values: Iterable[str | None]) -> Labelled:
    return tuple((value, value) for value in dict.fromkeys(values) if value)

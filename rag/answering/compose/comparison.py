"""What each of several places, essays or things says, side by side or as a table."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from rag.answering import claims
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.runs import announcing, whole
from rag.answering.compose.sides import sides
from rag.answering.compose.thresholds import ANSWER, CELL, FAINT
from rag.answering.draft import Draft, label
from rag.answering.evidence import READ_MANY, Evidence
from rag.answering.form import Form
from rag.answering.topic import asks
from rag.answering.tree import Sentence

_EACH = re.compile(r"各(?:[县市区地省家处篇]|单位|自|有|是)|分别|都[有是]谁")
_JOINED = re.compile("[和与跟同及、，,/]|以及|还有|相?比|还是|$")
_PARTS = 8  # places or essays that are asked one by one at most
_EVERY = 64  # essays of a corpus that are all read
_SIDE = 3  # sentences for each of two things
_LEAST_READ = 6  # passages read for one part
_OF_BEST = 0.25  # share of the best probability that a sentence beside it needs
_ROOM, _QUOTES = 2800, 22  # characters and quotes of all rows
_SENTENCES = 4  # of a row

Rows = Mapping[str, Sequence[Evidence]]
"""What was found of each part of a comparison."""


def write(context: Context) -> bool:
    """Set side by side what several say; False if the question does not set anything apart."""
    meaning = context.meaning
    each = meaning.kind != "define" and _EACH.search(context.request.core) is not None
    apart = meaning.kind == "compare" or each  # 分别指什么 is asked of the parts of one term
    side_by_side = apart or _are_joined(context)
    if len(context.groups) > 1 and side_by_side:
        rows = _of_groups(context)
    elif apart and (both := sides(meaning.text)):
        rows = _of_sides(context, both)
    elif apart and len(context.scope.counted) > 1:
        rows = _of_essays(context)
    else:
        return False
    if not any(rows.values()):
        raise Refused(claims.UNDIRECT, context.evidence)
    table(rows, context.draft, meaning.form)
    return True


def _are_joined(context: Context) -> bool:
    """Whether names stand side by side or each is asked of: A和B, A几家 B几家, not 绍兴去新疆的."""
    core, named = context.request.core, context.named
    names = sorted((*named.names, *named.mentioned), key=attrgetter("start"))
    between = [core[a.end : b.start].strip() for a, b in pairwise(names)]
    return context.meaning.leans or any(_JOINED.match(text) or asks(text) for text in between)


def _of_groups(context: Context) -> Rows:
    """A row for each name, asked about by itself."""
    parts = context.groups[:_PARTS]
    topic = context.meaning.topic if context.meaning.leans else context.named.rest
    rows = {}
    for name, essays in parts:  # of a name that some passages hold no essay may be
        holding = [] if essays else [name]
        among, read = essays or context.scope, _read(len(parts))
        asked = context.ask(f"{name} {topic}".strip(), among, read, holding=holding)
        rows[name] = _comparable(asked, FAINT)
    return rows


def _of_sides(context: Context, both: Sequence[str]) -> Rows:
    """Rows of the essays that answer a question on either of two things that are no names."""
    holding = [name.text for name in context.named.mentioned]
    best: dict[tuple[str, int], Evidence] = {}
    for text in both:
        asked = context.ask(text, context.scope, READ_MANY // 2, holding=holding)
        for each in _comparable(asked, CELL)[:_SIDE]:
            best.setdefault(each.sentence.key, each)
    return _by_essay(best.values())


def _of_essays(context: Context) -> Rows:
    """A row for each essay in scope that says something of it; few essays are asked one by one."""
    essays, text = context.scope.counted, context.meaning.text
    if len(essays) <= _PARTS:
        every = [context.ask(text, [essay], _read(len(essays))) for essay in essays]
    elif len(essays) <= _EVERY:
        found = context.ask(text, essays, _EVERY, each=max(1, _EVERY // len(essays)))
        every = list(_by_essay(found).values())
    else:  # those that the passages found are of
        every = list(_by_essay(context.evidence).values())
    return _by_essay(each for found in every for each in _comparable(found, CELL))


def _read(parts: int) -> int:
    """How many passages are read for each of some parts."""
    return max(_LEAST_READ, READ_MANY // parts)


def _by_essay(evidence: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    for each in evidence:
        found.setdefault(label(each.sentence.essay), []).append(each)
    return found


def _comparable(found: Sequence[Evidence], least: float) -> list[Evidence]:
    """What of one essay or place goes into a comparison."""
    best = found[0].probability if found else 0.0
    return [each for each in found if each.probability >= max(least, _OF_BEST * best)]


def table(rows: Rows, draft: Draft, form: Form) -> None:
    """Set rows side by side, as a table or one under the other."""
    room = (form.length or _ROOM) // max(1, len(rows))
    quotes = 1 if form.short else min(_SENTENCES, max(1, _QUOTES // max(1, len(rows))))
    cells = [(_called(name, found), _kept(found, room, quotes)) for name, found in rows.items()]
    if form.layout == "table":
        draft.table(("范围", "原文"), [(name, kept or claims.UNDIRECT) for name, kept in cells])
        return
    for name, kept in cells:
        draft.paragraph(name)
        if not kept:
            draft.say(f"{claims.UNDIRECT}。")
        for each in kept:
            draft.item()
            draft.quote(each)


def _called(name: str, row: Sequence[Evidence]) -> str:
    """The name of a row, which says where nothing in it would be an answer by itself."""
    return claims.akin(name) if row and row[0].probability < ANSWER else name


def _kept(row: Sequence[Evidence], room: int, quotes: int) -> list[Sentence]:
    """The sentences of a row as far as there is room, in reading order; the best one always."""
    kept: list[Sentence] = []
    for evident in row:
        found = [*announcing(evident.sentence), whole(evident.sentence)]
        found = [one for one in found if not any(other.holds(one) for other in kept)]
        size = sum(one.length for one in found)
        if found and len(kept) + len(found) <= quotes and (not kept or size <= room):
            kept += found
            room -= size
    return sorted(kept, key=lambda one: one.position)

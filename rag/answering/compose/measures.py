"""One measure in a list: its lead in bold, and its text as far as there is room."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from rag.answering.draft import Draft, label
from rag.answering.tree import Node, Sentence
from rag.sentences import sentence_spans

LIST_ROOM, LIST_ITEMS = 1900, 15  # characters and quotes of a list
ROW_HEADS = ("范围", "做法", "原文")
_CELL_ROOM = 160  # characters of a measure in a table
_STOP = re.compile("[，；。：！？]")

Keys = Container[tuple[str, int]]
"""Those of the sentences that answer."""


def write_measure(
    node: Node, draft: Draft, room: int, strong: Keys = frozenset(), quotes: int = LIST_ITEMS
) -> int:
    """Write a measure, its lead in bold, in about `room` characters; return how many it took.

    Without room it is the lead alone. What answers is never cut off: behind as much of the
    beginning as there is room for come the `strong` sentences.
    """
    parts = _parts(node, room, strong)[:quotes]
    lead = node.stretches[0].start + len(node.lead)
    for number, part in enumerate(parts):
        if number and not _goes_on(parts[number - 1], part):
            draft.say("……")
        bold = ((part.start, lead),) if lead > part.start and not number else ()
        draft.quote(part, bold, item=not number)
    last = node.stretches[-1]
    if room and (parts[-1].paragraph, parts[-1].end) != (last.paragraph, last.end):
        draft.say("……")
    return sum(part.length for part in parts)


def row(node: Node, strong: Keys = frozenset()) -> tuple[str, str, list[Sentence]]:
    """A measure in a table: whose, its lead, and of its text what a cell has room for."""
    parts = _parts(node, _CELL_ROOM, strong)
    return label(parts[0].essay), node.lead, parts


def _parts(node: Node, room: int, strong: Keys) -> list[Sentence]:
    """What is quoted of a measure: its beginning, and the strong sentences that are not in it."""
    if not room:
        first = node.stretches[0]
        return [replace(first, end=first.start + len(node.lead))]
    every = [s for run in node.stretches for s in _sentences(run) if s.key in strong]
    begun = [*_beginning(node, room, every)]
    return [*begun, *(s for s in every if not any(part.holds(s) for part in begun))]


def _beginning(node: Node, room: int, strong: Sequence[Sentence]) -> Iterator[Sentence]:
    """Yield the runs of a measure up to `room`, the last one up to the end of a sentence."""
    for number, run in enumerate(node.stretches):
        stop = sentence_stop(run, room)
        lead = run.start + (0 if number else len(node.lead))
        if not number and stop <= lead < run.end:  # no bare heading where text follows
            ends = [lead + m.end() for m in _STOP.finditer(run.text[len(node.lead) :])]
            stop = max(lead, last_within(ends, run.start + room, run.end))
        begun = replace(run, end=stop)
        begun = replace(run, end=max([stop, *(s.end for s in strong if begun.holds(s))]))
        yield begun
        room -= begun.length
        if begun.end < run.end or room <= 0:
            return


def _sentences(run: Sentence) -> list[Sentence]:
    return run.tree.sentences(run.paragraph.paragraph_id, (run.start, run.end))


def _goes_on(one: Sentence, other: Sentence) -> bool:
    """Whether nothing stands between two runs of a measure."""
    if one.paragraph == other.paragraph:
        return one.end == other.start
    following = other.paragraph.ordinal == one.paragraph.ordinal + 1
    return following and one.end == len(one.paragraph.text) and not other.start


def last_within(ends: list[int], limit: int, otherwise: int) -> int:
    """The last of `ends` up to `limit`, else the first of them."""
    return max((end for end in ends if end <= limit), default=ends[0] if ends else otherwise)


def sentence_stop(run: Sentence, room: int) -> int:
    """The end of the last whole sentence within `room`, of the first at least."""
    if run.length <= room:
        return run.end
    ends = [run.start + end for _, end in sentence_spans(run.text)]
    return last_within(ends, run.start + room, run.end)

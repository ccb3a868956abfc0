"""One measure in a list: its lead in bold, and its text as far as there is room."""

import re
from collections.abc import Container
from dataclasses import replace

from rag.answering.draft import Draft, label
from rag.answering.tree import Node, Sentence
from rag.sentences import sentence_spans

LIST_ROOM, LIST_ITEMS = 1900, 15  # characters and quotes of a list
ROW_HEADS = ("范围", "做法", "原文")
_CELL_ROOM = 160  # characters of a measure in a table


def write_measure(
    node: Node,
    draft: Draft,
    room: int,
    strong: Container[tuple[str, int]] = (),
    quotes: int = LIST_ITEMS,
) -> int:
    """Write a measure, its lead in bold, in about `room` characters; return how many it took.

    What answers is never cut off: of a long measure its beginning and its `strong` sentences.
    """
    parts = _parts(node, room, strong)[:quotes]
    lead = node.stretches[0].start + len(node.lead)
    last = None
    for number, part in enumerate(parts):
        if last and not _adjoins(last, part):
            draft.say("……")
        bold = ((part.start, lead),) if not number and node.lead else ()
        draft.quote(part, bold, item=not number)
        last = part
    if room and last and not _ends(last, node):
        draft.say("……")
    return sum(part.length for part in parts)


def _parts(node: Node, room: int, strong: Container[tuple[str, int]]) -> list[Sentence]:
    """What of a measure is quoted: its beginning up to `room`, and the strong sentences behind."""
    parts, taken = [], 0
    for number, run in enumerate(node.stretches):
        lead = run.start + (0 if number else len(node.lead))
        stop = sentence_stop(run, room - taken) if room or number else lead
        if room and not number and stop <= lead < run.end:  # no bare heading where text follows
            ends = [
                lead + m.end() for m in re.finditer("[，；。：！？]", run.text[len(node.lead) :])
            ]
            stop = last_within(ends, run.start + room, run.end)
        stop = max(stop, lead)
        parts.append(replace(run, end=stop))
        taken += stop - run.start
        if stop < run.end or taken >= room:
            break
    if room:
        for run in node.stretches:
            for sentence in run.tree.sentences(run.paragraph.paragraph_id, (run.start, run.end)):
                if sentence.key in strong and not any(part.holds(sentence) for part in parts):
                    parts.append(sentence)
    return parts


def row(node: Node, strong: Container[tuple[str, int]] = ()) -> tuple[str, str, list[Sentence]]:
    """A measure in a table: whose, its lead, and its text as far as a cell has room."""
    parts = _parts(node, _CELL_ROOM, strong)
    return label(parts[0].essay), node.lead, parts


def _adjoins(one: Sentence, other: Sentence) -> bool:
    """Whether a run goes on with another."""
    return one.end == other.start or (
        other.start == 0 and one.paragraph.ordinal + 1 == other.paragraph.ordinal
    )


def _ends(part: Sentence, node: Node) -> bool:
    last = node.stretches[-1]
    return part.end == last.end and part.paragraph.paragraph_id == last.paragraph.paragraph_id


def last_within(ends: list[int], limit: int, otherwise: int) -> int:
    """The last of `ends` up to `limit`, else the first of them."""
    return max((end for end in ends if end <= limit), default=ends[0] if ends else otherwise)


def sentence_stop(run: Sentence, room: int) -> int:
    """The end of the last whole sentence within `room`, of the first at least."""
    if run.length <= room:
        return run.end
    ends = [run.start + end for _, end in sentence_spans(run.text)]
    return last_within(ends, run.start + room, run.end)

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

    What answers is never cut off: a long measure is quoted up to its last sentence that does.
    """
    taken = 0
    for number, run in enumerate(node.stretches):
        lead = run.start + (0 if number else len(node.lead))
        stop = sentence_stop(run, room - taken) if room or number else lead
        if room and not number and stop <= lead < run.end:  # no bare heading where text follows
            ends = [
                lead + m.end() for m in re.finditer("[，；。：！？]", run.text[len(node.lead) :])
            ]
            stop = last_within(ends, run.start + room, run.end)
        for sentence in run.tree.sentences(run.paragraph.paragraph_id, (run.start, run.end)):
            if room and sentence.key in strong and sentence.end - run.start <= 2 * room:
                stop = max(stop, sentence.end)
        stop = max(stop, lead)
        bold = ((run.start, lead),) if lead > run.start else ()
        draft.quote(replace(run, end=stop), bold, item=not number)
        taken += stop - run.start
        if stop < run.end or taken >= room or number + 1 >= quotes:
            if room and (stop < run.end or number + 1 < len(node.stretches)):
                draft.say("……")
            break
    return taken


def row(node: Node) -> tuple[str, str, list[Sentence]]:
    """A measure in a table: whose, its lead, and its text as far as a cell has room."""
    run = node.stretches[0]
    shown = replace(run, end=sentence_stop(run, _CELL_ROOM))
    return label(run.essay), node.lead, [shown]


def last_within(ends: list[int], limit: int, otherwise: int) -> int:
    """The last of `ends` up to `limit`, else the first of them."""
    return max((end for end in ends if end <= limit), default=ends[0] if ends else otherwise)


def sentence_stop(run: Sentence, room: int) -> int:
    """The end of the last whole sentence within `room`, of the first at least."""
    if run.length <= room:
        return run.end
    ends = [run.start + end for _, end in sentence_spans(run.text)]
    return last_within(ends, run.start + room, run.end)

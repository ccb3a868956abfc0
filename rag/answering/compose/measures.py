"""One measure in a list: its lead in bold, and its text as far as there is room."""

import re
from collections.abc import Iterable

from rag.answering.compose.composed import Composed
from rag.answering.conversation import ShownItem
from rag.answering.tree import EssayTree, Node
from rag.sentences import sentence_spans

LIST_ROOM, LIST_ITEMS = 1900, 15  # characters and quotes of a list


def write_measure(
    tree: EssayTree,
    node: Node,
    made: Composed,
    room: int,
    strong: Iterable[tuple[str, int]] = (),
    quotes: int = LIST_ITEMS,
) -> int:
    """Write a measure, its lead in bold, in about `room` characters; return how many it took.

    What answers is never cut off: a long measure is quoted up to its last sentence that does.
    """
    made.of(tree.essay.essay_id)
    if not node.stretches:
        return 0
    paragraph, start, end = node.stretches[0]
    made.items.append(
        ShownItem(tree.essay.essay_id, node.number, paragraph.paragraph_id, start, end)
    )
    needed = set(strong)
    taken = 0
    for number, (paragraph, start, end) in enumerate(node.stretches):
        lead = start + len(node.lead) if number == 0 else start
        stop = (
            lead
            if number == 0 and not room
            else sentence_stop(paragraph.text, start, end, room - taken)
        )
        if room and number == 0 and stop <= lead < end:  # never a bare heading where text follows
            stop = _clause_stop(paragraph.text, lead, end, start + room)
        for sentence in tree.sentences(paragraph.paragraph_id, (start, end)):
            if room and sentence.key in needed and sentence.end - start <= 2 * room:
                stop = max(stop, sentence.end)
        bold = ((start, lead),) if number == 0 and lead > start else ()
        made.draft.quote(tree.essay, paragraph, start, max(stop, lead), bold=bold, trail=node.trail)
        taken += max(stop, lead) - start
        if stop < end or taken >= room or number + 1 >= quotes:
            rest = stop < end or number + 1 < len(node.stretches)
            if rest and room:
                made.draft.say("……")
            break
    return taken


def _clause_stop(text: str, start: int, end: int, limit: int) -> int:
    """The end of the last clause before `limit`, of the first at least."""
    ends = [start + m.end() for m in re.finditer(r"[，；。：！？]", text[start:end])]
    return max((stop for stop in ends if stop <= limit), default=ends[0] if ends else end)


def sentence_stop(text: str, start: int, end: int, room: int) -> int:
    """The end of the last whole sentence within `room`, of the first at least."""
    if end - start <= room:
        return end
    ends = [start + b for _, b in sentence_spans(text[start:end])]
    return max((stop for stop in ends if stop - start <= room), default=ends[0] if ends else end)

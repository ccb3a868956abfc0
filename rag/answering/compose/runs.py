"""Sentences with what belongs to them: up to their full stop, and in numbered runs.

A sentence that ends in a colon announces the run below it: 一是…；二是…. Whoever quotes one item
quotes the announcement, and whoever quotes the announcement can quote the run.
"""

import re
from dataclasses import replace

from rag.answering.tree import Sentence

_WHOLE = 200  # characters of a sentence with semicolons up to which it is quoted whole
_RUN = 16  # items of an announced run
_NUMERAL = r"[一二三四五六七八九十\d]{1,3}"
_NUMBERED = re.compile(
    rf"\s*(?:[（(]{_NUMERAL}[）)]|[①-⑳]|\d{{1,2}}[.．、]|[一二三四五六七八九十]{{1,3}}[、是]|第{_NUMERAL}[，,、])"
)


def whole(sentence: Sentence) -> Sentence:
    """A sentence up to its full stops, where that is short: what a semicolon ends says half."""
    same = sentence.tree.sentences(sentence.paragraph.paragraph_id)
    own = [each for each in same if each.node == sentence.node]
    first = last = next(n for n, each in enumerate(own) if each.start == sentence.start)
    while first and not own[first - 1].is_ended:
        first -= 1
    while last + 1 < len(own) and not own[last].is_ended:
        last += 1
    if own[last].end - own[first].start > _WHOLE:
        return sentence
    return replace(sentence, start=own[first].start, end=own[last].end)


def announced(sentence: Sentence) -> list[Sentence]:
    """The sentences of the numbered run that one announces: 建立三项制度，一是…；二是…."""
    after = [s for s in _around(sentence, 0, _RUN) if s.position > sentence.position]
    shape = _shape(after[0]) if after and sentence.announces else None
    run: list[Sentence] = []
    for each in after if shape else ():
        if _shape(each) == shape:
            run.append(each)
        elif each.paragraph is not run[-1].paragraph:
            break
    return run[:_RUN]


def below(sentence: Sentence) -> list[Sentence]:
    """What stands under a bare heading: the text of its measure, else the measures in it."""
    node = None if sentence.node is None else sentence.tree.nodes[sentence.node]
    if node is None or sentence.start != node.stretches[0].start:
        return []
    if sentence.length > len(node.lead) + 1:  # says more than its lead
        return []
    runs = [(run.paragraph.paragraph_id, (run.start, run.end)) for run in node.stretches]
    own = [each for run in runs for each in sentence.tree.sentences(*run)]
    under = [sentence.tree.nodes[number].stretches[0] for number in node.children]
    return [each for each in own if each.position > sentence.position] or under


def announcing(sentence: Sentence) -> list[Sentence]:
    """The sentence that announces an item of a numbered run, if it is one."""
    shape = _shape(sentence)
    before = [s for s in _around(sentence, -_RUN, 0) if s.position < sentence.position]
    for each in reversed(before) if shape else ():
        if each.announces and _shape(each) != shape:
            return [each]
        if each.is_ended and not _shape(each):
            break
    return []


def run_of(sentence: Sentence) -> list[Sentence]:
    """The numbered run that a sentence announces or is an item of, whole, with its announcement."""
    heads = [sentence] if sentence.announces else announcing(sentence)
    return [each for head in heads for each in (head, *announced(head))]


def _around(sentence: Sentence, first: int, last: int) -> list[Sentence]:
    """The sentences of the paragraphs from `first` to `last`, counted from its own."""
    tree, own = sentence.tree, sentence.paragraph.ordinal
    near = [p for p in tree.paragraphs if first <= p.ordinal - own <= last]
    return [each for paragraph in near for each in tree.sentences(paragraph.paragraph_id)]


def _shape(sentence: Sentence) -> str | None:
    """How an item is numbered, whichever number it has; None for what is no item."""
    number = _NUMBERED.match(sentence.text)
    return re.sub(rf"{_NUMERAL}|[①-⑳]", "1", number.group().strip()) if number else None

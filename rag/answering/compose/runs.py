"""Sentences with what belongs to them: up to their full stop, and in numbered runs.

A sentence that ends in a colon announces the run below it: 一是…；二是…. Whoever quotes one item
quotes the announcement, and whoever quotes the announcement can quote the run.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from rag.answering.tree import Sentence
from rag.figures import number

_WHOLE = 200  # characters of a sentence with semicolons up to which it is quoted whole
_REACH = 16  # paragraphs in which what an announcement announces is looked for
_ANSWER = 3  # sentences of an answer that are shown behind its question
_NUMBERED = re.compile(
    r"\s*(第|[（(]?)([一二三四五六七八九十]{1,3}|\d{1,2}(?!\d)|[①-⑳])(.?)", re.DOTALL
)


def whole(sentence: Sentence) -> Sentence:
    """A sentence up to its full stops, where that is short: what a semicolon ends says half."""
    parts = clauses(sentence)
    if parts[-1].end - parts[0].start > _WHOLE:
        return sentence
    return replace(sentence, start=parts[0].start, end=parts[-1].end)


def clauses(sentence: Sentence) -> list[Sentence]:
    """What semicolons part between two full stops, around a sentence."""
    same = sentence.tree.sentences(sentence.paragraph.paragraph_id)
    own = [each for each in same if each.node == sentence.node]
    first = last = next(n for n, each in enumerate(own) if each.start == sentence.start)
    while first and not own[first - 1].is_ended:
        first -= 1
    while last + 1 < len(own) and not own[last].is_ended:
        last += 1
    return own[first : last + 1]


def announced(sentence: Sentence) -> list[Sentence]:
    """The sentences of the numbered run that one announces: 建立三项制度，一是…；二是…."""
    after = _behind(sentence) if sentence.announces else []
    return run(after) if after and _numbering(after[0]) else []


def run(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The numbered run that begins first in some sentences: 一是, 二是, … up to the number missed.

    What stands between two items belongs to the first of them.
    """
    found: list[Sentence] = []
    shape = None
    for each in sentences:
        own = _numbering(each)
        if own and own[0] == shape and own[1] == 1:
            break  # another run of this shape
        if own and own == (shape or own[0], len(found) + 1):
            shape = own[0]
            found.append(each)
    return found


def below(sentence: Sentence) -> list[Sentence]:
    """What stands under a bare heading: the text of its measure, else the measures in it."""
    node = sentence.tree.headed(sentence)
    if node is None:
        return []
    runs = [(run.paragraph.paragraph_id, (run.start, run.end)) for run in node.stretches]
    own = [each for run in runs for each in sentence.tree.sentences(*run)]
    under = [sentence.tree.nodes[number].stretches[0] for number in node.children]
    return [each for each in own if each.position > sentence.position] or under


def answered(sentence: Sentence) -> list[Sentence]:
    """How the answer begins to what a text asks itself: an interview, questions and answers."""
    behind = _behind(sentence)[:_ANSWER] if sentence.is_question else []
    return [*takewhile(lambda each: not each.is_question, behind)]


def run_with(sentence: Sentence) -> list[Sentence]:
    """The numbered run of which a sentence is an item, if it is one."""
    own = _numbering(sentence)
    if own is None:
        return []
    every = sentence.tree.all_sentences
    firsts = [s.position for s in every if _numbering(s) == (own[0], 1)]
    begins = max((at for at in firsts if at <= sentence.position), default=sentence.position)
    return run(s for s in every if s.position >= begins)


def announcing(sentence: Sentence) -> list[Sentence]:
    """The sentence that announces an item of a numbered run, if it is one."""
    own = _numbering(sentence)
    before = [s for s in _around(sentence, -_REACH, 0) if s.position < sentence.position]
    for each in reversed(before) if own else ():
        shape = _numbering(each)
        if each.announces and not (own and shape and own[0] == shape[0]):
            return [each]
        if each.is_ended and not shape:
            break
    return []


def run_of(sentence: Sentence) -> list[Sentence]:
    """The numbered run that a sentence announces or is an item of, whole, with its announcement."""
    heads = [sentence] if sentence.announces else announcing(sentence)
    return [each for head in heads for each in (head, *announced(head))]


def _behind(sentence: Sentence) -> list[Sentence]:
    return [s for s in _around(sentence, 0, _REACH) if s.position > sentence.position]


def _around(sentence: Sentence, first: int, last: int) -> list[Sentence]:
    """The sentences of the paragraphs from `first` to `last`, counted from its own."""
    tree, own = sentence.tree, sentence.paragraph.ordinal
    near = [p for p in tree.paragraphs if first <= p.ordinal - own <= last]
    return [each for paragraph in near for each in tree.sentences(paragraph.paragraph_id)]


def _numbering(sentence: Sentence) -> tuple[str, int] | None:
    """How an item is numbered, whichever number it has, and its number; None for what is no item.

    What stands behind the numeral tells runs apart (一是, 一要, 一、); behind 1学校 nothing does.
    """
    match = _NUMBERED.match(sentence.text)
    if not match:
        return None
    opening, numeral, behind = match.groups()
    if "①" <= numeral <= "⑳":
        return "①", ord(numeral) - ord("①") + 1
    if numeral.isdigit() and behind.isalpha():
        if sentence.start or opening:
            return None  # 1学校 at the head of a line
        behind = ""
    value = number(numeral)
    return (opening + "1" + behind, value) if value else None

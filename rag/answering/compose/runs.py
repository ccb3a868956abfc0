"""Sentences with what belongs to them: up to their full stop, and in numbered runs.

A sentence that ends in a colon announces the run below it: 一是…；二是…. Whoever quotes one item
quotes the announcement, and whoever quotes the announcement can quote the run.
"""

import re
from dataclasses import replace

from rag.answering.tree import EssayTree, Sentence, Trees

_WHOLE = 200  # characters of a sentence with semicolons up to which it is quoted whole
_RUN = 16  # items of an announced run
_NUMBERED = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[①-⑳]|\d{1,2}[.．、]|[一二三四五六七八九十]{1,3}[、是]|第[一二三四五六七八九十]{1,3}[，,、])"
)


def whole(sentence: Sentence, tree: EssayTree) -> Sentence:
    """A sentence up to its full stops, where that is short: what a semicolon ends says half."""
    own = [s for s in tree.sentences(sentence.paragraph.paragraph_id) if s.node == sentence.node]
    first = last = next(n for n, each in enumerate(own) if each.start == sentence.start)
    while first and not own[first - 1].is_ended:
        first -= 1
    while last + 1 < len(own) and not own[last].is_ended:
        last += 1
    if own[last].end - own[first].start > _WHOLE:
        return sentence
    return replace(sentence, start=own[first].start, end=own[last].end)


def announced(sentence: Sentence, tree: EssayTree) -> list[Sentence]:
    """The sentences of the numbered run that one announces: 建立三项制度，一是…；二是…."""
    if not sentence.announces:
        return []
    after = [s for s in tree.sentences(sentence.paragraph.paragraph_id) if s.start >= sentence.end]
    for paragraph in tree.paragraphs:
        if 0 < paragraph.ordinal - sentence.paragraph.ordinal <= _RUN:
            after += tree.sentences(paragraph.paragraph_id)
    if not after or not (first := _NUMBERED.match(after[0].text)):
        return []
    shape = _shape(first.group())
    run: list[Sentence] = []
    for each in after:
        number = _NUMBERED.match(each.text)
        if number and _shape(number.group()) == shape:
            run.append(each)
        elif each.paragraph is not run[-1].paragraph:
            break
    return run[:_RUN]


def run_of(sentence: Sentence, trees: Trees) -> list[Sentence]:
    """The numbered run that a sentence announces or is an item of, whole, with its announcement."""
    tree = trees.of(sentence.essay.essay_id)
    heads = [sentence] if sentence.announces else announcing(sentence, tree)
    return [each for head in heads for each in (head, *announced(head, tree))]


def announcing(sentence: Sentence, tree: EssayTree) -> list[Sentence]:
    """The sentence that announces an item of a numbered run, if it is one."""
    number = _NUMBERED.match(sentence.text)
    if not number:
        return []
    before = [
        each
        for paragraph in tree.paragraphs
        if 0 <= sentence.paragraph.ordinal - paragraph.ordinal <= _RUN
        for each in tree.sentences(paragraph.paragraph_id)
        if (each.paragraph.ordinal, each.start) < (sentence.paragraph.ordinal, sentence.start)
    ]
    for each in reversed(before):
        other = _NUMBERED.match(each.text)
        if each.announces and not (other and _shape(other.group()) == _shape(number.group())):
            return [each]
        if each.is_ended and not other:
            break
    return []


def _shape(number: str) -> str:
    """How an item is numbered, whichever number it has."""
    return re.sub(r"[一二三四五六七八九十\d①-⑳]+", "1", number.strip())

"""What a question takes for granted and the essays say otherwise: 七项机制 where they write 六项.

A refusal then says what the essays have in its place, and shows the sentence; it answers nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answering.evidence import Desk
from rag.answering.figures import figures
from rag.answering.question import Question
from rag.answering.shelf import Sentence
from rag.citing import escape
from rag.types import Essay

_NUMERAL = r"[一二三四五六七八九十两百\d]+"
_COUNTED = re.compile(rf"({_NUMERAL})(?=[个项种条大型进双抓分][一-鿿]{{1,4}})")
_UNMARKED = r"[“”‘’]*"
_TOPIC = 0.85  # coverage from which a sentence is on the topic of which another figure is asked
_ESSAYS = 12  # essays that are looked through


def contradicted(
    desk: Desk, question: Question, essays: Sequence[Essay]
) -> tuple[str, Sentence] | None:
    """Return the reason and the sentence that says otherwise, None where none does."""
    if not question.terms or not 0 < len(essays) <= _ESSAYS:
        return None
    return _other_count(desk, question, essays) or _other_figure(desk, question, essays)


def _other_count(
    desk: Desk, question: Question, essays: Sequence[Essay]
) -> tuple[str, Sentence] | None:
    """六项机制 for 七项机制: the same words after another numeral."""
    sentences = [s for book in desk.books(essays) for s in book.sentences]
    for numeral, words in _counted(question.named.rest):
        written = re.compile(rf"({_NUMERAL}){_UNMARKED}{_UNMARKED.join(words)}")
        for sentence in sentences:
            found = written.search(sentence.text)
            if found and found.group(1) != numeral:
                said = escape(re.sub(_UNMARKED, "", found.group()))
                wrong = escape(numeral + words)
                return f"材料中写的是“{said}”，没有“{wrong}”", sentence
    return None


def _counted(text: str) -> Iterator[tuple[str, str]]:
    """Yield the numerals in `text` with what they count, its longest beginning first."""
    for numeral in _COUNTED.finditer(text):
        words = re.match(r"[一-鿿]{3,5}", text[numeral.end() :])
        for length in range(len(words.group()) if words else 0, 2, -1):
            yield numeral.group(), text[numeral.end() :][:length]


def _other_figure(
    desk: Desk, question: Question, essays: Sequence[Essay]
) -> tuple[str, Sentence] | None:
    """7% for 3%: a sentence that covers the topic with other figures than the one stated."""
    stated = [term for term in question.terms if term.required and term.text[:1].isdigit()]
    others = tuple(term for term in question.terms if term not in stated)
    if not stated or not others or max(len(question.named.places), len(question.named.people)) != 1:
        return None
    ranked = desk.rank(replace(question, terms=others), essays)
    if not ranked or ranked[0].coverage < _TOPIC or not figures(ranked[0].sentence.text):
        return None
    return f"材料中有相关的表述，但不是“{escape(stated[0].text)}”", ranked[0].sentence

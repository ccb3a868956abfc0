"""Which sentence answers best: a weighted sum of its clues, the weights learned.

`rag.training.sentences` learns `sentence_ranker.json` from questions of training data, each with
the sentence that answers it, marked by hand.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rag.answering.clues import NAMES, Array, Asked, clues
from rag.answering.evidence import Desk, Evidence
from rag.answering.question import Question
from rag.answering.shelf import Sentence
from rag.answering.years import year_of

WEIGHTS = Path(__file__).with_name("sentence_ranker.json")
_THIS_YEAR = re.compile(r"[今去]年")
_FITTING = 0.85  # share of the first sentence's fit to year and aim that another one needs
DEPTH = 60  # sentences that are weighed, the best by coverage


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence with what speaks for it."""

    evidence: Evidence
    clues: Array  # (len(NAMES),)
    merit: float  # larger is better; e to a difference of two is the odds of one against the other


def choose(desk: Desk, question: Question, found: Sequence[Evidence]) -> list[Choice]:
    """Return the first `DEPTH` of `found` in the order in which they answer, best first.

    Where a year or a figure is asked for, what fits it less than the first of `found` is left out:
    no wording makes up for the figure of another year.
    """
    found = _of_the_time(question, found)[:DEPTH]
    weighed = weigh(desk, question, found)
    merits = weighed @ _weights()
    order = np.argsort(-merits, kind="stable")
    return [Choice(found[i], weighed[i], float(merits[i])) for i in order]


def weigh(desk: Desk, question: Question, found: Sequence[Evidence]) -> Array:
    """Return the clues of `found`, shape (n, len(NAMES))."""

    def paragraph(sentence: Sentence) -> Sequence[Sentence]:
        book = desk.shelf.book(sentence.essay.essay_id)
        return book.of(sentence.paragraph.paragraph_id)

    return clues(Asked.of(question, desk.matcher.idf), found, paragraph)


def _of_the_time(question: Question, found: Sequence[Evidence]) -> Sequence[Evidence]:
    counted = question.figure is not None and question.figure.kind == "amount"
    if not found or not (counted or question.years or _THIS_YEAR.search(question.text)):
        return found
    least = _FITTING * found[0].fit
    return [e for e in found if e.fit >= least or not year_of(e.sentence)]


@cache
def _weights() -> Array:
    weights: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return np.array([weights.get(name, 0.0) for name in NAMES], np.float64)

"""Why there is no answer, and how likely it is that there is one.

A composer raises `Refused`; the answerer adds the nearest passage. How likely the best sentence
answers is a logistic model of its clues. `rag.training.sentences` learns `refusal.json` from
questions of training data, asked with the passage that answers them and again without it.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from rag.answering.clues import NAMES, Array
from rag.answering.question import Question
from rag.answering.sentence_ranker import Choice

WEIGHTS = Path(__file__).with_name("refusal.json")
FEATURES = ("setting", "words", "rarest", "coverage", "terms", "bias")
"""Clues, the log of how many words are asked for, and 1. How a sentence is put and where it stands
tell which one answers, but in a text of another kind they say nothing on whether any does."""

_CLUES = [NAMES.index(name) for name in FEATURES[:-2]]


class Refused(Exception):
    """The corpus does not hold what was asked, or the question asks for nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def likely(question: Question, choices: Sequence[Choice]) -> float:
    """Return the probability that the best of `choices` answers `question`; 0 for none."""
    if not choices:
        return 0.0
    return 1 / (1 + math.exp(-float(features(question, choices[0].clues) @ _model()[0])))


def features(question: Question, clues: Array) -> Array:
    """Return what the model reads, shape (len(FEATURES),)."""
    return np.array([*clues[_CLUES], math.log(len(question.terms) + 1), 1.0])


def enough() -> float:
    """Return the probability from which a question is answered; 97 % of the answerable reach it."""
    return _model()[1]


@cache
def _model() -> tuple[Array, float]:
    made = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return np.array([made["weights"][name] for name in FEATURES]), float(made["enough"])

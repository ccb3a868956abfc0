"""What speaks for a sentence as the answer: its words, its place, the words around it.

A reader knows what a text is about from what stands above it, the title and the leads, and where
nothing does, from how it opens. A sentence further down does not say it again: so it counts most
that a sentence holds the rest of the question, and that its surroundings hold the whole.

A share is the part of a question's IDF mass, 0..1, as in `rag.retrieval.terms`.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.answering.answer_types import ASKS, AnswerType, holds, types_of
from rag.answering.evidence import Evidence
from rag.answering.question import Question
from rag.answering.shelf import Sentence
from rag.answering.wanted import plain
from rag.retrieval import term_weights
from rag.words import fold, is_word, tokens, words

Array = NDArray[np.float64]

NAMES = (
    "setting",  # share that stands in the paragraph or above it
    "words",  # the same of words alone, without pairs of characters
    "rarest",  # whether its rarest word stands there
    "coverage",  # of the topic by words and what they mean, by the sentence with its leads
    "own",  # share that stands in the sentence
    "before",  # share that stands in the sentence before it, and not in it
    "rest",  # share that stands in it, of what is not known from above and is in the paragraph
    "rest_letters",  # the same of single characters: 以什么为食, 有几层
    "beside",  # of the characters beside the question word, those that the sentence holds
    "type",  # whether it may hold the sort of thing asked for
    "fit",  # log of how well its figure and its year fit
    "opens",  # whether it opens a text that has nothing above it
    "length",  # log of its characters
)

_LINK = re.compile(r"(?:^|(?<=[\s，。？?]))[是有为的]|[是有为的](?=$|[\s，。？?])")  # 什么是|河道
_BESIDE = 4  # characters on either side of the question word
_NEITHER = frozenset("的了是什么谁哪何时多少几怎样如为，。？?！、；：“”‘’「」《》（）() ")


@lru_cache(maxsize=2_000)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its clues are counted."""

    terms: tuple[str, ...]
    shares: Array  # (terms,), adding up to 1
    words: Array  # (terms,), the shares of words alone, adding up to 1
    named: NDArray[np.bool_]  # (terms,), those of the names that chose the essays
    spoken: tuple[tuple[frozenset[str], tuple[str, ...]], ...]  # terms of a word → official words
    letters: tuple[str, ...]  # characters that do not only ask
    beside: tuple[str, ...]  # characters beside the last question word
    types: tuple[AnswerType, ...]

    @classmethod
    def of(cls, question: Question, idf: Callable[[str], float]) -> "Asked":
        """Weigh the tokens of `question` by rarity and by how much such tokens tell."""
        rest = _topical(question.named.rest or question.text, question)
        text = _topical(question.text, question)
        learned, others, cut = term_weights(), frozenset(tokens(rest)), frozenset(words(text))
        terms = tuple(dict.fromkeys(tokens(text)))
        weights = np.array([idf(term) * learned.get(term, 1.0) for term in terms])
        of_words = weights * [term in cut for term in terms]
        return cls(
            terms=terms,
            shares=weights / (weights.sum() or 1.0),
            words=of_words / (of_words.sum() or 1.0),
            named=np.array([term not in others for term in terms], bool),
            spoken=tuple(
                (_tokens(term.text) | {term.text}, term.official)
                for term in question.terms
                if term.official
            ),
            letters=_letters(ASKS.sub(" ", question.named.rest or question.text)),
            beside=_letters(_beside(question.named.rest or question.text)),
            types=types_of(question.text),
        )

    def held(self, text: str) -> NDArray[np.bool_]:
        """Return which terms `text` holds, an everyday word by any of its official ones."""
        folded = fold(text)
        holds = [t in folded and (_is_pair(t) or t in _tokens(text)) for t in self.terms]
        if self.spoken:
            letters = plain(text)
            meant = [terms for terms, said in self.spoken if any(o in letters for o in said)]
            holds = [
                h or any(t in terms for terms in meant)
                for h, t in zip(holds, self.terms, strict=True)
            ]
        return np.array(holds, bool)


@lru_cache(maxsize=50_000)
def _is_pair(term: str) -> bool:
    """Whether a term is two Han characters: those are a token wherever they touch."""
    return len(term) == 2 and is_word(term)


def _topical(text: str, question: Question) -> str:
    """Return `text` without the words that ask, or only say what sort of thing is asked for."""
    for word in sorted(question.generic, key=len, reverse=True):
        text = text.replace(word, " ")
    return _LINK.sub(" ", ASKS.sub(" ", text))


def _beside(text: str) -> str:
    """Return the characters on either side of the last question word."""
    last = max(ASKS.finditer(text), key=lambda match: match.start(), default=None)
    if last is None:
        return ""
    start, end = last.span()
    return text[max(0, start - _BESIDE) : start] + text[end : end + _BESIDE]


def _letters(text: str) -> tuple[str, ...]:
    return tuple(letter for letter in dict.fromkeys(fold(text)) if letter not in _NEITHER)


def clues(asked: Asked, found: Sequence[Evidence], paragraphs: "Paragraphs") -> Array:
    """Return what speaks for each of `found`, shape (n, len(NAMES))."""
    settings: dict[tuple[str, str], _Setting] = {}
    rows = []
    for evidence in found:
        sentence = evidence.sentence
        above = (sentence.essay.title or "") + sentence.context
        key = (sentence.paragraph.paragraph_id, above)
        if key not in settings:
            settings[key] = _Setting(asked, above, paragraphs(sentence))
        rows.append(settings[key].row(evidence))
    return np.array(rows, np.float64).reshape(len(rows), len(NAMES))


Paragraphs = Callable[[Sentence], Sequence[Sentence]]
"""Gives the sentences of the paragraph that a sentence stands in, in order."""


class _Setting:
    """One paragraph under what stands above it, for one question."""

    def __init__(self, asked: Asked, above: str, sentences: Sequence[Sentence]) -> None:
        self._asked = asked
        self._opens = not above
        self._place = {sentence.start: i for i, sentence in enumerate(sentences)}
        texts = [sentence.text for sentence in sentences]
        known = above or texts[0]
        folded = [fold(text) for text in texts]
        self._holds = _table([asked.held(text) for text in texts])
        of_known = asked.held(known) | asked.named
        held_here = self._holds.any(0) | of_known
        self._whole = (
            float(asked.shares @ held_here),
            float(asked.words @ held_here),
            float(held_here[asked.words.argmax()]) if len(asked.words) else 0.0,
        )
        self._rest = _told(self._holds, asked.shares * ~of_known)
        letters = _table([[letter in text for letter in asked.letters] for text in folded])
        of_known = np.array([letter in fold(known) for letter in asked.letters], bool)
        self._rest_letters = _told(letters, (~of_known).astype(np.float64))
        beside = _table([[letter in text for letter in asked.beside] for text in folded])
        self._beside = _told(beside, np.ones(len(asked.beside)))

    def row(self, evidence: Evidence) -> list[float]:
        """Return the clues of a sentence of the paragraph, in the order of `NAMES`."""
        sentence, shares = evidence.sentence, self._asked.shares
        i = self._place[sentence.start]
        own = self._holds[i]
        before = self._holds[i - 1] & ~own if i else np.zeros_like(own)
        return [
            *self._whole,
            evidence.coverage,
            float(shares @ own),
            float(shares @ before),
            self._rest[i],
            self._rest_letters[i],
            self._beside[i],
            holds(self._asked.types, sentence.text),
            math.log(max(evidence.fit, 0.1)),
            float(self._opens and i == 0),
            math.log(len(sentence.text) + 5) / 4,
        ]


def _table(rows: Sequence[Sequence[bool] | NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.array(rows, bool).reshape(len(rows), -1)


def _told(table: NDArray[np.bool_], weights: Array) -> Array:
    """Return for each sentence its share of `weights`, by how few sentences hold each column.

    What every sentence of a paragraph holds tells none from another.
    """
    holding = table.sum(0)
    rarity = np.where(holding, np.log((len(table) + 1) / (holding + 0.5)), 0.0) * weights
    shares: Array = table @ rarity / (rarity.sum() or 1.0)
    return shares

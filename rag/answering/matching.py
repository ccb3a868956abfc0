"""How much of a topic a text covers: the one measure that ranks evidence and decides refusal.

    coverage = sum of idf * match / sum of idf      over the topic's terms

A term matches 1 where the text holds it, quotation marks aside (引才 in 筑巢安家“引”才). Else its
parts count. IDF coverage separates answerable from unanswerable questions far better
than BM25 does, and it needs no scale.
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import mul

from rag.answering.question import Term
from rag.answering.wanted import RARE, Topic, parts, plain
from rag.words import STOPWORDS, fold, frequency, segments

_FALL = 0.45  # what ten times as common takes off a word's weight
_COMMON = 0.3  # what is left of the commonest
_KNOWN = 0.6  # ... where the corpus has it: 企业 is common, and a topic
_PARTS = 0.9  # what a term is worth of which all parts stand in the text, close together
_APART = 0.6  # ... far apart: 发展 here and 党员 there are not 发展党员
_CLOSE = 6  # characters between two parts that stand close
Terms = Sequence[Term] | Topic


def _close(parts: Sequence[str], held: str) -> bool:
    """Whether all `parts` stand in `held` with few characters between two of them."""
    first, *others = ([m.start() for m in re.finditer(re.escape(part), held)] for part in parts)
    room = _CLOSE * len(others) + sum(map(len, parts))
    return any(all(any(abs(at - b) <= room for b in other) for other in others) for at in first)


@lru_cache(maxsize=20_000)
def _uncommon(word: str) -> float:
    """Return 1 for a word that is rare in the language, less for a common one."""
    seen = max(1, frequency(word))
    return min(1.0, max(_COMMON, 1 - _FALL * math.log10(seen / RARE))) if seen > RARE else 1.0


class Matcher:
    """Matches terms with texts by the rarity of words."""

    def __init__(self, idf: Callable[[str], float]) -> None:
        self.idf = lru_cache(maxsize=50_000)(idf)
        self.weight = lru_cache(maxsize=50_000)(self._weight)
        self._topics = lru_cache(maxsize=2_000)(self._topic_of)
        self._letters = lru_cache(maxsize=10_000)(self._by_letters)

    def _weight(self, term: Term) -> float:
        """Return the term's IDF, that of its rarest word; an unknown word is the rarest.

        In a small corpus 愿意 is as rare as 公租房; how common they are in the language tells them
        apart, above all where the corpus does not have them.
        """
        cut = [word for word in segments(term.text) if word not in STOPWORDS]
        return max(map(self._rarity, cut or [term.text]))

    def _rarity(self, word: str) -> float:
        idf, unknown = self.idf(fold(word)), self.idf("")
        return idf * max(_uncommon(word), _KNOWN if idf < unknown else 0.0)

    def topic(self, terms: Terms) -> Topic:
        """Return what many texts are matched with at a time."""
        return terms if isinstance(terms, Topic) else self._topics(tuple(terms))

    def _topic_of(self, terms: tuple[Term, ...]) -> Topic:
        weights = tuple(map(self.weight, terms))
        return Topic(terms, weights, tuple(map(self._parts_of, terms)))

    def _parts_of(self, term: Term) -> Topic | None:
        found = parts(term)
        return self.topic(found) if found else None

    def match(self, term: Term, text: str) -> float:
        """Return how surely `text` speaks of `term`, 0..1."""
        return self.matches((term,), text)[0]

    def matches(
        self,
        terms: Terms,
        text: str,
        *,
        within: Sequence[float] | None = None,
        held: str | None = None,
    ) -> Sequence[float]:
        """Return the match of every term; 专门 and 窗口 together are in 专窗.

        `within` are the matches, by letters, of a longer text that holds this one: what no letter
        of the whole speaks of, no letter of a part does. `held` is `text` as `plain` leaves it,
        where that is known.
        """
        topic = self.topic(terms)
        if within is not None:
            return self._by_letters(topic, text, within, held) if any(within) else topic.nothing
        return self._letters(topic, text)

    def _by_letters(
        self,
        topic: Topic,
        text: str,
        within: Sequence[float] | None = None,
        held: str | None = None,
    ) -> tuple[float, ...]:
        held, found = plain(text) if held is None else held, []
        for i, wanted in enumerate(topic.wanted):
            if within is not None and not within[i]:
                found.append(0.0)
                continue
            value = wanted.found(text, held)
            if value is None:
                value = self._by_parts(topic, i, text, held)
            found.append(value)
        return topic.joined(found, held, within)

    def _by_parts(self, whole: Topic, i: int, text: str, held: str) -> float:
        """Return how surely `text` speaks of a longer word, term i, whose parts it holds.

        Parts that leave a character out, 干部 of 村干部, tell as much of the word as they weigh.
        """
        topic = whole.parts[i]
        if topic is None:
            return 0.0
        share = sum(self._by_letters(topic, text)) / len(topic.words)
        if not share:
            return 0.0
        value = share * (_APART if share == 1 and not _close(topic.words, held) else _PARTS)
        wanted = whole.wanted[i]
        if wanted.made_up:
            return value
        told = max(map(self._rarity, topic.words))
        return value * min(1.0, told / self._rarity(wanted.word))

    def coverage(self, terms: Terms, text: str) -> float:
        """Return the share of the topic that `text` covers, 0..1; 0 for no topic."""
        topic = self.topic(terms)
        return self.mean(topic, self.matches(topic, text))

    def mean(self, terms: Terms, matches: Sequence[float]) -> float:
        """Return the mean of `matches` under the terms' weights."""
        topic = self.topic(terms)
        if not topic.total:
            return 0.0
        covered: float = sum(map(mul, topic.weights, matches))
        return covered / topic.total

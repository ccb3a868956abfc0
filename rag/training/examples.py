"""What the encoder learns from: questions, titles and leads, each with its passage, in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.training.corpus import Pair
from rag.training.finetune import Example
from rag.training.vectors import Ids, token_ids

_CROP = 256  # tokens of a passage that are seen at a time


@dataclass(frozen=True, slots=True)
class Examples:
    """The tokens of all pairs, and how they come in batches.

    All of a batch is of one source where there is enough of it: passages of the same kind are
    negatives that have to be told apart by what they say.
    """

    pairs: Sequence[Example]
    sources: Sequence[Sequence[int]]  # the places in `pairs` of each source
    batch: int  # pairs
    hidden: float  # how often a passage is shown without the words of its question

    def steps(self) -> int:
        """Return the number of batches of one epoch."""
        whole = sum(len(places) // self.batch for places in self.sources)
        left = sum(len(places) % self.batch for places in self.sources)
        return whole - (-left // self.batch)

    def epoch(self, rng: np.random.Generator) -> Iterator[list[Example]]:
        """Give every pair once, in an order and with crops drawn from `rng`."""
        groups = list(self._groups(rng))
        for at in rng.permutation(len(groups)):
            chosen = (self.pairs[place] for place in groups[at])
            yield [(question, self._shown(question, text, rng)) for question, text in chosen]

    def _groups(self, rng: np.random.Generator) -> Iterator[NDArray[np.integer]]:
        left = []
        for places in self.sources:
            mixed = rng.permutation(places)
            whole = len(mixed) // self.batch * self.batch
            yield from mixed[:whole].reshape(-1, self.batch)
            left.append(mixed[whole:])
        mixed = rng.permutation(np.concatenate(left))
        yield from (mixed[i : i + self.batch] for i in range(0, len(mixed), self.batch))

    def _shown(self, question: Ids, passage: Ids, rng: np.random.Generator) -> Ids:
        """Return a crop of `passage`, sometimes without the words that `question` has too.

        A passage that shares words with its question is found by them alone; with the shared
        words hidden, the others have to learn to answer it.
        """
        start = rng.integers(0, max(1, len(passage) - _CROP + 1))
        crop = passage[start : start + _CROP]
        if rng.random() < self.hidden:
            other = crop[~np.isin(crop, question)]
            return other if len(other) else crop
        return crop


def make_examples(
    tokenizer: Tokenizer, pairs: Sequence[Pair], batch: int, hidden: float
) -> Examples:
    """Cut the pairs into tokens; one of which a side has no known token is left out."""
    questions = token_ids(tokenizer, [pair.query for pair in pairs])
    passages = token_ids(tokenizer, [pair.passage for pair in pairs])
    kept = [i for i in range(len(pairs)) if len(questions[i]) and len(passages[i])]
    sources: dict[str, list[int]] = {}
    for place, i in enumerate(kept):
        sources.setdefault(pairs[i].source, []).append(place)
    tokens = [(questions[i], passages[i]) for i in kept]
    return Examples(tokens, list(sources.values()), batch, hidden)

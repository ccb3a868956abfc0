"""What the encoder learns from: the given pairs, and pairs made from the running text.

A made pair is one sentence and the rest of the text around it (the inverse cloze task of Lee,
Chang & Toutanova 2019, arXiv:1906.00300): another sentence at every epoch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from rag.sentences import sentence_spans
from rag.training.corpus import Pair
from rag.training.finetune import Example
from rag.training.vectors import Ids, token_ids

_BLOCK = 350  # characters of running text, about a passage, that one made pair is cut from
_SHORTEST = 8  # characters; a shorter sentence asks for nothing
_CROP = 256  # tokens of a passage that are seen at a time


@dataclass(frozen=True, slots=True)
class Examples:
    """The tokens of all pairs and blocks, and how they come in batches.

    All of a batch is of one source where there is enough of it: passages of the same kind are
    negatives that have to be told apart by what they say.
    """

    pairs: Sequence[Example]
    sources: Sequence[Sequence[int]]  # the places in `pairs` of each source
    blocks: Sequence[Sequence[Ids]]  # the sentences of each block
    batch: int
    hidden: float  # how often a passage is shown without the words of its question

    def steps(self) -> int:
        """Return the number of batches of one epoch."""
        whole = sum(len(places) // self.batch for places in self.sources)
        left = sum(len(places) % self.batch for places in self.sources)
        return whole - (-left // self.batch) - (-len(self.blocks) // self.batch)

    def epoch(self, rng: np.random.Generator) -> Iterator[list[Example]]:
        """Give every pair and block once, in an order and with crops drawn from `rng`."""
        groups = [("pair", places) for places in self._groups(rng)]
        order = rng.permutation(len(self.blocks))
        groups += [("block", order[i : i + self.batch]) for i in range(0, len(order), self.batch)]
        for at in rng.permutation(len(groups)):
            kind, places = groups[at]
            made = (self.pairs[i] if kind == "pair" else cloze(self.blocks[i], rng) for i in places)
            yield [(q, self._shown(q, p, rng)) for q, p in made]

    def _groups(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        left = []
        for places in self.sources:
            mixed = rng.permutation(places)
            whole = len(mixed) // self.batch * self.batch
            yield from mixed[:whole].reshape(-1, self.batch)
            left.append(mixed[whole:])
        mixed = rng.permutation(np.concatenate(left)) if left else np.zeros(0, dtype=int)
        yield from (mixed[i : i + self.batch] for i in range(0, len(mixed), self.batch))

    def _shown(self, question: Ids, passage: Ids, rng: np.random.Generator) -> Ids:
        """Return a crop of `passage`, sometimes without the words that `question` has too."""
        start = rng.integers(0, max(1, len(passage) - _CROP + 1))
        crop = passage[start : start + _CROP]
        if rng.random() < self.hidden:
            other = crop[~np.isin(crop, question)]
            return other if len(other) else crop
        return crop


def make_examples(
    tokenizer: Tokenizer, pairs: Sequence[Pair], text: Sequence[str], batch: int, hidden: float
) -> Examples:
    """Cut pairs and text into tokens; what has no known token is left out."""
    questions = token_ids(tokenizer, [pair.query for pair in pairs])
    passages = token_ids(tokenizer, [pair.passage for pair in pairs])
    kept = [i for i in range(len(pairs)) if len(questions[i]) and len(passages[i])]
    sources: dict[str, list[int]] = {}
    for place, i in enumerate(kept):
        sources.setdefault(pairs[i].source, []).append(place)
    tokens = [(questions[i], passages[i]) for i in kept]
    return Examples(tokens, list(sources.values()), _blocks(tokenizer, text), batch, hidden)


def cloze(block: Sequence[Ids], rng: np.random.Generator) -> Example:
    """Take one sentence out of a block of two or more; it is the question, the rest the passage."""
    at = int(rng.integers(len(block)))
    return block[at], np.concatenate([*block[:at], *block[at + 1 :]])


def _blocks(tokenizer: Tokenizer, text: Sequence[str]) -> list[list[Ids]]:
    """Join neighbouring paragraphs up to a passage's length and cut them into sentences."""
    sentences: list[str] = []
    ends: list[int] = []
    length = 0
    for paragraph in text:
        cut = [paragraph[start:end] for start, end in sentence_spans(paragraph)]
        sentences += (sentence for sentence in cut if len(sentence) >= _SHORTEST)
        length += len(paragraph)
        if length >= _BLOCK:
            ends.append(len(sentences))
            length = 0
    ids = token_ids(tokenizer, sentences)
    starts = [0, *ends[:-1]] if ends else []
    blocks = ([i for i in ids[a:b] if len(i)] for a, b in zip(starts, ends, strict=True))
    return [block for block in blocks if len(block) > 1]

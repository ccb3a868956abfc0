"""Turns a question and the sentences of a passage into tokens, as the reader gets them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import AutoTokenizer

ROOM, QUESTION, HEAD, SENTENCE = 256, 60, 40, 160  # tokens


@dataclass(frozen=True, slots=True)
class Coded:
    """One window in tokens."""

    ids: list[int]
    owner: list[int]  # the sentence of each token, or -1
    gold: list[int]  # 1 + number of each sentence that answers; [0] for "no answer"
    span: tuple[int, int] | None  # first and last token of the answer


class Coder:
    """Turns questions and sentences into tokens."""

    def __init__(self, folder: str) -> None:
        self.tokens = AutoTokenizer.from_pretrained(folder)
        special = self.tokens.convert_tokens_to_ids(["<s>", "</s>", "<pad>"])
        self.bos, self.eos, self.pad = special
        self._cut: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}

    def ids(self, text: str, most: int) -> list[int]:
        """The tokens of a text."""
        return list(self.tokens(text, add_special_tokens=False)["input_ids"][:most])

    def sentence(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a sentence and where each stands in it."""
        if text not in self._cut:
            coded = self.tokens(text, add_special_tokens=False, return_offsets_mapping=True)
            self._cut[text] = coded["input_ids"][:SENTENCE], coded["offset_mapping"][:SENTENCE]
        return self._cut[text]

    def coded(
        self,
        question: str,
        head: str,
        sentences: Sequence[str],
        gold: Sequence[int],
        answers: Sequence[str] = (),
    ) -> Coded | None:
        """One window of whole sentences about one that answers, or about any."""
        asked = self.ids("query: " + question, 200)
        asked = asked[:3] + asked[3:][-QUESTION:]
        ids = [self.bos, *asked, self.eos, self.eos, *self.ids(head, HEAD), self.eos]
        if not sentences:
            return None
        about = random.choice(gold) if gold else random.randrange(len(sentences))
        low, high = self._around(sentences, about, ROOM - len(ids) - 1)
        owner, span = [-1] * len(ids), None
        for number in range(low, high):
            pieces, offsets = self.sentence(sentences[number])
            if span is None and number in gold:
                span = _span(sentences[number], offsets, answers, len(ids))
            ids, owner = ids + pieces, owner + [number - low] * len(pieces)
        inside = [g - low + 1 for g in gold if low <= g < high]
        return Coded([*ids, self.eos], [*owner, -1], inside or [0], span)

    def _around(self, sentences: Sequence[str], about: int, room: int) -> tuple[int, int]:
        """Widen a window about a sentence, to either side at random, while it fits."""
        low, high = about, about + 1
        room -= len(self.sentence(sentences[about])[0])
        while True:
            sides = [low - 1, high] if random.random() < 0.5 else [high, low - 1]
            for at in sides:
                if 0 <= at < len(sentences) and len(self.sentence(sentences[at])[0]) <= room:
                    room -= len(self.sentence(sentences[at])[0])
                    low, high = min(low, at), max(high, at + 1)
                    break
            else:
                return low, high


def _span(
    sentence: str, offsets: Sequence[tuple[int, int]], answers: Sequence[str], first: int
) -> tuple[int, int] | None:
    for answer in sorted(answers, key=len, reverse=True):
        start = sentence.find(answer)
        if start >= 0:
            end = start + len(answer)
            inside = [i for i, (a, b) in enumerate(offsets) if a < b and b > start and a < end]
            if inside:
                return first + inside[0], first + inside[-1]
    return None

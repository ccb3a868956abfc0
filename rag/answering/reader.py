"""The reader: a cross-encoder that says of every sentence of a passage how well it answers.

It reads the question and one passage at a time: <s> query: QUESTION </s></s> HEAD </s> SENTENCE
SENTENCE … </s>. Beside the sentences it scores "no answer", so that a score is a margin above it;
and it marks where in a sentence the answer begins and ends (as in BERT for SQuAD: Devlin et al.,
NAACL 2019). Its card is `reader_model/README.md`.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.answering.window import Window
from rag.encoding import DEFAULT
from rag.encoding.onnx import open_graph
from rag.errors import BadEncoder
from rag.figures import respelled
from rag.types import Span

MODEL = Path(__file__).parent / "reader_model" / "model.onnx"
QUESTION, HEAD, SENTENCE, ROOM = 60, 40, 160, 320  # tokens at most
_LONGEST = 40  # tokens of a span

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one window; a row a sentence."""

    margins: Floats  # score above "no answer", in log-odds
    spans: tuple[Span, ...]  # where in the sentence the answer is, in characters
    certain: Floats  # log-probability of that span among all of the window's


@dataclass(frozen=True, slots=True)
class _Input:
    """Sentences of one window that are read together."""

    window: int
    ids: list[int]
    own: list[tuple[int, list[Span]]]  # of each sentence its first token, and where tokens stand


class OnnxReader:
    """Safe for several threads; windows are read side by side, one core each."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        """Open the graph and the tokenizer.

        Raises:
            BadEncoder: a file is missing or damaged.
        """
        try:
            self._session = open_graph(model)
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # tokenizers and onnxruntime raise types of their own
            reason = " ".join(str(error).split())[:200]
            raise BadEncoder(
                "the reader in {parent} cannot be read ({reason}): install the package "
                "again, or set `reader` to none",
                parent=model.parent,
                reason=reason,
            ) from error
        self._tokenizer.no_truncation()
        self._bos, self._eos = (self._tokenizer.token_to_id(t) or 0 for t in ("<s>", "</s>"))

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Return one reading a window; long windows are read in parts.

        A date is asked for as the window spells it: 2023.5.6 for 2023年5月6日.
        """
        spelled = [respelled(question, "\n".join([w.head, *w.sentences])) for w in windows]
        asked = {text: self._asked(text) for text in set(spelled)}
        inputs = [
            each
            for number, (text, window) in enumerate(zip(spelled, windows, strict=True))
            for each in self._inputs(number, asked[text], window)
        ]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            done = list(pool.map(self._run, inputs))
        read = [(each.window, reading) for each, reading in zip(inputs, done, strict=True)]
        return [_joined([r for of, r in read if of == n]) for n in range(len(windows))]

    def _asked(self, question: str) -> list[int]:
        prompt, ids = self._ids("query: "), self._ids(f"query: {question}")
        room = QUESTION - len(prompt)
        return ids if len(ids) <= QUESTION else prompt + ids[-room:]  # the end is what is asked

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _inputs(self, number: int, asked: list[int], window: Window) -> Iterator[_Input]:
        start = [self._bos, *asked, self._eos, self._eos, *self._ids(window.head)[:HEAD], self._eos]
        ids, own = list(start), list[tuple[int, list[Span]]]()
        for sentence in window.sentences:
            coded = self._tokenizer.encode(sentence, add_special_tokens=False)
            pieces, places = coded.ids[:SENTENCE], coded.offsets[:SENTENCE]
            if own and len(ids) + len(pieces) >= ROOM:
                yield _Input(number, [*ids, self._eos], own)
                ids, own = list(start), []
            own.append((len(ids), places))
            ids += pieces
        if own:
            yield _Input(number, [*ids, self._eos], own)

    def _run(self, part: _Input) -> Reading:
        ids = np.array([part.ids], np.int64)
        pool = np.zeros((1, len(part.own), ids.shape[1]), np.float32)
        for row, (first, places) in enumerate(part.own):
            pool[0, row, first : first + len(places)] = 1 / max(1, len(places))
        scores, ends = self._session.run(None, {"input_ids": ids, "pool": pool})
        inside = np.full(ids.shape[1], -np.inf, np.float32)
        for first, places in part.own:
            inside[first : first + len(places)] = 0
        starts, stops = (_log_softmax(ends[0, :, side] + inside) for side in (0, 1))
        best = [_best_span(starts, stops, first, places) for first, places in part.own]
        spans, certain = zip(*best, strict=True)
        margins = (scores[0, 1:] - scores[0, 0]).astype(np.float32)
        return Reading(margins, spans, np.array(certain, np.float32))


def _best_span(
    starts: Floats, stops: Floats, first: int, places: Sequence[Span]
) -> tuple[Span, float]:
    """The likeliest span inside one sentence, in its characters, and its log-probability."""
    n = len(places)
    if not n:
        return (0, 0), -30.0
    pairs = starts[first : first + n, None] + stops[None, first : first + n]
    reach = np.arange(n)[None, :] - np.arange(n)[:, None]
    pairs = np.where((reach >= 0) & (reach < _LONGEST), pairs, -np.inf)
    i, j = divmod(int(np.argmax(pairs)), n)
    return (places[i][0], places[j][1]), float(pairs[i, j])


def _log_softmax(values: Floats) -> Floats:
    lowered = values - values.max()
    shares: Floats = lowered - np.log(np.exp(lowered).sum())
    return shares


def _joined(parts: Sequence[Reading]) -> Reading:
    """The reading of one window out of those of its parts."""
    none = np.zeros(0, np.float32)
    return Reading(
        np.concatenate([none, *(part.margins for part in parts)]),
        tuple(span for part in parts for span in part.spans),
        np.concatenate([none, *(part.certain for part in parts)]),
    )


@cache
def load_reader() -> OnnxReader:
    """Return the reader that ships, opened once in a process: its files do not change.

    Raises:
        BadEncoder: a file is missing or damaged.
    """
    return OnnxReader(MODEL, DEFAULT / "tokenizer.json")

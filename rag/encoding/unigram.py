"""The pieces of a Unigram tokenizer for thousands of texts at a time, in numpy.

`tokenizers` walks one text after the other, and an index is built of hundreds of thousands. Here
all runs of a batch go forward together, one character a step: the same Viterbi search (Kudo 2018,
arXiv:1804.10959), the same sums in the same order, so the same pieces, in a third of the time. It
reads the kind of tokenizer that `rag train` writes and no other: NFKC, lower case, runs of Han
characters or of Latin letters and digits. A question is one text; that is cut by dictionary alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.words import HAN, fold

RUN = "[㐀-䶿一-鿿\U00020000-\U000323af]+|[a-z0-9]+"
"""What is cut, as a pattern; all else falls away."""
_RUN = re.compile(RUN)
_LATIN = ((0x30, 0x3A), (0x61, 0x7B))
_CODES = 0x110000  # of Unicode
_LONGEST = 200  # characters of a run that is searched here: each is a step of its own
_SPARSE = 4  # slots of the table for each node in it
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio
_PREFIX = (-1, 0.0)  # what is no piece, but may be the beginning of one
_PENALTY = 10.0  # so much below the least likely piece an unknown character scores

Ids = NDArray[np.int32]
Places = NDArray[np.int64]


class _Runs(NamedTuple):
    """The runs of all texts, a gap of one after each, so that none touches the next."""

    letters: Ids  # code points, 0 in the gaps
    starts: Places  # (runs,)
    ends: Places  # (runs,)
    texts: Places  # (texts,), where the runs of each text end


class _Found(NamedTuple):
    """Pieces that stand somewhere: where each begins and ends, and which it is."""

    starts: Places
    ends: Places
    pieces: Ids


class _Trie:
    """Beginnings of pieces, as nodes; the next one is looked up by its parent and its letter.

    All are in one table, under a hash of parent and letter or in the next free slot after it.
    """

    def __init__(self, pieces: Mapping[str, int]) -> None:
        nodes = {"": 0}
        for piece in pieces:
            for end in range(1, len(piece) + 1):
                nodes.setdefault(piece[:end], len(nodes))
        bits = (_SPARSE * len(nodes)).bit_length()
        self._shift = np.uint64(64 - bits)
        self._keys = np.full((1 << bits) + len(nodes), -1, np.int64)  # none is looked up by -1
        self._nodes = np.zeros(len(self._keys), np.int32)
        self._pieces = np.full(len(self._keys), -1, np.int32)
        del nodes[""]
        parents = np.array([nodes.get(node[:-1], 0) for node in nodes], np.int64)
        keys = parents * _CODES + np.array([ord(node[-1]) for node in nodes], np.int64)
        for (node, number), key, slot in zip(nodes.items(), keys, self._slots(keys), strict=True):
            while self._keys[slot] >= 0:
                slot += 1
            self._keys[slot], self._nodes[slot] = key, number
            self._pieces[slot] = pieces.get(node, -1)

    def step(self, nodes: Ids, letters: Ids) -> tuple[NDArray[np.bool_], Ids, Ids]:
        """Go on from each node by a letter: which can, and for those the next node and its piece.

        The piece is -1 where none ends there.
        """
        keys = nodes.astype(np.int64) * _CODES + letters
        slots = self._slots(keys)
        there = self._keys[slots]
        known = there == keys
        astray = np.flatnonzero(~known & (there >= 0))
        while len(astray):
            slots[astray] += 1
            there = self._keys[slots[astray]]
            known[astray] = there == keys[astray]
            astray = astray[(there >= 0) & ~known[astray]]
        slots = slots[known]
        return known, self._nodes[slots], self._pieces[slots]

    def _slots(self, keys: Places) -> Places:
        """Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4."""
        slots: Places = ((keys.view(np.uint64) * _GOLDEN) >> self._shift).view(np.int64)
        return slots


class Vocabulary(NamedTuple):
    """Pieces with their log probabilities, by number."""

    pieces: list[tuple[str, float]]
    unknown: int  # the number of what is no piece

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self | None:
        """Read a tokenizer of the kind that `rag train` writes; None for any other."""
        made = json.loads(tokenizer.to_str())
        model, cut = made["model"], made["pre_tokenizer"] or {}
        folds = [step["type"] for step in (made["normalizer"] or {}).get("normalizers", ())]
        wanted = {"type": "Split", "pattern": {"Regex": RUN}, "behavior": "Removed", "invert": True}
        if (
            model["type"] != "Unigram"
            or model["unk_id"] is None
            or model.get("byte_fallback")
            or folds != ["NFKC", "Lowercase"]
            or cut != wanted
            or any(made[part] for part in ("added_tokens", "truncation", "post_processor"))
        ):
            return None
        return cls([(piece, score) for piece, score in model["vocab"]], model["unk_id"])

    @property
    def usable(self) -> dict[str, int]:
        """The numbers of the pieces that can stand in a run."""
        return {piece: i for i, (piece, _) in enumerate(self.pieces) if re.fullmatch(RUN, piece)}

    @property
    def least(self) -> float:
        """The score of a character that is no piece."""
        return min(score for _, score in self.pieces) - _PENALTY


class Single:
    """Cuts one text, by a dictionary of pieces and of what they begin with; immutable."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._unknown, self._least = vocabulary.unknown, vocabulary.least
        self._known: dict[str, tuple[int, float]] = {}
        for piece, number in vocabulary.usable.items():
            for end in range(1, len(piece)):
                self._known.setdefault(piece[:end], _PREFIX)
            self._known[piece] = (number, vocabulary.pieces[number][1])

    def cut(self, text: str) -> list[int]:
        """The numbers of its pieces; unknown characters that touch are one unknown piece."""
        return [number for run in _RUN.findall(fold(text)) for number in self._run(run)]

    def _run(self, run: str) -> list[int]:
        """Of equal cuts the one whose last piece is longer is taken, as `tokenizers` does."""
        best, back = [0.0] + [-inf] * len(run), [(0, 0)] * len(run)
        for start in range(len(run)):
            base, end = best[start], start + 1
            found: tuple[int, float] | None = self._known.get(run[start], _PREFIX)
            if found is _PREFIX and base + self._least > best[end]:
                best[end], back[start] = base + self._least, (start, self._unknown)
            while found:
                number, score = found
                if number >= 0 and base + score > best[end]:
                    best[end], back[end - 1] = base + score, (start, number)
                end += 1
                found = self._known.get(run[start:end]) if end <= len(run) else None
        numbers, end = list[int](), len(run)
        while end:
            end, number = back[end - 1]
            if number != self._unknown or numbers[-1:] != [number]:
                numbers.append(number)
        return numbers[::-1]


class Unigram:
    """Cuts many texts at a time; immutable."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._unknown = vocabulary.unknown
        self._alone = len(vocabulary.pieces)  # what a character is that is no piece; it has a score
        self._scores = np.array([*(score for _, score in vocabulary.pieces), vocabulary.least])
        self._trie = _Trie(vocabulary.usable)
        self._kinds = np.zeros(_CODES, np.int8)
        for kind, ranges in enumerate((HAN, _LATIN), start=1):
            for low, high in ranges:
                self._kinds[low:high] = kind

    def cut(self, texts: Sequence[str]) -> tuple[Ids, Places] | None:
        """Return the numbers of the pieces of all texts, and where those of each text end.

        None where a run is too long to be searched here.
        """
        runs = self._runs(texts)
        if len(runs.starts) and (runs.ends - runs.starts).max() > _LONGEST:
            return None
        begins, pieces = self._best(runs)
        unknown = pieces == self._alone
        again = np.zeros(len(pieces), bool)  # unknown characters that touch are one unknown piece
        again[1:] = unknown[1:] & unknown[:-1] & (np.diff(begins) == 1)
        pieces[unknown] = self._unknown
        return pieces[~again], np.searchsorted(begins[~again], runs.texts)

    def _runs(self, texts: Sequence[str]) -> _Runs:
        joined = "".join(fold(text).replace("\0", " ") + "\0" for text in texts)
        codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
        kinds = self._kinds[codes]
        first = (kinds > 0) & (np.diff(kinds, prepend=np.int8(0)) != 0)
        at = np.flatnonzero(kinds)
        number = np.cumsum(first)  # of runs that have begun
        places = np.arange(len(at)) + number[at] - 1
        letters = np.zeros(len(at) + int(first.sum()), np.int32)
        letters[places] = codes[at]
        starts = places[first[at]]
        ends = np.append(starts[1:], len(letters)) - 1
        texts_end = np.append(starts, len(letters))[number[codes == 0]]
        return _Runs(letters, starts, ends[: len(starts)], texts_end)

    def _found(self, runs: _Runs) -> list[_Found]:
        """Every piece that stands in the runs, by length; a character alone is always one."""
        inside = np.ones(len(runs.letters), bool)
        inside[runs.ends] = False
        at = np.flatnonzero(inside)
        alone = np.full(len(at), self._alone, np.int32)
        found, nodes, length = [_Found(at, at + 1, alone)], np.zeros(len(at), np.int32), 0
        while len(at):
            known, nodes, pieces = self._trie.step(nodes, runs.letters[at + length])
            at, length, whole = at[known], length + 1, pieces >= 0
            if length == 1:
                alone[known] = np.where(whole, pieces, self._alone)
            else:
                found.append(_Found(at[whole], at[whole] + length, pieces[whole]))
        return found

    def _best(self, runs: _Runs) -> tuple[Places, Ids]:
        """The most probable cut of all runs: where its pieces begin, ascending, and which.

        Of equal cuts the one whose last piece is longer is taken, as `tokenizers` does.
        """
        size = len(runs.letters)
        best, back = np.full(size, -np.inf), np.zeros(size, np.int64)
        best[runs.starts] = 0.0
        chosen, which = np.zeros(size, np.int32), np.full(size, -1, np.int32)
        for starts, ends, pieces in self._steps(runs):
            scores = best[starts] + self._scores[pieces]
            better = scores > best[ends]
            ends = ends[better]
            best[ends], back[ends], chosen[ends] = scores[better], starts[better], pieces[better]
        place, start = runs.ends, runs.starts
        while len(place):
            before = back[place]
            which[before] = chosen[place]
            going_on = before > start
            place, start = before[going_on], start[going_on]
        begins = np.flatnonzero(which >= 0)
        return begins, which[begins]

    def _steps(self, runs: _Runs) -> "list[_Found]":
        """The pieces in the order of the search: by how far into its run one ends, long first."""
        found = self._found(runs)[::-1]
        starts, ends, pieces = (np.concatenate(parts) for parts in zip(*found, strict=True))
        size = len(runs.letters)
        begun = np.zeros(size, np.int64)
        begun[runs.starts] = runs.starts
        depth = ends - np.maximum.accumulate(begun)[starts]
        order = depth * len(found) + np.repeat(range(len(found)), [len(f.starts) for f in found])
        by = np.argsort(order.astype(np.int16), kind="stable")
        turns = np.flatnonzero(np.diff(order[by])) + 1
        cut = (np.split(part[by], turns) for part in (starts, ends, pieces))
        return [_Found(*step) for step in zip(*cut, strict=True)]

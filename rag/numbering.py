"""Many texts → their tokens as numbers, a batch at a time in numpy. Floor 3.

The tokens are those of `Tokenizer.tokens`; their order inside a text is not kept, for no index
asks for it. A term of up to three characters, as nearly all are, is a key: a number that holds
them. Numpy tells such numbers apart and puts them in order, where strings are looked up one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.words import HAN, STOPWORDS, Tokenizer, fold

SHORT = 3  # characters of a term that has a key
_BITS = np.uint64(21)  # of one code point
_LONG = np.uint64(1 << 63)  # from here on there are numbers of longer terms
_CODES = 0x110000  # of Unicode
_GROUP = 16  # texts that are folded in one call; one strange sign makes all of them slow
_CHINESE, _ALNUM, _JOINT, _PERCENT = range(1, 5)  # kinds of characters; 0 is any other

Keys = NDArray[np.uint64]
"""Terms of one to `SHORT` characters: their code points side by side, the first in the highest
bits and zeros behind the last, so that the order of the numbers is the order of the terms."""
Codes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]
Places = NDArray[np.int64]
_Longer = defaultdict[str, int]


class Tokens(NamedTuple):
    """The tokens of some texts, text after text."""

    keys: Keys  # the different short terms, ascending; some may not come in any text
    longer: list[str]  # the different longer ones
    ids: NDArray[np.int32]  # (tokens,), each as its place in `keys`, or after them in `longer`
    starts: Places  # (texts + 1,), where each text begins in `ids`, and the end

    @property
    def terms(self) -> list[str]:
        """The different terms as text, by the numbers in `ids`."""
        return [*unpacked(self.keys), *self.longer]


def packed(terms: Iterable[str]) -> Keys:
    """The keys of terms, shape (n,); of a longer one, the key of its first characters."""
    first = "".join([term[:SHORT].ljust(SHORT, "\0") for term in terms])
    codes = _codes(first).reshape(-1, SHORT)
    keys: Keys = codes @ (np.uint64(1) << _BITS * np.arange(SHORT - 1, -1, -1, dtype=np.uint64))
    return keys


def characters(keys: Keys) -> Codes:
    """The code points of the terms with these keys, shape (n, SHORT), zeros behind the last."""
    shifts = np.arange(SHORT - 1, -1, -1, dtype=np.uint64) * _BITS
    mask = (np.uint64(1) << _BITS) - np.uint64(1)
    codes: Codes = (keys[:, np.newaxis] >> shifts & mask).astype(np.uint32)
    return codes


def unpacked(keys: Keys) -> Iterator[str]:
    """The terms with these keys."""
    return (_text(codes[codes > 0]) for codes in characters(keys))


def numbers() -> _Longer:
    """An empty dictionary that numbers terms from 0 as they come."""
    return defaultdict(count().__next__)


def numbered(tokenizer: Tokenizer, texts: Sequence[str]) -> Tokens:
    """Cut every text into the tokens of the sparse index.

    >>> made = numbered(Tokenizer(), ["人才库", "人才"])
    >>> [sorted(made.terms[i] for i in ids) for ids in np.split(made.ids, made.starts[1:-1])]
    [['人才', '人才', '人才库', '才库'], ['人才', '人才']]
    """
    text = _folded(texts)
    codes, longer = _codes(text), numbers()
    kinds = _kinds()[codes]
    words, of_words = _words(tokenizer, codes, kinds == _CHINESE, longer)
    starts, ends = _others(kinds)
    others = _keys(text, codes, starts, ends, longer)
    keys, ids = np.unique(np.concatenate([words, others]), return_inverse=True)
    told = np.ones(len(ids), bool)
    told[: len(words)] = ~np.isin(keys, _dropped())[ids[: len(words)]]
    owners = np.concatenate([of_words, np.cumsum(codes == 0)[starts]])[told]
    if len(texts) <= np.iinfo(np.uint16).max:
        owners = owners.astype(np.uint16)  # these are sorted by radix, in one tenth of the time
    order = np.argsort(owners, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(owners, minlength=len(texts))))
    short = keys[: len(keys) - len(longer)]
    return Tokens(short, list(longer), ids.astype(np.int32)[told][order], bounds)


def _keys(text: str, codes: Codes, starts: Places, ends: Places, longer: _Longer) -> Keys:
    """A number for each span of `text`, whose code points are `codes`.

    Of a short one it is the key, of a longer one its number in `longer` from `_LONG` on.
    """
    lengths = ends - starts
    keys = codes[starts].astype(np.uint64)
    for n in range(1, SHORT):
        there = np.minimum(starts + n, len(codes) - 1)
        keys = keys << _BITS | np.where(lengths > n, codes[there], 0)
    at = np.flatnonzero(lengths > SHORT)
    terms = [text[a:z] for a, z in zip(starts[at].tolist(), ends[at].tolist(), strict=True)]
    keys[at] = np.array([longer[term] for term in terms], np.uint64) + _LONG
    return keys


def _folded(texts: Sequence[str]) -> str:
    """All texts, folded, with a zero after each: it joins with nothing that stands beside it."""
    plain = [text.replace("\0", " ") if "\0" in text else text for text in texts]
    groups = (plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))
    return "".join(fold("\0".join(group)) + "\0" for group in groups)


def _words(
    tokenizer: Tokenizer, codes: Codes, han: NDArray[np.bool_], longer: _Longer
) -> tuple[Keys, Places]:
    """The words of all texts as `_keys` has them, and the text of each; all are cut in one call.

    What `_dropped` holds is still among them. Only Chinese characters are given to be cut, a space
    after each run of them and a line end after each text.
    """
    end = codes == 0
    kept = han | end
    kept[1:] |= han[:-1]
    signs = np.where(han, codes, np.where(end, ord("\n"), ord(" ")))[kept]
    words = tokenizer.cut(_text(signs))
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    joined, ends = "".join(words), np.cumsum(lengths)
    keys = _keys(joined, _codes(joined), ends - lengths, ends, longer)
    return keys, np.cumsum(keys == packed("\n"))


def _others(kinds: Kinds) -> tuple[Places, Places]:
    """Where Latin words and numbers stand, and all pairs of units: their starts and ends.

    A Latin word is what the pattern `LATIN` finds; two never touch.
    """
    han, alnum = kinds == _CHINESE, kinds == _ALNUM
    inside = alnum.copy()
    goes_on = (kinds[1:-1] == _PERCENT) | ((kinds[1:-1] == _JOINT) & alnum[2:])
    inside[1:-1] |= alnum[:-2] & goes_on
    turns = np.flatnonzero(np.diff(inside, prepend=False))
    starts, ends = turns[::2], turns[1::2]
    before, after = han[starts - 1], han[ends]  # before the first one stands the last "\0"
    pairs = np.flatnonzero(han[:-1] & han[1:])
    return (
        np.concatenate([starts, starts[before] - 1, starts[after], pairs]),
        np.concatenate([ends, ends[before], ends[after] + 1, pairs + 2]),
    )


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _text(codes: NDArray[np.unsignedinteger]) -> str:
    return codes.astype(np.uint32).tobytes().decode("utf-32-le")


@cache
def _kinds() -> Kinds:
    """For each code point, what kind of character it is."""
    table = np.zeros(_CODES, np.uint8)
    for low, high in HAN:
        table[low:high] = _CHINESE
    table[_codes("abcdefghijklmnopqrstuvwxyz0123456789")] = _ALNUM
    table[_codes(".-+/")] = _JOINT
    table[ord("%")] = _PERCENT
    return table


@cache
def _dropped() -> Keys:
    """The keys of stop words, and of what stands between words."""
    return packed([*STOPWORDS, "\n", " "])

"""Many texts → their tokens as numbers, a batch at a time in numpy. Floor 3.

The tokens are those of `Tokenizer.tokens`; their order inside a text is not kept, for no index
asks for it. A pair of Chinese characters, which is every second token, becomes a string once a
batch instead of once a token.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.words import HAN, LATIN, STOPWORDS, Tokenizer, fold

_CODES = 0x110000  # of Unicode
_BITS = np.uint64(21)  # of one code point
_GROUP = 16  # texts that are folded in one call; one strange sign makes all of them slow

Places = NDArray[np.int64]


class Tokens(NamedTuple):
    """The tokens of some texts, text after text."""

    terms: list[str]  # the different ones; some may not come in any text
    ids: NDArray[np.int32]  # (tokens,), each as its place in `terms`
    starts: Places  # (texts + 1,), where each text begins in `ids`, and the end


def numbers() -> defaultdict[str, int]:
    """An empty dictionary that numbers terms from 0 as they come."""
    return defaultdict(count().__next__)


def places(terms: Sequence[str], known: dict[str, int]) -> NDArray[np.int32]:
    """The number of each term, shape (n,); `known` learns the new ones."""
    return np.fromiter(map(known.__getitem__, terms), np.int32, len(terms))


def numbered(tokenizer: Tokenizer, texts: Sequence[str]) -> Tokens:
    """Cut every text into the tokens of the sparse index.

    >>> made = numbered(Tokenizer(), ["人才库", "人才"])
    >>> [sorted(made.terms[i] for i in ids) for ids in np.split(made.ids, made.starts[1:-1])]
    [['人才', '人才', '人才库', '才库'], ['人才', '人才']]
    """
    folded = _folded(texts)
    codes = np.frombuffer(folded.encode("utf-32-le"), np.uint32)
    han, ends, known = _is_han()[codes], np.flatnonzero(codes == 0), numbers()
    words, of_words = _words(tokenizer, codes, han, known)
    latin, of_latin = _latin(folded, han)
    pairs = np.flatnonzero(han[:-1] & han[1:])
    keys, which = np.unique(codes[pairs] << _BITS | codes[pairs + 1], return_inverse=True)
    ids = np.concatenate([words, places(latin, known), places(_pairs(keys), known)[which]])
    owners = np.searchsorted(ends, np.concatenate([of_latin, pairs]))
    owners = np.concatenate([of_words, owners])
    if len(texts) <= np.iinfo(np.uint16).max:
        owners = owners.astype(np.uint16)  # these are sorted by radix, in one tenth of the time
    order = np.argsort(owners, kind="stable")
    starts = np.cumsum(np.bincount(owners, minlength=len(texts)))
    return Tokens(list(known), ids[order], np.append(0, starts))


def _folded(texts: Sequence[str]) -> str:
    """All texts, folded, with a zero after each: it joins with nothing that stands beside it."""
    plain = [text.replace("\0", " ") if "\0" in text else text for text in texts]
    groups = (plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))
    return "".join(fold("\0".join(group)) + "\0" for group in groups)


def _words(
    tokenizer: Tokenizer,
    codes: NDArray[np.uint32],
    han: NDArray[np.bool_],
    known: dict[str, int],
) -> tuple[NDArray[np.int32], Places]:
    """The numbers of the words of all texts, and the text of each; all are cut in one call.

    Only Chinese characters are given to be cut, a space after each run of them and a line end
    after each text.
    """
    end = codes == 0
    kept = han | end
    kept[1:] |= han[:-1]
    signs = np.where(han, codes, np.where(end, ord("\n"), ord(" ")))[kept]
    ids = places(["\n", " ", *sorted(STOPWORDS), *tokenizer.cut(_text(signs))], known)
    ids = ids[len(STOPWORDS) + 2 :]
    told = ids > len(STOPWORDS) + 1
    return ids[told], np.cumsum(ids == 0)[told]


def _latin(folded: str, han: NDArray[np.bool_]) -> tuple[list[str], Places]:
    """The Latin words and numbers, and their pairs with what touches them, each with a place."""
    found = [(match.group(), *match.span()) for match in LATIN.finditer(folded)]
    words = [word for word, _, _ in found]
    spans = np.array([span for _, *span in found], np.int64).reshape(-1, 2)
    starts, ends = spans[:, 0], spans[:, 1]
    before = np.flatnonzero(han[starts - 1])  # of the first one, that is the last "\0"
    after = np.flatnonzero(han[ends])
    touching = np.flatnonzero(ends[:-1] == starts[1:])
    pairs = [folded[starts[i] - 1] + words[i] for i in before.tolist()]
    pairs += [words[i] + folded[ends[i]] for i in after.tolist()]
    pairs += [words[i] + words[i + 1] for i in touching.tolist()]
    return words + pairs, starts[np.concatenate([np.arange(len(words)), before, after, touching])]


def _pairs(keys: NDArray[np.uint64]) -> list[str]:
    """Pairs of code points as strings."""
    both = np.stack([keys >> _BITS, keys & np.uint64((1 << 21) - 1)], axis=1)
    text = _text(both.ravel())
    return [text[at : at + 2] for at in range(0, len(text), 2)]


def _text(codes: NDArray[np.unsignedinteger]) -> str:
    return codes.astype(np.uint32).tobytes().decode("utf-32-le")


@cache
def _is_han() -> NDArray[np.bool_]:
    """For each code point, whether it is a Chinese character."""
    table = np.zeros(_CODES, bool)
    for low, high in HAN:
        table[low:high] = True
    return table

"""Text → tokens for the sparse index: jieba search-mode words and character bigrams.

Words alone miss what the dictionary cuts otherwise in question and text; bigrams catch it. An
index and its questions must use the same tokens, so the index manifest records `TOKENIZER`, and
a generation keeps the dictionary of its own words beside it. The cutting is done by rjieba, which
is jieba in Rust: the same words of Chinese characters in an eighth of the time.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import add
from pathlib import Path

import jieba
import rjieba

from rag.errors import BadInput, failing_as
from rag.messages import both
from rag.once import once

TOKENIZER = "rjieba-search+bigrams/3"

_HAN = r"[㐀-䶿一-鿿\U00020000-\U000323af]"
_LATIN = r"[a-z0-9]+(?:[.%\-+/][a-z0-9]+)*%?"
_RUN = re.compile(f"{_HAN}+|{_LATIN}")
_HAN_RUN = re.compile(f"{_HAN}+")
_LATIN_RUN = re.compile(_LATIN)
_UNIT = re.compile(f"{_HAN}|{_LATIN}")
_TOUCHING = re.compile(f"(?:{_UNIT.pattern})+")

# Words that carry grammar, not matter; a question of only these asks for nothing.
STOPWORDS = frozenset(
    """
    的 了 和 与 及 或 在 是 有 对 把 被 将 为 以 于 从 到 向 由 等 中 上 下 里 之 其
    这 那 该 此 各 每 我 你 他 她 它 们 我们 你们 他们 并 也 都 还 就 而 但 则 所 着
    地 得 吗 呢 吧 啊 一个 以及 进行 通过 什么 哪些 哪个 哪里 哪 谁 怎么 怎样 如何
    为什么 多少 几 请 请问 一下 关于 方面
    """.split()
)
_DROPPED = STOPWORDS | {" "}
_WIDE = tuple((sign, unicodedata.normalize("NFKC", sign)) for sign in "，：；！？（）％\u3000")


class Tokenizer:
    """Cuts text into the tokens of one index; words of its dictionary are kept whole."""

    def __init__(self, dictionary: Iterable[str] = ()) -> None:
        """`dictionary` holds words of two or more Han characters, as `is_word` has it."""
        if own := tuple(dictionary):
            made = _jieba(own)
            self._search, self._tokenize = made.cut_for_search, made.tokenize
        else:  # the one that rjieba has read already
            self._search, self._tokenize = rjieba.cut_for_search, rjieba.tokenize

    def words(self, text: str) -> list[str]:
        """Return the search-mode words of `text`, in order, punctuation dropped.

        >>> Tokenizer().words("拓宽“民情账本”")
        ['拓宽', '民情', '账本']
        >>> Tokenizer(["民情账本"]).words("拓宽“民情账本”")
        ['拓宽', '民情', '账本', '民情账本']
        """
        return [
            word
            for run in _RUN.findall(fold(text))
            for word in ([run] if run[0].isascii() else self._search(run))
        ]

    def tokens(self, text: str) -> list[str]:
        """Return what the sparse index holds of `text`: words, stop words dropped, and bigrams."""
        folded = fold(text)
        cut = self._search(" ".join(_HAN_RUN.findall(folded)))  # one call is faster
        words = [word for word in cut if word not in _DROPPED]
        return words + _LATIN_RUN.findall(folded) + _bigrams(folded)

    def pieces(self, text: str) -> list[tuple[str, int, int]]:
        """Return the words of `text` without overlap, each with its half-open span in `text`."""
        return [(word, start, end) for word, start, end in self._tokenize(text)]


@lru_cache(maxsize=2)
def _jieba(dictionary: tuple[str, ...]) -> rjieba.Jieba:
    """Return a jieba with these words, too; kept, for it takes 0.1 s and a build needs two."""
    made = rjieba.Jieba()
    for word in dictionary:
        if not made.has_word(word):
            made.add_word(word, None, None)  # as frequent as it takes to be cut out
    return made


@once
def plain() -> Tokenizer:
    """The tokenizer without a dictionary of its own."""
    return Tokenizer()


def is_word(text: str) -> bool:
    """Tell whether `text` can be a word of a dictionary: two or more Han characters, no sign."""
    return len(text) > 1 and _HAN_RUN.fullmatch(text) is not None


def read_dictionary(path: Path) -> tuple[list[str], list[str]]:
    """Read an operator's words, one a line; return them, and a complaint for each bad line.

    What stands after the word on its line, a frequency or a part of speech as jieba's own files
    have them, is not read. Blank lines and lines that begin with # are skipped.

    Raises:
        BadInput: no such file, or it is not text in UTF-8.
    """
    told = "cannot read the dictionary {path}: name a text file in UTF-8"
    with failing_as(BadInput, told, UnicodeDecodeError, path=path):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    words, complaints = list[str](), list[str]()
    for number, line in enumerate(lines, start=1):
        word, *_ = line.split(maxsplit=1) or [""]
        if not word or word.startswith("#"):
            continue
        if is_word(fold(word)):
            words.append(fold(word))
        else:
            told = (
                "{path} line {number}: {word!r} is left out: write one word of two or more"
                " Chinese characters a line"
            )
            complaints.append(both(told, path=path, number=number, word=word[:40]))
    return words, complaints


@once
def _counted() -> dict[str, int]:
    with jieba.get_dict_file() as file:  # lines of a word, its count and its part of speech
        fields = file.read().decode().split()
    return dict(zip(fields[::3], map(int, fields[1::3]), strict=True))


def frequency(word: str) -> int:
    """Return how often `word` stands in the corpus that jieba's dictionary was counted on."""
    return _counted().get(word, 0)


def grams(text: str, longest: int) -> Iterator[str]:
    """Yield the character n-grams of `text`, up to `longest` characters."""
    for n in range(1, longest + 1):
        yield from (text[at : at + n] for at in range(len(text) - n + 1))


def fold(text: str) -> str:
    """NFKC and lower case: full-width forms meet half-width ones. Offsets may change."""
    for wide, narrow in _WIDE:  # most texts are normal then, and that is seen at a glance
        text = text.replace(wide, narrow)
    return unicodedata.normalize("NFKC", text).lower()


def flat(text: str) -> tuple[str, list[int]]:
    """Return `text` as exact look-up compares it: folded, without white space, with its offsets.

    >>> flat("A 区25")
    ('a区25', [0, 2, 3, 4])
    """
    found = [(sign, at) for at, one in enumerate(text) for sign in fold(one) if not sign.isspace()]
    return "".join(sign for sign, _ in found), [at for _, at in found]


def words(text: str) -> list[str]:
    """Return the search-mode words of `text`, cut without a dictionary of its own."""
    return plain().words(text)


def pieces(text: str) -> list[tuple[str, int, int]]:
    """Return the words of `text` without overlap, each with its half-open span in `text`."""
    return plain().pieces(text)


def tokens(text: str) -> list[str]:
    """Return the tokens of `text`, cut without a dictionary of its own."""
    return plain().tokens(text)


def _bigrams(folded: str) -> list[str]:
    """The pairs of units that touch; a unit is a Han character, a number or a Latin word."""
    found: list[str] = []
    for run in _TOUCHING.findall(folded):
        units = run if _HAN_RUN.fullmatch(run) else _UNIT.findall(run)
        found += map(add, units, units[1:])
    return found

"""Everyday words → the official words that documents use instead; see everyday.txt."""

from functools import cache
from pathlib import Path

from rag.words import pieces

_FILE = Path(__file__).with_name("everyday.txt")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            everyday, _, official = line.partition(" : ")
            for word in everyday.split():
                table[word] = (*table.get(word, ()), *official.split())
    return table


def official(word: str) -> tuple[str, ...]:
    """Return the official words for an everyday one; none for any other word."""
    return _table().get(word, ())


def spoken(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the everyday expressions in `text` with their official words, longest first.

    An expression counts only where it begins and ends with a word: 资金 is none in 专项资金.

    >>> [word for word, _ in spoken("怎么让混日子的干部下来")]
    ['混日子', '下来']
    """
    table, longest = _table(), max(map(len, _table()))
    cut = pieces(text)
    starts, ends = {start for _, start, _ in cut}, {end for _, _, end in cut}
    found, at = [], 0
    while at < len(text):
        lengths = range(min(longest, len(text) - at), 0, -1) if at in starts else ()
        word = next((text[at : at + n] for n in lengths
                     if at + n in ends and text[at : at + n] in table), "")  # fmt: skip
        if word:
            found.append((word, table[word]))
        at += len(word) or 1
    return found

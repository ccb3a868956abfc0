"""Everyday words → the official words that documents use instead; see everyday.txt."""

from functools import cache
from pathlib import Path

from rag.words import entries

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
    table = _table()
    return [(word, table[word]) for word, _ in entries(text, table, max(map(len, table)))]

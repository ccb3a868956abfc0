"""Very many words, in which parts and near misses are found by search in one text."""

from collections.abc import Iterable, Iterator


class Vocabulary:
    """Words, each given once; immutable."""

    def __init__(self, words: Iterable[str]) -> None:
        self._joined = "\n" + "".join(f"{word}\n" for word in words)

    def holding(self, part: str) -> Iterator[str]:
        """Give the words that hold `part`; a line break in it stands for a word's end."""
        at = self._joined.find(part) if part.strip() else -1
        while at >= 0:
            start = self._joined.rfind("\n", 0, at + 1) + 1
            end = self._joined.find("\n", start)
            yield self._joined[start:end]
            at = self._joined.find(part, end)

    def near(self, text: str) -> str | None:
        """Return a word of which `text`, of three characters or more, misses one character.

        One half of both is the same, so that only words with that half are compared.
        """
        half = len(text) // 2
        parts = (f"\n{text[:half]}", f"{text[half:]}\n") if len(text) > 2 else ()
        held = (word for part in parts for word in self.holding(part))
        return next((word for word in held if is_one_edit(text, word)), None)


def is_one_edit(one: str, other: str) -> bool:
    """Whether one character is another, too many or too few.

    >>> is_one_edit("太胡县", "太湖县"), is_one_edit("太湖", "太湖县"), is_one_edit("甲乙", "乙甲")
    (True, True, False)
    """
    if len(one) > len(other):
        one, other = other, one
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest = one[same + (len(one) == len(other)) :]
    return one != other and len(other) - len(one) < 2 and rest == other[same + 1 :]

"""Words of a corpus that no general dictionary has, so that they are cut as one.

Essays coin terms and put them in quotes (“四进四考”), and they name people, offices and places. An
operator can give more, in a file. The dictionary is kept with the generation: its passages and
its questions are cut by the same words.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.errors import BadInput, IndexDamaged
from rag.types import Essay, Outline
from rag.words import fold, is_word

_QUOTED = re.compile("“([^“”]{2,8})”")  # longer ones are sayings, not words
_MOST = 50_000  # quoted terms, the most frequent first: adding one takes 2 µs at every opening


def dictionary(outlines: Iterable[Outline], given: Iterable[str] = ()) -> list[str]:
    """Return the words of the corpus, and those that are `given`, in order, each once."""
    coined = Coined(given)
    coined.add(outlines)
    return coined.words()


class Coined:
    """Collects the words of a corpus, some documents at a time."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._quoted, self._named = Counter[str](), set(given)

    def add(self, outlines: Iterable[Outline]) -> None:
        """Take note of what these documents quote and name."""
        for outline in outlines:
            for paragraph in outline.paragraphs:
                self._quoted.update(_QUOTED.findall(paragraph.text))
            for essay in outline.essays:
                self._named.update(_names(essay))

    def words(self) -> list[str]:
        """Return all words so far, in order, each once."""
        quoted = sorted(self._quoted, key=lambda term: (-self._quoted[term], term))[:_MOST]
        return sorted({word for word in map(fold, self._named.union(quoted)) if is_word(word)})


def _names(essay: Essay) -> list[str]:
    authors = (essay.author or "").split("、")
    return [name for name in (*authors, essay.office, essay.place) if name]


def read_dictionary(path: Path) -> tuple[list[str], list[str]]:
    """Read an operator's words, one a line; return them, and a complaint for each bad line.

    What stands after the word on its line, a frequency or a part of speech as jieba's own files
    have them, is not read. Blank lines and lines that begin with # are skipped.

    Raises:
        BadInput: no such file, or it is not text in UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the dictionary {path}: name a text file in UTF-8") from error
    words, complaints = [], []
    for number, line in enumerate(lines, start=1):
        word, *_ = line.split(maxsplit=1) or [""]
        if not word or word.startswith("#"):
            continue
        if is_word(fold(word)):
            words.append(fold(word))
        else:
            complaints.append(
                f"{path} line {number}: {word[:40]!r} is left out: write one word of two or more"
                " Chinese characters a line"
            )
    return words, complaints


def write_dictionary(path: Path, words: Sequence[str]) -> None:
    """Write words, one a line."""
    path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")


def load_dictionary(path: Path) -> list[str]:
    """Read back what `write_dictionary` wrote.

    Raises:
        IndexDamaged: no such file, or it is not text.
    """
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error

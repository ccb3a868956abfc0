"""The operator's words, which are cut as one in every text and question."""

from pathlib import Path

from rag.errors import BadInput, failing_as
from rag.messages import both
from rag.words import fold, is_word


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

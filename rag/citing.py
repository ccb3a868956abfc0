"""What every cited text is held to: escaped, and each mark with its quote. Floor 1.

Without a language model `Draft` writes the text, with one the rewriting does; both leave here.
"""

import re

from rag.types import Citation

_ESCAPE = re.compile(r"([\\`*_\[\]<>&#|~])")
_MARK = re.compile(r"(?<!\\)\[(\d+)\]")


def escape(text: str) -> str:
    r"""Return `text` so that Markdown shows it as it is, HTML in it included.

    >>> print(escape("[x](javascript:y)"))
    \[x\](javascript:y)
    """
    return _ESCAPE.sub(r"\\\1", text)


def check(text: str, citations: tuple[Citation, ...]) -> None:
    """Hold every citation to its promise.

    Raises:
        RuntimeError: a mark without a citation or the reverse, or a quote that its paragraph
            does not hold: a bug in what wrote `text`, and no answer may leave with it.
    """
    marks = {int(number) for number in _MARK.findall(text)}
    numbers = [citation.number for citation in citations]
    if marks != set(numbers) or len(numbers) != len(set(numbers)):
        raise RuntimeError(f"marks {sorted(marks)} and citations {numbers} differ")
    for citation in citations:
        if citation.paragraph.text[citation.start : citation.end] != citation.quote:
            raise RuntimeError(f"citation {citation.number} is not in its paragraph")

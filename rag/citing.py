"""What every cited text is held to: escaped, and each mark with its quote.

Without a language model a `Draft` makes the blocks, with one the rewriting does; both leave here.
"""

from collections.abc import Sequence

from rag.blocks import Block, marks
from rag.types import Citation

_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>&#|~"})


def escape(text: str) -> str:
    r"""Return `text` so that Markdown shows it as it is, HTML in it included.

    >>> print(escape("[x](javascript:y)"))
    \[x\](javascript:y)
    """
    return text.translate(_ESCAPES)


def check(blocks: Sequence[Block], citations: Sequence[Citation]) -> None:
    """Hold every citation to its promise.

    Raises:
        RuntimeError: a mark without a citation or the reverse, or a quote that its paragraph
            does not hold: a bug in what made `blocks`, and no answer may leave with it.
    """
    numbers = [citation.number for citation in citations]
    if set(marks(blocks)) != set(numbers) or len(numbers) != len(set(numbers)):
        raise RuntimeError(f"marks {sorted(set(marks(blocks)))} and citations {numbers} differ")
    for citation in citations:
        if citation.paragraph.text[citation.start : citation.end] != citation.quote:
            raise RuntimeError(f"citation {citation.number} is not in its paragraph")

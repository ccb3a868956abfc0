"""Text → sentences, as offsets. Floor 1.

A sentence ends at 。！？ or ； with the closing quotes and brackets that follow it. A semicolon
ends one because in this genre each of its clauses states a measure of its own.
"""

import re

from rag.types import Span

_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+[”’」』）)\]】》]*|[^。！？；!?;\n]+$")


def sentence_spans(text: str) -> list[Span]:
    """Return the sentences of `text` as half-open spans without outer white space.

    >>> sentence_spans("先选。再育；后用")
    [(0, 3), (3, 6), (6, 8)]
    """
    spans = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        if text[start].isspace() or text[end - 1].isspace():
            body = match.group()
            start += len(body) - len(body.lstrip())
            end -= len(body) - len(body.rstrip())
        if start < end:
            spans.append((start, end))
    return spans

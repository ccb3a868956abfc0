"""Text → sentences, as offsets.

A sentence ends at 。！？ or ； with the closing quotes and brackets that follow it. A semicolon
ends one because in this genre each of its clauses states a measure of its own; where the next
clause is only a label with its value, as in the rows of tables, it does not.
"""

import re

from rag.types import Span

ENDINGS = "。！？!?"
CLOSERS = "”’」』）)】］]》〉"
"""What may stand behind the mark that ends a sentence."""
_MARKS = rf"{ENDINGS}；;\n"
_SENTENCE = re.compile(rf"[^{_MARKS}]*[{_MARKS}]+[{re.escape(CLOSERS)}]*|[^{_MARKS}]+$")
_GOES_ON = re.compile(
    r"[^，。；：:]{1,20}[：:][^。；]{1,40}；?|[^，。；：]{1,8}，[^，。；：]{1,8}[；。]?"
)
_NUMBERED = re.compile(
    r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)、.．]|[一二三四五六七八九十]是"
)


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
    return _whole(text, spans) if "；" in text else spans


def _whole(text: str, spans: list[Span]) -> list[Span]:
    """Join the clauses that state nothing of their own to those before them."""
    made: list[Span] = []
    for start, end in spans:
        follows = made and text[made[-1][1] - 1] == "；" and not _NUMBERED.match(text, start)
        if follows and _GOES_ON.fullmatch(text, start, end):
            start = made.pop()[0]
        made.append((start, end))
    return made

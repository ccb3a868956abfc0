"""What a model streams → its sentences, bare.

A sentence ends at 。！？ or a line's end. Thoughts before an answer are left out. Marks that the
model writes are taken off, for the check finds the sources itself, and so are bullets, heading
signs and emphasis: only words are judged.
"""

import re
from collections.abc import Iterable, Iterator

_GOES_ON = '。！？!?”’」』）)】》" 　'
_THINKING, _THOUGHT = "<think>", "</think>"
_WHOLE = re.compile(
    rf"(?!\s*{_THINKING})[^\n。！？!?]*+(?:\n|[。！？!?]+[{_GOES_ON}]*(?=[^{_GOES_ON}]))"
)
_NUMBER = r"\s*(?:来源|资料|摘录|材料|引文)?\s*\d{1,6}\s*"
MARKUP = re.compile(rf"[\[［【]{_NUMBER}(?:[,，、;；\-－–—~～至]{_NUMBER})*[\]］】]|\*{{1,3}}|__")
_DIGIT = "[一二三四五六七八九十]"
LINE_HEAD = re.compile(
    r"^\s*(?:#{1,6}\s+|>\s*|[-•·]\s+|\d{1,2}[.．、)）]\s*(?!\d)|[①-⑳]"
    rf"|[（(](?:{_DIGIT}{{1,3}}|\d{{1,2}})[）)]|{_DIGIT}{{1,3}}、|第{_DIGIT}，|{_DIGIT}是(?![，。]))*"
)


def claims(pieces: Iterable[str]) -> Iterator[str]:
    r"""Yield the sentences in a stream that may be cut anywhere, each when it is complete.

    >>> list(claims(["- **先", "选**[1]。后育", "[1、2]\n"]))
    ['先选。', '后育']
    """
    text = ""
    for piece in pieces:
        text += piece
        if _THOUGHT in text:  # some servers leave out where they began
            text = text.partition(_THOUGHT)[2]
        while found := _WHOLE.match(text):
            yield from _bare(found.group())
            text = text[found.end() :]
    if not text.lstrip().startswith(_THINKING):
        yield from _bare(text)


def _bare(text: str) -> Iterator[str]:
    """Yield `text` without what is no word of the sentence, if anything is left."""
    if bare := LINE_HEAD.sub("", MARKUP.sub("", text)).strip():
        yield bare

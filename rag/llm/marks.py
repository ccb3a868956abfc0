"""A model's stream of characters → text and citation marks, wherever the chunks are cut.

Read as marks: `[1]`, `［1］`, `【1】`, with full-width digits, `[1,2]`, `[1、2]`, `[1-3]`, spaces
inside, and a word for "source" before the number. Any other bracket is text.
"""

import re
from dataclasses import dataclass, field

Mark = tuple[int, ...]
"""The numbers of one mark, in order, each once."""

_NUMBER = r"(?:来源|资料|摘录|材料|引文)?\s*\d{1,6}"
_JOIN = r"\s*(?:[,，、;；]|[-－–—~～至])\s*"
_MARK = re.compile(rf"[\[［【]\s*{_NUMBER}(?:{_JOIN}{_NUMBER})*\s*[\]］】]")
_OPENING = re.compile(r"[\[［【]")
_MAY_GO_ON = re.compile(r"[\[［【][\s\d来源资料摘录材引文,，、;；\-－–—~～至]{0,58}")
_RANGE = re.compile(r"(\d+)(?:\s*[-－–—~～至]\s*\D*?(\d+))?")
_LONGEST = 60  # characters of a mark, its brackets counted; a longer one is text
_WIDEST = 50  # numbers that one range may stand for; a wider one stands for its ends only


@dataclass(slots=True)
class MarkParser:
    """Feed it chunks; what cannot be a mark any more comes out at once, the rest is held back."""

    _held: str = field(default="")

    def feed(self, chunk: str) -> list[str | Mark]:
        """Return what is certain after `chunk`, text never empty.

        >>> parser = MarkParser()
        >>> parser.feed("先选［1、"), parser.feed("１0］。"), parser.close()
        (['先选'], [(1, 10), '。'], [])
        """
        return self._parse(self._held + chunk, final=False)

    def close(self) -> list[str | Mark]:
        """Return what was held back: the stream has ended."""
        return self._parse(self._held, final=True)

    def _parse(self, text: str, *, final: bool) -> list[str | Mark]:
        found: list[str | Mark] = []
        said, at = 0, 0
        while opening := _OPENING.search(text, at):
            start = opening.start()
            mark = _MARK.match(text, start)
            if mark and len(mark.group()) <= _LONGEST:
                found += [text[said:start]] if start > said else []
                found.append(_numbers(mark.group()))
                said = at = mark.end()
            elif not final and _MAY_GO_ON.fullmatch(text, start):
                self._held = text[start:]
                return found + ([text[said:start]] if start > said else [])
            else:
                at = start + 1
        self._held = ""
        return found + ([text[said:]] if said < len(text) else [])


def _numbers(mark: str) -> Mark:
    """Return the numbers that `mark` names, ranges written out."""
    numbers: list[int] = []
    for first, last in _RANGE.findall(mark):
        low, high = sorted((int(first), int(last or first)))
        numbers += range(low, high + 1) if high - low < _WIDEST else (low, high)
    return tuple(dict.fromkeys(numbers))

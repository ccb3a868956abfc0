"""Text and marks → sentences, each with the sources that a model says it is from.

A sentence ends at 。！？ or a line's end; marks that follow its stop belong to it. Bullets,
heading signs and emphasis that the model writes are taken off: only its words are judged.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag.llm.marks import Mark

_STOPS = "。！？!?"
_CLOSERS = '”’」』）)】》" 　'
LINE_HEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*•·]\s+|\d{1,2}[.、)）]\s*(?!\d))*")
_EMPHASIS = re.compile(r"\*{1,3}|__")


@dataclass(frozen=True, slots=True)
class Part:
    """Words and the numbers of the sources that stand behind them."""

    text: str
    marks: Mark


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence without its marks."""

    text: str
    marks: Mark


@dataclass(slots=True)
class ClaimReader:
    """Feed it what the mark parser yields; whole sentences come out."""

    _text: str = ""
    _marks: Mark = ()
    _stopped: bool = False

    def feed(self, tokens: Iterable[str | Mark]) -> Iterator[Claim]:
        """Yield the sentences that are complete after `tokens`."""
        for token in tokens:
            if isinstance(token, str):
                for character in token:
                    yield from self._read(character)
            else:
                self._marks = tuple(dict.fromkeys(self._marks + token))

    def close(self) -> Iterator[Claim]:
        """Yield the sentence that the stream ended in, if any."""
        yield from self._end()

    def _read(self, character: str) -> Iterator[Claim]:
        if character == "\n":
            yield from self._end()
            return
        if self._stopped and character not in _STOPS + _CLOSERS:
            yield from self._end()
        if not (self._stopped and character.isspace()):
            self._text += character
        self._stopped = self._stopped or character in _STOPS

    def _end(self) -> Iterator[Claim]:
        text = _EMPHASIS.sub("", LINE_HEAD.sub("", self._text)).strip()
        if text:
            yield Claim(text, self._marks)
        self._text, self._marks, self._stopped = "", (), False

"""Text and marks → sentences whose parts each know the sources that they cite.

A sentence ends at 。！？ or a line's end; marks that follow its stop belong to it. Bullets,
heading signs and emphasis that the model writes are taken off: only its words are judged.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rag.llm.marks import Mark

_STOPS = "。！？!?"
_CLOSERS = '”’」』）)】》" 　'
_LINE_HEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*•·]\s+|\d{1,2}[.、)）]\s*(?!\d))*")
_EMPHASIS = re.compile(r"\*{1,3}|__")


@dataclass(frozen=True, slots=True)
class Part:
    """Words and the numbers of the sources that stand behind them; `marks` may be empty."""

    text: str
    marks: Mark


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence. What follows its last mark is a part without marks."""

    parts: tuple[Part, ...]
    new_line: bool  # it begins a line

    @property
    def text(self) -> str:
        """The sentence without its marks."""
        return "".join(part.text for part in self.parts)


@dataclass(slots=True)
class ClaimReader:
    """Feed it what the mark parser yields; whole sentences come out."""

    _parts: list[Part] = field(default_factory=list)
    _text: str = ""
    _stopped: bool = False
    _new_line: bool = True

    def feed(self, tokens: Iterable[str | Mark]) -> Iterator[Claim]:
        """Yield the sentences that are complete after `tokens`."""
        for token in tokens:
            if isinstance(token, str):
                for character in token:
                    yield from self._read(character)
            elif self._text or not self._parts:
                self._parts.append(Part(self._text, token))
                self._text = ""
            else:
                last = self._parts[-1]
                both = tuple(dict.fromkeys(last.marks + token))
                self._parts[-1] = Part(last.text, both)

    def close(self) -> Iterator[Claim]:
        """Yield the sentence that the stream ended in, if any."""
        yield from self._end(new_line=True)

    def _read(self, character: str) -> Iterator[Claim]:
        if character == "\n":
            yield from self._end(new_line=True)
            return
        if self._stopped and character not in _STOPS + _CLOSERS:
            yield from self._end(new_line=False)
        if not (self._stopped and character.isspace()):
            self._text += character
        self._stopped = self._stopped or character in _STOPS

    def _end(self, *, new_line: bool) -> Iterator[Claim]:
        parts = [*self._parts, Part(self._text, ())] if self._text else self._parts
        cleaned = tuple(_clean(part, first=not number) for number, part in enumerate(parts))
        if any(part.text.strip() or part.marks for part in cleaned):
            yield Claim(cleaned, self._new_line)
            self._new_line = False
        self._parts, self._text, self._stopped = [], "", False
        self._new_line = self._new_line or new_line


def _clean(part: Part, *, first: bool) -> Part:
    text = _LINE_HEAD.sub("", part.text) if first else part.text
    return Part(_EMPHASIS.sub("", text), part.marks)

"""An extractive answer → the same in a model's words, as far as they can be verified.

The citations of the answer are the model's only sources. Each sentence that it writes is shown
only if the sources that it cites support it; the answer says how many were withheld. In every
case of failure the extractive answer comes back as it was, under a line that says so.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.blocks import Block, Inline, Mark, Note, Paragraph, Text, joined
from rag.citing import check
from rag.llm.claims import Claim, ClaimReader
from rag.llm.client import ModelFailed, completion, configured
from rag.llm.marks import MarkParser
from rag.llm.prompts import messages
from rag.llm.support import Checker
from rag.render.markdown import markdown
from rag.settings import Settings
from rag.types import Answer, Citation

_NOTES = {
    "timeout": "语言模型未在限定时间内答完，以下为原文摘录。",
    "lost": "与语言模型的连接中断，以下为原文摘录。",
    "refused": "语言模型没有作答，以下为原文摘录。",
    "status": "语言模型服务出错，以下为原文摘录。",
    "garbage": "语言模型返回的内容无法识别，以下为原文摘录。",
    "empty": "语言模型没有作答，以下为原文摘录。",
    "endless": "语言模型的回答过长，以下为原文摘录。",
}
_UNVERIFIED = "语言模型未能给出可核实的回答，以下为原文摘录。"
_WITHHELD = "{count} 句未能核实，已隐去。"
_UNUSED = "原文摘录共 {total} 处，以上用到 {used} 处。"

_log = logging.getLogger(__name__)


def rewrite(answer: Answer, settings: Settings) -> Answer:
    """Return `answer` in the words of the configured model, or as it is.

    Raises:
        BadInput: the settings for the model are wrong, or its client is not installed.
    """
    for latest in rewriting(answer, settings):
        answer = latest
    return answer


def rewriting(answer: Answer, settings: Settings) -> Iterator[Answer]:
    """Yield the answer as it grows, sentence by checked sentence; the last one is whole.

    Each keeps an answer's promises. The last may be the extractive answer with a note, whatever
    came before it. Without a model, or without citations, it is `answer` itself and nothing is
    sent anywhere.

    Raises:
        BadInput: the settings for the model are wrong, or its client is not installed.
    """
    if answer.abstained or not answer.citations or not configured(settings):
        yield answer
        return
    made = _Rewriting(answer)
    pieces = completion(messages(answer.understood or answer.question, answer.citations), settings)
    try:
        for claim in _claims(pieces):
            if made.add(claim):
                yield made.so_far()
    except ModelFailed as failed:
        _log.warning("the language model failed: %s", failed)
        yield _extractive(answer, _NOTES[failed.failure])
        return
    yield made.whole() or _extractive(answer, _UNVERIFIED)


def _claims(pieces: Iterator[str]) -> Iterator[Claim]:
    parser, reader = MarkParser(), ClaimReader()
    for piece in pieces:
        yield from reader.feed(parser.feed(piece))
    yield from reader.feed(parser.close())
    yield from reader.close()


class _Rewriting:
    """Gathers what is supported, its citations numbered in the order of their first use."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._checker = Checker(answer.citations)
        self._cited = {citation.number: citation for citation in answer.citations}
        self._used: dict[int, int] = {}  # number in `answer` → number here
        self._paragraphs: list[tuple[Inline, ...]] = []
        self.withheld = 0

    def add(self, claim: Claim) -> bool:
        """Take `claim` in if it is supported, and return whether it was."""
        verdict = self._checker.check(claim)
        if verdict.problem:
            self.withheld += 1
            return False
        if claim.new_line or not self._paragraphs:
            self._paragraphs.append(())
        last = self._paragraphs[-1]
        said: list[Inline] = []
        for part, numbers in zip(claim.parts, verdict.marks, strict=True):
            said.append(Text(part.text))
            said += (Mark(self._used.setdefault(n, len(self._used) + 1)) for n in numbers)
        self._paragraphs[-1] = (*last[:-1], *joined((*last[-1:], *said)))
        return True

    def so_far(self) -> Answer:
        """Return the sentences taken in as an answer."""
        return self._as_answer(())

    def whole(self) -> Answer | None:
        """Return the answer with what is to be said of it; None if no sentence was supported.

        The notes of the extractive answer name what is not in the corpus and who says nothing,
        and hold in any wording; those that count what is quoted hold only where all of it is.
        """
        if not self._used:
            return None
        notes = [block for block in self._answer.blocks if isinstance(block, Note)]
        total, used = len(self._cited), len(self._used)
        if used < total:
            notes = [note for note in notes if not _counts(note)]
            notes.append(_note(_UNUSED.format(total=total, used=used)))
        if self.withheld:
            notes.append(_note(_WITHHELD.format(count=self.withheld)))
        return self._as_answer(notes)

    def _as_answer(self, notes: Sequence[Note]) -> Answer:
        said = map(Paragraph, self._paragraphs)
        citations = tuple(
            replace(self._cited[number], number=new) for number, new in self._used.items()
        )
        return _with(self._answer, (*said, *notes), citations)


def _counts(note: Note) -> bool:
    first = note.inlines[0]
    return isinstance(first, Text) and first.text.startswith("共")


def _note(text: str) -> Note:
    return Note((Text(text),))


def _extractive(answer: Answer, note: str) -> Answer:
    return _with(answer, (_note(note), *answer.blocks), answer.citations)


def _with(answer: Answer, blocks: tuple[Block, ...], citations: tuple[Citation, ...]) -> Answer:
    check(blocks, citations)
    return replace(answer, text=markdown(blocks), citations=citations, blocks=blocks)

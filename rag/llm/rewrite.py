"""An extractive answer → the same under a sentence or two in a model's words, each checked.

The extractive answer is there at once and stays as it is. What passes the check stands above it
with its marks; what does not is never shown. A model that is slow, broken or lying changes
nothing, and nothing that was shown is taken back.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

from rag.blocks import Inline, Item, Mark, ParagraphBlock, Table, Text
from rag.citing import check
from rag.llm.claims import claims
from rag.llm.client import ModelFailed, completion, configured
from rag.llm.prompts import UNANSWERABLE, messages
from rag.llm.support import Checker, Verdict, is_tainted
from rag.render.markdown import markdown
from rag.settings import Settings
from rag.types import Answer

_WORDED = "由语言模型概括，已逐句核对："
_MOST_WRITTEN = 6  # sentences that are read; a model that loops or rambles is left there
_LENGTH = 1.5  # tokens that may be written for a character of the quotes
_TOKENS = (64, 320)  # ... but at least and at most

_log = logging.getLogger(__name__)


def rewriting(answer: Answer, settings: Settings) -> Iterator[Answer]:
    """Yield `answer` as it is, then as often as a checked sentence joins those above it.

    Each keeps an answer's promises, and holds all that the one before held. Without a model, or
    without citations, it is `answer` alone and nothing is sent anywhere.

    Raises:
        BadInput: the settings for the model are wrong, or its client is not installed.
    """
    yield answer
    if answer.abstained or not answer.citations or not configured(settings):
        return
    most = 1 if any(isinstance(block, Item | Table) for block in answer.blocks) else 2
    inlines: list[Inline] = []
    for sentence, verdict in sentences(answer, settings):
        if verdict.problem or _copied(sentence, answer):
            continue
        for text, marks in verdict.parts:
            inlines += (Text(text), *map(Mark, marks))
        blocks = (ParagraphBlock((Text(_WORDED), *inlines)), *answer.blocks)
        check(blocks, answer.citations)
        yield replace(answer, text=markdown(blocks), blocks=blocks)
        most -= 1
        if not most:
            return


def sentences(answer: Answer, settings: Settings) -> Iterator[tuple[str, Verdict]]:
    """Yield what the model writes on `answer`, sentence by sentence, each judged.

    It ends where the model does, fails, or says the same again. No source that holds an
    instruction is sent.
    """
    sent = [citation for citation in answer.citations if not is_tainted(citation)]
    if not sent:
        return
    checker, said = Checker(sent), set[str]()
    asked = messages(answer.understood or answer.question, sent, settings.llm_context // 2)
    least, limit = _TOKENS
    tokens = round(_LENGTH * sum(len(citation.quote) for citation in sent))
    pieces = completion(asked, settings, max(least, min(limit, tokens)))
    try:
        for sentence in claims(pieces):
            if sentence in said or UNANSWERABLE in sentence or len(said) == _MOST_WRITTEN:
                return
            said.add(sentence)
            yield sentence, checker.check(sentence)
    except ModelFailed as failed:
        _log.warning("the language model failed: %s", failed)
    finally:
        pieces.close()


def _copied(sentence: str, answer: Answer) -> bool:
    """Whether the answer begins with this very sentence, so that it would stand there twice."""
    first = answer.blocks[0] if answer.blocks else None
    if not isinstance(first, ParagraphBlock):
        return False
    begins = "".join(each.text for each in first.inlines if isinstance(each, Text))
    return begins.strip().startswith(sentence.rstrip("。"))

"""An extractive answer → the same under a model's words, each sentence checked.

The extractive answer is there at once and stays as it is. Above it comes a sentence or two that
answer directly or, where a text is to be written, a paragraph in which the source's own sentence
stands for what fails the check. A model that is slow, broken or lying changes nothing, and nothing
that was shown is taken back.
"""

import logging
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from rag.blocks import Inline, Item, Mark, ParagraphBlock, Table, Text
from rag.citing import check
from rag.figures import number
from rag.llm.client import Exchange, ModelFailed, completion, configured, token_count
from rag.llm.prompts import ANSWER, REWORD, UNANSWERABLE, claims, followed, messages
from rag.llm.support import Checker, Verdict, is_tainted
from rag.render.markdown import markdown
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Answer, Citation

Withheld = deque[tuple[str, str]]
"""Sentences that were not shown, and why."""
_WORDED, _REWORDED = "由语言模型概括，已逐句核对：", "由语言模型改写，已逐句核对："
_MOST_WRITTEN = 6  # sentences that are read; a model that loops or rambles is left there
_LENGTH = 1.5  # tokens that may be written for a character of the quotes
_TOKENS = (64, 320)  # ... but at least and at most
_AROUND = 400  # tokens for the rules, the question and a chat template
_SENTENCE = 40  # characters of a text of some length for which one sentence is taken
_SOON = 10.0  # seconds in which a question must be put as it stands alone
_DRAFT = re.compile(
    r"[写拟][出成]?[一两几]?[段篇份个]|[成用][一两]段|缩[写短略]|改写|换一?[个种]说法"
    r"|(?:[写拟]|起草|准备).{0,16}(?:稿|汇报|简报|材料)"
)
_CHARACTERS = re.compile(r"([\d零一二两三四五六七八九十百千]+)[来多]?个?字")
_OUTLINE = re.compile("提纲|大纲|框架")

_log = logging.getLogger(__name__)


def rewriting(
    answer: Answer, settings: Settings, withheld: Withheld, exchange: Exchange | None = None
) -> Iterator[Answer]:
    """Yield `answer` as it is, then as often as checked words join those above it.

    Each keeps an answer's promises, and holds all that the one before held. Without a model, or
    without citations, it is `answer` alone and nothing is sent anywhere. `exchange` notes what the
    model took, and whether it failed.

    Raises:
        BadInput: the settings for the model are wrong.
    """
    yield answer
    if answer.abstained or not answer.citations or not configured(settings):
        return
    drafts = _DRAFT.search(answer.question) and not _OUTLINE.search(answer.question)
    write = _draft if drafts else _lead
    for inlines in write(answer, settings, withheld, exchange or Exchange()):
        blocks = (ParagraphBlock(tuple(inlines)), *answer.blocks)
        check(blocks, answer.citations)
        yield replace(answer, text=markdown(blocks), blocks=blocks)


def sentences(
    answer: Answer, settings: Settings, exchange: Exchange | None = None
) -> Iterator[tuple[str, Verdict]]:
    """Yield what the model answers from the sources of `answer`, each sentence judged.

    It ends where the model does, fails, or says the same again. `exchange` notes what it took.
    """
    asked, exchange = answer.understood or answer.question, exchange or Exchange()
    with _noted(exchange):
        yield from _judged(ANSWER, asked, answer.citations, settings, exchange)


def alone(question: str, history: Sequence[str], settings: Settings) -> str | None:
    """Return `question` as the model puts it to stand without the questions before it.

    None without a model, or where it fails.
    """
    if not history or not configured(settings):
        return None
    soon = replace(settings, llm_timeout=min(_SOON, settings.llm_timeout))
    with _noted(Exchange()):
        return next(claims(completion(followed(history, question), soon, _TOKENS[0])), None)
    return None


@contextmanager
def _noted(exchange: Exchange) -> Iterator[None]:
    """End where the model fails, and note why."""
    try:
        yield
    except ModelFailed as failed:
        _log.warning("the language model failed: %s", failed)
        exchange.failure = failed.failure


def _lead(
    answer: Answer, settings: Settings, withheld: Withheld, exchange: Exchange
) -> Iterator[list[Inline]]:
    """Yield one checked sentence, above prose two."""
    most = 1 if any(isinstance(block, Item | Table) for block in answer.blocks) else 2
    inlines: list[Inline] = [Text(_WORDED)]
    for sentence, verdict in sentences(answer, settings, exchange):
        if verdict.problem:
            withheld.append((sentence, verdict.problem))
        elif not answer.citations[0].quote.startswith(sentence.rstrip("。")):  # stands there
            for text, marks in verdict.parts:
                inlines += (Text(text), *map(Mark, marks))
            yield inlines
            most -= 1
            if not most:
                return


def _draft(
    answer: Answer, settings: Settings, withheld: Withheld, exchange: Exchange
) -> Iterator[list[Inline]]:
    """Yield a paragraph that grows by a sentence of the sources at a time.

    Each is as the model puts it, or as it is. Nothing comes before the first that is the model's.
    """
    own = [
        replace(citation, quote=citation.quote[start:end])
        for citation in answer.citations
        if not is_tainted(citation)
        for start, end in sentence_spans(citation.quote)
    ]
    asked, found = "改写", _CHARACTERS.search(answer.question)
    if own and found and (length := number(found[1])):
        own = own[: max(1, length // _SENTENCE)]
        asked += f"，不超过{length // len(own)}字"
    deadline, is_worded, of = time.monotonic() + settings.llm_timeout, False, ""
    inlines: list[Inline] = [Text(_REWORDED)]
    for source in own:
        left, said = replace(settings, llm_timeout=deadline - time.monotonic()), []
        if left.llm_timeout > 0 and not exchange.failure:
            with _noted(exchange):
                said = [*_judged(REWORD, asked, [source], left, exchange)]
        wrong = [(sentence, verdict.problem) for sentence, verdict in said if verdict.problem]
        withheld += wrong
        made, name = source.quote, source.essay.place or source.essay.title or ""
        if said and not wrong:
            made, is_worded = "".join(each.removeprefix(f"{name}：") for each, _ in said), True
        if source.essay.essay_id != of:  # the words of one never stand under another's name
            of, made = source.essay.essay_id, made if made.startswith(name) else f"{name}：{made}"
        inlines += (Text(made), Mark(source.number))
        if is_worded:
            yield inlines


def _judged(
    rules: str, question: str, citations: Sequence[Citation], settings: Settings, exchange: Exchange
) -> Iterator[tuple[str, Verdict]]:  # fmt: skip
    """Yield what the model writes, sentence by sentence, each judged.

    No source that holds an instruction is sent.

    Raises:
        ModelFailed: at any point.
    """
    sent = [citation for citation in citations if not is_tainted(citation)]
    if not sent:
        return
    checker, said = Checker(sent), set[str]()
    quotes = "".join(citation.quote for citation in sent)
    least, most = _TOKENS
    tokens = max(least, min(most, round(_LENGTH * len(quotes))))
    room = len(quotes) + len(sent) * _SENTENCE  # each with its place
    space = settings.llm_context - _AROUND - tokens
    if 2 * room > space:
        room = room * space // token_count(quotes, settings)[0]
    asked = messages(rules, question, sent, max(1, room))
    with closing(completion(asked, settings, tokens, exchange)) as pieces:
        for sentence in claims(pieces):
            if sentence in said or UNANSWERABLE in sentence or len(said) == _MOST_WRITTEN:
                return
            said.add(sentence)
            yield sentence, checker.check(sentence)

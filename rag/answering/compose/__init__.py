"""Evidence → an answer: the composers, which write verbatim text and nothing of their own.

What the records hold whole is written from them (`records`, `imprint`, `superlative`); else
`sentences` gives the sentence that answers, `lists` whole measures under their leads, `comparison`
essays side by side, `census` who holds a phrase. What a composer says in its own words comes from
`claims`.
"""

import re
from dataclasses import replace

from rag.answering import claims
from rag.answering.compose import (
    cells,
    census,
    comparison,
    counted,
    imprint,
    lists,
    records,
    sentences,
    superlative,
)
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.runs import announced
from rag.answering.compose.thresholds import ANSWER, LIST
from rag.answering.conversation import Meaning
from rag.answering.request import Request
from rag.answering.scope import Scope
from rag.answering.topic import bare_term, has_topic, term
from rag.types import Coverage

_NOT_SAID = re.compile(r"没有?(?:提|写|讲|说|谈|涉)|未(?:提|写|涉)")
_HOW_MANY_ESSAYS = re.compile(r"(?:几|多少)篇")
_LISTS = 0.35  # probability of a list from which measures are listed
_SHORT, _PARTS = 380, 4  # characters and items of a list that answers what asks for no list
_MANY = {"list", "summary", "write"}  # kinds that are answered by measures
SIDES = {"compare", "census"}  # ... essay by essay
TEXT = {"body", "heading", "note"}  # roles of paragraphs that state measures


def lists_measures(request: Request, meaning: Meaning) -> bool:
    """Whether measures answer, not one sentence."""
    several = request.kinds.get("list", 0.0) + request.kinds.get("summary", 0.0) >= _LISTS
    return several or meaning.kind in _MANY or meaning.form.layout == "table"


def write(context: Context) -> Coverage | None:
    """Write the answer: from the records where they hold it whole, else from the evidence.

    Raises:
        Refused: nothing answers.
    """
    request, meaning = context.request, context.meaning
    if meaning.seen:
        seen = meaning.seen
        unseen = [e for e in context.evidence if not any(i.holds(e.sentence) for i in seen)]
        context = context.with_evidence(unseen)
        if context.best < ANSWER:
            raise Refused(claims.NO_MORE, unseen)
        if meaning.kind in SIDES:  # all sides were shown
            return _list(context)
    elif _asks_what_is_held(context):
        within = context.scope.ids != Scope(context.records.essays()).ids
        census.held(context.essays, context.gatherer.trees, context.draft, within=within)
        return None
    elif _recorded(context):
        return None
    if meaning.kind == "census" or (request.lookup and request.quoted):
        not_said = _NOT_SAID.search(request.core) is not None
        return census.write(context, request.quoted, silent=not_said)
    if comparison.write(context) or _counts(context):
        return None
    if lists_measures(request, meaning):
        return _list(context)
    if context.best < ANSWER:
        return _mentioned(context)
    asked, kind, form = meaning.text, meaning.kind, meaning.form
    sentences.write(asked, kind, context.evidence, context.draft, form, request.wanted)
    return None


def _asks_what_is_held(context: Context) -> bool:
    """Whether it is asked which essays there are, or how many, and of nothing that they say."""
    request, meaning = context.request, context.meaning
    essays = meaning.kind == "census" or _HOW_MANY_ESSAYS.search(request.core) is not None
    says = request.quoted or request.lookup or meaning.essays or has_topic(meaning.topic)
    return essays and not says


def _recorded(context: Context) -> bool:
    """Write what the records hold whole, if that is asked for."""
    if imprint.write(context) or superlative.write(context):
        return True
    called = has_topic(context.meaning.topic) and counted.asked_counts(context.request)
    return (bool(called) and _counts(context)) or records.write(context)


def _counts(context: Context) -> bool:
    """Write the list whose number is asked for or that a sentence announces, if one is."""
    meaning = context.meaning
    if context.best < ANSWER or meaning.item or context.groups or meaning.kind in SIDES:
        return False
    return counted.write(context, listing=lists_measures(context.request, meaning))


def _list(context: Context) -> Coverage | None:
    """Write measures; what is no running text (titles, bylines) is none."""
    meaning = context.meaning
    if meaning.kind not in {"who", "document"}:
        running = [e for e in context.evidence if e.sentence.paragraph.role in TEXT]
        context = context.with_evidence(running)
    if context.best < LIST:
        return _mentioned(context)
    if meaning.kind == "write":
        context.draft.note("以下均为原文摘录。")
    form = meaning.form
    if meaning.kind not in _MANY and not form.layout:  # a fact that may have several parts
        form = replace(form, length=form.length or _SHORT, items=form.items or _PARTS)
    lists.write(context.evidence, context.draft, form)
    return None


def _mentioned(context: Context) -> Coverage | None:
    """Where nothing answers, quote the row of a table or the bare term that is named, if one is."""
    if cells.write(context):
        return None
    request, rest = context.request, context.named.rest
    define = context.meaning.kind == "define"
    phrase = request.quoted[0] if request.quoted else bare_term(rest)
    if phrase is None and define:
        phrase = term(rest, context.records.holding)
    held = phrase and claims.mentions(context.records, phrase, context.essays).essays
    if phrase is None or not held:
        said = [claims.absent(context.records, quoted, None) for quoted in request.quoted]
        raise Refused(next(filter(None, said), claims.UNDIRECT), context.evidence)
    explained = [e for e in context.evidence if phrase in e.sentence.text and announced(e.sentence)]
    if define and explained:  # what announces a list says what it is made of
        sentences.write(phrase, "define", explained, context.draft, context.meaning.form)
        return None
    if define:
        context.draft.note(claims.UNEXPLAINED)
    return census.write(context, (phrase,))

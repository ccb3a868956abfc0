"""Search in the library: what holds the very words, counted, and what comes near in meaning."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import numpy as np
from markupsafe import Markup, escape

from rag.index import Records, Rows
from rag.pipeline import Assistant
from rag.sentences import sentence_spans
from rag.types import Essay, Filters, Paragraph, Span
from rag.words import STOPWORDS, flat, words

NEAR = 0.42  # cosine, of the encoder that ships, from which on: see bench/retrieval.md
_ASKED = 30  # passages that are ranked for it
_SHOWN = 10  # of those that are near
_WORDS = 10  # looked for one by one; what is beyond counts as one


@dataclass(frozen=True, slots=True)
class Count:
    """How often a word stands in the library, and in how many essays."""

    word: str
    places: int
    essays: int


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found: where the words are, and as HTML the sentences that hold them."""

    essay: Essay
    paragraph: Paragraph
    start: int
    end: int
    text: Markup
    sentences: Span  # in the paragraph


@dataclass(frozen=True, slots=True)
class Exact:
    """What holds every word of a search."""

    counts: tuple[Count, ...]
    rows: tuple[int, ...]  # of the passages in which all of them begin, ascending


def exact(query: str, records: Records, filters: Filters) -> Exact:
    """Look the words of `query` up in the essays that `filters` lets through."""
    allowed, essays = records.rows_where(filters), records.essays()
    counts, held = list[Count](), list[Rows]()
    for word in _parts(query):
        rows = records.places(word)
        rows = rows[np.isin(rows, allowed)]
        held.append(np.unique(rows))
        among = [essays[number] for number in np.unique(records.essay_of_row[rows])]
        count = sum(essay.kind == "essay" for essay in among)
        counts.append(Count(word, len(rows), count))
    return Exact(tuple(counts), tuple(reduce(np.intersect1d, held).tolist()))


def shown(rows: Sequence[int], query: str, records: Records) -> Iterator[Found]:
    """Yield passages of `exact`, cut to the sentences that hold a word of `query`."""
    for passage in records.passages(rows):
        paragraph = records.paragraph(passage.paragraph_id)
        spans = [
            (start, end)
            for start, end in places(paragraph.text, _parts(query))
            if passage.start <= start < passage.end
        ] or [(passage.start, passage.end)]
        held = list(_stretches(paragraph.text, spans))
        text = Markup("……").join(
            marked(paragraph.text[start:end], [(a - start, b - start) for a, b in inside])
            for (start, end), inside in held
        )
        around = (held[0][0][0], held[-1][0][1])
        yield Found(records.essay(passage.essay_id), paragraph, *spans[0], text, around)


def near(query: str, assistant: Assistant, filters: Filters) -> tuple[Found, ...]:
    """Return passages that come near in meaning and do not hold every word, the best first.

    Where an index is searched by words alone, nothing can be said to be near.
    """
    records, found, sought = assistant.records, list[Found](), _parts(query)
    terms = {*sought, *words(query)} - STOPWORDS
    for hit in assistant.search(query, _ASKED, filters):
        passage = hit.passage
        if (hit.cosine or 0) < NEAR or all(places(passage.text, [word]) for word in sought):
            continue
        paragraph = records.paragraph(passage.paragraph_id)
        text = marked(passage.text, places(passage.text, terms))
        essay = records.essay(passage.essay_id)
        span = (passage.start, passage.end)
        found.append(Found(essay, paragraph, *span, text, span))
    return tuple(found[:_SHOWN])


def places(text: str, wanted: Iterable[str]) -> list[Span]:
    """Return where `text` holds one of `wanted`, compared as exact look-up does, in order."""
    folded, at = flat(text)
    found = [
        (at[match.start()], at[match.end() - 1] + 1)
        for word in wanted
        for match in re.finditer(re.escape(flat(word)[0]), folded)
        if match.group()
    ]
    return sorted(found, key=lambda span: (span[0], -span[1]))


def marked(text: str, spans: Sequence[Span]) -> Markup:
    """Return `text` as HTML with `spans`, ascending, marked; the first of two that overlap."""
    made, done = Markup(""), 0
    for start, end in spans:
        if start >= done:
            made += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
            done = end
    return made + escape(text[done:])


def _parts(query: str) -> list[str]:
    return list(dict.fromkeys(query.split(maxsplit=_WORDS - 1)))


def _stretches(text: str, spans: Sequence[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Yield the stretches of whole sentences that hold `spans`, each with those that it holds."""

    def holds(sentence: Span) -> bool:
        return any(a < sentence[1] and sentence[0] < b for a, b in spans)

    for held, stretch in groupby(sentence_spans(text), holds):
        if held:
            sentences = list(stretch)
            start, end = sentences[0][0], sentences[-1][1]
            yield (start, end), [(a, b) for a, b in spans if start <= a < end]

"""Example questions made from what the index holds, so that each of them has an answer. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from rag.blocks import Item, Table
from rag.themes import given
from rag.types import Answer, Essay, Measure
from rag.words import words
from ui.strings import Strings

_CLOSING = "。：:；;，,！？!? "
_LEAD_LENGTH = range(4, 20)  # characters of a lead that reads well inside a question
_UNFOLDED = 3  # the item that is offered to be unfolded, where there are so many
_OF_A_PLACE = ("list", "summary")  # kinds of answer that another place has as well
_TOPICS = frozenset(word for theme in given() for word in theme.words)
_INNER_QUOTES = str.maketrans("“”", "‘’")


def examples(essays: Sequence[Essay], measures: Sequence[Measure], s: Strings) -> tuple[str, ...]:
    """Return up to four questions: all measures, those on one topic, an author, a comparison."""
    leads = _leads_by_essay(essays, measures)
    named = [e for e in essays if leads.get(e.essay_id) and (e.place or e.author)]
    named.sort(key=lambda e: -len(leads[e.essay_id]))
    topic = _shared_topic(leads.values())
    signed = [e for e in named if e.author]
    questions = [s.example_measures.format(name=e.place or e.author) for e in named[:1]]
    questions += [s.example_who.format(lead=leads[e.essay_id][-1]) for e in signed[:1]]
    if topic is not None:
        speaking = [e for e in named[::-1] if any(topic in lead for lead in leads[e.essay_id])]
        questions += [
            s.example_topic.format(name=e.place or e.author, topic=topic) for e in speaking[:1]
        ]
        questions.append(s.example_compare.format(topic=topic))
    return tuple(questions)


def next_questions(answer: Answer, near: Iterable[Essay]) -> tuple[str, ...]:
    """Return up to four questions that lead on from what `answer` shows.

    Ask the same of another place, set both side by side, unfold an item that it numbers, make a
    table of a list. Chinese, as the essays are. `near` are the essays that say the like of it,
    nearest first, which may be looked for as they are read.
    """
    cited = {c.essay.essay_id: c.essay for c in answer.citations}
    places = {essay.place for essay in cited.values()}
    numbered = [b.number for b in answer.blocks if isinstance(b, Item) and b.number]
    table = any(isinstance(block, Table) for block in answer.blocks)
    made = []
    if answer.kind in _OF_A_PLACE and len(places) == 1 and None not in places:
        others = (essay.place for essay in near if essay.place and essay.place not in places)
        made += [
            asked for place in islice(others, 1) for asked in (f"那{place}呢？", f"和{place}对比")
        ]
    if len(numbered) > 1 and not table:
        made.append(f"展开第{min(_UNFOLDED, len(numbered))}条")
    if not table and answer.kind == "list" and (len(numbered) > 1 or len(cited) > 1):
        made.append("用表格列出来")
    return tuple(made)


def _leads_by_essay(essays: Iterable[Essay], measures: Iterable[Measure]) -> dict[str, list[str]]:
    known = {essay.essay_id for essay in essays if essay.kind == "essay"}
    leads: dict[str, list[str]] = {}
    for measure in measures:
        lead = measure.lead.rstrip(_CLOSING).translate(_INNER_QUOTES)
        if measure.essay_id in known and len(lead) in _LEAD_LENGTH:
            leads.setdefault(measure.essay_id, []).append(lead)
    return leads


def _shared_topic(leads: Iterable[Sequence[str]]) -> str | None:
    """Return the matter in the leads of most essays; None where no two essays share one."""
    counts = Counter(
        word
        for of_essay in leads
        for word in dict.fromkeys(words(" ".join(of_essay)))
        if word in _TOPICS
    )
    word, essays = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return word if essays > 1 else None

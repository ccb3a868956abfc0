"""Example questions made from what the index holds, so that each of them has an answer. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
    named = [(name, e) for e in essays if e.essay_id in leads and (name := e.place or e.author)]
    named.sort(key=lambda each: -len(leads[each[1].essay_id]))
    signed = (e for _, e in named if e.author)
    questions = [s.example_measures.format(name=name) for name, _ in named[:1]]
    questions += [s.example_who.format(lead=leads[e.essay_id][-1]) for e in islice(signed, 1)]
    if topic := _shared_topic(leads.values()):
        spoken = [(name, "\n".join(leads[e.essay_id])) for name, e in named[::-1]]
        questions += _on_topic(topic, spoken, s)
    return tuple(questions)


def _on_topic(topic: str, spoken: Iterable[tuple[str, str]], s: Strings) -> Iterator[str]:
    """Ask whoever's leads hold `topic` for it, and compare; `spoken` are names with their leads."""
    for name in islice((name for name, leads in spoken if topic in leads), 1):
        yield s.example_topic.format(name=name, topic=topic)
    yield s.example_compare.format(topic=topic)


def next_questions(answer: Answer, near: Iterable[Essay]) -> tuple[str, ...]:
    """Return up to four questions that lead on from what `answer` shows.

    Ask the same of another place, set both side by side, unfold an item that it numbers, make a
    table of a list. Chinese, as the essays are. `near` are the essays that say the like of it,
    nearest first, which may be looked for as they are read.
    """
    made = [*_of_another_place(answer, near)]
    if any(isinstance(block, Table) for block in answer.blocks):
        return tuple(made)
    numbered = sum(bool(block.number) for block in answer.blocks if isinstance(block, Item))
    if numbered > 1:
        made.append(f"展开第{min(_UNFOLDED, numbered)}条")
    essays = {citation.essay.essay_id for citation in answer.citations}
    if answer.kind == "list" and max(numbered, len(essays)) > 1:
        made.append("用表格列出来")
    return tuple(made)


def _of_another_place(answer: Answer, near: Iterable[Essay]) -> Iterator[str]:
    """Ask what is answered of one place of the nearest other one, and set both side by side."""
    places = {citation.essay.place for citation in answer.citations}
    if answer.kind in _OF_A_PLACE and len(places) == 1 and None not in places:
        others = (essay.place for essay in near if essay.place and essay.place not in places)
        for place in islice(others, 1):
            yield from (f"那{place}呢？", f"和{place}对比")


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

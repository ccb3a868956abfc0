"""Example questions made from what the index holds, so that each of them has an answer. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rag.themes import EMPTY
from rag.types import Answer, Essay, Measure
from rag.words import STOPWORDS, words
from ui.strings import Strings

_CLOSING = "。：:；;，,！？!? "
_LEAD_LENGTH = range(4, 20)  # characters of a lead that reads well inside a question
_NEXT = 3  # questions that are suggested after an answer
_NO_TOPIC = STOPWORDS | EMPTY
_INNER_QUOTES = str.maketrans("“”", "‘’")


def examples(essays: Sequence[Essay], measures: Sequence[Measure], s: Strings) -> tuple[str, ...]:
    """Return up to four questions: all measures, those on one topic, an author, a comparison."""
    leads = _leads_by_essay(essays, measures)
    named = [e for e in essays if leads.get(e.essay_id) and _name(e)]
    named.sort(key=lambda e: -len(leads[e.essay_id]))
    topic = _shared_topic(leads.values())
    questions = []
    for essay in named[:1]:
        questions.append(s.example_measures.format(name=_name(essay)))
    for essay in [e for e in named if e.author][:1]:
        questions.append(s.example_who.format(lead=leads[essay.essay_id][-1]))
    if topic is not None:
        speaking = [e for e in named[::-1] if any(topic in lead for lead in leads[e.essay_id])]
        questions += [s.example_topic.format(name=_name(e), topic=topic) for e in speaking[:1]]
        questions.append(s.example_compare.format(topic=topic))
    return tuple(questions)


def next_questions(
    answer: Answer,
    essays: Sequence[Essay],
    measures: Sequence[Measure],
    s: Strings,
    asked: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return up to three questions that lead on from `answer`, none of them asked before.

    Who else speaks of what it cites, what another place does there, what else its place does.
    """
    cited = answer.citations or answer.nearest
    if not cited:
        return ()
    leads = _leads_by_essay(essays, measures)
    own = cited[0].essay
    said = "".join("".join(c.trail) or c.quote for c in cited)
    topic = _shared_topic(leads.values(), said)
    made = []
    if topic:
        others = [e for e in essays if e.essay_id not in {c.essay.essay_id for c in cited}]
        speaking = [e for e in others if any(topic in lead for lead in leads.get(e.essay_id, ()))]
        made.append(s.example_compare.format(topic=topic))
        made += [
            s.example_topic.format(name=name, topic=topic)
            for e in speaking[:1]
            if (name := _name(e))
        ]
    if leads.get(own.essay_id) and (name := _name(own)):
        made.append(s.example_measures.format(name=name))
    return tuple(question for question in made if question not in asked)[:_NEXT]


def _name(essay: Essay) -> str | None:
    return essay.place or essay.author


def _leads_by_essay(essays: Iterable[Essay], measures: Iterable[Measure]) -> dict[str, list[str]]:
    known = {essay.essay_id for essay in essays if essay.kind == "essay"}
    leads: dict[str, list[str]] = {}
    for measure in measures:
        lead = measure.lead.rstrip(_CLOSING).translate(_INNER_QUOTES)
        if measure.essay_id in known and len(lead) in _LEAD_LENGTH:
            leads.setdefault(measure.essay_id, []).append(lead)
    return leads


def _shared_topic(leads: Iterable[Sequence[str]], said: str | None = None) -> str | None:
    """Return the matter in the leads of most essays; None where no two essays share one.

    Of the words in `said` only, where it is given.
    """
    counts = Counter(
        word
        for of_essay in leads
        for word in dict.fromkeys(words(" ".join(of_essay)))
        if len(word) > 1 and word not in _NO_TOPIC and (said is None or word in said)
    )
    word, essays = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return word if essays > 1 else None

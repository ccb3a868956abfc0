"""Example questions made from what the index holds, so that each of them has an answer. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rag.types import Essay, Measure
from rag.words import STOPWORDS, words
from ui.strings import Strings

_CLOSING = "。：:；;，,！？!? "
_LEAD_LENGTH = range(4, 20)  # characters of a lead that reads well inside a question
_INNER_QUOTES = str.maketrans("“”", "‘’")


def examples(essays: Sequence[Essay], measures: Sequence[Measure], s: Strings) -> tuple[str, ...]:
    """Return up to four questions: all measures, one measure, its author, and a comparison.

    The corpus is Chinese, and so are the questions in every language of the interface.
    """
    leads = _leads_by_essay(essays, measures)
    named = [e for e in essays if leads.get(e.essay_id) and _name(e)]
    named.sort(key=lambda e: -len(leads[e.essay_id]))
    questions = []
    if named:
        most, other = named[0], named[1 % len(named)]
        questions.append(s.example_measures.format(name=_name(most)))
        questions.append(s.example_how.format(name=_name(other), lead=leads[other.essay_id][-1]))
        questions.append(s.example_who.format(lead=leads[most.essay_id][-1]))
    if (topic := _shared_topic(leads.values())) is not None:
        questions.append(s.example_compare.format(topic=topic))
    return tuple(dict.fromkeys(questions))


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


def _shared_topic(leads: Iterable[Sequence[str]]) -> str | None:
    """Return the word in the leads of most essays; None where no two essays share one."""
    counts = Counter(
        word
        for of_essay in leads
        for word in dict.fromkeys(words(" ".join(of_essay)))
        if len(word) > 1 and word not in STOPWORDS
    )
    word, essays = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return word if essays > 1 else None

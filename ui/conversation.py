"""How a turn of the history is shown, with the library as it is now."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from rag.errors import RagError
from rag.history import Turn
from rag.index import Records
from rag.types import Answer, Citation, Essay
from ui import render
from ui.asking import Growing
from ui.examples import examples, next_questions
from ui.render import PARTS, Surroundings
from ui.scope import limits
from ui.site import Site, searched
from ui.strings import Strings

_TURNS = 10  # of a conversation that are shown at once; earlier ones on demand
_CHARACTERS = 200_000  # of their HTML, of which many have three bytes
_AROUND = 2  # paragraphs shown on each side of a cited one
_NEAR = 80  # passages among which another place is looked for, to be asked about next
_QUOTED = 300  # characters of an answer that they are looked for with


class Thread:
    """The turns of a conversation as the page shows them."""

    def __init__(self, site: Site) -> None:
        self._assistant, self._history = site.assistant, site.history
        self._essays = lru_cache(maxsize=1)(Records.essays)  # read once an index

    def above(self, s: Strings) -> str:
        """Return the line above the turns that says what is not as usual; "" where all is."""
        return str(PARTS.above(searched(self._assistant, s)))

    def told(self, name: str, chat: str, s: Strings, before: str = "") -> dict[str, Any]:
        """Return HTML of the turns before one, and of each a mark that changes when it does."""
        try:
            turns = self._history.turns(name, chat, before, _TURNS + 1) if chat else ()
        except KeyError:
            turns = ()
        html = self._last(turns[-_TURNS:], s, newest=not before)
        earlier, turns = len(html) < len(turns), turns[len(turns) - len(html) :]
        if earlier:
            html.insert(0, PARTS.earlier(s))
        marks = [each.mark for each in turns]
        if before:
            return {"html": "".join(html), "marks": marks}
        if not turns:
            records = self._assistant.records
            html = [PARTS.welcome(examples(records.essays(), records.measures(), s), s)]
        return {"html": self.above(s) + str(PARTS.thread(html, s)), "marks": marks}

    def _last(self, turns: Sequence[Turn], s: Strings, newest: bool) -> list[str]:
        """Return the HTML of the last turns that fit a page; of the `newest` one suggests more."""
        html = list[str]()
        for each in reversed(turns):
            made = self.turn(each, s, newest and not html)
            if html and sum(map(len, html)) + len(made) > _CHARACTERS:
                break
            html.insert(0, made)
        return html

    def turn(
        self, kept: Turn, s: Strings, last: bool = True, growing: Growing | None = None
    ) -> Markup:
        """Return one turn, or what there is of its `growing` answer; the last one suggests more."""
        if growing and growing.unkept:
            told = s.not_kept if growing.answer else getattr(s, growing.problem)
            return Markup(PARTS.unkept(kept, render.view(growing.answer, s), told, s))
        if kept.state == "asked":
            begun, ahead = (growing.answer, growing.place.ahead) if growing else (None, 0)
            return Markup(PARTS.waiting(kept, render.view(begun, s), render.queued(ahead, s), s))
        if kept.answer is None:
            return Markup(PARTS.unanswered(kept, s))
        return self._answered(kept, kept.answer, s, last)

    def _answered(self, kept: Turn, answer: Answer, s: Strings, last: bool) -> Markup:
        records = self._assistant.records
        question = answer.understood or answer.question
        named = self._assistant.names.find(question)
        cited = answer.citations or answer.nearest
        near = {c.paragraph.paragraph_id: around(c, records) for c in cited}
        return render.turn(
            answer, near, s,
            render.Kept(
                kept.answer_id, kept.mark, kept.verdict,
                limits(question, named, kept.filters, self._essays(records), s),
                next_questions(answer, self._near(kept)) if last else (), last,
                getattr(s, kept.problem) if kept.problem else "",
            ),
        )  # fmt: skip

    def _near(self, kept: Turn) -> Iterator[Essay]:
        """Yield the essays that say the like of what an answer quotes, within its limits."""
        said = " ".join(c.quote for c in kept.whole.citations)[:_QUOTED]
        try:
            assistant = self._assistant.steady()
            for hit in assistant.search(said, _NEAR, kept.filters):
                yield assistant.records.essay(hit.passage.essay_id)
        except RagError:  # none that is worth a line
            return


def around(citation: Citation, records: Records) -> Surroundings:
    """Look the neighbours up; none where the index no longer has the paragraph as cited."""
    paragraphs, cited = records.paragraphs(citation.essay.essay_id), citation.paragraph
    same = ((p.paragraph_id, p.text) == (cited.paragraph_id, cited.text) for p in paragraphs)
    if (at := next((at for at, found in enumerate(same) if found), None)) is None:
        return Surroundings(changed=True)
    return Surroundings(
        before=paragraphs[max(0, at - _AROUND) : at],
        after=paragraphs[at + 1 : at + 1 + _AROUND],
    )

"""A few essays side by side: what each does on a topic, a table where several topics are asked.

Each essay is read as a list of its own measures is: whole where a lead names the topic, else its
sentences that answer. A cell with nothing in it says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.draft import Draft
from rag.answering.evidence import Desk, Evidence
from rag.answering.facts import known_as, missing, whence
from rag.answering.lists import Item, choose, write_item
from rag.answering.question import Question, Term
from rag.answering.refusal import Refused
from rag.answering.whole import shortened
from rag.citing import escape
from rag.types import Coverage, Essay

MOST = 8  # essays that are laid side by side
_ENOUGH = 0.5  # score under which a sentence does not answer
_SHARE = 0.5  # share of the best score of all that an essay's best needs
_SOME = 0.4  # coverage under which an essay is said not to speak of the topic
_SHORTENED = "长的措施只引开头，点标记可看全文。"
_QUOTES = 22  # citations of the whole answer
_FULL = 2400  # characters of the whole answer


@dataclass(frozen=True, slots=True)
class Cell:
    """What one essay says on one topic."""

    items: tuple[Item, ...]
    silent: bool  # it says nothing on the topic; part of it in one sentence is something


def side_by_side(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> Coverage:
    """Write what each essay says on each topic asked about.

    Raises:
        Refused: none says anything on any.
    """
    topics = question.parts or (question.terms,)
    columns = [_column(desk, replace(question, terms=t, parts=()), essays) for t in topics]
    speaking = [e for row, e in enumerate(essays) if any(c[row].items for c in columns)]
    if not speaking:
        ranked = sorted(desk.rank(question, essays), key=lambda e: -e.score)
        raise Refused(missing(desk, question, ranked))
    if len(topics) > 1:
        _table(desk, question, essays, topics, columns, draft)
    else:
        _groups(desk, question, essays, columns[0], draft)
    draft.say(f"{len(essays)} 篇中 {len(speaking)} 篇提到。")
    silent = [e for row, e in enumerate(essays) if all(c[row].silent for c in columns)]
    rest = [e for e in essays if e not in speaking and e not in silent]
    draft.say(naming("未提及", silent) + naming("只有部分相近的表述，未列出", rest))
    return Coverage(len(essays), len(speaking), names(silent))


def _column(desk: Desk, question: Question, essays: Sequence[Essay]) -> list[Cell]:
    """What each essay says on the topic of `question`."""
    found = [desk.rank(question, [essay]) for essay in essays]
    best = max((ranked[0].score for ranked in found if ranked), default=0.0)
    least = max(_ENOUGH, _SHARE * best)
    return [_cell(desk, question, e, r, least) for e, r in zip(essays, found, strict=True)]


def _cell(
    desk: Desk, question: Question, essay: Essay, ranked: Sequence[Evidence], least: float
) -> Cell:
    if not ranked or ranked[0].score < least:
        return Cell((), is_silent(ranked))
    items = choose(desk, question, desk.shelf.book(essay.essay_id), ranked)
    return Cell(tuple(items), is_silent(ranked))


def is_silent(ranked: Sequence[Evidence]) -> bool:
    """Whether an essay says nothing on the topic; part of it in one sentence is something."""
    return not ranked or max(evidence.coverage for evidence in ranked) < _SOME


def _groups(
    desk: Desk, question: Question, essays: Sequence[Essay], cells: Sequence[Cell], draft: Draft
) -> None:
    """Write one list an essay."""
    speaking = [(e, c.items) for e, c in zip(essays, cells, strict=True) if c.items]
    most = max(2, _QUOTES // len(speaking))
    shown = sum(min(most, len(items)) for _, items in speaking)
    for essay, items in speaking:
        title = f"《{escape(essay.title)}》" if essay.title else ""
        draft.say(f"{whence(essay)}{title}：\n\n")
        for item in items[:most]:
            draft.say("- ")
            write_item(desk, question, item, draft, _FULL // shown)
            draft.say("\n")
        if len(items) > most:
            draft.say(f"- 另有 {len(items) - most} 处相近内容未列出\n")
        draft.say("\n")
    if any(shortened(items[:most], _FULL // shown) for _, items in speaking):
        draft.say(_SHORTENED)


def _table(
    desk: Desk,
    question: Question,
    essays: Sequence[Essay],
    topics: Sequence[Sequence[Term]],
    columns: Sequence[Sequence[Cell]],
    draft: Draft,
) -> None:
    """Write a table: a row an essay, a column a topic."""
    heads = ["".join(term.text for term in topic) for topic in topics]
    draft.say(f"| | {' | '.join(map(escape, heads))} |\n|{'---|' * (1 + len(heads))}\n")
    cells = len(essays) * len(topics)
    most, room = max(1, _QUOTES // cells), _FULL // cells
    for row, essay in enumerate(essays):
        draft.say(f"| {whence(essay)} |")
        for topic, column in zip(topics, columns, strict=True):
            cell = column[row]
            asked = replace(question, terms=tuple(topic), parts=())
            for item in cell.items[:most]:
                draft.say(" ")
                write_item(desk, asked, item, draft, room // most)
            if len(cell.items) > most:
                draft.say(f" 等 {len(cell.items)} 处")
            if not cell.items:
                draft.say(" 未提及" if cell.silent else " 只有相近的表述")
            draft.say(" |")
        draft.say("\n")
    draft.say("\n")
    if any(shortened(cell.items[:most], room // most) for c in columns for cell in c):
        draft.say(_SHORTENED)


_NAMED = 40  # essays that are named; of more, their number


def naming(said: str, essays: Sequence[Essay]) -> str:
    """Return "said：A、B。" with the essays' names, nothing where there are none."""
    listed = "、".join(map(escape, names(essays[:_NAMED])))
    more = f"等 {len(essays)} 篇" if len(essays) > _NAMED else ""
    return f"{said}：{listed}{more}。" if essays else ""


def names(essays: Sequence[Essay]) -> tuple[str, ...]:
    """Return what the essays are called, each once."""
    return tuple(dict.fromkeys(map(known_as, essays)))

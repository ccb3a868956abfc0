"""Evidence → an answer: the three composers, which write verbatim text and nothing of their own.

`sentences` gives the sentence that answers, with the few that come close. `listed` gives whole
measures under their leads; where most measures of a section answer, the section is the answer and
is listed whole from the records. `table` sets essays side by side. What a composer says in its
own words comes from `claims`.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from rag.answering import claims
from rag.answering.draft import Draft, Quoted
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import EssayTree, Node, Sentence, Trees
from rag.sentences import sentence_spans
from rag.types import Essay, Paragraph, Span

ANSWER = 0.20  # probability from which a sentence is given as the answer
BESIDE = 0.10  # ... from which a further one is shown beside it
LIST = 0.15  # ... from which a list is an answer
MEMBER = 0.12  # ... from which a measure belongs to a list
FAINT = 0.04  # ... from which one is shown for an essay that is asked about by name
CELL = 0.06  # ... from which a sentence stands for its essay in a comparison
_EVERYTHING = 20  # measures of an essay up to which all are quoted
_NAMED = 0.7  # share of a question's pairs of characters that name a section
_PAIRS = 3  # of such pairs at least
_OF_BEST = 0.2  # share of the best probability that a member of a list needs
MOST_OF = 0.5  # share of a section's measures from which the section is the answer

_WHOLE = 200  # characters of a sentence with semicolons up to which it is quoted whole
_FEW = {"define": (3, 560), "document": (4, 700)}  # kind → sentences and characters at most
_SOME = (3, 380)
_BESIDE_ESSAYS = 6  # of which a sentence is shown below the line
LIST_ROOM, LIST_ITEMS = 1900, 15  # characters and quotes of a list
TABLE_ROOM, TABLE_QUOTES = 2800, 22
_CELL_SENTENCES = 4
_APART_ROOM = 1200  # characters of a comparison inside one essay
_CELL_ROOM = 160  # characters of a measure in a table
_FIGURE = re.compile(
    r"(?:约|近|超过?|不低于|不少于|不超过)?(?:\d[\d,.]*|[一二三四五六七八九十百千两]+)(?:[—–~～-]\d[\d.]*)?"
    r"(?:%|％|‰|[多余万亿千百])*(?:个百分点|平方米|平方公里|立方米|公里|分钟|小时|个月|人次|微克/立方米|"
    r"[元人个家名种项期年月日天起例份吨亩件条次户所座台辆村倍岁届批场篇米克级位处套张度斤头只])?"
    r"(?:以上|以下|以内|左右)?"
)
_RUN = 16  # items of an announced run


@dataclass(frozen=True, slots=True)
class Item:
    """What one numbered item on screen stands for, so that 第三条 can be unfolded."""

    essay_id: str
    node: int | None  # number of its measure
    paragraph_id: str
    start: int
    end: int

    def holds(self, sentence: Sentence) -> bool:
        """Whether a sentence was on screen with it."""
        own = sentence.paragraph.paragraph_id == self.paragraph_id
        return own and self.start <= sentence.start < self.end


@dataclass(slots=True)
class Composed:
    """A draft and what a later turn may point at."""

    draft: Draft
    items: list[Item] = field(default_factory=list)
    essays: list[str] = field(default_factory=list)  # ids of those the answer is of

    def of(self, essay_id: str) -> None:
        """Note an essay that the answer is of."""
        if essay_id not in self.essays:
            self.essays.append(essay_id)


def label(essay: Essay) -> str:
    """Whose text follows: place and author, or title, or file name."""
    title = f"《{essay.title}》" if essay.title else ""
    facts = [fact for fact in (essay.place, essay.author) if fact and len(fact) <= 16]
    return " ".join(facts) + title if facts or title else PurePosixPath(essay.document).name


# Sentences.


def sentences(
    kind: str, evidence: Sequence[Evidence], trees: Trees, made: Composed, form: Form
) -> None:
    """Write the best sentence with its answer in bold, and below it those that come close."""
    most, room = _FEW.get(kind, _SOME)
    most, room = 1 if form.detail == "short" else most, form.length or room
    best = evidence[0]
    tree = trees.of(best.sentence.essay.essay_id)
    shown = [*_announcing(best.sentence, tree), whole(best.sentence, tree)]
    made.draft.paragraph()
    made.draft.say(f"{label(best.sentence.essay)}：")
    for each in shown:
        quote(each, made, _bold(kind, best) if each is shown[-1] else ())
    room -= sum(each.length for each in shown) + len(label(best.sentence.essay))
    for announced in _announced(best.sentence, tree):
        if announced.length <= room and not any(each.holds(announced) for each in shown):
            made.draft.item()
            quote(announced, made)
            shown.append(announced)
            room -= announced.length
    beside: list[Sentence] = []
    for evident in evidence[1:]:
        found = whole(evident.sentence, trees.of(evident.sentence.essay.essay_id))
        size = found.length + len(label(found.essay)) + 4
        close = evident.probability >= max(BESIDE, 0.25 * best.probability)
        known = any(each.holds(evident.sentence) for each in (*shown, *beside))
        if close and size <= room and len(beside) < most - 1 and not known:
            beside.append(found)
            room -= size
    if beside:
        made.draft.note("相关原文：")
    answered = list(made.essays)
    for each in beside:
        made.draft.item()
        made.draft.say(f"{label(each.essay)}：")
        quote(each, made)
    made.essays[:] = answered  # what stands beside is not what a later 他 means


def whole(sentence: Sentence, tree: EssayTree) -> Sentence:
    """A sentence up to its full stops, where that is short: what a semicolon ends says half."""
    own = [s for s in tree.sentences(sentence.paragraph.paragraph_id) if s.node == sentence.node]
    first = last = next(n for n, each in enumerate(own) if each.start == sentence.start)
    while first and not own[first - 1].is_ended:
        first -= 1
    while last + 1 < len(own) and not own[last].is_ended:
        last += 1
    if own[last].end - own[first].start > _WHOLE:
        return sentence
    return replace(sentence, start=own[first].start, end=own[last].end)


def quote(sentence: Sentence, made: Composed, bold: Sequence[Span] = ()) -> None:
    """Write a sentence; it becomes an item that a later turn can point at."""
    made.of(sentence.essay.essay_id)
    made.items.append(_item(sentence))
    made.draft.quote(
        sentence.essay, sentence.paragraph, sentence.start, sentence.end,
        bold=bold, trail=sentence.trail,
    )  # fmt: skip


def _item(sentence: Sentence) -> Item:
    return Item(
        sentence.essay.essay_id, sentence.node, sentence.paragraph.paragraph_id,
        sentence.start, sentence.end,
    )  # fmt: skip


def _bold(kind: str, evidence: Evidence) -> tuple[Span, ...]:
    """What of the best sentence is set in bold: the span that the reader found.

    Of a figure the whole is bold: number, unit and bound.
    """
    span, sentence = evidence.span, evidence.sentence
    if span is None or span[0] >= span[1]:
        return ()
    if kind == "number":
        figures = [
            (sentence.start + m.start(), sentence.start + m.end())
            for m in _FIGURE.finditer(sentence.text)
        ]
        inside = [(a, b) for a, b in figures if a < span[1] and b > span[0]]
        return ((inside[0][0], inside[-1][1]),) if inside else ()
    whole = span[1] - span[0] >= 0.8 * (sentence.end - sentence.start)
    return () if whole else (span,)


_NUMBERED = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[①-⑳]|\d{1,2}[.．、]|[一二三四五六七八九十]{1,3}[、是]|第[一二三四五六七八九十]{1,3}[，,、])"
)


def _announced(sentence: Sentence, tree: EssayTree) -> list[Sentence]:
    """The sentences that one ending in a colon announces: those of the numbered run below it."""
    if not sentence.announces:
        return []
    after = [s for s in tree.sentences(sentence.paragraph.paragraph_id) if s.start >= sentence.end]
    for paragraph in tree.paragraphs:
        if 0 < paragraph.ordinal - sentence.paragraph.ordinal <= _RUN:
            after += tree.sentences(paragraph.paragraph_id)
    if not after or not (first := _NUMBERED.match(after[0].text)):
        return []
    shape = _shape(first.group())
    run: list[Sentence] = []
    for each in after:
        number = _NUMBERED.match(each.text)
        if number and _shape(number.group()) == shape:
            run.append(each)
        elif each.paragraph is not run[-1].paragraph:
            break
    return run[:_RUN]


def _run_of(sentence: Sentence, trees: Trees) -> list[Sentence]:
    """The numbered run that a sentence announces or is an item of, whole, with its announcement."""
    tree = trees.of(sentence.essay.essay_id)
    heads = [sentence] if sentence.announces else _announcing(sentence, tree)
    return [each for head in heads for each in (head, *_announced(head, tree))]


def _announcing(sentence: Sentence, tree: EssayTree) -> list[Sentence]:
    """The sentence ending in a colon that announces an item of a numbered run, if it is one."""
    number = _NUMBERED.match(sentence.text)
    if not number:
        return []
    before = [
        each
        for paragraph in tree.paragraphs
        if 0 <= sentence.paragraph.ordinal - paragraph.ordinal <= _RUN
        for each in tree.sentences(paragraph.paragraph_id)
        if (each.paragraph.ordinal, each.start) < (sentence.paragraph.ordinal, sentence.start)
    ]
    for each in reversed(before):
        other = _NUMBERED.match(each.text)
        if each.announces and not (other and _shape(other.group()) == _shape(number.group())):
            return [each]
        if each.is_ended and not other:
            break
    return []


def _shape(number: str) -> str:
    """How an item is numbered, whichever number it has."""
    return re.sub(r"[一二三四五六七八九十\d①-⑳]+", "1", number.strip())


# Lists.


def everything(
    essays: Sequence[Essay], trees: Trees, made: Composed, *, leads_only: bool, room: int
) -> bool:
    """Write all measures of the essays, in order, with their count; False if there are none.

    Where there is little room each measure is quoted as far as its share of it goes; where there
    are too many to read, the levels above are listed, with how many stand under them.
    """
    written = False
    room //= max(1, len(essays))
    for essay in essays:
        tree = trees.of(essay.essay_id)
        if not tree.nodes:
            written |= _paragraphs(tree, made, room)
            continue
        heading(essay, made)
        leaves = [node for root in tree.roots for node in tree.leaves(root)]
        shown = list(tree.nodes) if len(tree.nodes) <= _EVERYTHING else _shallow(tree)
        full = sum(node.length for node in shown) <= room
        share = 0 if leads_only else LIST_ROOM if full else room // len(shown)
        _write(tree, shown, made, share)
        if sum(not node.children for node in shown) == len(leaves):
            made.draft.note(claims.complete(len(leaves)))
        else:
            made.draft.note(claims.folded(len(shown), len(leaves)))
        written = True
    return written


def _shallow(tree: EssayTree) -> list[Node]:
    """The measures down to the deepest level at which they are few enough to read."""
    levels = sorted({node.level for node in tree.nodes}, reverse=True)
    for level in levels:
        shown = [node for node in tree.nodes if node.level <= level]
        if len(shown) <= _EVERYTHING:
            return shown
    return [node for node in tree.nodes if node.level == levels[-1]][:_EVERYTHING]


def _paragraphs(tree: EssayTree, made: Composed, room: int) -> bool:
    """Write the paragraphs of an essay without measures, as far as there is room."""
    body = [p for p in tree.paragraphs if p.role == "body"]
    if not body:
        return False
    heading(tree.essay, made)
    total = 0
    for number, paragraph in enumerate(body, start=1):
        sentences_ = tree.sentences(paragraph.paragraph_id)
        if not sentences_ or (total and total + len(paragraph.text) > room):
            made.draft.note(claims.paragraphs(len(body), number - 1))
            return True
        end = _stop(paragraph.text, 0, len(paragraph.text), max(200, room - total))
        made.draft.item(number=number)
        made.items.append(replace(_item(sentences_[0]), end=end))
        made.of(tree.essay.essay_id)
        made.draft.quote(tree.essay, paragraph, 0, end, trail=paragraph.trail)
        total += end
    return True


@dataclass(slots=True)
class _Chosen:
    """What of one essay goes into a list."""

    tree: EssayTree
    nodes: dict[int, float] = field(default_factory=dict)  # measure → its probability
    loose: list[Evidence] = field(default_factory=list)  # sentences under no measure
    whole: list[Node] = field(default_factory=list)  # sections listed complete
    best: float = 0.0


def listed(
    evidence: Sequence[Evidence],
    trees: Trees,
    made: Composed,
    form: Form,
) -> None:
    """Write the measures that answer, whole, under their leads, essay by essay.

    Where several essays answer, each has its share of the room, the best essay first.
    """
    leads_only = form.layout == "outline" or form.detail == "short"
    top = evidence[0].probability
    least = max(min(MEMBER, top), _OF_BEST * top)
    chosen: dict[str, _Chosen] = {}
    strong = [each for each in evidence if each.probability >= least]
    for each in strong:
        essay_id = each.sentence.essay.essay_id
        own = chosen.setdefault(essay_id, _Chosen(trees.of(essay_id)))
        own.best = max(own.best, each.probability)
        node = each.sentence.node
        if node is None:
            own.loose.append(each)
        else:
            own.nodes[node] = max(own.nodes.get(node, 0.0), each.probability)
    for each in [replace(e, sentence=s) for e in strong[:3] for s in _run_of(e.sentence, trees)]:
        own = chosen[each.sentence.essay.essay_id]
        if all(each.sentence.key != other.sentence.key for other in own.loose):
            own.loose.append(each)
    keys = {each.sentence.key for each in strong}
    beside = _beside(evidence, chosen)
    room, quotes = form.length or LIST_ROOM, form.items or LIST_ITEMS
    if form.layout == "table":
        _listed_table(list(chosen.values()), made, quotes)
        return
    left = sorted(chosen.values(), key=lambda own: -own.best)
    while left and room > 60 and quotes > 0:
        own, *left = left
        _complete(own)
        few = -(-quotes // (min(len(left), 5) + 1)) if left else quotes
        share = room if not left else max(room // (min(len(left), 5) + 1), 300)
        heading(own.tree.essay, made)
        before = made.draft.quotes
        room -= share - _write_chosen(own, keys, made, share, few, leads_only=leads_only)
        quotes -= made.draft.quotes - before
    if beside and not form.length and not form.items:
        made.draft.note("可能相关：")
        for each in beside:
            made.draft.item()
            made.draft.say(f"{label(each.sentence.essay)}：")
            quote(whole(each.sentence, trees.of(each.sentence.essay.essay_id)), made)


def _beside(evidence: Sequence[Evidence], chosen: Container[str]) -> list[Evidence]:
    """The best sentence of each further essay, for below the line."""
    found: dict[str, Evidence] = {}
    for each in evidence:
        essay_id = each.sentence.essay.essay_id
        if essay_id not in chosen and each.probability >= FAINT:
            found.setdefault(essay_id, each)
    return list(found.values())[:_BESIDE_ESSAYS]


def _listed_table(chosen: list[_Chosen], made: Composed, quotes: int) -> None:
    """Write the measures that answer as rows: whose, what, and the text."""
    rows: list[tuple[str, str, Sequence[Quoted]]] = []
    for own in sorted(chosen, key=lambda own: -own.best):
        _complete(own)
        for number in sorted(own.nodes):
            node = own.tree.nodes[number]
            if not any(child in own.nodes for child in node.children) and node.stretches:
                rows.append((label(own.tree.essay), node.lead, _whole(own.tree, node, made)))
        rows += [(label(own.tree.essay), "", [_quoted(each.sentence, made)]) for each in own.loose]
    made.draft.table(("范围", "做法", "原文"), rows[:quotes])


def _whole(tree: EssayTree, node: Node, made: Composed) -> list[Quoted]:
    """The first stretch of a measure as far as a cell has room."""
    paragraph, start, end = node.stretches[0]
    made.of(tree.essay.essay_id)
    stop = _stop(paragraph.text, start, end, _CELL_ROOM)
    made.items.append(Item(tree.essay.essay_id, node.number, paragraph.paragraph_id, start, stop))
    return [Quoted(tree.essay, paragraph, start, stop, (), node.trail)]


def _complete(own: _Chosen) -> None:
    """Where most measures of a section answer, or its own lead does, take all of them."""
    tree = own.tree
    for node in tree.nodes:
        if not node.children:
            continue
        leaves = [leaf.number for leaf in tree.leaves(node)]
        held = [number for number in leaves if number in own.nodes]
        by_lead = node.number in own.nodes and own.nodes[node.number] >= 0.9 * own.best
        if (len(leaves) <= LIST_ITEMS and len(held) > MOST_OF * len(leaves)) or (
            by_lead and len(leaves) <= LIST_ITEMS
        ):
            own.whole.append(node)
            for number in leaves:
                own.nodes.setdefault(number, own.best)
    inner = {n.number for top in own.whole for n in tree.under(top) if n is not top}
    own.whole = [node for node in own.whole if node.number not in inner]


def _write_chosen(
    own: _Chosen, strong: set[tuple[str, int]], made: Composed, room: int, quotes: int,
    *, leads_only: bool,
) -> int:  # fmt: skip
    """Write what was chosen of an essay in reading order; return the room that is left."""
    tree = own.tree
    nodes = [tree.nodes[number] for number in sorted(own.nodes)]
    nodes = [n for n in nodes if not (n.children and any(c in own.nodes for c in n.children))]
    if len(nodes) > quotes and not own.whole:
        best = sorted(nodes, key=lambda n: -own.nodes[n.number])[:quotes]
        nodes = [node for node in nodes if node in best]
    limit = made.draft.quotes + quotes
    loose = sorted(own.loose, key=lambda e: -e.probability)[:quotes]
    loose.sort(key=lambda e: (e.sentence.paragraph.ordinal, e.sentence.start))
    total = sum(node.length for node in nodes) + sum(len(e.sentence.text) for e in loose)
    share = max(60, room // max(1, min(len(nodes) + len(loose), quotes)))
    short = total > room
    for each in loose:
        if made.draft.quotes >= limit or room < 30:
            return room
        made.draft.item(number=len(made.items) + 1)
        quote(each.sentence, made)
        room -= len(each.sentence.text)
    for node in nodes:
        if made.draft.quotes >= limit or room < 30:
            return room
        made.draft.item(number=len(made.items) + 1)
        size = 0 if leads_only else (share if short else max(share, node.length))
        room -= _measure(tree, node, made, size, strong, limit - made.draft.quotes)
    if own.whole and len(own.whole) == 1 and not loose:
        leaves = {leaf.number for leaf in tree.leaves(own.whole[0])}
        if {node.number for node in nodes} == leaves:
            made.draft.note(claims.complete(len(leaves)))
    return room


def _measure(
    tree: EssayTree,
    node: Node,
    made: Composed,
    room: int,
    strong: Iterable[tuple[str, int]] = (),
    quotes: int = LIST_ITEMS,
) -> int:
    """Write a measure, its lead in bold, in about `room` characters; return how many it took.

    What answers is never cut off: a long measure is quoted up to its last sentence that does.
    """
    made.of(tree.essay.essay_id)
    if not node.stretches:
        return 0
    paragraph, start, end = node.stretches[0]
    made.items.append(Item(tree.essay.essay_id, node.number, paragraph.paragraph_id, start, end))
    needed = set(strong)
    taken = 0
    for number, (paragraph, start, end) in enumerate(node.stretches):
        lead = start + len(node.lead) if number == 0 else start
        stop = lead if number == 0 and not room else _stop(paragraph.text, start, end, room - taken)
        if room and number == 0 and stop <= lead < end:  # never a bare heading where text follows
            stop = _clause_stop(paragraph.text, lead, end, start + room)
        for sentence in tree.sentences(paragraph.paragraph_id, (start, end)):
            if room and sentence.key in needed and sentence.end - start <= 2 * room:
                stop = max(stop, sentence.end)
        bold = ((start, lead),) if number == 0 and lead > start else ()
        made.draft.quote(tree.essay, paragraph, start, max(stop, lead), bold=bold, trail=node.trail)
        taken += max(stop, lead) - start
        if stop < end or taken >= room or number + 1 >= quotes:
            rest = stop < end or number + 1 < len(node.stretches)
            if rest and room:
                made.draft.say("……")
            break
    return taken


def _clause_stop(text: str, start: int, end: int, limit: int) -> int:
    """The end of the last clause before `limit`, of the first at least."""
    ends = [start + m.end() for m in re.finditer(r"[，；。：！？]", text[start:end])]
    return max((stop for stop in ends if stop <= limit), default=ends[0] if ends else end)


def _stop(text: str, start: int, end: int, room: int) -> int:
    """The end of the last whole sentence within `room`, of the first at least."""
    if end - start <= room:
        return end
    ends = [start + b for _, b in sentence_spans(text[start:end])]
    return max((stop for stop in ends if stop - start <= room), default=ends[0] if ends else end)


def _write(tree: EssayTree, nodes: Sequence[Node], made: Composed, room: int) -> None:
    """Write measures in reading order, sections above those under them; `room` is for each."""
    top = min(node.level for node in nodes)
    for node in nodes:
        nested = node.level - top
        made.draft.item(level=nested + 1, number=None if nested else _ordinal(nodes, node, top))
        _measure(tree, node, made, room, quotes=LIST_ITEMS if room >= LIST_ROOM else 1)


def _ordinal(nodes: Sequence[Node], node: Node, top: int) -> int:
    return [each.number for each in nodes if each.level == top].index(node.number) + 1


def leads(tree: EssayTree, nodes: Sequence[Node], made: Composed) -> None:
    """Write measures by their leads alone."""
    _write(tree, nodes, made, 0)


def section(tree: EssayTree, topic: str) -> Node | None:
    """The section that a question calls by its lead: 2026年重点工作 is 二、2026年重点工作.

    Compared by pairs of characters, of those that stand in any lead of the essay.
    """
    heads = [node for node in tree.nodes if node.children]
    asked = _pairs(topic) & {pair for node in tree.nodes for pair in _pairs(node.lead)}
    if not heads or len(asked) < _PAIRS:
        return None
    shares = sorted((len(_pairs(node.lead) & asked) for node in heads), reverse=True)
    if shares[0] < _NAMED * len(asked) or shares[1:2] == shares[:1]:
        return None
    return next(node for node in heads if len(_pairs(node.lead) & asked) == shares[0])


def _pairs(text: str) -> set[str]:
    text = re.sub(r"\W", "", text)
    return {text[at : at + 2] for at in range(len(text) - 1)}


def whole_section(tree: EssayTree, node: Node, made: Composed) -> None:
    """Write all that stands under a section, the leads alone where there is much."""
    under = [tree.nodes[number] for number in node.children]
    room = LIST_ROOM if sum(each.length for each in under) <= LIST_ROOM else 0
    _write(tree, [node, *under][: LIST_ITEMS + 1], made, room or LIST_ROOM // (len(under) + 1))
    if len(under) <= LIST_ITEMS:
        made.draft.note(claims.complete(len(under)))


def bylines(essays: Sequence[Essay], trees: Trees, made: Composed) -> bool:
    """Quote title and byline of essays; False if none states them."""
    for essay in essays:
        said = [p for p in trees.of(essay.essay_id).paragraphs if p.role in {"title", "byline"}]
        if said:
            made.draft.item()
            for paragraph in said[:3]:
                whole_paragraph(essay, paragraph, made)
    return made.draft.quotes > 0


def part(tree: EssayTree, node: Node, made: Composed) -> None:
    """Write a measure with all that stands under it."""
    _write(tree, tree.under(node), made, LIST_ROOM)


def unfold(item: Item, trees: Trees, made: Composed) -> None:
    """Write all that one numbered item stands for: its measure with what stands under it."""
    tree = trees.of(item.essay_id)
    heading(tree.essay, made)
    if item.node is not None:
        part(tree, tree.nodes[item.node], made)
        return
    paragraph = next(p for p in tree.paragraphs if p.paragraph_id == item.paragraph_id)
    made.draft.paragraph()
    made.of(item.essay_id)
    made.draft.quote(tree.essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)


def heading(essay: Essay, made: Composed) -> None:
    """Say whose text follows."""
    made.draft.paragraph()
    made.draft.say(f"{label(essay)}：")


# Tables.


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison: whose it is, and what was found."""

    name: str
    evidence: Sequence[Evidence]


def table(
    rows: Sequence[Row], trees: Trees, made: Composed, *, as_table: bool, length: int | None
) -> None:
    """Set rows side by side, as a table or one under the other."""
    room = (length or TABLE_ROOM) // max(1, len(rows))
    quotes = min(_CELL_SENTENCES, max(1, TABLE_QUOTES // max(1, len(rows))))
    if len(rows) == 1:  # what is set apart stands in one essay
        room, quotes = _APART_ROOM, 2 * _CELL_SENTENCES
    cells = []
    for row in rows:
        kept: list[Sentence] = []
        left = room
        for evident in row.evidence:
            tree = trees.of(evident.sentence.essay.essay_id)
            found = [*_announcing(evident.sentence, tree), whole(evident.sentence, tree)]
            found = [one for one in found if not any(other.holds(one) for other in kept)]
            size = sum(one.length for one in found)
            if found and len(kept) + len(found) <= quotes and (not kept or size <= left):
                kept += found
                left -= size
        kept.sort(key=lambda one: (one.paragraph.ordinal, one.start))
        cells.append((row.name, kept))
    if as_table:
        made.draft.table(
            ("范围", "原文"),
            [
                (name, [_quoted(each, made) for each in kept] or claims.UNDIRECT)
                for name, kept in cells
            ],
        )
        return
    for name, kept in cells:
        made.draft.paragraph()
        made.draft.say(f"{name}：")
        if not kept:
            made.draft.say(f"{claims.UNDIRECT}。")
        for each in kept:
            made.draft.item()
            quote(each, made)


def _quoted(sentence: Sentence, made: Composed) -> Quoted:
    made.of(sentence.essay.essay_id)
    made.items.append(_item(sentence))
    return Quoted(
        sentence.essay, sentence.paragraph, sentence.start, sentence.end, (), sentence.trail
    )


def whole_paragraph(essay: Essay, paragraph: Paragraph, made: Composed) -> None:
    """Write a paragraph as it stands."""
    made.of(essay.essay_id)
    made.draft.quote(essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)

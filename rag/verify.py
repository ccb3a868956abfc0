"""A draft held against the corpus, sentence by sentence (核稿).

A sentence is looked up word for word; failing that among the passages that retrieval ranks first.
It is *verbatim*; *changed*, with each difference from the nearest source sentence; *supported*,
where it says in other words no more than its sources (see `rag.llm`); or *not found*. Nothing is
corrected: the writer decides.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from itertools import pairwise
from typing import Literal, Protocol

from rag.contract import citation_json
from rag.export import footnote
from rag.figures import figures
from rag.index import Records
from rag.line import SentenceLine, line, offsets
from rag.llm import Checker, limits, names
from rag.render.comments import Comment, commented, commented_text
from rag.sentences import sentence_spans
from rag.types import Citation, Hit, Paragraph

Verdict = Literal["verbatim", "changed", "supported", "not found", "heading"]
Kind = Literal["figure", "year", "place", "person", "quotation", "limit", "order", "wording"]
LABELS: dict[Verdict, str] = {
    "verbatim": "原文一致",
    "changed": "有改动",
    "supported": "有依据",
    "not found": "未见出处",
    "heading": "标题",
}
KINDS: dict[Kind, str] = {
    "figure": "数字或单位",
    "year": "年份",
    "place": "地名或单位名",
    "person": "人名",
    "quotation": "提法",
    "limit": "限定或否定",
    "order": "顺序",
    "wording": "措辞",
}
_SOURCES = 8  # passages that a sentence is held against
_NEAR = 0.55  # share of a sentence's pairs of characters from which on a source sentence is its own
_QUERY = 300  # characters of a sentence that are searched with
_HEADING = 30  # characters of a line without a stop, up to which it is a heading
_STOPS = "。！？；…!?;.”』」）)"
_YEAR = re.compile(
    r"(?:19|20)\d\d年?|[一二三四五六七八九〇零]{4}年|十[一二三四五]五|[今去前上明]年"
)
_QUOTED = re.compile(r"“[^“”]+”|「[^「」]+」|《[^《》]+》")


class Library(Protocol):
    """What a draft is held against: one generation of an index."""

    @property
    def records(self) -> Records:
        """Its records."""

    def search(self, query: str, k: int = 10) -> tuple[Hit, ...]:
        """Return the k passages that match best."""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference: `draft`, at `start` to `end` of the paragraph, for what the source has.

    Either text may be empty.
    """

    kind: Kind
    draft: str
    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DraftItem:
    """A figure, a name or a quoted term of the draft, and whether the source has it."""

    kind: Kind
    text: str
    start: int
    end: int
    found: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the draft: `draft[paragraph][start:end] == text`, paragraphs from 0."""

    paragraph: int
    start: int
    end: int
    text: str
    verdict: Verdict
    sources: tuple[Citation, ...] = ()  # the nearest first; `quote` is the source sentence
    changes: tuple[Change, ...] = ()
    items: tuple[DraftItem, ...] = ()


def verify(draft: Sequence[str], library: Library) -> Iterator[Judged]:
    """Yield the sentences of `draft`, a list of paragraphs, in order."""
    for number, paragraph in enumerate(draft):
        for start, end in sentence_spans(paragraph):
            if re.search(r"\w", paragraph[start:end]):
                yield _judge(number, paragraph, start, end, library)


def counts(judged: Sequence[Judged]) -> dict[Verdict, int]:
    """Return how many sentences have each verdict."""
    found = Counter(sentence.verdict for sentence in judged)
    return {verdict: found[verdict] for verdict in LABELS}


def _judge(number: int, paragraph: str, start: int, end: int, library: Library) -> Judged:
    text, records = paragraph[start:end], library.records
    judged = partial(Judged, number, start, end, text)
    if rows := records.holding(text.rstrip(_STOPS[:6])):
        passages = records.passages(rows[:_SOURCES])
        cited = _citations([p.paragraph_id for p in passages], records)
        sources = [near for c in cited if (near := _nearest(text, [c]))]
        return judged("verbatim", tuple(sources[:3]), (), _items(text, start, None))
    hits = library.search(text[:_QUERY], _SOURCES)
    cited = _citations([hit.passage.paragraph_id for hit in hits], records)
    near = _nearest(text, cited)
    verdict = Checker(cited).check(text)
    if not verdict.problem and not (near and _is_copy(text, near.quote)):
        marks = {mark for part in verdict.parts for mark in part.marks}
        sources = [_nearest(text, [c]) or c for c in cited if c.number in marks]
        held = "".join(c.paragraph.text for c in sources)
        return judged("supported", tuple(sources), (), _items(text, start, held))
    if len(text) <= _HEADING and text[-1] not in _STOPS:
        return judged("heading")
    if near is None or _share(text, near.quote) < _NEAR:
        return judged("not found", (near,) if near else (), (), _items(text, start, records))
    changes = tuple(_changes(text, near, start))
    return judged("changed", (near,), changes, _items(text, start, near.quote))


def _citations(paragraphs: Sequence[str], records: Records) -> list[Citation]:
    """Return whole paragraphs as citations, each once."""
    cited = []
    for number, paragraph_id in enumerate(dict.fromkeys(paragraphs), 1):
        paragraph: Paragraph = records.paragraph(paragraph_id)
        essay = records.essay(paragraph.essay_id)
        whole = paragraph.text
        cited.append(Citation(number, paragraph, essay, whole, 0, len(whole), paragraph.trail))
    return cited


def _nearest(text: str, cited: Sequence[Citation]) -> Citation | None:
    """Return the sentence, or two in a row, that share most with `text`."""
    best: tuple[float, Citation] | None = None
    for citation in cited:
        spans = sentence_spans(citation.paragraph.text)
        for a, b in [*spans, *((one[0], two[1]) for one, two in pairwise(spans))]:
            quote = citation.paragraph.text[a:b]
            score = _share(text, quote) + _share(quote, text) / 4
            if score and (best is None or score > best[0]):
                best = (score, replace(citation, quote=quote, start=a, end=b))
    return best[1] if best else None


def _share(text: str, other: str) -> float:
    """Return the share of the pairs of characters in `text` that `other` has."""
    own, others = (Counter(pairwise(line(t).text)) for t in (text, other))
    return sum((own & others).values()) / max(1, sum(own.values()))


def _is_copy(text: str, source: str) -> bool:
    """Whether `text` has the words of `source`, in another order: it was copied and changed."""
    same = Counter(line(text).text.strip(_STOPS)) == Counter(line(source).text.strip(_STOPS))
    return same and text.strip(_STOPS) != source.strip(_STOPS)


def _changes(text: str, near: Citation, offset: int) -> Iterator[Change]:
    """Yield how `text` differs from a source; what it leaves out at its ends is no difference."""
    here, there = line(text), line(near.quote)
    own, other = _words(here), _words(there)
    places = offsets(text)
    matcher = SequenceMatcher(None, [w for w, _ in own], [w for w, _ in other], autojunk=False)
    steps = matcher.get_opcodes()
    gone = {_said(other, c, d) for tag, _, _, c, d in steps if tag in ("delete", "replace")}
    for n, (tag, a, b, c, d) in enumerate(steps):
        if tag == "equal":
            continue
        draft, source = _said(own, a, b), _said(other, c, d)
        if n == 0:
            source = source.rpartition("，")[2] if draft else ""
        elif n == len(steps) - 1:
            source = source.partition("，")[0] if re.search(r"\w", draft) else ""
        named = n == 0 and draft in names(near.essay.place or "")
        if named or not re.search(r"\w", draft + source):
            continue
        first = own[a][1] if a < len(own) else len(here.text)
        start = places[first]
        end = places[first + len(draft) - 1] + 1 if draft else start
        moved = len(draft) > 1 and draft in gone and draft != source
        kind = "order" if moved else _kind(draft, source, here, first, text[:start])
        yield Change(kind, text[start:end], source, offset + start, offset + end)


def _words(read: SentenceLine) -> list[tuple[str, int]]:
    """Return the words and figures of a line with their places in its text."""
    return [(read.said(a, b), read.at[a]) for a, b in pairwise(sorted(read.edges))]


def _said(words: list[tuple[str, int]], start: int, end: int) -> str:
    return "".join(word for word, _ in words[start:end])


def _kind(draft: str, source: str, here: SentenceLine, at: int, before: str) -> Kind:
    both = draft + source
    if _YEAR.search(draft) or _YEAR.search(source):
        return "year"
    if figures(draft) or figures(source) or re.search(r"\d", both):
        return "figure"
    unit = here.unit(at)
    if before.count("“") > before.count("”") or any(here.quoted[unit : unit + 1]):
        return "quotation"
    if limits(draft) != limits(source):
        return "limit"
    tags = {tag for text in (draft, source) for tag in line(text).tags.values()}
    if tags & {"ns", "nt"}:
        return "place"
    return "person" if "nr" in tags else "wording"


def _items(text: str, offset: int, held: str | Records | None) -> tuple[DraftItem, ...]:
    """Return figures, names and quoted terms; `held` is the source, or all, None if verbatim."""
    read = line(text)
    places = offsets(text)
    found: list[tuple[Kind, int, int]] = []
    found += (("quotation", *match.span()) for match in _QUOTED.finditer(text))
    for _, (a, b) in figures(read.text):
        kind: Kind = "year" if _YEAR.search(read.text[a:b]) else "figure"
        found.append((kind, places[a], places[b - 1] + 1))
    for a, b in pairwise(sorted(read.edges)):
        if read.tags[a] in ("ns", "nt", "nr") and b - a > 1:
            kind = "person" if read.tags[a] == "nr" else "place"
            found.append((kind, places[read.at[a]], places[read.at[b] - 1] + 1))
    return tuple(
        DraftItem(kind, said, offset + start, offset + end, _is_held(kind, said, held))
        for kind, start, end in sorted(found, key=lambda each: each[1:])
        for said in (text[start:end],)
    )


def _is_held(kind: Kind, said: str, held: str | Records | None) -> bool:
    if held is None:
        return True
    if isinstance(held, Records):
        return bool(held.holding(said.strip("“”「」《》")))
    if kind in ("figure", "year"):
        known = [figure for figure, _ in figures(line(held).text)]
        return all(any(f.follows_from(k) for k in known) for f, _ in figures(line(said).text))
    return line(said).text in line(held).text


def as_text(judged: Sequence[Judged]) -> str:
    """Return a table: a line for each sentence, with its differences and its source below."""
    lines = []
    for sentence in judged:
        lines.append(f"{LABELS[sentence.verdict]}\t第{sentence.paragraph + 1}段\t{sentence.text}")
        lines += [f"\t{told}" for told in _told(sentence)]
    told = "，".join(f"{LABELS[v]} {n} 句" for v, n in counts(judged).items() if n)
    return "\n".join([*lines, told or "没有可核对的句子。"])


def as_json(judged: Sequence[Judged], generation: str) -> dict[str, object]:
    """Return what `rag verify --format json` and `/api/verify` give; offsets are code points."""
    return {
        "generation": generation,
        "counts": counts(judged),
        "sentences": [
            {
                "paragraph": sentence.paragraph,
                "start": sentence.start,
                "end": sentence.end,
                "text": sentence.text,
                "verdict": sentence.verdict,
                "label": LABELS[sentence.verdict],
                "changes": [asdict(change) for change in sentence.changes],
                "items": [asdict(item) for item in sentence.items],
                "sources": [citation_json(citation) for citation in sentence.sources],
            }
            for sentence in judged
        ],
    }


def with_comments(draft: bytes | Sequence[str], judged: Sequence[Judged]) -> bytes:
    """Return the draft, a Word file or paragraphs, as a Word file with a comment a sentence."""
    comments = [
        Comment(
            each.paragraph, each.start, each.end, "\n".join([LABELS[each.verdict], *_told(each)])
        )
        for each in judged
        if each.verdict != "heading"
    ]
    if isinstance(draft, bytes):
        return commented(draft, comments)
    return commented_text(draft, comments)


def _told(sentence: Judged) -> Iterator[str]:
    """Yield what there is to say of a sentence, a line each."""
    for change in sentence.changes:
        draft, source = (
            f"“{text}”" if text else "（无）" for text in (change.draft, change.source)
        )
        yield f"{KINDS[change.kind]}：稿中{draft}，原文{source}"
    if sentence.verdict == "not found":
        missing = [item.text for item in sentence.items if not item.found]
        if missing:
            yield f"资料库中没有：{'、'.join(missing)}"
    for citation in sentence.sources:
        near = "最接近的原文" if sentence.verdict == "not found" else "出处"
        yield f"{near}：{footnote(citation)}"

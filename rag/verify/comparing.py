"""A sentence of a draft beside its source: what differs, and which facts the source has."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rag.figures import figures
from rag.gazetteer import place_names
from rag.line import Word, limits, line
from rag.types import Citation

Kind = Literal["figure", "year", "place", "person", "quotation", "limit", "order", "wording"]
_YEAR = re.compile(
    r"(?:19|20)\d\d年?|[一二三四五六七八九〇零]{4}年|十[一二三四五]五|[今去前上明]年"
)
_BOUND = re.compile("[高低多少大小早晚]于")
STOPS = "。！？；…!?;."
_QUOTED = re.compile(r"“[^“”]+”|「[^「」]+」|《[^《》]+》")


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


def changes(text: str, read: str, near: Citation, offset: int) -> Iterator[Change]:
    """Yield how `text`, which is read as `read`, differs from a source.

    What it leaves out at its ends is no difference, but for what limits a clause that it has.
    """
    here = line(read.rstrip(STOPS))
    own, other = here.words, line(near.quote.rstrip(STOPS)).words
    matcher = SequenceMatcher(None, [w.said for w in own], [w.said for w in other], autojunk=False)
    steps = matcher.get_opcodes()
    gone = {_said(other[c:d]) for tag, _, _, c, d in steps if tag in ("delete", "replace")}
    for n, (tag, a, b, c, d) in enumerate(steps):
        if tag == "equal":
            continue
        draft, source = _said(own[a:b]), _said(other[c:d])
        if n == 0:
            source = source.rpartition("，")[2]
            source = source if draft or limits(source) else ""
        elif n == len(steps) - 1:
            source = source.partition("，")[0]
            source = source if re.search(r"\w", draft) or limits(source) else ""
        named = n == 0 and draft in place_names(near.essay.place or "")
        if named or not re.search(r"\w", draft + source):
            continue
        start = here.places[own[a].start if a < len(own) else -1]
        end = here.places[own[b - 1].end - 1] + 1 if draft else start
        moved = len(draft) > 1 and draft in gone and draft != source
        quoted = a < len(own) and own[a].quoted > 0
        kind = "order" if moved else _kind(draft, source, quoted=quoted)
        yield Change(kind, text[start:end], source, offset + start, offset + end)


def is_whole(read: str, near: Citation) -> bool:
    """Whether of no clause of a source a figure is cut, or what limits it left out."""
    source, said = line(near.quote), line(read.rstrip(STOPS)).text
    start = source.text.find(said)
    end = start + len(said)
    if start < 0:
        return True  # it is more than a sentence or two
    if any(w.figure and (w.start < start < w.end or w.start < end < w.end) for w in source.words):
        return False
    left = [source.text[c.start : start] for c in source.clauses if c.start < start < c.end]
    left += [source.text[end : c.end] for c in source.clauses if c.start < end < c.end]
    return not any(map(limits, left))


def _said(words: Sequence[Word]) -> str:
    return "".join(word.said for word in words)


def _kind(draft: str, source: str, *, quoted: bool) -> Kind:
    if _YEAR.search(draft) or _YEAR.search(source):
        return "year"
    if figures(draft) or figures(source) or re.search(r"\d", draft + source):
        return "figure"
    if quoted:
        return "quotation"
    if limits(draft) != limits(source) or _BOUND.search(draft + source):
        return "limit"
    tags = {word.tag for text in (draft, source) for word in line(text).words}
    if tags & {"ns", "nt"}:
        return "place"
    return "person" if "nr" in tags else "wording"


def items(text: str, read: str, offset: int, held: Callable[[str], bool]) -> tuple[DraftItem, ...]:
    """Return the figures, names and quoted terms of `text`, and whether they are `held`.

    A term that is quoted is one, whatever of it could be a name by itself.
    """
    here, quoted = line(read), [match.span() for match in _QUOTED.finditer(text)]
    found: list[tuple[int, int, Kind]] = [(*span, "quotation") for span in quoted]
    for word in here.words:
        start, end = here.places[word.start], here.places[word.end - 1] + 1
        inside = not word.figure and any(a < start and end < b for a, b in quoted)
        if not inside and (kind := _named(word)):
            found.append((start, end, kind))
    return tuple(
        DraftItem(kind, text[start:end], offset + start, offset + end, held(read[start:end]))
        for start, end, kind in sorted(found)
    )


def _named(word: Word) -> Kind | None:
    """Return what `word` names, if anything."""
    if word.figure:
        return "year" if _YEAR.search(word.said) else "figure"
    if word.tag not in ("ns", "nt", "nr") or len(word.said) == 1:
        return None
    return "person" if word.tag == "nr" else "place"


def holds(source: str, said: str) -> bool:
    """Whether `source` has a figure, or one that says it, or a name or a term as it is."""
    there, here = line(source), line(said)
    if len(here.words) == 1 and (figure := here.words[0].figure):
        return any(word.figure and figure.follows_from(word.figure) for word in there.words)
    return here.text in there.text

"""The Markdown of an answer, read: what is bold, what is a list, which mark stands where. Floor 1.

Only what an answer is made of is known: paragraphs, bold, lists, headings, tables, quotes and
`[n]` marks. Raw HTML, links, images and automatic links are not known to this parser at all, so
they come out as the characters they are. Two rules differ from CommonMark, both on purpose:
`**` closes beside Chinese punctuation (CommonMark leaves `**树导向。**各地` open), and `[n]` is a
citation mark wherever its brackets are not escaped.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MARK = re.compile(r"\[(\d{1,4})\]")
_BOLD = re.compile(r"\*\*(?=\S)((?:\\.|(?!\*\*)[^\\])+)\*\*")
_CELL = "\u3000"  # between the cells of a row
_LISTS = {"bullet_list_open", "ordered_list_open"}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one look; a citation mark is a run of its own."""

    text: str
    bold: bool = False
    mark: int | None = None  # the number of a mark, whose `text` is "[n]"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, heading or table row."""

    runs: tuple[Run, ...]
    level: int = 0  # of a list item: 1 for the outermost list; 0 for what is in no list
    label: str = ""  # of a list item: "•" or "1."; empty for what goes on in the same item
    heading: bool = False

    @property
    def text(self) -> str:
        """Its words without their look, marks as "[n]"."""
        return "".join(run.text for run in self.runs)


def blocks(text: str) -> tuple[Block, ...]:
    r"""Return the blocks of `text` in reading order.

    >>> [(block.level, block.text) for block in blocks("**甲县**：\n\n- 先选。[1]\n  - 再育")]
    [(0, '甲县：'), (1, '先选。[1]'), (2, '再育')]
    """
    made: list[Block] = []
    counters: list[int | None] = []  # of the open lists; None for one with bullets
    label, heading = "", False
    row: list[Run] | None = None
    for token in _PARSER.parse(text, {}):
        if token.type in _LISTS:
            start = int(token.attrGet("start") or 1)
            counters.append(start if token.type == "ordered_list_open" else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            counters.pop()
        elif token.type == "list_item_open":
            count = counters[-1]
            label = "•" if count is None else f"{count}."
            counters[-1] = None if count is None else count + 1
        elif token.type == "heading_open":
            heading = True
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            made.append(Block(tuple(row)))
            row = None
        elif token.type == "inline":
            runs = list(_runs(token.children or ()))
            if row is not None:
                row += [Run(_CELL), *runs] if row else runs
                continue
            made.append(Block(tuple(runs), len(counters), label, heading))
            label, heading = "", False
    return tuple(made)


def _runs(tokens: Iterable[Token]) -> Iterable[Run]:
    bold = False
    for token in tokens:
        if token.type in {"strong_open", "strong_close"}:
            bold = token.type == "strong_open"
        elif token.type == "citation":
            yield Run(f"[{token.content}]", bold, int(token.content))
        elif token.type in {"softbreak", "hardbreak"}:
            yield Run("\n", bold)
        elif token.content:
            yield Run(token.content, bold)


def parser() -> MarkdownIt:
    """Return a parser of answers; a mark comes as a token `citation` with its number."""
    made = MarkdownIt("zero", {"html": False, "linkify": False})
    made.enable(["escape", "entity", "newline", "heading", "list", "blockquote", "table"])
    made.inline.ruler.push("citation", _citation)
    made.inline.ruler.push("bold", _bold)
    return made


def _citation(state: StateInline, silent: bool) -> bool:
    match = MARK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("citation", "", 0).content = match.group(1)
    state.pos = match.end()
    return True


def _bold(state: StateInline, silent: bool) -> bool:
    match = _BOLD.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        end = state.posMax
        state.pos, state.posMax = match.span(1)
        state.md.inline.tokenize(state)
        state.posMax = end
        state.push("strong_close", "strong", -1)
    state.pos = match.end()
    return True


_PARSER = parser()

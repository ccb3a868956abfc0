"""The Markdown of an answer → HTML in which nothing of the text can run.

Only what an answer is made of is read: paragraphs, bold, lists, headings, tables, quotes and
`[n]` marks. Raw HTML, links, images and automatic links are not known to this parser at all, so
they come out as the characters they are. Two rules differ from CommonMark, both on purpose:
`**` closes beside Chinese punctuation (CommonMark leaves `**树导向。**各地` open), and `[n]` is a
citation mark wherever its brackets are not escaped.
"""

import re
from collections.abc import Iterator, Mapping

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

_MARK = re.compile(r"\[(\d{1,4})\]")
_BOLD = re.compile(r"\*\*(?=\S)((?:\\.|(?!\*\*)[^\\])+)\*\*")
_PAUSE = re.compile(r"\n|\[\d{1,4}\]|[，。；：！？]")
_HIGHEST_HEADING = 4  # the page and the turn use h1 to h3


def to_html(text: str, chips: Mapping[int, str]) -> str:
    r"""Render `text`; each `[n]` becomes `chips[n]` (trusted HTML), or stays as it is.

    >>> to_html("**先选。**再育[1] <b>", {1: "<button>1</button>"})
    '<p><strong>先选。</strong>再育<button>1</button> &lt;b&gt;</p>\n'
    """
    html: str = _PARSER.render(text, {"chips": chips})
    return html


def prefixes(text: str, most: int) -> Iterator[str]:
    """Yield at most `most` growing beginnings of `text`, the last one whole, for streaming.

    They end at punctuation, marks and line ends, and never inside bold.
    """
    ends = [m.end() for m in _PAUSE.finditer(text) if text.count("**", 0, m.end()) % 2 == 0]
    ends = [end for end in ends if end < len(text)]
    step = max(1, -(-len(ends) // max(1, most - 1)))
    yield from (text[:end] for end in ends[step - 1 :: step][: most - 1])
    yield text


def _citation(state: StateInline, silent: bool) -> bool:
    match = _MARK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        chip = state.push("html_inline", "", 0)
        chip.content = state.env["chips"].get(int(match.group(1)), match.group())
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


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(_HIGHEST_HEADING, int(token.tag[1:]))}"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "linkify": False})
    parser.enable(["escape", "entity", "newline", "heading", "list", "blockquote", "table"])
    parser.inline.ruler.push("citation", _citation)
    parser.inline.ruler.push("bold", _bold)
    parser.core.ruler.push("headings", _lower_headings)
    return parser


_PARSER = _parser()

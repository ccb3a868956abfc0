"""The Markdown of an answer → HTML in which nothing of the text can run.

What is read of Markdown, and what is not, is told in `rag.markup`.
"""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from rag.markup import parser

_PAUSE = re.compile(r"\n|\[\d{1,4}\]|[，。；：！？]")
_HIGHEST_HEADING = 4  # the page and the turn use h1 to h3


def to_html(text: str, chips: Mapping[int, str]) -> str:
    r"""Render `text`; each `[n]` becomes `chips[n]` (trusted HTML), or stays as it is.

    >>> to_html("**先选。**再育[1] <b>", {1: "<button>1</button>"})
    '<p><strong>先选。</strong>再<span class="tied">育<button>1</button></span> &lt;b&gt;</p>\n'
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


def _chip(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    _options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    number = tokens[at].content
    return str(env["chips"].get(int(number), escape(f"[{number}]")))


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(_HIGHEST_HEADING, int(token.tag[1:]))}"


def _tie_chips(state: StateCore) -> None:
    """Keep each run of chips with the character before it, so that no line begins with a chip."""
    for block in state.tokens:
        if block.children:
            block.children = list(_tied(block.children))


def _tied(tokens: Sequence[Token]) -> Iterator[Token]:
    for at, token in enumerate(tokens):
        next_one = tokens[at + 1].type if at + 1 < len(tokens) else ""
        if token.type == "text" and token.content and next_one == "citation":
            yield replace(token, content=token.content[:-1])
            yield Token("tied_open", "span", 1, attrs={"class": "tied"})
            yield replace(token, content=token.content[-1])
            continue
        yield token
        if token.type == "citation" and next_one != "citation" and _after_text(tokens, at):
            yield Token("tied_close", "span", -1)


def _after_text(tokens: Sequence[Token], at: int) -> bool:
    """Whether text stands before the run of chips that ends at `at`."""
    before = next((token for token in reversed(tokens[:at]) if token.type != "citation"), None)
    return before is not None and before.type == "text" and bool(before.content)


def _rendering() -> MarkdownIt:
    made = parser()
    made.core.ruler.push("tied", _tie_chips)
    made.core.ruler.push("headings", _lower_headings)
    made.add_render_rule("citation", _chip)
    return made


_PARSER = _rendering()

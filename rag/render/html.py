"""Blocks → HTML in which nothing of the text can run."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby

from rag.blocks import Block, Cell, Heading, Item, Mark, Note, Table, Text, joined

Chips = Mapping[int, str]
"""The number of a mark → trusted HTML for it."""

_Lists = list[tuple[int, str]]
"""Level and tag of the lists that are open, the outermost first."""


def html(blocks: Iterable[Block], chips: Chips) -> str:
    r"""Return `blocks` as HTML; a mark without a chip is shown as `[1]`, one with "" not.

    >>> from rag.blocks import ParagraphBlock
    >>> html([ParagraphBlock((Text("先选<b>。"), Mark(1)))], {1: "<button>1</button>"})
    '<p>先选&lt;b&gt;<span class="tied">。<button>1</button></span></p>\n'
    """
    lists: _Lists = []
    made: list[str] = []
    for block in blocks:
        if isinstance(block, Item):
            made += _item(block, lists, chips)
        else:
            made += (*_closed(lists, 0), *_block(block, chips))
    return "".join((*made, *_closed(lists, 0)))


def _block(block: Block, chips: Chips) -> Iterator[str]:
    if isinstance(block, Table):
        heads = "".join(f'<th scope="col">{_inlines(cell, chips)}</th>' for cell in block.header)
        yield f"<table>\n<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n"
        for row in block.rows:
            yield f"<tr>{''.join(f'<td>{_inlines(cell, chips)}</td>' for cell in row)}</tr>\n"
        yield "</tbody>\n</table>\n"
    elif isinstance(block, Heading):  # the page and the turn use h1 to h3
        tag = f"h{min(block.level, 3) + 3}"
        yield f"<{tag}>{_inlines(block.inlines, chips)}</{tag}>\n"
    else:
        name = ' class="note"' if isinstance(block, Note) else ""
        yield f"<p{name}>{_inlines(block.inlines, chips)}</p>\n"


def _item(item: Item, lists: _Lists, chips: Chips) -> Iterator[str]:
    """Yield an item, its list opened where it is the first; the item stays open."""
    own = (item.level, "ul" if item.number is None else "ol")
    yield from _closed(lists, item.level)
    if lists and lists[-1] == own:
        yield "</li>\n"
    else:
        yield from _closed(lists, item.level - 1)
        lists.append(own)
        yield f"<{own[1]}>\n"
    value = "" if item.number is None else f' value="{item.number}"'
    yield f"<li{value}>{_inlines(item.inlines, chips)}"


def _closed(lists: _Lists, level: int) -> Iterator[str]:
    """Close the lists that are deeper than `level`."""
    while lists and lists[-1][0] > level:
        yield f"</li>\n</{lists.pop()[1]}>\n"


def _inlines(cell: Cell, chips: Chips) -> str:
    made: list[str] = []
    last: Text | None = None  # the text before a run of chips
    for is_mark, run in groupby(joined(cell), lambda inline: isinstance(inline, Mark)):
        if not is_mark:
            *before, last = (inline for inline in run if isinstance(inline, Text))
            made += map(_text, before)
            continue
        numbers = [mark.number for mark in run if isinstance(mark, Mark)]
        shown = "".join(chips.get(number, f"[{number}]") for number in numbers)
        made.append(_tied(last, shown) if last else shown)
        last = None
    return "".join((*made, _text(last) if last else ""))


def _tied(text: Text, shown: str) -> str:
    """Keep a run of chips with the character before it, so that no line begins with a chip."""
    if not shown:
        return _text(text)
    end = _text(Text(text.text[-1], text.bold))
    return f'{_text(Text(text.text[:-1], text.bold))}<span class="tied">{end}{shown}</span>'


def _text(text: Text) -> str:
    shown = escape(text.text, quote=False).replace("\n", "<br>\n")
    return f"<strong>{shown}</strong>" if text.bold and shown else shown

"""HTML in which nothing of the text runs, as two parsers that others wrote read it."""

from collections.abc import Iterator
from html.parser import HTMLParser

from hypothesis import given
from lxml.html import HtmlElement, fragment_fromstring

from rag.blocks import Block, Heading, Item, Mark, Note, ParagraphBlock, Table, Text, cells, marks
from rag.render.html import html
from tests import said

CHIPS = {number: f'<button data-cite="{number}">[{number}]</button>' for number in said.NUMBERS}
ALLOWED = "p br strong ul ol li h4 table thead tbody tr th td span button"
ATTRIBUTES = "class value scope data-cite"
LISTS = ("ul", "ol")


def tied(character: str, chips: str) -> str:
    """A character with the chips after it, which no line parts."""
    return f'<span class="tied">{character}{chips}</span>'


class Tags(HTMLParser):
    """Collects the tags of a page, and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and the names of its attributes."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def parsed(page: str) -> HtmlElement:
    return fragment_fromstring(page, create_parent="div")


def read(parent: HtmlElement, depth: int = 1) -> Iterator[tuple[object, ...]]:
    """Yield what a page shows, as `said.outline` puts it."""
    for element in parent:
        if element.tag in LISTS:
            for item in element:
                inner = fragment_fromstring("<div></div>")
                inner.extend([each for each in item if each.tag in LISTS])
                number = item.get("value")
                assert (number is None) == (element.tag == "ul")
                yield ("item", depth, number and int(number), shown(item))
                yield from read(inner, depth + 1)
        elif element.tag == "table":
            for row in element.iter("tr"):
                yield ("row", *map(shown, row))
        else:
            yield ({"p": "paragraph", "h4": "heading"}[element.tag], shown(element))


def shown(element: HtmlElement) -> str:
    return said.without_space(element.text_content())


@given(said.DRAWN)
def test_any_text_is_shown_as_it_is(blocks: tuple[Block, ...]) -> None:
    page = html(blocks, CHIPS)
    wanted = "".join(said.bold_words(cell) for block in blocks for cell in cells(block))
    strong = parsed(page).iter("strong")
    assert said.letters(element.text_content() for element in strong) == wanted
    assert list(read(parsed(page))) == said.outline(blocks)


@given(said.DRAWN)
def test_any_text_brings_no_tag_of_its_own_and_marks_are_chips(blocks: tuple[Block, ...]) -> None:
    tags = Tags(html(blocks, CHIPS)).tags
    assert {tag for tag, _ in tags} <= set(ALLOWED.split())
    assert {name for _, names in tags for name in names} <= set(ATTRIBUTES.split())
    assert [tag for tag, _ in tags].count("button") == len(marks(blocks))


def test_marks_become_chips_and_unknown_marks_stay() -> None:
    assert html([said.paragraph("甲[1]乙[2][9]")], CHIPS) == (
        f"<p>{tied('甲', CHIPS[1])}{tied('乙', CHIPS[2] + '[9]')}</p>\n"
    )
    assert html([said.paragraph("[3]甲")], CHIPS) == f"<p>{CHIPS[3]}甲</p>\n"


def test_a_chip_is_tied_to_the_end_of_a_bold_text() -> None:
    block = ParagraphBlock((Text("先选", bold=True), Mark(1), Text("后\n育")))
    tie = tied("<strong>选</strong>", CHIPS[1])
    assert html([block], CHIPS) == f"<p><strong>先</strong>{tie}后<br>\n育</p>\n"


def test_lists_nest_and_keep_their_numbers() -> None:
    blocks = (
        Item((Text("一"), Mark(1)), number=3),
        Item((Text("二"),), level=2),
        Item((Text("三"),), number=7),
        Item((Text("四"),)),
        Note((Text("共 3 条。"),)),
    )
    assert html(blocks, CHIPS).replace("\n", "") == (
        f'<ol><li value="3">{tied("一", CHIPS[1])}<ul><li>二</li></ul></li><li value="7">三</li>'
        '</ol><ul><li>四</li></ul><p class="note">共 3 条。</p>'
    )


def test_a_table_has_a_header() -> None:
    table = Table(((Text("甲"),), (Text("乙"),)), (((Text("一"), Mark(1)), ()),))
    assert html([Heading((Text("头"),)), table], CHIPS).replace("\n", "") == (
        '<h4>头</h4><table><thead><tr><th scope="col">甲</th><th scope="col">乙</th></tr></thead>'
        f"<tbody><tr><td>{tied('一', CHIPS[1])}</td><td></td></tr></tbody></table>"
    )

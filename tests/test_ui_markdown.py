"""The Markdown of answers becomes HTML in which nothing of the text runs."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.markdown import prefixes, to_html

CHIPS = {1: '<button data-cite="1">1</button>', 2: '<button data-cite="2">2</button>'}
OURS = {("button", ("data-cite",)), ("span", ("class",))}
ALLOWED = "p br strong ul ol li h4 h5 h6 blockquote table thead tbody tr th td"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "<http://evil.example>",
    "http://evil.example",
    "[x]: javascript:alert(1)\n\n[x]",
    "`<b>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><svg onload=alert(1)>',
    "<style>*{display:none}</style>",
]


def tied(character: str, chips: str) -> str:
    """A character with the chips after it, which no line parts."""
    return f'<span class="tied">{character}{chips}</span>'


class Tags(HTMLParser):
    """Collects the tags of a page, their attributes and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and the names of its attributes."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_brings_no_tag_of_its_own(text: str) -> None:
    tags = Tags(to_html(f"先{text}后\n\n{text}", CHIPS)).tags
    assert {tag for tag, _ in tags} <= set(ALLOWED.split())
    assert all(attributes == () for _, attributes in tags)


@given(st.text(alphabet=st.sampled_from("<>&\"'[]()!*_`#|-:/\\\n 1甲乙。javascriptonerror=")))
def test_any_text_brings_no_tag_of_its_own(text: str) -> None:
    for tag, attributes in Tags(to_html(text, CHIPS)).tags:
        assert tag in ALLOWED.split() or (tag, attributes) in OURS
        assert set(attributes) <= {"start", "data-cite", "style"}


def test_escaped_source_text_is_shown_as_it_is() -> None:
    escaped = r"\<b\>甲\</b\> \[1\] \*\*乙\*\* a &amp; b"
    assert Tags(to_html(escaped, CHIPS)).text.strip() == "<b>甲</b> [1] **乙** a & b"
    assert "<button" not in to_html(escaped, CHIPS)


def test_marks_become_chips_and_unknown_marks_stay() -> None:
    assert to_html("甲[1]乙[2][9]", CHIPS) == (
        f"<p>{tied('甲', CHIPS[1])}{tied('乙', CHIPS[2] + '[9]')}</p>\n"
    )
    assert to_html("先选。[1][2]后", CHIPS) == f"<p>先选{tied('。', CHIPS[1] + CHIPS[2])}后</p>\n"


def test_a_mark_before_a_bracket_is_no_link() -> None:
    assert to_html("[1](javascript:x)", CHIPS) == f"<p>{CHIPS[1]}(javascript:x)</p>\n"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**树导向。**各地", "<strong>树导向。</strong>各地"),
        ("实行**“双招双引”**机制", "实行<strong>“双招双引”</strong>机制"),
        ("**先[1]**后", f"<strong>{tied('先', CHIPS[1])}</strong>后"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
        (r"**甲\*\*乙**", "<strong>甲**乙</strong>"),
    ],
)
def test_bold_closes_beside_chinese_punctuation(text: str, html: str) -> None:
    assert to_html(text, CHIPS) == f"<p>{html}</p>\n"


def test_lists_nest_and_headings_stay_below_those_of_the_page() -> None:
    html = to_html("# 头\n\n- 一[1]\n  - 二\n", CHIPS)
    assert html.replace("\n", "") == (
        f"<h4>头</h4><ul><li>{tied('一', CHIPS[1])}<ul><li>二</li></ul></li></ul>"
    )


@given(st.text(alphabet="甲乙，。[]12*\n"), st.integers(1, 20))
def test_prefixes_grow_to_the_whole(text: str, most: int) -> None:
    steps = list(prefixes(text, most))
    assert steps[-1] == text
    assert len(steps) <= most
    assert all(text.startswith(step) for step in steps)
    assert all(len(a) < len(b) for a, b in pairwise(steps))
    assert all(step.count("**") % 2 == 0 for step in steps[:-1])


def test_prefixes_stop_where_the_eye_does() -> None:
    assert list(prefixes("**甲。**乙，丙[1]丁", 9)) == [
        "**甲。**乙，",
        "**甲。**乙，丙[1]",
        "**甲。**乙，丙[1]丁",
    ]

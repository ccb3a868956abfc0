"""Answers and citations become HTML: every word of the source kept, none of it run."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.blocks import Mark, Text
from rag.blocks import ParagraphBlock as Said
from rag.export import provenance
from rag.history import Turn
from rag.types import Answer, Citation, Essay, Paragraph, Piece
from tests import said
from ui import render
from ui.render import Surroundings
from ui.strings import EN, ZH, Strings

HOSTILE = "<script>pwned()</script><img src=x onerror=pwned()>\"'>[x](javascript:pwned())${1}{{2}}"
TAGS = (
    "article h1 h2 h3 p div section button mark dl dt dd details summary strong blockquote footer"
    " aside header ul li a nav form fieldset legend label input span"
)
SAFE_ATTRIBUTES = (
    "class hidden type title role lang tabindex disabled aria-label aria-busy data-cite data-source"
    " data-heading data-ask data-step data-close data-empty data-hint data-about data-note"
    " data-answer data-mark data-again data-edit data-earlier data-judge data-copy data-done"
    " data-failed data-thanks data-offline"
    " id href download value name form maxlength placeholder aria-pressed aria-current"
)


class Page(HTMLParser):
    """A parsed page: its tags with attributes, and the text inside each tag, by tag and class."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self._text: dict[str, list[str]] = {}
        self.feed(str(html))
        self.close()
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and what its text will be called: "tag" or "tag.class"."""
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag == "input":  # has no end
            return
        name = f"{tag}.{values['class']}" if "class" in values else tag
        self._open.append(name)
        self._text.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last, which must be the same."""
        assert self._open.pop().split(".")[0] == tag

    def handle_data(self, data: str) -> None:
        """Give text to every open tag."""
        for name in set(self._open):
            self._text[name][-1] += data

    def text(self, name: str) -> list[str]:
        """Return the text of each tag of that name, in order of the page."""
        return self._text.get(name, [])

    def attributes(self, tag: str, name: str) -> list[str]:
        """Return the attribute of each such tag that has it."""
        return [values[name] for found, values in self.tags if found == tag and name in values]


def essay(**facts: str) -> Essay:
    return Essay("甲.txt#1", "甲.txt", **facts)


def paragraph(text: str, ordinal: int = 4, **more: tuple[Piece, ...]) -> Paragraph:
    origin = more.get("origin", (Piece(0, 10),))
    return Paragraph(
        f"甲.txt#1.{ordinal}", "甲.txt#1", ordinal, "body", text, origin, ("一、总则",)
    )


def citation(text: str, start: int, end: int, number: int = 1, **facts: str) -> Citation:
    return Citation(number, paragraph(text), essay(**facts), text[start:end], start, end)


def answer(text: str, *citations: Citation, understood: str | None = None) -> Answer:
    return Answer(
        "怎么做？", "list", text, citations, False, None, understood=understood,
        seconds={"understand": 0.1, "total": 0.25}, blocks=(said.paragraph(text),),
    )  # fmt: skip


def refusal(reason: str, *nearest: Citation) -> Answer:
    return Answer("怎么做？", "list", reason, (), True, reason, nearest=nearest)


CITED = citation(
    "总要求。坚持严管厚爱。要抓好落实。", 4, 11,
    title="题目", author="张三", office="甲县委组织部部长", publication="组工信息",
    issue="32", date="2022-10-05",
)  # fmt: skip


def test_a_mark_is_a_button_that_names_its_source_and_where_that_stands() -> None:
    page = Page(render.turn(answer("坚持严管厚爱。[1]", CITED), {}, ZH))
    chips = [values for _, values in page.tags if values.get("class") == "chip"]
    assert chips == [
        {
            "type": "button",
            "class": "chip",
            "data-cite": "1",
            "data-about": "《题目》\n张三，2022年10月5日\n一、总则\n第 4 段",
            "data-note": f"{provenance(CITED)}。",
            "aria-label": "出处 1，张三《题目》，打开原文",
        }
    ]
    assert page.text("div.answer") == ["坚持严管厚爱。1\n"]


def test_a_source_shows_the_marked_paragraph_and_where_it_stands() -> None:
    page = Page(render.turn(answer("坚持严管厚爱。[1]", CITED), {}, ZH))
    assert page.text("p.paragraph") == ["总要求。坚持严管厚爱。要抓好落实。"]
    assert page.text("mark") == ["坚持严管厚爱。"]
    assert page.text("h3") == ["出处：1 篇", "《题目》"]
    assert dict(zip(page.text("dt"), page.text("dd"), strict=True)) == {
        "作者": "张三，甲县委组织部部长",
        "刊物": "组工信息第32期，2022年10月5日",
        "所在小节": "一、总则",
        "文件": "甲.txt，第 10 行，第 4 段",
    }


def test_facts_that_the_file_does_not_state_are_left_out() -> None:
    page = Page(render.turn(answer("甲。[1]", citation("甲。", 0, 2)), {}, ZH))
    assert page.text("dt") == ["所在小节", "文件"]
    assert page.text("h3")[1] == "（无标题：甲）"


def test_the_paragraphs_around_are_there_but_folded() -> None:
    around = Surroundings((paragraph("前一段", 3),), (paragraph("后一段", 5),))
    page = Page(render.turn(answer("甲[1]", CITED), {"甲.txt#1.4": around}, ZH))
    assert page.text("details.around") == ["上文前一段", "下文后一段"]
    assert all("open" not in values for tag, values in page.tags if tag == "details")


def test_each_source_says_its_place_among_all() -> None:
    both = CITED, citation("另一句。", 0, 4, number=2)
    page = Page(render.turn(answer("甲[1]乙[2]", *both), {}, ZH))
    assert page.attributes("section", "data-heading") == ["原文 1 / 2", "原文 2 / 2"]
    assert page.attributes("section", "data-source") == ["1", "2"]


def test_what_limited_an_answer_is_said_and_the_question_can_be_asked_without_it() -> None:
    limits = (render.Limit("甲县", "有哪些做法？"), render.Limit("2022"))
    kept = render.Kept("号", limits=limits, next_questions=("还有呢？",))
    page = Page(render.turn(answer("甲[1]", CITED), {}, ZH, kept))
    assert page.text("p.limits") == ["按“甲县”查找只查所选2022"]
    assert page.attributes("button", "data-ask") == ["有哪些做法？", "还有呢？"]


def test_an_answer_can_be_carried_away_judged_and_had_again() -> None:
    kept = render.Kept("号", verdict="bad")
    page = Page(render.turn(answer("甲[1]", CITED), {}, ZH, kept))
    links = [link for link in page.attributes("a", "href") if link.startswith("/answers")]
    assert links == ["/answers/号.docx", "/answers/号.md", "/answers/号"]
    assert page.attributes("button", "aria-pressed") == ["false", "true"]
    assert page.attributes("article", "data-answer") == ["号"]
    assert page.attributes("button", "data-again") == [""]
    older = Page(render.turn(answer("甲[1]", CITED), {}, ZH, render.Kept("号", last=False)))
    assert older.attributes("button", "data-again") == []


def test_a_source_leads_to_its_place_in_the_library_unless_that_has_changed() -> None:
    html = render.turn(answer("甲[1]", CITED), {}, ZH)
    assert Page(html).attributes("a", "href") == [
        "/library/essay?id=%E7%94%B2.txt%231&p=4&from=4&to=11#p4"
    ]
    changed = {"甲.txt#1.4": Surroundings(changed=True)}
    page = Page(render.turn(answer("甲[1]", CITED), changed, ZH))
    assert page.attributes("a", "href") == []
    assert "变动" in page.text("p.changed")[0]


def test_the_sources_are_listed_by_essay_with_how_often_each_is_quoted() -> None:
    other = replace(CITED, number=3, essay=Essay("乙.txt#1", "乙.txt", title="别的", place="乙县"))
    cited = (CITED, replace(CITED, number=2), other)
    page = Page(render.turn(answer("甲[1]乙[2]丙[3]", *cited), {}, ZH))
    assert page.text("section.essays") == [
        "出处：2 篇《题目》张三，2022年10月5日，引用 2 处《别的》乙县，引用 1 处"
    ]
    opened = [v["data-cite"] for _, v in page.tags if v.get("class") == "open"]
    assert opened == ["1", "3"]


def test_a_refusal_offers_what_to_do_and_no_export_and_a_greeting_nothing() -> None:
    page = Page(render.turn(refusal("没有", CITED), {}, ZH, render.Kept("号")))
    assert page.attributes("a", "href")[:2] == [
        "/library?q=%E6%80%8E%E4%B9%88%E5%81%9A%EF%BC%9F",
        "/answers/号",
    ]
    assert [v for _, v in page.tags if "data-copy" in v or "download" in v] == []
    assert "换个说法" in page.text("div.actions")[0]
    greeting = replace(refusal("您好。"), kind="help")
    page = Page(render.turn(greeting, {}, ZH, render.Kept("号")))
    assert page.text("div.answer") == ["您好。"]
    assert page.text("div.actions") == page.text("div.refusal") == []


def test_a_refusal_is_no_answer_and_shows_the_nearest_as_such() -> None:
    page = Page(render.turn(refusal("文库里没有乙县的文章。", CITED), {}, ZH))
    assert page.text("div.refusal") == ["材料里没有找到文库里没有乙县的文章。"]
    assert page.text("div.answer") == []
    assert page.text("h3")[0] == "最接近的内容（不是答案）"
    assert page.text("blockquote") == ["坚持严管厚爱。张三《题目》"]
    assert page.attributes("button", "data-cite") == page.attributes("section", "data-source")


def test_a_refusal_without_anything_near_shows_only_the_reason() -> None:
    page = Page(render.turn(refusal("文库是空的。"), {}, ZH))
    assert page.text("div.nearest") == []
    assert page.text("div.refusal") == ["材料里没有找到文库是空的。"]


def test_what_a_follow_up_was_understood_as_is_said() -> None:
    asked = answer("甲[1]", CITED, understood="甲县怎么做？")
    assert Page(render.turn(asked, {}, ZH)).text("p.understood") == ["理解为：甲县怎么做？"]
    assert Page(render.turn(answer("甲[1]", CITED), {}, ZH)).text("p.understood") == []


def test_a_turn_is_busy_until_it_is_settled() -> None:
    asked = Turn("号码-1234", "对话", "2026-01-01", "问", state="asked")
    begun = [
        render.PARTS.waiting(asked, of, ZH.searching, ZH)
        for of in (None, render.view(answer("甲[1]", CITED), ZH))
    ]
    assert [Page(html).attributes("article", "aria-busy") for html in begun] == [["true"]] * 2
    done = [
        render.turn(answer("甲[1]", CITED), {}, ZH),
        render.PARTS.unanswered(replace(asked, state="stopped"), ZH),
        render.PARTS.unkept(asked, render.view(answer("甲[1]", CITED), ZH), "没有存下", ZH),
    ]
    assert [Page(html).attributes("article", "aria-busy") for html in done] == [[]] * 3
    assert Page(done[2]).text("p.failed") == ["没有存下"]


@pytest.mark.parametrize("s", [ZH, EN])
def test_hostile_text_anywhere_brings_no_tag_and_no_attribute(s: Strings) -> None:
    names = ("title", "author", "office", "publication", "issue", "date")
    bad = Citation(
        1, paragraph(HOSTILE * 2), Essay(HOSTILE, HOSTILE, **dict.fromkeys(names, HOSTILE)),
        HOSTILE, len(HOSTILE), 2 * len(HOSTILE), (HOSTILE,),
    )  # fmt: skip
    around = {"甲.txt#1.4": Surroundings((paragraph(HOSTILE),), (paragraph(HOSTILE),))}
    blocks = (Said((Text(HOSTILE), Mark(1))),)
    given = Answer(
        HOSTILE, "list", HOSTILE + "[1]", (bad,), False, None, understood=HOSTILE, blocks=blocks
    )
    refused = Answer(HOSTILE, "list", HOSTILE, (), True, HOSTILE, (bad,))
    limits = (render.Limit(HOSTILE), render.Limit(HOSTILE, HOSTILE))
    kept = render.Kept(HOSTILE, HOSTILE, "good", limits, (HOSTILE,), told=HOSTILE)
    asked = Turn(HOSTILE, HOSTILE, HOSTILE, HOSTILE, given, state="asked")
    pages = [
        render.turn(given, around, s, kept),
        render.turn(refused, around, s, kept),
        render.PARTS.waiting(asked, render.view(given, s), s.searching, s),
        render.PARTS.unanswered(replace(asked, state="stopped"), s),
        render.PARTS.unkept(asked, render.view(given, s), HOSTILE, s),
        render.PARTS.thread((), s),
        render.PARTS.above(HOSTILE),
        render.PARTS.earlier(s),
        render.PARTS.welcome([HOSTILE], s),
        render.PARTS.panel(s),
        render.masthead(s, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),
    ]
    for html in pages:
        page = Page(html)
        assert {tag for tag, _ in page.tags} <= set(TAGS.split())
        assert {name for _, values in page.tags for name in values} <= set(SAFE_ATTRIBUTES.split())
    shown = Page(pages[0])
    assert shown.text("h2.asked") == [HOSTILE]
    assert shown.text("mark") == [HOSTILE]
    assert HOSTILE in shown.attributes("button", "data-note")[0]
    for page in map(Page, pages):
        links = page.attributes("a", "href")
        assert all(link.startswith(("/", "#")) for link in links)
    assert HOSTILE in shown.text("div.answer")[0]


@given(st.text(min_size=1), st.data())
def test_the_marked_paragraph_is_the_paragraph(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    page = Page(render.turn(answer("甲[1]", citation(text, start, end)), {}, ZH))
    assert page.text("p.paragraph") == [text]
    assert page.text("mark") == [text[start:end]]


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [
        (0, 3, (7, 7, 1)),
        (0, 4, (7, 8, 1)),
        (3, 6, (8, 8, 1)),
        (5, 9, (8, 11, 1)),
        (6, 9, (11, 11, 2)),
    ],
)
def test_the_lines_are_those_of_the_quote(
    start: int, end: int, lines: tuple[int, int, int]
) -> None:
    origin = (Piece(0, 7, 1), Piece(3, 8, 1), Piece(6, 11, 2))
    broken = paragraph("一二三四五六七八九", origin=origin)
    cited = Citation(1, broken, essay(), broken.text[start:end], start, end)
    assert render.quote_lines(cited) == lines


@pytest.mark.parametrize(
    ("iso", "zh", "en"),
    [
        ("2022", "2022年", "2022"),
        ("2022-09", "2022年9月", "2022-09"),
        ("2022-10-25", "2022年10月25日", "2022-10-25"),
        ("2022-01-05", "2022年1月5日", "2022-01-05"),
    ],
)
def test_dates_are_as_exact_as_stated(iso: str, zh: str, en: str) -> None:
    assert render.written_date(iso, ZH) == zh
    assert render.written_date(iso, EN) == en

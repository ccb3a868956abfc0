"""The basket as a person uses it: from questions to a Word file, by pointer and by keyboard."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import Locator, Page, expect

from tests.browser.driver import Watched, serious

QUESTIONS = (
    "太湖县在人才方面有哪些措施？",
    "比较太湖县和望江县在干部队伍方面的做法，列个表",
    "望江县有哪些措施？",
)


@pytest.fixture
def desk(wide: Watched) -> Iterator[Watched]:
    """A wide page, its basket empty before and after."""
    _empty(wide)
    yield wide
    _empty(wide)


def _empty(watched: Watched) -> None:
    watched.page.goto(f"{watched.address}/basket")
    clear = watched.page.get_by_role("button", name="清空")
    if clear.count():
        clear.click()
        expect(watched.page.locator(".empty")).to_be_visible()


def basket(desk: Watched) -> Page:
    desk.page.goto(f"{desk.address}/basket")
    return desk.page


def put(page: Page, button: Locator, told: str = "已放入素材篮：1 条") -> None:
    button.click()
    expect(page.locator("#put-told")).to_have_text(told)


def write(page: Page, kind: str, text: str) -> None:
    page.get_by_label("类型").select_option(kind)
    page.locator("#write").get_by_label("文字").fill(text)
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".basket > li").last).to_contain_text(text.splitlines()[0])


def test_three_questions_become_a_word_file_in_under_ten_clicks(desk: Watched) -> None:
    page, clicks = desk.page, 0
    desk.open()
    for question in QUESTIONS:
        desk.ask(question)  # typed, and sent by Enter
        turn = page.locator(".turn").last
        turn.locator(".actions").get_by_role("button", name="放入素材篮").click()
        expect(turn.locator(".actions .put")).to_have_class("put is-in")
        clicks += 1
    page.get_by_role("link", name="素材篮").click()
    expect(page.locator(".basket h4")).to_have_text(list(QUESTIONS))
    with page.expect_download() as word:
        page.get_by_role("link", name="导出 Word").click()
    clicks += 2
    assert clicks < 10
    assert word.value.suggested_filename == "材料汇编.docx"
    written = Path(word.value.path()).read_bytes()
    document = Document(BytesIO(written))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == list(QUESTIONS)
    assert [cell.text for cell in document.tables[0].columns[0].cells] == [
        "范围",
        "太湖县",
        "望江县",
    ]
    with zipfile.ZipFile(BytesIO(written)) as package:
        notes = package.read("word/footnotes.xml").decode()
    assert "《抓制度机制 树鲜明导向》，望江县，" in notes
    assert "第32期" in notes


def test_material_of_every_page_goes_in_and_the_same_once(desk: Watched) -> None:
    page = desk.page
    desk.open()
    desk.ask(QUESTIONS[0])
    page.locator(".turn .answer li").first.hover()
    put(page, page.locator(".beside").get_by_role("button", name="放入素材篮"))
    put(page, page.locator("#panel .put"), "素材篮里已有，没有重复放入。")
    chip = page.locator(".turn .chip").nth(1)
    chip.focus()
    page.keyboard.press("b")
    expect(page.locator("#put-told")).to_have_text("已放入素材篮：1 条")
    page.goto(f"{desk.address}/measures?place=望江县")
    put(page, page.locator("td .put").first)
    page.goto(f"{desk.address}/library?q=人才驿站")
    put(page, page.locator(".found .put").first)
    page.locator(".found .where a").first.click()
    row = page.locator(".row:target")
    expect(row).to_contain_text("人才驿站")
    row.locator("p").evaluate(
        """(p) => {
          const walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const at = walk.currentNode.data.indexOf("设立人才服务专窗");
            if (at < 0) continue;
            getSelection().setBaseAndExtent(walk.currentNode, at, walk.currentNode, at + 8);
          }
        }"""
    )
    put(page, row.locator(".put"))
    basket(desk)
    entries = page.locator(".basket > li")
    expect(entries).to_have_count(5)
    expect(entries.last).to_contain_text("设立人才服务专窗")
    expect(entries.last.locator("p").first).to_have_text("设立人才服务专窗")
    entries.last.locator(".meta a").click()
    expect(page.locator(".row:target mark")).to_have_text("设立人才服务专窗")


def test_the_order_is_made_by_pointer_and_by_keyboard_and_a_removal_undone(desk: Watched) -> None:
    page = basket(desk)
    for kind, text in (("自拟段落", "甲。"), ("自拟段落", "乙<b>。"), ("一级标题", "总的情况")):
        write(page, kind, text)
    entries = page.locator(".basket > li > :is(p, h4):first-child")
    entries.nth(2).locator("..").locator(".grip").drag_to(
        page.locator(".basket > li").first, target_position={"x": 30, "y": 4}
    )
    expect(entries).to_have_text(["总的情况", "甲。", "乙<b>。"])
    down = page.locator(".basket > li").first.get_by_role("button", name="下移")
    down.focus()
    page.keyboard.press("Enter")
    expect(entries).to_have_text(["甲。", "总的情况", "乙<b>。"])
    expect(page.locator("#change .told")).to_have_text("第 2 条，共 3 条")
    page.keyboard.press("Enter")
    expect(entries).to_have_text(["甲。", "乙<b>。", "总的情况"])
    page.locator(".basket > li").nth(1).get_by_role("button", name="移出").click()
    expect(entries).to_have_text(["甲。", "总的情况"])
    expect(page.locator(".count")).to_have_text("2 条")
    page.get_by_role("button", name="撤销").click()
    expect(entries).to_have_text(["甲。", "乙<b>。", "总的情况"])
    page.locator(".basket > li").nth(1).locator("summary").click()
    page.locator(".basket textarea:visible").fill("改过的话。")
    page.locator(".basket").get_by_role("button", name="保存").locator("visible=true").click()
    expect(entries).to_have_text(["甲。", "改过的话。", "总的情况"])
    page.reload()
    expect(entries).to_have_text(["甲。", "改过的话。", "总的情况"])
    assert serious(page) == []


def test_a_conversation_is_had_as_one_file(desk: Watched) -> None:
    page = desk.page
    desk.open()
    desk.ask(QUESTIONS[0])
    page.locator(".conversations .more summary").first.click()
    with page.expect_download() as word:
        page.locator(".conversations").get_by_role("link", name="导出 Word").first.click()
    written = Document(BytesIO(Path(word.value.path()).read_bytes()))
    assert [p.text for p in written.paragraphs[:2]] == [QUESTIONS[0]] * 2

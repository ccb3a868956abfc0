"""The plain pages in a real browser: library, measures, themes, the switch of languages."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import Watched


def visit(chat: Watched, path: str) -> Page:
    chat.page.goto(chat.address + path)
    return chat.page


def test_the_library_is_filtered_sorted_and_searched(chat: Watched) -> None:
    page = visit(chat, "/library")
    titles = page.locator("tbody tr")
    expect(titles).to_have_count(7)
    page.get_by_label("地区").select_option("望江县")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("tbody th")).to_have_text(["抓制度机制 树鲜明导向"])
    visit(chat, "/library?sort=measures")
    counts = [int(text) for text in page.locator("tbody td.number").all_inner_texts()]
    assert counts == sorted(counts)
    page.get_by_label("在原文中查找").fill("人才驿站")
    page.get_by_role("button", name="查找").click()
    first = page.locator(".found li").first
    expect(first.locator("mark").filter(has_text="人才驿站").first).to_be_visible()
    first.get_by_role("link").click()
    expect(page.locator(".row:target")).to_contain_text("人才驿站")


def test_an_essay_has_its_outline_numbers_and_who_else_does_this(chat: Watched) -> None:
    page = visit(chat, "/library")
    page.get_by_role("link", name="读懂党的二十大报告精神").click()
    assert page.locator(".no").all_inner_texts()[:4] == ["1", "2", "3", "4"]
    page.locator(".outline").get_by_role("link", name="真心服务“留”才。").click()
    expect(page.locator("strong.lead:target")).to_be_in_viewport()
    like = page.get_by_role("link", name="谁也这样做：真心服务“留”才。")
    text, aside = page.locator(".row p").filter(has_text="真心服务“留”才。"), like.bounding_box()
    beside, wide = text.first.bounding_box(), chat.page.viewport_size
    assert aside and beside and wide
    if wide["width"] > 960:  # the outline stays beside the text, the link at the end of its row
        assert aside["x"] >= beside["x"] + beside["width"]
        expect(page.locator(".outline")).to_be_in_viewport()
    like.click()
    expect(page.locator(".alikes li").first).to_contain_text("完善服务真心“留”。")
    places = page.locator(".alikes .where strong").all_inner_texts()
    assert places
    assert "太湖县" not in places


def test_measures_are_filtered_and_downloaded(chat: Watched) -> None:
    page = visit(chat, "/measures")
    page.get_by_label("地区").select_option("望江县")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    with page.expect_download() as book:
        page.get_by_role("link", name="下载 XLSX").click()
    sheet = load_workbook(BytesIO(Path(book.value.path()).read_bytes())).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["望江县"] * 3
    page.get_by_label("主题").select_option("人才工作")
    page.get_by_role("button", name="筛选").click()
    for themes in page.locator("tbody td.themes").all_inner_texts():
        assert "人才工作" in themes
    page.get_by_label("含有文字").fill("没有这样的文字")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".empty")).to_be_visible()


def test_measures_are_sorted_and_their_head_stays_in_sight(wide: Watched) -> None:
    page = visit(wide, "/measures")
    page.locator("thead").get_by_role("link", name="地区").click()
    expect(page.get_by_role("columnheader", name="地区")).to_have_attribute(
        "aria-sort", "ascending"
    )
    places = page.locator("tbody td.short").all_inner_texts()
    assert places == sorted(places)
    assert len(places) <= 50
    page.locator("tbody tr").last.scroll_into_view_if_needed()
    expect(page.get_by_role("columnheader", name="主题")).to_be_in_viewport()


def test_the_map_counts_and_a_cell_opens_its_measures(chat: Watched) -> None:
    page = visit(chat, "/measures/map")
    row = page.get_by_role("row", name="太湖县")
    numbers = [int(text) for text in row.locator("td a").all_inner_texts()]
    total = int(row.locator("td").last.inner_text())
    assert max(numbers) <= total <= sum(numbers), "a measure may stand in several cells"
    assert "—" in row.inner_text()
    assert "未提及" not in page.content()
    row.locator("td a").first.click()
    expect(page.locator("tbody tr")).to_have_count(numbers[0])
    expect(page.get_by_label("地区")).to_have_value("太湖县")


def test_themes_are_edited_on_the_page(chat: Watched) -> None:
    page = visit(chat, "/measures/map")
    before = page.locator("thead th").all_inner_texts()
    page.locator("summary").click()
    page.locator("textarea").fill("引才育才：人才工作\n：没有名称")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("第 2 行")
    page.locator("summary").click()
    page.locator("textarea").fill("引才育才：人才工作")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("thead th")).to_have_text(["引才育才", "未归类", "合计"])
    page.locator("summary").click()
    page.locator("textarea").fill("")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("thead th")).to_have_text(before)


def test_a_page_that_is_not_there_says_so(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    for path in ("/answers/none", "/library/essay?id=none", "/library/similar?measure=none"):
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("h1")).to_have_text("没有这一页")
    page.close()


def test_the_language_is_switched_and_remembered(chat: Watched) -> None:
    page = visit(chat, "/measures?place=望江县")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Measures")
    expect(page.locator("tbody tr")).to_have_count(3)
    chat.open()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("button", name="提问")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "heading", "ask", "other"),
    [
        ("en-GB", "Measures", "Ask", "中文"),
        ("zh-TW", "措施一览", "提问", "English"),
        ("fr-FR", "措施一览", "提问", "English"),
    ],
)
def test_the_language_follows_the_browser_until_it_is_switched(
    chromium: Browser, address: str, locale: str, heading: str, ask: str, other: str
) -> None:
    page = chromium.new_page(locale=locale)
    page.goto(f"{address}/measures")
    expect(page.locator("h1")).to_have_text(heading)
    page.goto(address)
    expect(page.get_by_role("button", name=ask, exact=True)).to_be_visible()
    page.get_by_role("link", name=other).click()
    expect(page.get_by_role("link", name=other)).to_have_count(0)
    page.goto(f"{address}/measures")
    expect(page.locator("h1")).not_to_have_text(heading)
    page.close()

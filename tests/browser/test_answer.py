"""What a reader does with an answer: limit it, carry it away, judge it, come back to it."""

from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from docx import Document
from playwright.sync_api import expect

from tests.browser.driver import Watched

TALENT = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"


def test_limits_are_chosen_shown_and_taken_away(chat: Watched) -> None:
    page = chat.page
    chat.open()
    if (page.viewport_size or {})["width"] < 1280:
        page.locator(".open-material").click()
    else:
        page.locator("#material summary").first.click()
    page.get_by_role("button", name="地区").click()
    page.get_by_label("望江县", exact=True).check()
    page.keyboard.press("Escape")
    chip = page.locator("#scope .limit")
    expect(chip).to_have_text("地区：望江县")
    chat.ask("有哪些措施？")
    expect(page.locator(".limits")).to_have_text("只查所选望江县")
    for title in page.locator(".turn .source h3").all():
        expect(title).to_have_text("《抓制度机制 树鲜明导向》")
    chip.click()
    expect(chip).to_have_count(0)


def test_a_limit_of_the_question_is_taken_away_by_asking_again(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    limit = page.locator(".limits button")
    expect(limit).to_have_text("按“太湖县”查找")
    limit.click()
    page.wait_for_selector(".turn:nth-of-type(2):not([aria-busy])")
    expect(page.locator(".asked").nth(1)).to_have_text("各地在人才方面有哪些措施？")
    expect(page.locator(".turn").nth(1).locator(".limits")).to_have_count(0)
    assert page.locator(".turn").nth(1).locator(".essays li").count() > 1


def test_where_a_quote_stands_is_shown_to_the_pointer_and_to_the_keyboard(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    chip, peek = page.locator(".chip").nth(1), page.locator("#peek")
    chip.hover()
    expect(peek).to_have_text(
        "《读懂党的二十大报告精神 校准组织工作“红”坐标》\n太湖县，左小斌，2022年10月25日\n"
        "校准“红利”坐标，不余遗力强人才。 / 因人而异“育”才。\n第 10 段"
    )
    page.mouse.move(2, 2)
    expect(peek).to_be_hidden()
    page.locator(".chip").first.focus()
    page.keyboard.press("Tab")
    expect(peek).to_be_visible()
    expect(chip).to_have_attribute("aria-describedby", "peek")
    page.keyboard.press("Escape")
    expect(peek).to_be_hidden()


def test_what_to_ask_next_is_answered(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    follow = page.locator(".follow")
    expect(follow).to_have_text(["那池州市呢？", "和池州市对比", "展开第3条", "用表格列出来"])
    question = follow.first.inner_text()
    follow.first.click()
    page.wait_for_selector(".turn:nth-of-type(2):not([aria-busy])")
    expect(page.locator(".asked").nth(1)).to_have_text(question)
    assert page.locator(".turn").nth(1).locator(".chip").count() > 0


def test_an_answer_is_carried_away(chat: Watched) -> None:
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.open()
    chat.ask(TALENT)
    quote = page.locator(".turn .source mark").nth(1).text_content()
    with page.expect_download() as word:
        page.get_by_role("link", name="导出 Word").click()
    assert word.value.suggested_filename == "太湖县在人才方面有哪些措施.docx"
    written = Path(word.value.path()).read_bytes()
    assert Document(BytesIO(written)).paragraphs[0].text == TALENT
    with page.expect_download() as markdown:
        page.get_by_role("link", name="导出 Markdown").click()
    text = Path(markdown.value.path()).read_text(encoding="utf-8").replace("**", "")
    assert str(quote) in text
    assert "[^2]: 《读懂党的二十大报告精神" in text


def test_a_judgement_with_its_reason_is_kept(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    page.get_by_role("button", name="有问题").click()
    page.get_by_label("不完整").check()
    page.get_by_label("补充说明").fill("少一条")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".why")).to_be_hidden()
    expect(page.locator(".said")).to_have_text("已记下，谢谢")
    page.reload()
    expect(page.get_by_role("button", name="有问题")).to_have_attribute("aria-pressed", "true")


def test_an_answer_can_be_had_again_in_its_place(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(NOT_HELD)
    chat.ask(TALENT)
    page.get_by_role("button", name="重新回答").click()
    page.wait_for_selector(".turn:nth-of-type(2):not([aria-busy]) .chip")
    expect(page.locator(".asked")).to_have_text([NOT_HELD, TALENT])


def test_a_question_in_a_link_is_asked_and_its_conversation_outlives_the_page(
    chat: Watched,
) -> None:
    page = chat.page
    page.goto(f"{chat.address}/?q={quote(TALENT)}")
    page.wait_for_selector(".turn:not([aria-busy])")
    expect(page.locator(".asked")).to_have_text(TALENT)
    page.wait_for_url("**/?chat=*")
    page.reload()
    expect(page.locator(".asked")).to_have_text(TALENT)
    chat.ask("池州市呢？")
    expect(page.locator(".understood")).to_contain_text("池州市")
    page.locator(".turn").first.get_by_role("link", name="链接").click()
    page.wait_for_url("**/answers/*")
    page.locator(".chip").first.click()
    expect(page.locator("#panel mark")).to_be_visible()
    page.get_by_role("link", name="继续").click()
    expect(page.locator(".asked")).to_have_count(2)


def test_a_source_leads_to_its_paragraph_in_the_library(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    page.locator(".chip").nth(1).click()
    quote = page.locator("#panel mark").inner_text()
    page.locator("#panel").get_by_role("link", name="在文库中打开").click()
    expect(page.locator(".row:target")).to_be_in_viewport()
    assert "".join(page.locator(".row:target mark").all_inner_texts()) == quote

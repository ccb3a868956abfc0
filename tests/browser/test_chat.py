"""The chat, used in a real browser as a reader would: ask, open a citation, go on.

Every test that takes `chat` runs at 1440 and at 375 pixels, and fails at its end if any request
left the host or the page reported an error.
"""

from playwright.sync_api import expect

from tests.browser.driver import Watched

LIST = "太湖县有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"


def test_a_citation_opens_its_source_with_the_quote_marked(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(LIST)
    chip = page.locator(".turn .chip").nth(1)
    number = chip.get_attribute("data-cite")
    quote = page.locator(f".turn [data-source='{number}'] mark").inner_text()
    chip.click()
    source = page.locator("#panel .source")
    expect(source).to_be_visible()
    expect(source.locator("mark")).to_have_text(quote)
    expect(source.locator("mark")).to_be_in_viewport(ratio=1)
    expect(source.locator("dl")).to_be_in_viewport(ratio=1)
    assert quote in source.locator(".paragraph").inner_text()
    expect(source.locator("h3")).to_have_text("《读懂党的二十大报告精神 校准组织工作“红”坐标》")
    facts = source.locator("dl").inner_text()
    for fact in ("左小斌", "太湖县委常委、组织部部长", "安庆组工信息第32期", "2022年10月25日"):
        assert fact in facts
    assert "安庆组工信息第32期.txt" in facts


def test_the_paragraphs_around_unfold(chat: Watched) -> None:
    chat.open()
    chat.ask(LIST)
    chat.page.locator(".turn .chip").nth(1).click()
    around = chat.page.locator("#panel details.around").first
    expect(around.locator("p").first).to_be_hidden()
    around.locator("summary").click()
    expect(around.locator("p").first).to_be_visible()


def test_the_panel_steps_through_the_sources(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(LIST)
    page.locator(".turn .chip").first.click()
    total = page.locator(".turn [data-source]").count()
    expect(page.locator("#panel h2")).to_have_text(f"原文 1 / {total}")
    expect(page.get_by_role("button", name="上一处")).to_be_disabled()
    page.get_by_role("button", name="下一处").click()
    expect(page.locator("#panel h2")).to_have_text(f"原文 2 / {total}")
    expect(page.locator(".chip[data-shown]").first).to_have_text("2")


def test_everything_can_be_done_from_the_keyboard(chat: Watched) -> None:
    page = chat.page
    chat.open()
    page.locator("#question textarea").focus()  # narrow, it would open the keyboard of a phone
    page.keyboard.type(LIST)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn:not([aria-busy])")
    page.locator(".chip").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    shown = page.locator(".chip[data-shown]").first.get_attribute("data-cite")
    expect(page.locator("#panel .source")).to_have_attribute("data-source", str(shown))
    page.keyboard.press("Escape")
    expect(page.locator(".chip").nth(1)).to_be_focused()


def test_an_example_is_asked_by_a_click_and_answered(chat: Watched) -> None:
    page = chat.page
    chat.open()
    examples = page.locator(".example")
    assert examples.count() >= 3
    question = examples.first.inner_text()
    examples.first.click()
    page.wait_for_selector(".turn:not([aria-busy])")
    expect(page.locator(".asked")).to_have_text(question)
    assert page.locator(".turn .chip").count() > 0


def test_a_refusal_is_visibly_no_answer(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(NOT_HELD)
    expect(page.locator(".refusal")).to_contain_text("材料里没有找到")
    expect(page.locator(".refusal")).to_contain_text("垃圾")
    expect(page.locator(".answer")).to_have_count(0)
    expect(page.locator(".nearest h3")).to_have_text("最接近的内容（不是答案）")
    page.locator(".nearest .open").first.click()
    expect(page.locator("#panel mark")).to_have_text(
        page.locator(".nearest blockquote p").first.inner_text()
    )


def test_a_follow_up_says_what_it_was_understood_as(chat: Watched) -> None:
    chat.open()
    chat.ask(LIST)
    chat.ask("池州市呢？")
    second = chat.page.locator(".turn").nth(1)
    expect(second.locator(".understood")).to_contain_text("池州市")
    expect(second.locator(".asked")).to_be_in_viewport()
    expect(second.locator(".chip").first).to_be_in_viewport()


def test_a_server_that_is_gone_is_said_and_what_was_typed_is_kept(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    page.fill("#question textarea", LIST)
    page.context.set_offline(True)
    try:
        expect(page.locator("#absence")).to_contain_text("连不上服务")
        expect(page.locator("#question textarea")).to_have_value(LIST)
    finally:
        page.context.set_offline(False)
    expect(page.locator("#absence")).to_be_hidden()
    chat.errors.clear()  # the browser notes what it could not reach


def test_a_refusal_leaves_no_old_source_beside_it(wide: Watched) -> None:
    chat = wide
    chat.open()
    chat.ask(LIST)
    chat.ask(NOT_HELD)
    expect(chat.page.locator("#panel .source")).to_have_count(0)


def test_a_new_chat_forgets_the_old_one(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    chat.ask(LIST)
    page.get_by_role("button", name="新对话").click()
    page.wait_for_selector(".welcome")
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    page.wait_for_selector(".welcome")
    expect(page.locator(".hint")).to_have_count(1)


def test_enter_that_ends_a_composition_sends_nothing(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    page.fill("#question textarea", "tai hu")
    page.locator("#question textarea").dispatch_event(
        "keydown", {"key": "Enter", "isComposing": True, "bubbles": True}
    )
    page.wait_for_timeout(500)
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#question textarea")).to_have_value("tai hu")


def test_an_empty_question_is_not_asked(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    page.fill("#question textarea", "  ")
    page.press("#question textarea", "Enter")
    page.wait_for_timeout(500)
    expect(page.locator(".turn")).to_have_count(0)


def test_a_question_that_is_too_long_is_told_and_kept(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    typed = "如何加强基层党建工作？" * 1000
    page.fill("#question textarea", typed)
    told = page.locator("#composer .told")
    expect(told).to_have_text("已输入 11000 字，最多 2000 字：请删减后提交，内容都还在。")
    page.press("#question textarea", "Enter")
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    expect(page.locator("#question textarea")).to_have_value(typed)
    chat.ask(LIST)
    expect(told).to_be_hidden()
    expect(page.locator(".turn .chip").first).to_be_visible()


def test_nothing_is_wider_than_the_window(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(LIST)
    page.locator(".chip").first.click()
    overflow = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    box = page.locator("#panel aside").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]  # type: ignore[index]


def test_the_interface_is_chinese_first_and_english_on_demand(chat: Watched) -> None:
    page = chat.page
    chat.open()
    expect(page.get_by_role("button", name="提问")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    chat.open("/?lang=en")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    chat.ask(NOT_HELD)
    expect(page.locator(".verdict")).to_have_text("Not found in the essays")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("#masthead .language").click()
    expect(page.locator(".verdict")).to_have_text("材料里没有找到")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_no_trace_of_the_framework_is_shown(wide: Watched) -> None:
    chat = wide
    chat.open()
    assert chat.page.title() == "有据"
    assert "gradio" not in chat.page.locator("body").inner_text().lower()
    expect(chat.page.locator("footer")).to_have_count(0)

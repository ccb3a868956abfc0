"""The chat, used in a real browser as a reader would: ask, open a citation, go on.

Every test that takes `chat` runs at 1440 and at 375 pixels, and fails at its end if any request
left the host or the page reported an error.
"""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.driver import ROOT, Watched, serving

LIST = "太湖县有哪些措施？"
NOT_HELD = "哪个县提出了垃圾分类？"


def test_a_citation_opens_its_source_with_the_quote_marked(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(LIST)
    chip = page.locator(".turn .chip").nth(1)
    quote = chip.get_attribute("data-quote")
    chip.click()
    source = page.locator("#panel .source")
    expect(source).to_be_visible()
    expect(source.locator("mark")).to_have_text(str(quote))
    expect(source.locator("mark")).to_be_in_viewport(ratio=1)
    expect(source.locator("dl")).to_be_in_viewport(ratio=1)
    assert str(quote) in source.locator(".paragraph").inner_text()
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
    page.keyboard.type(LIST)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn:not([aria-busy])")
    page.locator(".chip").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    expect(page.locator("#panel mark")).to_have_text(
        str(page.locator(".chip[data-shown]").first.get_attribute("data-quote"))
    )
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
    expect(page.locator(".refusal")).to_contain_text("没有作答")
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
    expect(page.locator("#absence")).to_contain_text("连不上服务")
    expect(page.locator("#question textarea")).to_have_value(LIST)
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


def test_a_question_that_is_too_long_is_answered_by_one_clear_line(wide: Watched) -> None:
    chat, page = wide, wide.page
    chat.open()
    page.locator("#question textarea").evaluate("box => box.removeAttribute('maxlength')")
    chat.ask("如何加强基层党建工作？" * 1000)
    expect(page.locator(".problem p")).to_have_text(
        "这个问题无法处理：请检查是否为空或过长，改写后再问。"
    )
    chat.ask(LIST)
    expect(page.locator(".turn").nth(1).locator(".chip").first).to_be_visible()


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
    expect(page.locator(".verdict")).to_have_text("Not answered")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_no_trace_of_the_framework_is_shown(wide: Watched) -> None:
    chat = wide
    chat.open()
    assert chat.page.title() == "有据"
    assert "gradio" not in chat.page.locator("body").inner_text().lower()
    expect(chat.page.locator("footer")).to_have_count(0)


def test_an_administrator_adds_a_file_and_a_running_chat_answers_from_it(
    chromium: Browser, tmp_path: Path
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "甲.md").write_text(ESSAY.format(place="甲县", lead="推行网格治理"), encoding="utf-8")
    new = tmp_path / "乙.md"
    new.write_text(ESSAY.format(place="乙县", lead="建好人才驿站"), encoding="utf-8")
    with serving(corpus, index, RAG_CORPUS=str(corpus)) as address:
        chat = Watched(chromium.new_page(), address)
        chat.open()
        chat.ask("乙县有哪些措施？")
        expect(chat.page.locator(".refusal")).to_have_count(1)
        admin = Watched(chromium.new_page(), address)
        admin.page.goto(f"{address}/admin")
        admin.page.set_input_files("input[type=file]", [new, ROOT / "Makefile"])
        admin.page.get_by_role("button", name="上传").click()
        expect(admin.page.get_by_role("status").first).to_contain_text("已保存：乙.md")
        expect(admin.page.get_by_role("alert")).to_contain_text("没有保存 Makefile：不支持")
        admin.page.get_by_role("button", name="重建索引").click()
        expect(admin.page.locator(".told")).to_contain_text("000002", timeout=60_000)
        expect(admin.page.locator("#files tbody tr")).to_have_count(2)
        chat.ask("乙县有哪些措施？")
        expect(chat.page.locator(".answer")).to_contain_text("建好人才驿站")
        admin.page.get_by_role("button", name="改用这个版本 000001").click()
        expect(admin.page.locator("#generations strong")).to_have_text("使用中")
        chat.ask("乙县有哪些措施？")
        expect(chat.page.locator(".refusal")).to_have_count(2)
        chat.page.reload()  # an old citation shows what it cited, and says that it has gone
        expect(chat.page.locator(".turn").nth(1).locator(".changed").first).to_have_count(1)
        for watched in (chat, admin):
            watched.check()
            watched.page.close()


ESSAY = """\
# 抓实重点工作

{place}县委常委、组织部部长 王明

**{lead}。**明确专人负责，细化任务清单，每月调度一次。

**加强督查考核。**建立台账，逐项销号，结果与评先评优挂钩。
"""
HOSTILE = """\
# <img src=x onerror="window.pwned=1">恶意<script>window.pwned=2</script>题目

丁县委常委、组织部部长 <svg onload="window.pwned=3">

**加强[链接](javascript:window.pwned=4)管理。**落实<script>window.pwned=5</script>制度，\
![图](http://evil.example/x.png)${window.pwned=6}{{pwned}}，健全<b>台账</b>机制。

**推进网格治理。**建立网格员<iframe src="http://evil.example/"></iframe>队伍，完善考核办法。
"""


def test_a_hostile_corpus_and_question_run_nothing(chromium: Browser, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "恶.md").write_text(HOSTILE, encoding="utf-8")
    with serving(corpus, tmp_path / "index") as address:
        chat = Watched(chromium.new_page(), address)
        chat.open()
        chat.ask("如何推进网格治理？")
        chat.ask("加强管理落实什么制度，健全什么机制？")
        chat.ask("<img src=x onerror='window.pwned=7'>[x](javascript:window.pwned=8)")
        for button in chat.page.locator(".turn [data-cite]").all():
            button.click()
        shown = chat.page.locator("body").inner_text()
        assert "<iframe" in shown or "<script>" in shown, "the hostile text was shown as text"
        assert chat.page.locator("#desk :is(iframe, img, script, svg[onload], b)").count() == 0
        assert chat.page.evaluate("window.pwned") is None
        for path in hostile_pages(chat):
            chat.page.goto(path)
            assert "script>" in chat.page.locator("body").inner_text(), path
            assert chat.page.evaluate("window.pwned") is None, path
            assert chat.page.locator("main :is(iframe, img, script, svg, b)").count() == 0, path
        chat.check()
        chat.page.close()


def hostile_pages(chat: Watched) -> list[str]:
    """Return the addresses of all plain pages that show the corpus or what was asked."""
    page, at = chat.page, chat.address
    answers = [
        str(link.get_attribute("href")) for link in page.get_by_role("link", name="链接").all()
    ]
    chat.page.goto(f"{at}/library")
    essay = str(page.locator("tbody th a").first.get_attribute("href"))
    chat.page.goto(f"{at}/measures")
    similar = str(page.locator(".alike").first.get_attribute("href"))
    searched = "/library?q=%3Cscript%3E%E5%88%B6%E5%BA%A6"
    paths = ["/library", essay, searched, "/measures", similar]
    return [f"{at}{path}" for path in (*paths, *answers[:2])]

"""What needs a corpus of its own: one that an administrator adds to, and a hostile one."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.driver import ROOT, Watched, serving


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
        admin.page.set_input_files("input[name=files]", [new, ROOT / "Makefile"])
        admin.page.get_by_role("button", name="上传").click()
        expect(admin.page.locator(".lines li")).to_have_text(
            ["已保存：乙.md", "没有保存 Makefile：不支持这种文件"]
        )
        admin.page.get_by_role("button", name="重建索引").click()
        expect(admin.page.locator(".told")).to_contain_text("000002")
        expect(admin.page.locator("#files tbody tr")).to_have_count(2)
        chat.ask("乙县有哪些措施？")
        expect(chat.page.locator(".answer")).to_contain_text("建好人才驿站")
        admin.page.goto(f"{address}/admin/system")
        admin.page.get_by_role("link", name="改用这个版本 000001").click()
        expect(admin.page.locator(".changes")).to_have_text("乙.md")
        admin.page.get_by_role("button", name="改用这个版本").click()
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
        for path in ("/admin", "/measures/map"):  # show little of it, and run nothing
            chat.page.goto(f"{address}{path}")
            assert chat.page.locator("main").inner_text(), path
            assert chat.page.evaluate("window.pwned") is None, path
            assert chat.page.locator("main :is(iframe, img, script)").count() == 0, path
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

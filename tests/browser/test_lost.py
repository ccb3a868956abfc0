"""Nothing is lost: what was asked outlives a reload, a gone server, a second tab, a stop."""

from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from rag.users import Accounts
from tests import llm_server
from tests.browser.conftest import Outage
from tests.browser.driver import BOX, Watched, served, side

LIST = "太湖县有哪些措施？"
TALENT = "太湖县在人才方面有哪些措施？"
PASSWORD = "言必有据, 2026!"
DRAFT = "<b>甲</b>**乙**\u202e丙😀[x](javascript:alert(1))"


def ask(page: Page, question: str) -> None:
    """Type a question and send it, without waiting for the answer."""
    page.fill(BOX, question)
    page.press(BOX, "Enter")


def test_a_conversation_is_found_again_by_every_way(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    page.wait_for_url("**/?chat=*")
    page.reload()
    expect(page.locator(".asked")).to_have_text(TALENT)
    page.get_by_role("link", name="问答", exact=True).click()
    expect(page.locator(".asked")).to_have_text(TALENT)
    page.get_by_role("link", name="文库", exact=True).click()
    page.go_back()
    expect(page.locator(".asked")).to_have_text(TALENT)
    page.get_by_role("link", name="文库", exact=True).click()
    page.get_by_role("link", name="问答", exact=True).click()
    expect(page.locator(".asked")).to_have_text(TALENT)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.locator(".asked")).to_have_text(TALENT)
    other = page.context.new_page()
    other.goto(chat.address)
    expect(other.locator(".asked")).to_have_text(TALENT)
    other.close()


def test_a_draft_outlives_leaving_the_page(chat: Watched) -> None:
    page = chat.page
    chat.open()
    page.fill(BOX, DRAFT)
    page.get_by_role("link", name="文库", exact=True).click()
    page.get_by_role("link", name="问答", exact=True).click()
    expect(page.locator(BOX)).to_have_value(DRAFT)
    page.get_by_role("link", name="English").click()
    expect(page.locator(BOX)).to_have_value(DRAFT)


def test_a_question_that_is_refused_goes_back_before_what_was_typed_since(wide: Watched) -> None:
    page, held = wide.page, list[Route]()
    wide.open()
    wide.ask(LIST)
    own = page.evaluate("new URLSearchParams(location.search).get('chat')")
    gone = page.request.post(
        f"{wide.address}/chat/conversations/{own}/delete", headers={"sec-fetch-site": "none"}
    )
    assert gone.ok
    page.route("**/chat/ask", lambda route: held.append(route))
    ask(page, TALENT)
    page.fill(BOX, "下一个问题")
    while not held:
        page.wait_for_timeout(10)
    held.pop().continue_()
    expect(page.locator("#composer .told")).to_contain_text("这段对话已不在")
    expect(page.locator(BOX)).to_have_value(f"{TALENT}\n下一个问题")
    page.reload()
    expect(page.locator(BOX)).to_have_value(f"{TALENT}\n下一个问题")
    wide.errors.clear()  # the browser notes the refusal


def test_an_account_that_ends_while_it_asks_loses_nothing(
    chromium: Browser, index: Path, tmp_path: Path
) -> None:
    with closing(Accounts(tmp_path)) as accounts:
        accounts.add("wang", PASSWORD)
        with served(index, RAG_DATA=str(tmp_path), RAG_READER="none") as address:
            page = chromium.new_page()
            chat = Watched(page, address)
            page.goto(address)
            log_in(page)
            page.wait_for_selector(".welcome")
            chat.ask(LIST)
            accounts.end_sessions()
            ask(page, TALENT)
            again = page.get_by_role("link", name="登录已失效")
            expect(again).to_be_visible()
            expect(page.locator(BOX)).to_have_value(TALENT)
            again.click()
            log_in(page)
            expect(page.locator(BOX)).to_have_value(TALENT)
            expect(page.locator(".asked")).to_have_text([LIST])
            accounts.remove("wang")
            page.press(BOX, "Enter")
            expect(again).to_be_visible()
            expect(page.locator(BOX)).to_have_value(TALENT)
            page.close()


def log_in(page: Page) -> None:
    page.fill("input[name=name]", "wang")
    page.fill("input[name=password]", PASSWORD)
    page.click("form[method=post] button")


def test_a_running_answer_is_stopped_or_left_and_found_again(
    stalled: tuple[Watched, llm_server.Server],
) -> None:
    (chat, model), page = stalled, stalled[0].page
    ask(page, LIST)
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".stopped")).to_have_text("已停止，没有作答。问题已保留。")
    expect(page.locator(".asked")).to_have_text(LIST)
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    ask(page, TALENT)
    expect(page.locator(".turn[aria-busy] .waiting")).to_be_visible()
    page.goto(f"{chat.address}/library")
    page.goto(chat.address)
    expect(page.locator(".turn[aria-busy] .asked")).to_have_text(TALENT)
    model.over.set()
    expect(page.locator(".turn:not([aria-busy]) .chip").first).to_be_visible()
    expect(page.locator(".asked")).to_have_text([LIST, TALENT])


def test_a_stop_never_hangs(outage: Outage) -> None:
    """Pressed at once, while the answer comes, and when it is there: the turn is settled."""
    (chat, serving), page = outage, outage[0].page
    with serving():
        chat.open()
        for pressed in range(50):
            ask(page, f"太湖县有哪些措施？{pressed}")
            expect(page.locator(".turn")).to_have_count(pressed + 1)
            page.wait_for_timeout(4 * pressed)
            page.evaluate("document.querySelector('#stop').click()")
            expect(page.locator(".turn[aria-busy]")).to_have_count(0)
            expect(page.locator("#send")).to_be_visible()
        assert page.locator(".turn").count() == 50
        page.reload()
        expect(page.locator(".asked").last).to_have_text("太湖县有哪些措施？49")
        expect(page.locator(".turn[aria-busy]")).to_have_count(0)


def test_a_server_that_goes_down_while_it_is_asked_loses_no_question(outage: Outage) -> None:
    (chat, serving), page = outage, outage[0].page
    asked = [f"{TALENT}第{turn}次" for turn in range(10)]
    for turn, question in enumerate(asked):
        with serving() as server:
            if turn == 0:
                chat.open()
            page.wait_for_selector("#send:visible")
            ask(page, question)
            page.wait_for_timeout(40 * turn)  # before, while and after it is answered
            server.kill()
    with serving():
        expect(page.locator(".turn[aria-busy]")).to_have_count(0)
        expect(page.locator("#absence")).to_be_hidden(timeout=60_000)
        page.reload()
        expect(page.locator(".asked")).to_have_text(asked)  # each once, in order
        expect(page.locator(".turn .chip")).not_to_have_count(0)
        expect(page.locator(".turn .failed")).to_have_count(0)


def test_a_conversation_goes_on_after_the_server_was_gone(outage: Outage) -> None:
    (chat, serving), page = outage, outage[0].page
    with serving() as server:
        chat.open()
        chat.ask(TALENT)
        side(page, "material")
        page.get_by_role("button", name="地区").click()
        page.get_by_label("池州市", exact=True).check()
        expect(page.locator("#scope .limit")).to_have_text("地区：池州市")
        server.kill()
    expect(page.locator("#absence")).to_contain_text("连不上服务")
    ask(page, "池州市呢？")
    expect(page.locator(".turn .waiting")).to_contain_text("问题已留着，恢复后自动提交")
    page.fill(BOX, "还没写完")
    with serving():
        expect(page.locator("#absence")).to_be_hidden(timeout=60_000)
        page.wait_for_selector(".turn:nth-of-type(2):not([aria-busy])")
        expect(page.locator(BOX)).to_have_value("还没写完")
        expect(page.locator(".asked")).to_have_text([TALENT, "池州市呢？"])
        expect(page.locator(".understood")).to_contain_text("池州市")
        expect(page.locator(".turn").nth(1).locator("span.limit")).to_have_text("池州市")
        expect(page.locator(".conversations li")).to_have_count(1)
        page.locator(".conversations a").first.click()
        expect(page.locator(".asked")).to_have_text([TALENT, "池州市呢？"])  # sent once


def test_a_slow_line_that_drops_requests_loses_nothing(wide: Watched) -> None:
    page, seen = wide.page, list[str]()
    wide.open()

    def dropped(route: Route) -> None:
        seen.append(route.request.url)
        if len(seen) % 2 == 1:  # the answer is lost on the way back
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    slow = {"offline": False, "latency": 300, "downloadThroughput": 50e3, "uploadThroughput": 50e3}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.route("**/chat/ask", dropped)
    page.route("**/chat/turns/**", dropped)
    ask(page, TALENT)
    expect(page.locator(".turn:not([aria-busy]) .chip").first).to_be_visible()
    assert len(seen) >= 4
    page.unroute_all()
    page.reload()
    expect(page.locator(".asked")).to_have_text([TALENT])
    wide.errors.clear()


def test_two_tabs_show_the_same_conversation(wide: Watched) -> None:
    page = wide.page
    wide.open()
    wide.ask(TALENT)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".asked")).to_have_text([TALENT])
    ask(other, "池州市呢？")
    other.wait_for_selector(".turn:nth-of-type(2):not([aria-busy])")
    expect(page.locator(".asked")).to_have_text([TALENT, "池州市呢？"])
    wide.ask(LIST)
    expect(other.locator(".asked")).to_have_text([TALENT, "池州市呢？", LIST])
    other.close()


def test_a_question_that_waits_shows_its_place(wide: Watched) -> None:
    page, looks, held = wide.page, list[Route](), [True]
    wide.open()

    def moved(ahead: int) -> None:
        while not looks:
            page.wait_for_timeout(10)
        told = {"state": "asked", "version": 0, "html": "", "ahead": ahead}
        looks.pop().fulfill(json={**told, "waiting": f"前面还有 {ahead} 个问题。"})
        expect(page.locator(".turn .waiting")).to_have_text(f"前面还有 {ahead} 个问题。")

    page.route(
        "**/chat/turns/**",
        lambda route: looks.append(route) if held else route.continue_(),
    )
    ask(page, TALENT)
    moved(3)
    moved(2)
    while not looks:
        page.wait_for_timeout(10)
    assert "ahead=2" in looks[0].request.url
    held.clear()
    looks.pop().continue_()
    expect(page.locator(".turn:not([aria-busy]) .chip").first).to_be_visible()


def test_a_history_that_cannot_be_written_keeps_the_question(wide: Watched) -> None:
    page = wide.page
    wide.open()
    page.route("**/chat/ask", lambda route: route.fulfill(
        status=503, json={"told": "问题没能存下：请告诉管理员检查磁盘空间。"}
    ))  # fmt: skip
    ask(page, TALENT)
    expect(page.locator(".turn .waiting")).to_contain_text("请告诉管理员检查磁盘空间")
    page.unroute("**/chat/ask")
    expect(page.locator(".turn:not([aria-busy]) .chip").first).to_be_visible()
    wide.errors.clear()  # the browser notes the refusal

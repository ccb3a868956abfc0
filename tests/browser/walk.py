"""Every page of the site in the states that a reader meets, one after the other."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.driver import Watched

QUESTION = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"
ESSAY = "读懂党的二十大报告精神"
RATE = "按照不低于上年度地方财政收入1%设立人才发展专项资金，健全人才保障投入机制。"
DRAFT = f"{RATE}\n{RATE.replace('1%', '2%')}\n去年新建跨海大桥三座，实施“碧海”行动。"
PAGES = {
    "library": "/library", "search": "/library?q=人才驿站", "basket": "/basket",
    "measures": "/measures", "map": "/measures/map", "api": "/api", "admin": "/admin",
    "document": "/admin/document?path=安庆组工信息第32期.txt", "accounts": "/admin/accounts",
    "questions": "/admin/questions", "system": "/admin/system", "login": "/login",
}  # fmt: skip
BARE = {"draft": "/verify", "nowhere": "/answers/none"}
PLAIN = {*BARE, "unfolded", "judged"}  # states that nobody wants a picture of


def walk(page: Page, address: str) -> Iterator[str]:
    """Bring every page into the window, and name it."""
    yield from _chat(page, address)
    link = str(page.get_by_role("link", name="链接").first.get_attribute("href"))
    for name, path in {"answer": link, **PAGES, **BARE}.items():
        page.goto(address + path)
        yield name
    page.goto(f"{address}/admin/system")
    if (earlier := page.get_by_role("link", name="改用这个版本")).count():
        earlier.click()
        yield "rollback"
    page.goto(f"{address}/library")
    page.get_by_role("link", name=ESSAY).click()
    yield "essay"
    page.get_by_role("link", name="谁也这样做").first.click()
    yield "similar"
    page.go_back()
    page.get_by_role("link", name="原件").first.click()
    yield "original"
    page.goto(f"{address}/verify")
    page.locator("textarea").fill(DRAFT)
    page.get_by_role("button", name="开始核稿").click()
    page.wait_for_selector(".verdicts")
    yield "verify"


def _chat(page: Page, address: str) -> Iterator[str]:
    chat = Watched(page, address)
    chat.open()
    yield "start"
    chat.ask(QUESTION)
    page.locator(".chip").nth(1).click()
    yield "source"
    page.keyboard.press("Escape")
    page.locator(".actions .put").first.click()
    page.wait_for_selector("#put-told:not(:empty)")
    chat.ask("用表格列出来")
    page.wait_for_selector("#put-told", state="detached")
    yield "table"
    chat.ask(NOT_HELD)
    yield "refusal"
    if page.locator(".open-material").is_visible():
        page.locator(".open-material").click()
    else:
        page.locator("#material summary").first.click()
    page.locator(".tree input").first.check()
    yield "sources"
    page.locator(".tree summary").first.click()
    page.locator(".more summary").first.click()
    yield "unfolded"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="有问题").last.click()
    yield "judged"

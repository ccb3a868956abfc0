"""Who reads otherwise than by eye, mouse and a large screen: axe-core, zoom, colours, thumbs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import Watched, serious

TALENT = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪个县提出了垃圾分类？"
DRAFT = "按照不低于上年度地方财政收入2%设立人才发展专项资金。\n去年新建跨海大桥三座。"
PATHS = [
    "/library",
    "/library?q=人才驿站",
    "/measures",
    "/measures/map",
    "/basket",
    "/verify",
    "/admin",
    "/admin/document?path=安庆组工信息第32期.txt",
    "/admin/accounts",
    "/admin/questions",
    "/admin/system",
    "/api",
    "/answers/none",
]
OVERFLOW = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
LOW = """() => [...document.querySelectorAll(
    "button:not(.chip), input, select, textarea, summary, .button, .put, nav a, .actions a")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((each) => !each.matches("[type=checkbox], [type=file]"))
  .filter((each) => each.getBoundingClientRect().height < 39.5)
  .map((each) => each.outerHTML.slice(0, 160))"""


def states(page: Page, address: str) -> Iterator[str]:
    """Bring every page into the window, one after the other, and name it."""
    chat = Watched(page, address)
    chat.open()
    yield "start"
    chat.ask(TALENT)
    page.locator(".chip").nth(1).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="有问题").click()
    page.locator(".actions .put").click()
    page.wait_for_selector("#put-told:not(:empty)")
    yield "answer"
    chat.ask("用表格列出来")
    yield "table"
    chat.ask(NOT_HELD)
    yield "refusal"
    if page.locator(".open-material").is_visible():
        page.locator(".open-material").click()
    else:
        page.locator("#material summary").first.click()
    page.locator(".tree summary").first.click()
    page.locator(".tree [data-group] input").first.check()
    page.locator(".more summary").first.click()
    yield "conversations and sources"
    answer = page.get_by_role("link", name="链接").last.get_attribute("href")
    for path in (*PATHS, str(answer)):
        page.goto(address + path)
        yield path
    page.goto(f"{address}/library")
    page.locator("tbody th a").nth(1).click()
    yield "essay"
    page.locator(".aside .alike, .row .alike").last.click()
    yield "similar"
    page.go_back()
    page.get_by_role("link", name="原件").first.click()
    yield "original"
    page.goto(f"{address}/verify")
    page.locator("textarea").fill(DRAFT)
    page.get_by_role("button", name="开始核稿").click()
    page.wait_for_selector(".verdicts")
    yield "verdicts"


@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_axe_finds_nothing_serious(chromium: Browser, address: str, look: str) -> None:
    forced = {"color_scheme": look} if look != "forced" else {"forced_colors": "active"}
    page = chromium.new_page(**forced)  # type: ignore[arg-type]
    only = () if look == "light" else ("color-contrast",)  # the rest is the same in all colours
    found = {name: serious(page, *only) for name in states(page, address)}
    assert {name: faults for name, faults in found.items() if faults} == {}
    page.close()


def test_on_a_phone_whatever_is_pressed_is_as_high_as_a_thumb(
    chromium: Browser, address: str
) -> None:
    """Whatever is pressed, but for the digits in a text and the links in one (40 px of 375)."""
    page = chromium.new_page(viewport={"width": 375, "height": 812})
    found = {name: page.evaluate(LOW) for name in states(page, address)}
    assert {name: low for name, low in found.items() if low} == {}
    page.close()


def test_no_page_is_wider_than_the_window(chat: Watched) -> None:
    wider = {name: chat.page.evaluate(OVERFLOW) for name in states(chat.page, chat.address)}
    assert {name: by for name, by in wider.items() if by} == {}
    chat.errors[:] = [each for each in chat.errors if "404" not in each]  # a page is not there


def test_at_twice_the_size_everything_is_still_there(chromium: Browser, address: str) -> None:
    """A window of 1280 × 800 at 200 %, which leaves half of it (WCAG 1.4.10)."""
    size, scale = {"width": 640, "height": 400}, 2
    page = chromium.new_page(viewport=size, device_scale_factor=scale)  # type: ignore[arg-type]
    chat = Watched(page, address)
    chat.open()
    chat.ask(TALENT)
    for part in ("#question textarea", "#send", ".turn .actions", "#masthead nav"):
        page.locator(part).scroll_into_view_if_needed()
        expect(page.locator(part)).to_be_in_viewport()
    page.locator(".chip").first.click()
    expect(page.locator("#panel mark")).to_be_in_viewport()
    assert page.evaluate(OVERFLOW) == 0
    for path in PATHS:
        page.goto(address + path)
        assert page.evaluate(OVERFLOW) == 0, path
    page.close()


def test_with_forced_colours_what_is_pressed_and_chosen_is_seen(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page(forced_colors="active")
    chat = Watched(page, address)
    chat.open()
    chat.ask(TALENT)
    page.locator(".chip").nth(1).click()
    page.get_by_role("button", name="有问题").click()
    bare = """all => all.filter((each) => each.checkVisibility())
        .filter((each) => getComputedStyle(each).borderTopStyle == "none")
        .map((each) => each.outerHTML)"""
    assert page.locator("#desk :is(button, textarea)").evaluate_all(bare) == []
    for chosen in (".chip[data-shown]", "[aria-pressed=true]", "#masthead [aria-current]"):
        width = "each => parseFloat(getComputedStyle(each).outlineWidth)"
        assert page.locator(chosen).locator("visible=true").first.evaluate(width) >= 2, chosen
    chat.check()
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_ticked_is_seen(chromium: Browser, address: str, theme: str) -> None:
    """A ticked box has more of another colour in it than one that is not."""
    page = chromium.new_page(color_scheme=theme)  # type: ignore[arg-type]
    chat = Watched(page, address)
    chat.open()
    page.locator("#material summary").first.click()
    box = page.locator(".tree [data-tick]").first
    empty = box.screenshot()
    box.check()
    page.mouse.move(0, 0)
    expect(page.locator("#scope .limit")).to_have_count(1)
    assert box.evaluate("each => getComputedStyle(each).appearance") == "auto"
    assert box.screenshot() != empty
    page.close()


def test_what_is_painted_before_any_script_is_no_logo(chromium: Browser, address: str) -> None:
    page = chromium.new_page(java_script_enabled=False)
    page.goto(address)
    assert page.locator("body :is(img, svg, video, canvas)").locator("visible=true").count() == 0
    assert page.locator("body").inner_text().strip() == ""
    page.close()


def test_the_page_is_there_before_any_script_of_the_framework(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page()
    page.route("**/assets/*.js", lambda route: route.abort())
    chat = Watched(page, address)
    chat.open()
    expect(page.locator(".welcome")).to_be_visible()
    chat.ask(TALENT)
    expect(page.locator(".turn .chip").first).to_be_visible()
    page.close()

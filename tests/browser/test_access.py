"""Who reads otherwise than by eye, mouse and a large screen: axe-core, zoom, colours, thumbs."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driver import Watched, serious
from tests.browser.walk import BARE, PAGES, QUESTION, walk

OVERFLOW = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
LOW = """() => [...document.querySelectorAll(
    "button:not(.chip), input, select, textarea, summary, .button, .put, nav a, .actions a")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((each) => !each.matches("[type=checkbox], [type=file]"))
  .filter((each) => each.getBoundingClientRect().height < 39.5)
  .map((each) => each.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_axe_finds_nothing_serious(chromium: Browser, address: str, look: str) -> None:
    forced = {"color_scheme": look} if look != "forced" else {"forced_colors": "active"}
    page = chromium.new_page(**forced)  # type: ignore[arg-type]
    only = () if look == "light" else ("color-contrast",)  # the rest is the same in all colours
    found = {name: serious(page, *only) for name in walk(page, address)}
    assert {name: faults for name, faults in found.items() if faults} == {}
    page.close()


def test_on_a_phone_whatever_is_pressed_is_as_high_as_a_thumb(
    chromium: Browser, address: str
) -> None:
    """Whatever is pressed, but for the digits in a text and the links in one (40 px of 375)."""
    page = chromium.new_page(viewport={"width": 375, "height": 812})
    found = {name: page.evaluate(LOW) for name in walk(page, address)}
    assert {name: low for name, low in found.items() if low} == {}
    page.close()


def test_no_page_is_wider_than_the_window(chat: Watched) -> None:
    wider = {name: chat.page.evaluate(OVERFLOW) for name in walk(chat.page, chat.address)}
    assert {name: by for name, by in wider.items() if by} == {}
    chat.errors[:] = [each for each in chat.errors if "404" not in each]  # a page is not there


def test_at_twice_the_size_everything_is_still_there(chromium: Browser, address: str) -> None:
    """A window of 1280 × 800 at 200 %, which leaves half of it (WCAG 1.4.10)."""
    size, scale = {"width": 640, "height": 400}, 2
    page = chromium.new_page(viewport=size, device_scale_factor=scale)  # type: ignore[arg-type]
    chat = Watched(page, address)
    chat.open()
    chat.ask(QUESTION)
    for part in ("#question textarea", "#send", ".turn .actions", "#masthead nav"):
        page.locator(part).scroll_into_view_if_needed()
        expect(page.locator(part)).to_be_in_viewport()
    page.locator(".chip").first.click()
    expect(page.locator("#panel mark")).to_be_in_viewport()
    assert page.evaluate(OVERFLOW) == 0
    for path in [*PAGES.values(), *BARE.values()]:
        page.goto(address + path)
        assert page.evaluate(OVERFLOW) == 0, path
    page.close()


def test_with_forced_colours_what_is_pressed_and_chosen_is_seen(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page(forced_colors="active")
    chat = Watched(page, address)
    chat.open()
    chat.ask(QUESTION)
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
    expect(page).to_have_title("有据")
    chat.ask(QUESTION)
    expect(page.locator(".turn .chip").first).to_be_visible()
    page.close()

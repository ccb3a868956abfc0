"""Take the screenshots of docs/ anew: `PYTHONPATH=. python tests/browser/shoot.py`."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.driver import ARGUMENTS, ROOT, Watched, serving

LOOKS = [(1440, 900, "light"), (1440, 900, "dark"), (375, 812, "light"), (375, 812, "dark")]
QUESTION = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"
ESSAY = "读懂党的二十大报告精神"
RATE = "按照不低于上年度地方财政收入1%设立人才发展专项资金，健全人才保障投入机制。"
DRAFT = f"{RATE}\n{RATE.replace('1%', '2%')}\n去年新建跨海大桥三座，实施“碧海”行动。"
PAGES = {
    "basket": "/basket", "measures": "/measures", "map": "/measures/map", "api": "/api",
    "admin": "/admin", "document": "/admin/document?path=安庆组工信息第32期.txt",
    "accounts": "/admin/accounts", "questions": "/admin/questions", "system": "/admin/system",
}  # fmt: skip


def shoot(browser: Browser, address: str, width: int, height: int, theme: str) -> None:
    """Save every page in one look."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    chat = Watched(page, address)

    def save(name: str) -> None:
        page.wait_for_timeout(300)  # for scrolling to come to rest
        page.screenshot(path=ROOT / "docs" / f"{name}-{width}-{theme}.png")

    chat.open()
    save("start")
    chat.ask(QUESTION)
    page.locator(".chip").nth(1).click()
    save("source")
    page.keyboard.press("Escape")
    page.locator(".actions .put").first.click()
    page.wait_for_selector("#put-told:not(:empty)")
    chat.ask(NOT_HELD)
    save("refusal")
    page.goto(f"{address}/library")
    save("library")
    page.get_by_role("link", name=ESSAY).click()
    save("essay")
    page.get_by_role("link", name="谁也这样做").first.click()
    save("similar")
    page.goto(f"{address}/verify")
    page.locator("textarea").fill(DRAFT)
    page.locator("form.draft button").click()
    page.wait_for_selector(".verdicts")
    save("verify")
    for name, path in PAGES.items():
        page.goto(address + path)
        save(name)
    page.close()


def copied(folder: str) -> Path:
    """Return a copy of corpus/, where the server finds it by its default name."""
    return Path(shutil.copytree(ROOT / "corpus", Path(folder) / "corpus"))


def main() -> None:
    """Take all looks of all pages."""
    path = shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(copied(folder), Path(folder) / "index") as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser,
    ):
        for width, height, theme in LOOKS:
            shoot(browser, address, width, height, theme)


if __name__ == "__main__":
    main()

"""Take the pictures of docs/pictures/ anew: `PYTHONPATH=. python tests/browser/shoot.py`.

Every page in four sizes and two themes, as the essays of corpus/ look in it.
"""

import shutil
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from rag.pipeline import build
from rag.settings import Settings
from tests.browser.driver import ARGUMENTS, ROOT, Watched, serving

SIZES = [(375, 812), (768, 1024), (1024, 768), (1440, 900)]
PICTURES = ROOT / "docs" / "pictures"
QUALITY = 60  # of WebP, in which a page takes a fifth of its size as PNG
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


def shown(page: Page, address: str) -> Iterator[str]:
    """Bring every page into the window, one after the other, and name it."""
    chat = Watched(page, address)
    chat.open()
    yield "start"
    chat.ask(QUESTION)
    page.locator(".chip").nth(1).click()
    yield "source"
    page.keyboard.press("Escape")
    page.locator(".actions .put").first.click()
    page.wait_for_selector("#put-told:not(:empty)")
    link = str(page.get_by_role("link", name="链接").get_attribute("href"))
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
    for name, path in {"answer": link, **PAGES}.items():
        page.goto(address + path)
        yield name
    page.goto(f"{address}/admin/system")
    page.get_by_role("link", name="改用这个版本").click()
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
    page.locator("form.draft button").click()
    page.wait_for_selector(".verdicts")
    yield "verify"


def shoot(browser: Browser, address: str, width: int, height: int, theme: str) -> None:
    """Save every page in one look."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    for name in shown(page, address):
        page.wait_for_timeout(300)  # for scrolling to come to rest
        picture = Image.open(BytesIO(page.screenshot()))
        picture.save(PICTURES / f"{name}-{width}-{theme}.webp", quality=QUALITY, method=6)
    page.close()


def main() -> None:
    """Take all looks of all pages."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        # where the server finds it by its default name; read twice, to have a version to go back to
        corpus = Path(shutil.copytree(ROOT / "corpus", Path(folder) / "corpus"))
        build([corpus], Path(folder) / "index", Settings())
        with (
            serving(corpus, Path(folder) / "index") as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=ARGUMENTS
            ) as browser,
        ):
            for width, height in SIZES:
                for theme in ("light", "dark"):
                    shoot(browser, address, width, height, theme)


if __name__ == "__main__":
    main()

"""Take the screenshots of docs/ anew: `PYTHONPATH=. python tests/browser/shoot.py`."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.driver import ARGUMENTS, ROOT, Watched, serving

LOOKS = [(1440, 900, "light"), (1440, 900, "dark"), (375, 812, "light"), (375, 812, "dark")]
QUESTION = "太湖县有哪些措施？"
NOT_HELD = "哪个县提出了垃圾分类？"


def shoot(browser: Browser, address: str, width: int, height: int, theme: str) -> None:
    """Save the empty chat, an answer with an open citation, and a refusal."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    chat = Watched(page, address)
    chat.open()
    save(chat, f"start-{width}-{theme}")
    chat.ask(QUESTION)
    page.locator(".chip").nth(1).click()
    save(chat, f"source-{width}-{theme}")
    page.keyboard.press("Escape")
    chat.ask(NOT_HELD)
    save(chat, f"refusal-{width}-{theme}")
    page.close()


def save(chat: Watched, name: str) -> None:
    chat.page.wait_for_timeout(300)  # for scrolling to come to rest
    chat.page.screenshot(path=ROOT / "docs" / f"{name}.png")


def main() -> None:
    path = shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(ROOT / "corpus", Path(folder) / "index") as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser,
    ):
        for width, height, theme in LOOKS:
            shoot(browser, address, width, height, theme)


if __name__ == "__main__":
    main()

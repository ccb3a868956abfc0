"""Take the pictures of docs/pictures/ anew: `PYTHONPATH=. python tests/browser/shoot.py`.

Every page in four sizes and two themes, as the essays of corpus/ look in it.
"""

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from rag.pipeline import build
from rag.settings import Settings
from tests.browser.driver import ARGUMENTS, ROOT, serving
from tests.browser.walk import PLAIN, walk

SIZES = [(375, 812), (768, 1024), (1024, 768), (1440, 900)]
PICTURES = ROOT / "docs" / "pictures"
QUALITY = 60  # of WebP, in which a page takes a fifth of its size as PNG


def shoot(browser: Browser, address: str, width: int, height: int, theme: str) -> None:
    """Save every page in one look."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    for name in walk(page, address):
        if name in PLAIN:
            continue
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

"""The file behind an essay: shown and given as the index was made of it, or said to be gone."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from rag.errors import BadInput
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.users import Accounts
from tests import samples
from ui.app import plain_app
from ui.picture import Sheet, draw
from ui.site import Site

QUOTE = "One window for all, in two days."
POINTS = 842  # height of the page of samples.pdf
FILES = {
    "报告.pdf": samples.pdf(2),
    "网页.html": samples.html(),
    "包.zip": samples.zipped({"里/意见.txt": "关于人才的意见\n\n建好<b>人才</b>驿站。\n".encode()}),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def settings(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("served")
    made = Settings(
        encoder="none", index=f"{folder}/index", data=f"{folder}/data", corpus=str(corpus)
    )
    build([corpus], Path(made.index), made)
    return made


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    site = Site.open(Assistant.open(Path(settings.index), settings), settings)
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        yield client
    site.history.close()


@pytest.fixture(scope="module")
def ids(settings: Settings) -> dict[str, tuple[str, int]]:
    """For each file the id of its essay, and the number of the paragraph that is looked at."""
    records = Assistant.open(Path(settings.index), settings).records
    said = {"报告.pdf": QUOTE, "网页.html": "如下意见", "包.zip": "驿站"}
    return {
        name: (essay.essay_id, paragraph.ordinal)
        for name, words in said.items()
        for essay in records.essays()
        if essay.document.startswith(name)
        for paragraph in records.paragraphs(essay.essay_id)
        if words in paragraph.text
    }


def red(data: bytes) -> tuple[int, int, int, int, int]:
    """Return the width of a picture, and the edges of what is red in it."""
    image = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)
    ys, xs = np.nonzero((image[..., 0] > 150) & (image[..., 1:] < 100).all(axis=2))
    assert len(xs)
    return image.shape[1], int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())


def test_the_quote_is_boxed_where_it_is_printed() -> None:
    width, left, top, right, bottom = red(
        draw(Sheet(FILES["报告.pdf"], 2, ((QUOTE, "all, in two days."),)))
    )
    point = width / 595
    whole = red(draw(Sheet(FILES["报告.pdf"], 2, ((QUOTE, QUOTE),))))
    assert whole[1] == pytest.approx(72 * point, abs=6)
    assert left > whole[1] + 40
    assert right == whole[3]
    base = (POINTS - 720) * point
    assert top < base < bottom
    assert bottom - top < 30 * point


def test_a_line_that_is_not_on_the_page_is_not_boxed() -> None:
    nothing = draw(Sheet(FILES["报告.pdf"], 1, (("no such line", "no such line"),)))
    assert nothing == draw(Sheet(FILES["报告.pdf"], 1, ()))


def test_a_pdf_is_shown_as_the_page_that_holds_the_quote(
    client: TestClient, ids: dict[str, tuple[str, int]]
) -> None:
    essay, ordinal = ids["报告.pdf"]
    page = client.get("/library/original", params={"id": essay, "p": ordinal}).text
    assert "page.png?" in page
    assert "第 2 页，共 2 页" in page
    asked = {"id": essay, "p": ordinal, "page": 2}
    picture = client.get("/library/original/page.png", params=asked)
    assert picture.headers["content-type"] == "image/png"
    assert red(picture.content)[3] > 0
    assert client.get("/library/original/page.png", params={**asked, "page": 9}).status_code == 404


def test_other_files_are_shown_as_they_were_read(
    client: TestClient, ids: dict[str, tuple[str, int]]
) -> None:
    for name, words in (
        ("网页.html", "<mark>为加强人才工作，提出如下意见。</mark>"),
        ("包.zip", "&lt;b&gt;"),
    ):
        essay, ordinal = ids[name]
        page = client.get("/library/original", params={"id": essay, "p": ordinal}).text
        assert words in page, page
        assert "<b>" not in page
        asked = {"id": essay, "p": ordinal, "page": 2}
        assert client.get("/library/original/page.png", params=asked).status_code == 404


def test_the_file_comes_back_byte_for_byte(
    client: TestClient, ids: dict[str, tuple[str, int]]
) -> None:
    for name in ("报告.pdf", "网页.html"):
        got = client.get("/library/original/file", params={"id": ids[name][0]})
        assert got.content == FILES[name]
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["cache-control"] == "no-store"
    inner = client.get("/library/original/file", params={"id": ids["包.zip"][0]})
    assert "驿站" in inner.text


def test_a_file_that_is_gone_or_changed_is_said_to_be(
    client: TestClient, ids: dict[str, tuple[str, int]], corpus: Path
) -> None:
    asked = {"id": ids["报告.pdf"][0], "p": ids["报告.pdf"][1]}
    path = corpus / "报告.pdf"
    try:
        path.write_bytes(samples.pdf(3))
        assert "原文件在建索引之后有改动" in (
            page := client.get("/library/original", params=asked).text
        )
        assert "One window for all" in page
        path.unlink()
        page = client.get("/library/original", params=asked).text
        assert "原文件已不在文库目录里" in page
        assert "下载原件" not in page
        assert client.get("/library/original/file", params=asked).status_code == 404
    finally:
        path.write_bytes(FILES["报告.pdf"])


def test_no_path_is_taken_from_an_address(client: TestClient) -> None:
    for named in ("../../etc/passwd", "/etc/passwd#0", "..%2F..", ""):
        for path in ("", "/file", "/page.png"):
            asked = {"id": named, "page": 1}
            answer = client.get(f"/library/original{path}", params=asked)
            assert answer.status_code == 404, (named, path)


@pytest.mark.parametrize(
    ("who", "local", "stranger"),
    [("all", 200, 200), ("members", 200, 403), ("administrators", 200, 403), ("nobody", 403, 403)],
)
def test_who_may_save_is_a_setting(
    settings: Settings, ids: dict[str, tuple[str, int]], tmp_path: Path,
    who: str, local: int, stranger: int,
) -> None:  # fmt: skip
    for accounts, want in ((False, local), (True, stranger)):
        own = replace(settings, originals=who, data=str(tmp_path / str(accounts)))
        site = Site.open(Assistant.open(Path(own.index), own), own)
        if accounts:
            held = Accounts(Path(own.data))
            held.add("boss", "言必有据, 2026!", "admin")
            held.close()
        with TestClient(plain_app(site), base_url="http://localhost") as client:
            asked = {"id": ids["网页.html"][0]}
            assert client.get("/library/original/file", params=asked).status_code == want
        site.history.close()


def test_an_unknown_setting_is_named(settings: Settings, tmp_path: Path) -> None:
    own = replace(settings, originals="everyone", data=str(tmp_path))
    site = Site.open(Assistant.open(Path(own.index), own), own)
    with pytest.raises(BadInput, match="setting originals must be all, members"):
        plain_app(site)
    site.history.close()

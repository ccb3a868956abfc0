"""核稿, exact search and original files as a person meets them, on a real server and real files."""

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.driver import Watched, serving
from tests.conftest import CORPUS

RATE = "按照不低于上年度地方财政收入1%设立人才发展专项资金，健全人才保障投入机制。"
DRAFT = f"一、引才\n{RATE}\n去年新建跨海大桥三座，实施“碧海”行动。\n{RATE.replace('1%', '2%')}"
MORE = "".join(f"第{n}条，建设墩苗基地，锻炼干部。\n\n" for n in range(1, 46))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "corpus"
    shutil.copytree(CORPUS, folder)
    (folder / "talent.pdf").write_bytes(samples.pdf(2))
    (folder / "墩苗.txt").write_text(f"墩苗工作办法\n\n{MORE}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def own_address(chromium: Browser, corpus: Path) -> Iterator[str]:
    data = str(corpus.parent / "data")
    with serving(corpus, corpus.parent / "index", RAG_DATA=data, RAG_CORPUS=str(corpus)) as at:
        yield at


@pytest.fixture
def page(chromium: Browser, own_address: str) -> Iterator[Page]:
    watched = Watched(chromium.new_page(base_url=own_address), own_address)
    yield watched.page
    watched.check()
    watched.page.close()


def test_a_draft_is_pasted_looked_through_by_key_and_taken_away(page: Page) -> None:
    page.goto("/verify")
    page.get_by_label("粘贴稿子").fill(DRAFT)
    page.get_by_role("button", name="开始核稿").click()
    expect(page.locator(".verdicts li")).to_have_text(
        ["原文一致 1", "有改动 1", "未见出处 1", "标题 1"]
    )
    expect(page.locator(".look li .verdict")).to_have_text(["有改动", "未见出处"])
    changed = page.locator(".row.changed")
    expect(changed.locator(".said mark")).to_have_text("2%")
    expect(changed.locator(".beside mark").first).to_have_text("1%")
    page.keyboard.press("j")
    expect(page.locator("#s3")).to_be_focused()
    page.keyboard.press("j")
    expect(changed).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#s3")).to_be_focused()
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 Word").click()
    document = docx.Document(BytesIO(Path(saved.value.path()).read_bytes()))
    assert [p.text for p in document.paragraphs] == DRAFT.splitlines()
    assert [c.text.splitlines()[0] for c in document.comments] == ["原文一致", "未见出处", "有改动"]
    changed.get_by_role("link").click()
    expect(page.locator(".row:target mark")).to_contain_text(RATE.rstrip("。"))


def test_a_draft_is_uploaded_without_a_script(chromium: Browser, own_address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=own_address)
    page = context.new_page()
    page.goto("/verify")
    upload = page.get_by_label("或选择文件")
    pdf = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": samples.pdf()}
    upload.set_input_files(pdf)  # type: ignore[arg-type]
    page.get_by_role("button", name="开始核稿").click()
    expect(page.get_by_role("alert")).to_have_text(
        "只能核对 docx、txt、md 文件：请另存为其中一种。"
    )
    document = docx.Document()
    document.add_paragraph(RATE)
    word = {"name": "稿.docx", "mimeType": "", "buffer": samples.saved(document)}
    upload.set_input_files(word)  # type: ignore[arg-type]
    page.get_by_role("button", name="开始核稿").click()
    expect(page.locator(".verdicts li")).to_have_text(["原文一致 1"])
    expect(page.locator(".keys")).to_be_hidden()
    context.close()


def test_a_word_is_counted_shown_by_pages_and_filtered(page: Page) -> None:
    page.goto("/library")
    page.get_by_label("在原文中查找").fill("墩苗")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".found h2").first).to_have_text("“墩苗”：49 处，4 篇")
    marks = 0
    while True:
        hits = page.locator(".found:not(.near)")
        expect(hits.locator("li").first).to_be_visible()
        found = hits.locator("mark").all_inner_texts()
        assert set(found) == {"墩苗"}
        marks += len(found)
        if not (onward := page.get_by_role("link", name="下一页")).count():
            break
        onward.click()
    assert marks == 49
    page.get_by_label("刊物").select_option("安庆组工信息")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".found h2").first).to_have_text("“墩苗”：2 处，2 篇")


def test_what_is_near_in_meaning_stands_apart_and_only_where_it_is_near(page: Page) -> None:
    page.goto("/library?q=年轻干部到基层锻炼")
    expect(page.locator(".found h2").first).to_have_text("“年轻干部到基层锻炼”：0 处，0 篇")
    expect(page.locator(".near h2")).to_have_text("意思相近")
    expect(page.locator(".near li").first).to_be_visible()
    page.goto("/library?q=红烧肉的做法")
    expect(page.locator(".near")).to_have_count(0)
    expect(page.locator(".empty")).to_be_visible()


def test_the_original_is_opened_beside_its_paragraph(page: Page, corpus: Path) -> None:
    page.goto("/library?q=goes+on")
    page.locator(".found li a").first.click()
    page.locator(".row:target").get_by_role("link", name="原件").click()
    picture = page.get_by_role("img", name="原件第 1 页")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    page.get_by_role("link", name="下一页").first.click()
    expect(page.get_by_role("img", name="原件第 2 页")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载原件").click()
    assert Path(saved.value.path()).read_bytes() == (corpus / "talent.pdf").read_bytes()
    text = corpus / "墩苗.txt"
    text.write_text(text.read_text(encoding="utf-8") + "又一条。\n", encoding="utf-8")
    page.goto("/library?q=第45条，建设墩苗基地")
    page.locator(".found li a").first.click()
    page.locator(".row:target").get_by_role("link", name="原件").click()
    expect(page.get_by_role("alert")).to_contain_text("在建索引之后有改动")
    expect(page.locator(".printed mark")).to_have_text("第45条，建设墩苗基地，锻炼干部。")
    expect(page.locator(".printed mark")).to_be_in_viewport()

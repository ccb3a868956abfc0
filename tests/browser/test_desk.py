"""The administration as its holder sees it, from an empty server on."""

import base64
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import Watched, serving
from tests.browser.test_servers import ESSAY

DROP = """([name, data]) => {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector(".upload").dispatchEvent(drop);
}"""


def drop(page: Page, name: str, data: bytes) -> None:
    """Drop a file on the page."""
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])


def rebuild(page: Page, generation: str) -> None:
    page.get_by_role("button", name="重建索引").click()
    expect(page.locator(".told")).to_contain_text(generation)


def test_from_an_empty_server_to_answers_and_accounts(chromium: Browser, tmp_path: Path) -> None:
    corpus, data, sent = tmp_path / "corpus", tmp_path / "data", tmp_path / "材料"
    for folder in (corpus, sent / "深"):
        folder.mkdir(parents=True)
    for name, place in (("甲.md", "甲县"), ("深/乙.md", "乙县")):
        text = ESSAY.format(place=place, lead="推行网格治理")
        (sent / name).write_text(text, encoding="utf-8")
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("丙.md", ESSAY.format(place="丙县", lead="建好人才驿站"))
        archive.writestr("坏.exe", b"MZ")
    named = {"RAG_CORPUS": str(corpus), "RAG_DATA": str(data)}
    with serving(corpus, tmp_path / "index", **named) as address:
        desk = Watched(chromium.new_page(), address)
        page = desk.page
        desk.open()
        expect(page.locator("p.state")).to_contain_text("文库还是空的")
        page.get_by_role("link", name="管理").click()
        expect(page.locator(".begin")).to_contain_text("先把文件拖到下面的框里")

        page.set_input_files("input[webkitdirectory]", sent)
        page.get_by_role("button", name="上传").click()
        expect(page.locator(".sent")).to_have_text("已保存 2 个，未保存 0 个。重建索引后生效。")
        drop(page, "包.zip", packed.getvalue())
        expect(page.locator(".lines li")).to_have_text(
            ["已保存：包/丙.md", "没有保存 包/坏.exe：不支持这种文件"]
        )
        drop(page, "包.zip", packed.getvalue())
        expect(page.locator(".lines li").first).to_contain_text("已有同名文件")
        expect(page.locator(".waiting")).to_contain_text("3 处改动")

        rebuild(page, "000002")
        expect(page.locator("#files tbody th")).to_have_text(
            ["包/丙.md", "材料/深/乙.md", "材料/甲.md"]
        )
        desk.open()
        desk.ask("丙县有哪些措施？")
        expect(page.locator(".answer")).to_contain_text("建好人才驿站")

        page.goto(f"{address}/admin")
        page.get_by_role("link", name="材料/甲.md").click()
        expect(page.locator(".roles .role-title p")).to_have_text("抓实重点工作")
        expect(page.locator(".roles strong.lead")).to_have_count(2)
        page.get_by_label("地区").fill("丁县")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("status")).to_have_text("更正已保存，重建索引后生效。")
        page.get_by_label("新名称").fill("材料/丁县.md")
        page.get_by_role("button", name="改名").click()
        expect(page.locator("main h2").first).to_have_text("材料/丁县.md")
        page.goto(f"{address}/admin")
        page.get_by_role("link", name="材料/深/乙.md").click()
        page.get_by_role("button", name="删除").click()
        page.get_by_role("button", name="撤销").click()
        expect(page.locator("main h2").first).to_have_text("材料/深/乙.md")
        page.get_by_role("button", name="删除").click()
        rebuild(page, "000003")
        expect(page.locator("#files tbody th")).to_have_text(["包/丙.md", "材料/丁县.md"])
        page.goto(address)
        page.wait_for_selector(".turn")  # the conversation of before
        desk.ask("丁县有哪些措施？")
        expect(page.locator(".answer").last).to_contain_text("推行网格治理")
        desk.ask("歙县有哪些措施？")
        page.get_by_role("button", name="有问题").last.click()
        page.get_by_label("该答未答").last.check()
        page.get_by_role("button", name="提交").last.click()
        expect(page.locator(".said").last).to_have_text("已记下，谢谢")

        page.goto(f"{address}/admin/questions?only=refused")
        expect(page.locator("tbody").first.locator("th")).to_have_text(["歙县有哪些措施？"])
        page.get_by_role("link", name="重新提问").click()
        page.wait_for_selector(".turn:not([aria-busy])")
        expect(page.locator(".asked").last).to_have_text("歙县有哪些措施？")

        page.goto(f"{address}/admin/accounts")
        page.get_by_label("账号", exact=True).fill("boss")
        page.get_by_role("button", name="添加账号").click()
        password = page.locator("code.password").inner_text()
        page.get_by_role("link", name="系统").click()  # from now on everybody logs in
        page.get_by_label("账号").fill("boss")
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        expect(page.locator("#health")).to_contain_text("阅读模型")
        page.get_by_role("link", name="账号").click()
        page.get_by_role("button", name="停用 boss").click()
        expect(page.get_by_role("alert")).to_contain_text("boss 是唯一的管理员")
        page.get_by_role("button", name="退出所有登录 boss").click()
        expect(page.get_by_label("密码")).to_be_visible()
        desk.check()
        page.close()

"""Going back to an earlier index, what is said of the system, and accounts."""

import re
from pathlib import Path

from rag.users import Accounts, Logins, User
from tests.admin.conftest import ONE, Desk


def test_a_rollback_says_first_what_it_changes(desk: Desk) -> None:
    desk.upload(("丙.txt", ONE.encode()))
    desk.upload(("乙.txt", ONE.encode() + "\n三、加强考核。建立台账。\n".encode()), replace=True)
    desk.do("delete", "甲.txt")
    desk.rebuild()
    page = desk.client.get("/admin/generations/000001").text
    plain = page.replace("\n", "")
    assert "现在使用 000002" in page
    assert '将增加 1 个文件</h3><ul class="changes"><li>甲.txt</li></ul>' in plain
    assert '将减少 1 个文件</h3><ul class="changes"><li>丙.txt</li></ul>' in plain
    assert '1 个文件内容不同</h3><ul class="changes"><li>乙.txt</li></ul>' in plain
    assert desk.site.assistant.generation == "000002", "looking changes nothing"
    desk.client.post("/admin/generations/000001")
    assert desk.site.assistant.generation == "000001"
    (Path(desk.settings.index) / "reports" / "000002.json").unlink()
    assert "无法比较" in desk.client.get("/admin/generations/000002").text
    assert desk.client.get("/admin/generations/000009").status_code == 404


def test_health_names_disks_versions_encoder_and_reader(desk: Desk) -> None:
    page = desk.client.get("/admin/system").text
    assert len(re.findall(r"磁盘剩余 \d+\.\d GB", page)) == 3
    for name in (desk.settings.index, desk.settings.corpus, desk.settings.data):
        assert f"{name}：占用 0.00 GB" in page
    assert "Youju 0." in page and "<dt>阅读模型</dt><dd>未启用</dd>" in page


def test_what_the_check_withheld_is_shown_as_text_with_its_reason(desk: Desk) -> None:
    assert "没有给出的句子" not in desk.client.get("/admin/system").text
    desk.site.assistant.withheld.extend((f"第{n}句<b>", "not in source") for n in range(12))
    page = desk.client.get("/admin/system").text
    assert re.findall(r"<li>第(\d+)句&lt;b&gt;", page) == [str(n) for n in range(2, 12)]
    assert page.count("原文里没有") == 10


def test_accounts_are_made_and_changed_and_one_administrator_always_stays(desk: Desk) -> None:
    def post(path: str, **form: str) -> str:
        return desk.client.post(f"/admin/accounts{path}", data=form).text

    assert "第一个账号必须是管理员" in post("", name="wang", role="reader")
    accounts = Accounts(Path(desk.settings.data))
    accounts.add("boss", "言必有据, 2026!", "admin")  # and from now on everybody logs in
    desk.client.headers["authorization"] = f"Bearer {accounts.new_token('boss')}"
    page = post("", name="Wang", role="reader")
    password = page.split('class="password">')[1].split("<")[0]
    logins = Logins(Path(desk.settings.data), desk.settings)
    assert logins.check("wang", password) == User("wang", "reader")
    cookie, token = logins.begin(User("wang", "reader")), accounts.new_token("wang")
    assert "已有账号" in post("", name="wang", role="reader")
    for name in ("<b>x</b>", "a b", "local", "", "\u202ea"):
        assert "不能用" in post("", name=name, role="reader") or not name
    for action in ("disable", "reader"):
        assert "boss 是唯一的管理员" in post(f"/boss/{action}")
    assert logins.session(cookie) == User("wang", "reader")
    post("/wang/end sessions")
    assert logins.session(cookie) is None
    assert logins.check("wang", password)
    cookie = logins.begin(User("wang", "reader"))
    assert "已停用" in post("/wang/disable")
    assert (logins.session(cookie), logins.by_token(token), logins.check("wang", password)) == (
        None, None, None,
    )  # fmt: skip
    post("/wang/enable")
    assert logins.by_token(token) == logins.check("wang", password) == User("wang", "reader")
    assert logins.session(cookie) is None, "what had ended stays so"
    new = post("/wang/password").split('class="password">')[1].split("<")[0]
    assert (logins.check("wang", password), new != password) == (None, True)
    assert logins.check("wang", new)
    post("/wang/admin")
    post("/boss/reader")  # now another one can
    assert {each.name: each.role for each in accounts.all()} == {"boss": "reader", "wang": "admin"}
    assert desk.client.get("/admin/accounts").status_code == 403, "holds from the next request on"
    accounts.close()
    logins.close()

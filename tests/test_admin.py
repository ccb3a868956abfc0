"""The administration without a browser: real files in a real corpus, and what is told of each."""

import csv
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html
from openpyxl import load_workbook

from rag.history import History
from rag.pipeline import Assistant, build
from rag.reading import read_sidecar
from rag.report import kept_files
from rag.settings import Settings
from rag.types import Answer, Filters
from rag.users import Accounts, Logins, User
from ui.app import plain_app
from ui.files import CorpusFiles
from ui.site import Site

ONE = """青山县的人才工作

青山县委组织部部长　王小明

一、强化资金保障。按照上年度财政收入的1%设立人才专项资金，专款专用。

二、优化服务环境。设立人才专窗，限时办结，跟踪问效。
"""
DAMAGED = "压缩包不完整或已损坏：请重新复制"
TWO = ONE.replace("青山县", "白水县").replace("王小明", "李建国").replace("人才专窗", "网格驿站")


@dataclass(frozen=True, slots=True)
class Desk:
    """A server over a corpus of its own, as an administrator has it."""

    client: TestClient
    settings: Settings
    site: Site

    @property
    def corpus(self) -> Path:
        """The folder of the corpus."""
        return Path(self.settings.corpus)

    def files(self) -> dict[str, bytes]:
        """All files of the corpus, hidden ones too."""
        found = (path for path in self.corpus.rglob("*") if path.is_file())
        return {path.relative_to(self.corpus).as_posix(): path.read_bytes() for path in found}

    def upload(self, *files: tuple[str, bytes], replace: bool = False) -> list[tuple[bool, str]]:
        """Send files, and return what is told of each."""
        reply = self.client.post(
            "/admin/upload", files=[("files", each) for each in files],
            data={"replace": "true"} if replace else {}, headers={"accept": "application/json"},
        )  # fmt: skip
        return [(line["kept"], line["text"]) for line in reply.json()]

    def do(self, what: str, path: str, **more: str) -> Response:
        """Change one document."""
        return self.client.post(f"/admin/document/{what}", data={"path": path, **more})

    def states(self) -> dict[str, str]:
        """What the page says of each document."""
        page = html.fromstring(self.client.get("/admin").text)
        rows = page.xpath('//section[@id="files"]//tbody/tr')
        return {row.xpath("string(th)"): row.xpath("string(td[1])") for row in rows}

    def rebuild(self) -> None:
        """Rebuild, and wait until that is done."""
        self.client.post("/admin/rebuild")
        while (now := self.client.get("/admin/progress").json())["state"] == "building":
            time.sleep(0.05)
        assert now["state"] == "built", now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two documents that are read and indexed."""
    names = {name: str(tmp_path / name) for name in ("index", "corpus", "data")}
    settings = Settings(encoder="none", reader="none", trash_days=30, **names)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "甲.txt").write_text(ONE, encoding="utf-8")
    (corpus / "乙.txt").write_text(TWO, encoding="utf-8")
    build([corpus], tmp_path / "index", settings)
    yield from opened(settings)


def opened(settings: Settings) -> Iterator[Desk]:
    site = Site.open(Assistant.open(Path(settings.index), settings), settings)
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        yield Desk(client, settings, site)
    site.history.close()
    site.logins.close()


# ---- documents ----


def test_every_file_of_an_upload_has_a_line(desk: Desk) -> None:
    before = desk.files()
    told = desk.upload(
        ("新.txt", ONE.encode()), ("甲.txt", TWO.encode()), ("坏.exe", b"MZ"), ("子/丙.md", b"x"),
        ("../外.txt", b"x"), ("倒\u202etxt.txt", b"x"), ("<img src=x onerror=alert(1)>.txt", b"x"),
        ("readme.md", b"x"), ("新.txt", b"again"), ("坏.zip", b"PK\x03\x04 no more"),
    )  # fmt: skip
    assert told == [
        (True, "已保存：新.txt"),
        (False, "没有保存 甲.txt：已有同名文件，没有改动它"),
        (False, "没有保存 坏.exe：不支持这种文件"),
        (True, "已保存：子/丙.md"),
        (False, "没有保存 ../外.txt：文件名不能使用"),
        (False, r"没有保存 倒\u202etxt.txt：文件名不能使用"),
        (True, "已保存：<img src=x onerror=alert(1)>.txt"),
        (False, "没有保存 readme.md：文件名不能使用"),
        (False, "没有保存 新.txt：已有同名文件，没有改动它"),
        (False, f"没有保存 坏.zip：压缩包读不了：{DAMAGED}"),
    ]  # fmt: skip
    added = {"新.txt", "子/丙.md", "<img src=x onerror=alert(1)>.txt"}
    assert desk.files().keys() == before.keys() | added
    assert desk.files()["新.txt"] == ONE.encode()
    page = desk.client.get("/admin").text
    assert "<img src=x" not in page and "&lt;img src=x onerror=alert(1)&gt;.txt" in page


def test_a_file_that_is_too_large_leaves_nothing(desk: Desk) -> None:
    files = CorpusFiles(replace(desk.settings, max_file_bytes=10))
    for name in ("大.txt", "大.zip"):
        ((_, error),) = files.add(BytesIO(b"x" * 11), name, replace=False)
        assert error is not None and error.text == "too_large"
    assert desk.files().keys() == {"甲.txt", "乙.txt"}


def test_an_archive_is_unpacked_with_a_line_for_each(desk: Desk) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in ("丙.txt", "深/丁.txt", "../../外.txt", "__MACOSX/丙.txt", "坏.exe", "里.zip"):
            archive.writestr(name, ONE)
    told = desk.upload(("材料.zip", packed.getvalue()))
    assert [line for line in told if line[0]] == [
        (True, "已保存：材料/丙.txt"),
        (True, "已保存：材料/深/丁.txt"),
    ]
    assert [text.split("：")[0] for kept, text in told if not kept] == [
        "没有保存 材料/../../外.txt", "没有保存 材料/坏.exe", "没有保存 材料/里.zip",
    ]  # fmt: skip
    assert desk.files().keys() == {"甲.txt", "乙.txt", "材料/丙.txt", "材料/深/丁.txt"}


def test_what_changed_since_the_last_build_is_shown_as_such(desk: Desk) -> None:
    assert desk.states() == {"甲.txt": "已读入", "乙.txt": "已读入"}
    assert "尚未编入索引" not in desk.client.get("/admin").text
    desk.rebuild()  # from now on it is known when a build began
    desk.upload(("丙.txt", ONE.encode()))
    desk.do("delete", "乙.txt")
    assert desk.upload(("甲.txt", TWO.encode()), replace=True) == [(True, "已保存：甲.txt")]
    assert desk.states() == {
        "丙.txt": "未编入索引", "乙.txt": "已删除，重建前仍可检索", "甲.txt": "已改动，未编入索引",
    }  # fmt: skip
    assert "3 处改动尚未编入索引" in desk.client.get("/admin").text
    assert list(desk.client.get("/admin?state=gone").text.split("乙.txt")[1:]) != []
    assert "丙.txt" not in desk.client.get("/admin?state=gone").text
    desk.rebuild()
    assert desk.states() == {"丙.txt": "已读入", "甲.txt": "已读入"}


def test_what_is_deleted_or_replaced_can_be_had_back(desk: Desk) -> None:
    desk.do("facts", "甲.txt", place="红石县")
    with_sidecar = desk.files()
    page = desk.do("delete", "甲.txt").text
    assert "已删除 甲.txt。" in page and 'name="key"' in page
    assert desk.files().keys() == {"乙.txt"}
    files = CorpusFiles(desk.settings)
    (removed,) = files.removed()
    assert removed.path == "甲.txt"
    assert "已恢复" in desk.client.post("/admin/restore", data={"key": removed.key}).text
    assert (desk.files(), files.removed()) == (with_sidecar, ())
    desk.upload(("甲.txt", TWO.encode()), replace=True)
    (removed,) = files.removed()
    refused = desk.client.post("/admin/restore", data={"key": removed.key})
    assert (refused.status_code, "已有同名文件" in refused.text) == (409, True)
    desk.do("rename", "甲.txt", new="别处/丙.txt")
    assert desk.client.post("/admin/restore", data={"key": removed.key}).status_code == 200
    assert desk.files()["甲.txt"] == ONE.encode()
    assert desk.files()["别处/丙.txt"] == TWO.encode()
    assert "别处/丙.txt.meta.yaml" in desk.files(), "a correction goes with its file"
    for key in ("../corpus", "20200101T000000Z-0000", ""):
        assert desk.client.post("/admin/restore", data={"key": key}).status_code in (409, 422)


def test_what_was_deleted_long_ago_is_gone_for_good(desk: Desk) -> None:
    files = CorpusFiles(desk.settings)
    desk.do("delete", "甲.txt")
    desk.do("delete", "乙.txt")
    trash = Path(desk.settings.data) / "trash"
    old = next(folder for folder in trash.iterdir() if (folder / "甲.txt").exists())
    old.rename(trash / f"20240101T000000Z{old.name[16:]}")
    (trash / "notes of somebody").mkdir()
    files.forget()
    assert [each.path for each in files.removed()] == ["乙.txt"]
    assert (trash / "notes of somebody").is_dir()


@pytest.mark.parametrize(
    ("path", "new", "told"),
    [
        ("甲.txt", "乙.txt", "已有同名文件"),
        ("甲.txt", "../外.txt", "文件名不能使用"),
        ("甲.txt", "甲.exe", "不支持这种文件"),
        ("甲.txt", ".甲.txt", "文件名不能使用"),
        ("甲.txt", "长" * 200 + ".txt", "文件名不能使用"),
        ("../data/history.sqlite", "丙.txt", "这个文件已不在"),
        ("没有.txt", "丙.txt", "这个文件已不在"),
    ],
)
def test_a_name_that_will_not_do_changes_nothing(
    desk: Desk, path: str, new: str, told: str
) -> None:
    before = desk.files()
    reply = desk.do("rename", path, new=new)
    assert (reply.status_code, told in reply.text) == (409, True)
    assert desk.files() == before


def test_a_full_disk_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount a small disk")
    try:
        settings = replace(desk.settings, corpus=str(place / "corpus"), data=str(place / "data"))
        files = CorpusFiles(settings)
        assert [each for _, each in files.add(BytesIO(ONE.encode()), "甲.txt", replace=False)] == [
            None
        ]
        ((_, error),) = files.add(BytesIO(b"x" * 200_000), "甲.txt", replace=True)
        assert error is not None and error.text == "disk_full"
        assert [path.name for path in (place / "corpus").iterdir()] == ["甲.txt"]
        key = files.delete("甲.txt")  # which needs no room
        assert (files.all(), files.restore(key)) == ({}, "甲.txt")
        assert files.all()["甲.txt"].read_bytes() == ONE.encode()
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_correction_is_what_the_next_build_believes(desk: Desk) -> None:
    page = desk.client.get("/admin/document", params={"path": "甲.txt"}).text
    assert 'placeholder="青山县的人才工作"' in page and 'placeholder="王小明"' in page
    facts = {"title": "关于<b>人才</b>的意见", "date": "2023-05-06", "place": "", "issuer": "=县委"}
    assert "更正已保存" in desk.do("facts", "甲.txt", **facts).text
    sidecar = desk.corpus / "甲.txt.meta.yaml"
    assert {fact.name: fact.value for fact in read_sidecar(sidecar)} == {
        name: value for name, value in facts.items() if value
    }
    assert desk.states()["甲.txt"] == "已改动，未编入索引"
    desk.rebuild()
    essays = {each.document: each for each in desk.site.assistant.records.essays()}
    assert (essays["甲.txt"].title, essays["甲.txt"].date) == (facts["title"], "2023-05-06")
    assert (essays["甲.txt"].place, essays["乙.txt"].date) == ("青山县", None)
    before = desk.files()
    refused = desk.do("facts", "甲.txt", date="去年")
    assert (refused.status_code, "日期写作 2022-10-25" in refused.text) == (409, True)
    assert desk.files() == before
    desk.do("facts", "甲.txt", title="", date="", issuer="")
    assert not sidecar.exists()


def test_a_line_that_was_left_out_is_taken_back_and_dropped_again(desk: Desk) -> None:
    numbered = "\n".join(f"第{n}段说的是工作情况。\n\n{n}\n\f" for n in range(1, 9))
    (desk.corpus / "页.txt").write_text(numbered, encoding="utf-8")
    desk.rebuild()
    page = desk.client.get("/admin/document", params={"path": "页.txt"}).text
    assert page.count("取回此行") == page.count('<li class="role-dropped"') == 8
    taken = desk.do("facts", "页.txt", again="3").text
    assert (taken.count("取回此行"), ">3</textarea>" in taken) == (7, True)
    desk.do("facts", "页.txt", document_type="工作情况")  # the lines stay
    desk.rebuild()
    whole = desk.site.assistant.records
    (essay,) = [each for each in whole.essays() if each.document == "页.txt"]
    assert essay.document_type == "工作情况"
    assert "3" in [each.text for each in whole.paragraphs(essay.essay_id)]
    again = desk.do("facts", "页.txt", keep="", document_type="").text
    assert again.count("取回此行") == 8
    assert not (desk.corpus / "页.txt.meta.yaml").exists()


def test_what_was_read_shows_every_line_in_its_role(desk: Desk) -> None:
    page = desk.client.get("/admin/document", params={"path": "甲.txt"}).text
    roles = [part.split('"')[0] for part in page.split('<li class="role-')[1:]]
    assert roles == ["title", "byline", "body", "body"]
    assert page.count('<strong class="lead"') == 2
    numbered = "\n".join(f"第{n}段说的是工作情况。\n\n{n}\n\f" for n in range(1, 9))
    desk.upload(("页.txt", numbered.encode()))
    desk.rebuild()
    page = desk.client.get("/admin/document", params={"path": "页.txt"}).text
    kept = kept_files(Path(desk.settings.index), desk.site.assistant.generation) or ()
    (report,) = (each for each in kept if each.path == "页.txt")
    assert page.count("role-dropped") == len(report.dropped) > 0
    desk.upload(("空.txt", b""), ("锁.pdf", b"%PDF-1.4 broken"))
    told = desk.client.get("/admin/document", params={"path": "空.txt"}).text
    assert "读不了这个文件" in told and "文件是空的" in told
    assert desk.client.get("/admin/document", params={"path": "../甲.txt"}).status_code == 404


def test_a_corpus_that_was_emptied_goes_on_until_it_is_read_anew(desk: Desk) -> None:
    for name in desk.states():
        desk.do("delete", name)
    desk.client.post("/admin/rebuild")
    while (now := desk.client.get("/admin/progress").json())["state"] == "building":
        time.sleep(0.05)
    assert now["state"] == "failed"
    assert "原索引继续使用：文库里没有可以读入的文件" in desk.client.get("/admin").text
    assert not desk.site.assistant.empty
    desk.client.post("/admin/rebuild", data={"anew": "true"})
    while desk.client.get("/admin/progress").json()["state"] == "building":
        time.sleep(0.05)
    assert desk.site.assistant.empty
    assert "文库还是空的" in desk.client.get("/admin").text
    assert "文库还是空的" in desk.client.get("/chat/page").text


def test_thousands_of_documents_are_paged(desk: Desk) -> None:
    for number in range(250):
        (desk.corpus / f"新{number:03}.txt").write_text(ONE, encoding="utf-8")
    page = desk.client.get("/admin").text
    assert (page.count('<tr><th scope="row">'), "第 1 页，共 3 页" in page) == (100, True)
    assert desk.client.get("/admin?page=3").text.count('<tr><th scope="row">') == 52
    assert desk.client.get("/admin?q=新24").text.count('<tr><th scope="row">') == 10
    assert desk.client.get("/admin?page=x&state=none").status_code == 200


# ---- rollback and health ----


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


# ---- accounts ----


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
    for name in ("wang", "<b>x</b>", "a b", "local", "", "\u202ea"):
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


# ---- the log of questions ----


def asked(history: History, answer: Answer, at: str, verdict: str = "") -> str:
    """Keep an answer as if it had been given at that time."""
    turn = history.add("wang", None, answer, Filters())
    if verdict:
        history.judge("wang", turn.answer_id, "bad" if verdict == "bad" else "good", "=1+1")
    history._file.run(("UPDATE answers SET at = ? WHERE id = ?", at, turn.answer_id))
    history._file.run(("UPDATE conversations SET changed = ?", at))
    return turn.answer_id


def test_the_log_counts_by_day_filters_and_exports(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    refused = replace(answer, question='=cmd|"abstained":true', abstained=True, text="")
    tricky = replace(answer, question='他说"abstained":true吗？')
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for each, verdict in ((answer, ""), (answer, "bad"), (refused, "bad"), (tricky, "good")):
        asked(desk.site.history, each, now, verdict)
    (day,) = desk.site.history.days(60)
    assert (day.asked, day.refused, day.disliked) == (4, 1, 2)
    assert day.day == datetime.fromisoformat(now).astimezone().date().isoformat()
    for only, count in (("", 4), ("refused", 1), ("bad", 2), ("good", 1), ("failed", 0)):
        page = desk.client.get("/admin/questions", params={"only": only, "day": day.day}).text
        assert page.count(">重新提问</a>") == count, only
    assert 'href="/?q=%E9%9D%92%E5%B1%B1' in desk.client.get("/admin/questions").text
    assert desk.client.get("/admin/questions?day=2020-01-01").text.count("重新提问") == 0
    text = desk.client.get("/admin/questions/download.csv?only=refused").text.removeprefix("\ufeff")
    head, row = csv.reader(StringIO(text))
    assert head == ["提问时间", "账号", "结果", "评价", "原因", "问题"]
    assert row[1:] == ["wang", "未找到", "有问题", "'=1+1", '\'=cmd|"abstained":true']
    book = desk.client.get("/admin/questions/download.xlsx").content
    sheet = load_workbook(BytesIO(book)).active
    assert sheet is not None
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "=1+1" in [cell.value for cell in sheet["E"]]


def test_a_setting_keeps_texts_from_the_administrator(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    asked(desk.site.history, answer, "2026-01-01T00:00:00+00:00", "bad")
    for made in opened(replace(desk.settings, audit_text=False)):
        shown = made.client.get("/admin/questions").text
        exported = made.client.get("/admin/questions/download.csv").text
        assert "wang" in shown and "wang" in exported
        for text in (shown, exported):
            assert "青山县" not in text and "=1+1" not in text


def test_what_was_asked_too_long_ago_is_deleted_at_the_start(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    asked(desk.site.history, answer, "2020-01-01T00:00:00+00:00", "bad")
    new = asked(desk.site.history, answer, datetime.now(UTC).isoformat(timespec="seconds"))
    desk.site.history._file.run(("UPDATE conversations SET changed = (SELECT at FROM answers"
                                 " WHERE conversation = conversations.id)",))  # fmt: skip
    for made in opened(replace(desk.settings, history_days=30)):
        deadline = time.monotonic() + 60
        while made.site.history.size > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [each.answer_id for each in made.site.history.log()] == [new]
        assert made.site.history.size == 1

"""Documents: real files in a real corpus, and what is told of each."""

import subprocess
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from rag.corpus_files import CorpusFiles
from rag.reading import read_sidecar
from rag.report import kept_files
from tests.admin.conftest import ONE, TWO, Desk

DAMAGED = "压缩包不完整或已损坏：请重新复制"


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
        assert str(error) == "larger than 0 MB"
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
        ("甲.txt", "长" * 200 + ".txt", "文件名过长"),
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
        assert "No space left on device" in str(error)
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
    told = desk.client.get("/admin").text
    assert "原索引继续使用：" in told and "里没有文件，原索引不变" in told
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

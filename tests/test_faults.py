"""A corpus with a file of every fault: each is named in the report, the build goes on."""

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from rag.errors import EmptyCorpus, UnreadableFile
from rag.pipeline import Assistant, build
from rag.reading import documents, read
from rag.settings import Settings
from tests import converted, samples
from tests.conftest import Run

GOOD = "加强人才工作。设立人才专窗，限时办结，优化服务环境。"
BOMB = b"0" * 5_000_000  # a ratio of about 1,000


def locked_zip() -> bytes:
    """Return a ZIP whose one member is marked as encrypted, in both of its headers."""
    data = bytearray(samples.zipped({"a.txt": GOOD.encode()}))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def gbk_zip() -> bytes:
    """Return a ZIP as Chinese Windows makes it: a name in GBK without the mark of UTF-8."""
    coded = "人才工作.txt".encode("gbk")
    data = samples.zipped({"x" * len(coded): GOOD.encode()})
    return data.replace(b"x" * len(coded), coded)


def with_entities(data: bytes, part: str) -> bytes:
    """Return a document one of whose parts declares an entity that names a file of the host."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = parts[part].partition(b"?>")[2]
    parts[part] = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + root
    return samples.zipped(parts)


FAULTS: dict[str, tuple[bytes, str]] = {
    "空.txt": (b"", "the file is empty"),
    "空白.txt": ("　\n \n".encode(), "holds no text"),
    "二进制.txt": (bytes(range(256)) * 40, "binary"),
    "截断.docx": (samples.docx()[:3000], "cut off or damaged"),
    "截断.pdf": (samples.pdf()[:300], "cut off or damaged"),
    "截断.ofd": (samples.corpus("ofd")[:3000], "cut off or damaged"),
    "加密.docx": (samples.ole("EncryptedPackage"), "locked by a password"),
    "炸弹.docx": (samples.zipped({"word/document.xml": BOMB}), "looks like a ZIP bomb"),
    "炸弹.zip": (samples.zipped({"a.txt": BOMB}), "looks like a ZIP bomb"),
    "实体.docx": (with_entities(samples.docx(), "word/document.xml"), "declares XML entities"),
    "实体.ofd": (with_entities(samples.corpus("ofd"), "OFD.xml"), "declares XML entities"),
    "缺页.ofd": (samples.zipped({"OFD.xml": b"<OFD/>"}), "holds no text"),
    "图.gif": (b"GIF89a" + bytes(100), "GIF image: save it as PNG"),
    "包.rar": (b"Rar!\x1a\x07\x00" + bytes(50), "RAR archive: unpack it"),
    "网页.mht": (b"MIME-Version: 1.0\nContent-Type: multipart/related;", "save it as HTML"),
    "表.xyz": (GOOD.encode(), "rename it .txt"),
    "坏图.png": (samples.png()[:40], "damaged|text recognition"),
    "半个.zip": (samples.zipped({"a.txt": GOOD.encode() * 50})[:60], "cut off or damaged"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_in_one_line(name: str) -> None:
    data, told = FAULTS[name]
    found = list(documents(data, name, Settings()))
    (error,) = [made for _, made in found if isinstance(made, UnreadableFile)]
    assert str(error).startswith(name)
    assert "\n" not in str(error)
    with pytest.raises(UnreadableFile, match=told):
        raise error


def test_a_build_goes_on_past_every_fault(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, (data, _) in FAULTS.items():
        (corpus / name).write_bytes(data)
    (corpus / "好.txt").write_text(GOOD, encoding="utf-8")
    (corpus / "名.zip").write_bytes(gbk_zip())
    (corpus / "锁.zip").write_bytes(locked_zip())
    (corpus / "逃.zip").write_bytes(
        samples.zipped(
            {"../../外.txt": GOOD.encode(), "/根.txt": GOOD.encode(), "内.txt": GOOD.encode()}
        )
    )
    with (corpus / "巨.txt").open("wb") as file:
        file.truncate(200_000_000)
    (corpus / "圈").symlink_to("圈")
    (corpus / "回").symlink_to("..", target_is_directory=True)
    (corpus / "断").symlink_to("无")
    before = {path for path in tmp_path.rglob("*") if "index" not in path.parts}
    report = build([corpus], tmp_path / "index", Settings())
    states = {file.path: file.state for file in report.files}
    assert {
        path for path in tmp_path.rglob("*") if path.parts[len(tmp_path.parts)] != "index"
    } == before
    assert [path for path, state in states.items() if state != "skipped"] == [
        "名.zip/人才工作.txt", "好.txt", "逃.zip/内.txt",
    ]  # fmt: skip
    reasons = {file.path: file.reason for file in report.files}
    assert set(FAULTS) <= {path.partition("/")[0] for path in states}
    assert "max_file_bytes" in reasons["巨.txt"]
    assert "round in a circle" in reasons["圈"]
    assert "leads back" in reasons["回"]
    assert "leads nowhere" in reasons["断"]
    assert "locked by a password" in reasons["锁.zip/a.txt"]
    assert "outside the archive" in reasons["逃.zip/../../外.txt"]
    assert "outside the archive" in reasons["逃.zip//根.txt"]
    answer = Assistant.open(tmp_path / "index", Settings()).ask("人才专窗")
    assert {citation.essay.document for citation in answer.citations} <= set(states)
    assert not answer.abstained


def test_one_long_line_is_cut_at_sentence_ends(tmp_path: Path) -> None:
    (tmp_path / "长.txt").write_text(GOOD * 40_000, encoding="utf-8")  # 1,040,000 characters
    document = read(tmp_path / "长.txt", "长.txt")
    assert document.notes == ("1 lines of more than 20000 characters cut at sentence ends",)
    assert {line.text[-1] for line in document.lines} == {"。"}
    assert max(len(line.text) for line in document.lines) <= 2000
    assert "".join(line.text for line in document.lines) == GOOD * 40_000


def test_limits_hold(tmp_path: Path) -> None:
    archive = samples.zipped({f"{n}.txt": GOOD.encode() for n in range(5)})
    for name, data, limit, told in (
        ("a.zip", archive, {"max_members": 4}, "5 files, more than max_members = 4"),
        ("a.zip", archive, {"max_unpacked_bytes": 99}, "bytes, more than max_unpacked_bytes = 99"),
        ("a.txt", GOOD.encode() * 10, {"max_text": 99}, "260 characters, more than max_text = 99"),
    ):
        ((_, error),) = documents(data, name, Settings(**limit))
        assert isinstance(error, UnreadableFile)
        assert told in str(error)
    (tmp_path / "a.txt").write_text(GOOD * 10, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="780 bytes, more than max_file_bytes = 99"):
        read(tmp_path / "a.txt", "a.txt", Settings(max_file_bytes=99))


@pytest.mark.parametrize(
    ("limit", "told"),
    [({"max_members": 8}, "holds 10 files"), ({"max_unpacked_bytes": 5_000}, "unpacked bytes")],
)
def test_archives_in_archives_have_one_budget(limit: dict[str, int], told: str) -> None:
    inner = samples.zipped({f"{n}.txt": GOOD.encode() * 10 for n in range(2)})
    data = samples.zipped({**{f"{n}.zip": inner for n in range(3)}, "b.txt": GOOD.encode()})
    assert all(
        not isinstance(found, UnreadableFile)
        for _, found in documents(inner, "a.zip", Settings(**limit))
    )
    *good, (name, error) = documents(data, "a.zip", Settings(**limit))
    assert [name for name, _ in good] == [f"a.zip/{n}.zip/{k}.txt" for n in (0, 1) for k in (0, 1)]
    assert name == "a.zip/2.zip" and isinstance(error, UnreadableFile)
    assert told in str(error) and "with the archives around and before it" in str(error)


def test_archives_in_archives_end_somewhere() -> None:
    data = samples.zipped({"a.txt": GOOD.encode()})
    for _ in range(3):
        data = samples.zipped({"b.zip": data, "c.txt": GOOD.encode()})
    found = dict(documents(data, "a.zip", Settings()))
    assert "deeper than 2 levels" in str(found["a.zip/b.zip/b.zip"])
    assert not isinstance(found["a.zip/b.zip/c.txt"], UnreadableFile)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_file_that_may_not_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "a.txt").chmod(0)
    with pytest.raises(UnreadableFile, match=r"a.txt: cannot be opened"):
        read(tmp_path / "a.txt", "a.txt")


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
def test_a_pdf_with_a_password_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(samples.docx())
    options = (
        '{"EncryptFile":{"type":"boolean","value":"true"},'
        '"DocumentOpenPassword":{"type":"string","value":"x"}}'
    )
    (made,) = converted.by_libreoffice(f"pdf:writer_pdf_Export:{options}", tmp_path / "a.docx")
    with pytest.raises(UnreadableFile, match="locked by a password"):
        read(made, "a.pdf")


def test_the_report_is_a_table_and_a_file(rag: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "材料"
    corpus.mkdir()
    (corpus / "好.docx").write_bytes(samples.docx())
    (corpus / "空.txt").write_bytes(b"")
    ran = rag("build", str(corpus), "--report", "r.json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].endswith("1 repaired, 1 skipped; 1 of 2 files skipped")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    good, empty = made["files"]
    assert (good["path"], good["state"], good["format"], good["essays"]) == (
        "好.docx", "repaired", "docx", 1,
    )  # fmt: skip
    assert good["facts"][0]["known"][0] == {
        "name": "title", "value": "加强人才工作", "source": "title", "confidence": 0.9,
    }  # fmt: skip
    assert "author" in good["missing"]
    assert (empty["state"], empty["reason"]) == ("skipped", "空.txt: the file is empty")
    assert (made["skipped"], made["reprints"]) == (1, 0)


def test_a_build_of_nothing_readable_fails_with_its_report(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "空.txt").write_bytes(b"")
    ran = rag("build", "空.txt", "--report", "r.json")
    assert ran.returncode == 1
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (made["generation"], made["files"][0]["state"]) == (None, "skipped")
    with pytest.raises(EmptyCorpus) as refused:
        build([tmp_path / "空.txt"], tmp_path / "index", Settings())
    assert len(refused.value.files) == 1

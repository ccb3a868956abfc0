"""rag.reading: one file → Document, or one line that says why not."""

import hashlib
from pathlib import Path

import pytest

from rag.errors import UnreadableFile
from rag.reading import SUFFIXES, read

CORPUS = Path(__file__).parent.parent / "corpus"


def test_a_document_knows_its_bytes_and_lines() -> None:
    name = "安庆组工信息第32期.txt"
    document = read(CORPUS / name, name)
    data = (CORPUS / name).read_bytes()
    assert document.path == name
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.format == "md"  # told by content, whatever the name says
    assert document.lines[106].text.startswith("训练。聚焦提高干部“七种能力”")
    assert [document.lines[106].text[a:b] for a, b in document.lines[106].bold] == [
        "训练。",
        "强化实践锻炼。",
        "强化斗争历练。",
    ]


def test_every_encoding_gives_the_same_lines(tmp_path: Path) -> None:
    name = "池州市抓党建促长三角一体化发展.txt"
    expected = read(CORPUS / name, name)
    assert expected.format == "txt"
    text = (CORPUS / name).read_text(encoding="utf-8")
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"):
        path = tmp_path / f"{encoding}.txt"
        path.write_bytes(text.encode(encoding))
        assert read(path, path.name).lines == expected.lines, encoding


def test_a_note_names_an_encoding_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("加强党的建设。".encode("gb18030"))
    assert read(path, "a.txt").notes == ("decoded as gb18030",)


def test_what_cannot_be_read_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "empty.md").write_bytes(b"")
    (tmp_path / "binary.txt").write_bytes(bytes(1000))
    (tmp_path / "essay.xyz").write_text("文", encoding="utf-8")
    for name in ("folder.txt", "empty.md", "binary.txt", "essay.xyz", "missing.txt"):
        with pytest.raises(UnreadableFile) as refused:
            read(tmp_path / name, name)
        assert str(refused.value).startswith(f"{name}: ")
        assert "\n" not in str(refused.value)


def test_suffixes_are_in_lower_case_and_names_in_any(tmp_path: Path) -> None:
    assert {".txt", ".md"} <= set(SUFFIXES)
    (tmp_path / "A.TXT").write_text("正文。", encoding="utf-8")
    assert read(tmp_path / "A.TXT", "A.TXT").lines[0].text == "正文。"

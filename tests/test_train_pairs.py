"""Pairs and text come back as written; what is not in the format is named with its line."""

import gzip
import json
from pathlib import Path

import pytest

from rag.errors import BadInput
from train.pairs import Pair, read_pairs, read_text

ROWS = [{"q": "问😀", "p": "答\n二", "source": "甲"}, {"q": "𠮷", "p": "野"}]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_pairs_come_back(tmp_path: Path, name: str) -> None:
    content = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert read_pairs(tmp_path / name) == [Pair("问😀", "答\n二", "甲"), Pair("𠮷", "野")]


def test_text_comes_back_without_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("第一段\n\n  第二段\r\n", encoding="utf-8")
    assert read_text(path) == ["第一段", "第二段"]


@pytest.mark.parametrize("line", ['{"q": "x"}', "[1]", "not json", '"text"'])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"q": "x", "p": "y"}\n' + line, encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: want an object"):
        read_pairs(path)


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    broken, empty = tmp_path / "text.txt.gz", tmp_path / "empty.txt"
    broken.write_bytes(b"no gzip")
    empty.touch()
    for path, message in (
        (broken, "cannot read"),
        (tmp_path / "x", "cannot read"),
        (empty, "no text"),
    ):
        with pytest.raises(BadInput, match=message):
            read_text(path)
    with pytest.raises(BadInput, match="no pairs"):
        read_pairs(empty)
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BadInput, match="cannot read"):
        read_text(latin)

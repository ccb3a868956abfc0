"""Files of JSON, one value a line: read plain and packed, and a bad line is named."""

import gzip
from pathlib import Path

import pytest

from rag.errors import BadInput
from rag.jsonl import read_jsonl


def names(path: Path) -> list[str]:
    return list(read_jsonl(path, lambda row: str(row["name"]), "an object with name"))


def test_lines_are_read_plain_and_packed_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    text = '{"name": "甲"}\n\n{"name": "乙\u2028丙"}'
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("a.jsonl", "a.jsonl.gz"):
        assert names(tmp_path / name) == ["甲", "乙\u2028丙"]


@pytest.mark.parametrize("line", ["{", "[]", "3", "{}"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"name": "甲"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"a\.jsonl, line 2: want an object with name"):
        names(path)


@pytest.mark.parametrize(
    ("name", "data"), [("a.jsonl", b"\xff"), ("a.jsonl.gz", b"{}"), ("a.jsonl.gz", b"\x1f\x8b\x08")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(BadInput, match="cannot read"):
        names(tmp_path / "none.jsonl")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=f"cannot read .*{name}"):
        names(tmp_path / name)

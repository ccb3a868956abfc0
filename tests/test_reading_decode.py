"""rag.reading.decode: every encoding of the corpus gives one text, nothing else is any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UnreadableFile
from rag.reading.decode import decode

TEXT = (
    "一、强化专业训练。聚焦提高干部“七种能力”，有针对性地弥补知识弱项。\n\n"
    "二、强化实践锻炼。选派干部到沪苏浙跟班学习，2022 年 10 月 25 日（100%）。\n"
)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (b"\xff\xfe\x00\x00" + TEXT.encode("utf-32-le"), "utf-32-le"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("gbk"), "gb18030"),
    ],
)
def test_an_encoding_is_told_and_no_character_lost(data: bytes, encoding: str) -> None:
    assert decode(data) == (TEXT, encoding)


def test_traditional_characters_in_big5_are_not_read_as_gb18030() -> None:
    text = "加強基層黨組織建設，全面提升服務群眾的能力和水準，推動各項工作落到實處。\n" * 20
    assert decode(text.encode("big5")) == (text, "big5")


def test_rare_characters_survive_utf_8() -> None:
    text = "𠮷野家在𫍽县，emoji 🎉，㐀。"
    assert decode(text.encode("utf-8")) == (text, "utf-8")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe\n\x00", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Office"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x7fELF" + bytes(500), "binary"),
        ("好".encode() * 100 + b"\x00\x01\x02", "binary"),
        (TEXT.encode("utf-8")[:-10] + b"\xff" + TEXT.encode("utf-8"), "no known encoding"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1], "breaks at byte"),
    ],
)
def test_what_is_not_text_is_refused_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says) as refused:
        decode(data)
    assert "\n" not in str(refused.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_that_encodes_back_or_refused(data: bytes) -> None:
    try:
        text, encoding = decode(data)
    except UnreadableFile:
        return
    assert data.endswith(text.encode(encoding))  # but for a byte order mark, not a byte is lost

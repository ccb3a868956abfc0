"""rag.reading.text: lines as an editor counts them."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rag.reading.text import read_text
from rag.types import Line


def test_line_numbers_count_every_kind_of_line_end() -> None:
    lines = read_text("甲\r\n乙\r丙\n\n  丁 ")
    assert lines == (
        Line("甲", 1, width=1),
        Line("乙", 2, width=1),
        Line("丙", 3, width=1),
        Line("", 4),
        Line("  丁 ", 5, width=2),
    )


def test_form_feeds_part_pages() -> None:
    assert [(line.text, line.page) for line in read_text("甲\n\f乙\n丙\f")] == [
        ("甲", 1),
        ("乙", 2),
        ("丙", 3),
    ]


def test_text_is_nfc_and_free_of_characters_without_width() -> None:
    assert read_text("e\u0301\u200b党\ufeff建")[0].text == "é党建"


@given(st.text(alphabet="党建 　\r\n。a🎉𠮷", max_size=60))
def test_lines_hold_all_of_the_text(text: str) -> None:
    ends = text.replace("\r\n", "\n").replace("\r", "\n")
    assert "\n".join(line.text for line in read_text(text)) == unicodedata.normalize("NFC", ends)

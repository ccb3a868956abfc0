"""The Markdown of an answer as blocks: the words in order, their level, their marks."""

from hypothesis import given
from hypothesis import strategies as st

from rag.citing import escape
from rag.markup import Block, Run, blocks


def test_lists_in_lists_bold_and_marks() -> None:
    assert blocks("**甲县**：\n\n- **先选。**再育[1]\n  - 后用[2][3]\n\n1. 一\n2. 二") == (
        Block((Run("甲县", True), Run("："))),
        Block((Run("先选。", True), Run("再育"), Run("[1]", mark=1)), 1, "•"),
        Block((Run("后用"), Run("[2]", mark=2), Run("[3]", mark=3)), 2, "•"),
        Block((Run("一"),), 1, "1."),
        Block((Run("二"),), 1, "2."),
    )


def test_headings_and_tables() -> None:
    assert blocks("## 比较\n\n| 甲 | 乙 |\n|---|---|\n| 一[1] | 二 |") == (
        Block((Run("比较"),), heading=True),
        Block((Run("甲"), Run("\u3000"), Run("乙"))),
        Block((Run("一"), Run("[1]", mark=1), Run("\u3000"), Run("二"))),
    )


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1))
def test_escaped_text_comes_out_as_it_was_and_marks_nothing(text: str) -> None:
    made = blocks("甲" + escape(text))
    assert "".join(block.text for block in made) == "甲" + text
    assert all(run.mark is None and not run.bold for block in made for run in block.runs)

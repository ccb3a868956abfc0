"""What a page puts around a text: dropped where it is sure, kept where it says something."""

import pytest

from rag.outline import outline
from rag.outline.join import blocks
from rag.outline.lines import is_furniture
from rag.reading.text import read_text
from rag.types import Document, Line

BODY = [f"第{n}页的正文很长，说到一半就被页面切开，下一页接着说" for n in "甲乙丙丁"]


def kept(text: str) -> str:
    made = outline(Document("a.txt", "", "txt", read_text(text)))
    return "".join(paragraph.text for paragraph in made.paragraphs)


def test_heads_that_cut_sentences_are_dropped() -> None:
    text = "".join(f"\f内部资料 第{n}页\n{body}\n" for n, body in enumerate(BODY, 1))
    assert kept(text + "。") == "".join(BODY) + "。"


def test_page_numbers_that_count_on_are_dropped_and_other_numbers_kept() -> None:
    counting = "\f".join(f"{body}\n{n}\n" for n, body in enumerate(BODY, 7))
    assert kept(counting) == "".join(BODY)
    others = "\f".join(f"{body}。\n{n}\n" for n, body in zip((7, 3, 9, 1), BODY, strict=True))
    assert kept(others).count("7") == 1


def test_a_line_that_comes_back_between_sentences_is_kept() -> None:
    text = "".join(f"{body}。\n\n（单位：万元）\n\n" for body in BODY)
    assert kept(text).count("（单位：万元）") == 4


def test_the_last_lines_of_printed_pages_are_kept_where_they_count_on() -> None:
    lines = [
        Line(text, 2 * n + i, n)
        for n, body in enumerate(BODY, 1)
        for i, text in enumerate((f"{body}。", f"第{n}号工程开工"))
    ]
    made = outline(Document("a.pdf", "", "pdf", tuple(lines)))
    assert not made.dropped


def test_form_feeds_part_pages_with_heads() -> None:
    text = "\n\f".join(f"内部资料\n{body}\n— {n} —" for n, body in enumerate(BODY, 1))
    assert kept(text) == "".join(BODY)


def test_heads_of_two_lines_are_dropped() -> None:
    pages = (f"内部资料\n第{n}页\n{body}\n" for n, body in enumerate(BODY, 1))
    assert kept("\f".join(pages)) == "".join(BODY)


@pytest.mark.parametrize("line", ["您的位置：首页 > 要闻", "一、总体要求…………3", "— 12 —", "下载"])
def test_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize("line", ["位置偏远的村优先安排", "增长12.3", "下载量达3万次"])
def test_no_furniture(line: str) -> None:
    assert not is_furniture(line)


def test_nothing_recurs_in_short_texts() -> None:
    assert {line.kind for line in read_text("甲\n\f\n甲")} == {"text"}


def test_full_width_and_cut_words_are_repaired() -> None:
    made = blocks(read_text("每年引进２００名Ａ类⼈才，建设inno-\nvation平台"))
    assert [block.text for block in made] == ["每年引进200名A类人才，建设innovation平台"]


def test_a_footnote_does_not_cut_the_paragraph_around_it() -> None:
    lines = [
        Line("一、建立机制。要把责任落实到每一个单位和每一个岗位，做到层层有人抓，", 1, 1),
        Line("①见年报。", 2, 1, kind="note"),
        Line("件件有着落。", 3, 2),
    ]
    made = outline(Document("a.pdf", "", "pdf", tuple(lines)))
    assert [(p.role, p.text[-6:], p.pages) for p in made.paragraphs] == [
        ("body", "件件有着落。", (1, 2)), ("note", "①见年报。", (1, 1)),
    ]  # fmt: skip

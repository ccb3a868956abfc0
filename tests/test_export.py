"""Exports keep every quote word for word; the Word file is read back by another library."""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from rag.blocks import marks
from rag.export import as_docx, as_markdown, as_text, footnote, written_date
from rag.pipeline import Assistant
from rag.types import Answer, Citation, Essay, Paragraph, Piece
from tests import said

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ASKED = "太湖县有哪些措施？"


@pytest.fixture(scope="module")
def answer(assistant: Assistant) -> Answer:
    return assistant.ask(ASKED)


@pytest.fixture(scope="module")
def refusal(assistant: Assistant) -> Answer:
    return assistant.ask("哪个县提出了垃圾分类？")


def notes(docx: bytes) -> dict[str, str]:
    """Return the footnotes of a Word file by id, the two rules left out."""
    with zipfile.ZipFile(BytesIO(docx)) as package:
        root = ElementTree.fromstring(package.read("word/footnotes.xml"))
    return {
        note.attrib[f"{W}id"]: "".join(text.text or "" for text in note.iter(f"{W}t")).strip()
        for note in root.iter(f"{W}footnote")
        if f"{W}type" not in note.attrib
    }


def cited(quote: str) -> Answer:
    where = Paragraph("甲#1.2", "甲#1", 2, "body", quote, (Piece(0, 3),))
    citation = Citation(1, where, Essay("甲#1", "甲.txt"), quote, 0, len(quote))
    blocks = (said.paragraph("甲。[1]"),)
    return Answer("问？", "fact", "甲。[1]", (citation,), False, None, blocks=blocks)


def test_every_mark_of_the_word_file_is_a_footnote_with_its_quote(answer: Answer) -> None:
    made = as_docx(answer)
    written = notes(made)
    body = Document(BytesIO(made)).element.body
    referred = [ref.get(f"{W}id") for ref in body.iter(f"{W}footnoteReference")]
    assert referred == list(written), "each note is referred to once, in order"
    assert [written[own] for own in referred] == [
        footnote(answer.citations[number - 1]) for number in marks(answer.blocks)
    ]
    assert all(c.quote in footnote(c) for c in answer.citations)


def test_the_word_file_says_what_the_answer_says(answer: Answer) -> None:
    paragraphs = [p.text for p in Document(BytesIO(as_docx(answer))).paragraphs]
    assert paragraphs[0] == ASKED
    assert any("培根铸魂守初心。坚持不懈用新时代" in text for text in paragraphs)
    assert not any(re.search(r"\[\d+\]|\*\*|\\", text) for text in paragraphs)


def test_a_refusal_is_exported_as_one(refusal: Answer) -> None:
    texts = (
        as_text(refusal),
        as_markdown(refusal),
        "\n".join(p.text for p in Document(BytesIO(as_docx(refusal))).paragraphs),
    )
    for text in texts:
        assert "没有作答" in text
        assert "最接近的内容（不是答案）" in text
        assert refusal.nearest[0].quote in text
    assert notes(as_docx(refusal)) == {}


def test_text_lists_its_footnotes(answer: Answer) -> None:
    lines = as_text(answer).splitlines()
    assert lines[0] == ASKED
    assert lines[-len(answer.citations) :] == [
        f"[{c.number}] {footnote(c)}" for c in answer.citations
    ]
    assert footnote(answer.citations[1]).startswith(
        "左小斌，《读懂党的二十大报告精神 校准组织工作“红”坐标》，安庆组工信息第32期，"
        "2022年10月25日，第4段。原文：培根铸魂守初心。"
    )


def test_markdown_has_footnotes_and_nothing_that_runs() -> None:
    text = as_markdown(cited("见<img onerror=x>[链](javascript:y)*甲*"))
    assert text.startswith("# 问？\n\n甲。[^1]\n\n[^1]: 甲.txt，第2段。原文：")
    assert r"见\<img onerror=x\>\[链\](javascript:y)\*甲\*" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_quote_that_xml_can_hold_is_kept(quote: str) -> None:
    (note,) = notes(as_docx(cited(quote))).values()
    kept = "".join(c for c in quote if c >= " " and c not in "\ufffe\uffff")
    assert kept.strip() in note.replace("\n", "").replace("\t", "") or not kept.isprintable()


@pytest.mark.parametrize(
    ("iso", "written"),
    [("2022", "2022年"), ("2022-09", "2022年9月"), ("2022-10-05", "2022年10月5日")],
)
def test_dates_are_as_exact_as_stated(iso: str, written: str) -> None:
    assert written_date(iso) == written

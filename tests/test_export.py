"""Exports keep every quote word for word; the Word file is read back by another library."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from pypdfium2 import PdfDocument

from rag.blocks import marks
from rag.export import (
    as_docx,
    as_markdown,
    as_text,
    footnote,
    of_answer,
    of_conversation,
    written_date,
)
from rag.pipeline import Assistant
from rag.render.text import text
from rag.types import Answer, Citation, Essay, Paragraph, Piece
from tests import converted, said

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


def test_every_mark_of_the_word_file_is_a_footnote_with_its_place(answer: Answer) -> None:
    made = as_docx(of_answer(answer))
    written = notes(made)
    body = Document(BytesIO(made)).element.body
    referred = [ref.get(f"{W}id") for ref in body.iter(f"{W}footnoteReference")]
    assert referred == list(written), "each note is referred to once, in order"
    said = text(answer.blocks)
    assert [written[own] for own in referred] == [
        footnote(c).partition("原文：")[0] if c.quote in said else footnote(c)
        for c in (answer.citations[number - 1] for number in marks(answer.blocks))
    ], "a quote is given once, in the text or in its note"


def test_the_word_file_says_what_the_answer_says(answer: Answer) -> None:
    paragraphs = [p.text for p in Document(BytesIO(as_docx(of_answer(answer)))).paragraphs]
    assert paragraphs[0] == ASKED
    assert any("培根铸魂守初心。坚持不懈用新时代" in text for text in paragraphs)
    assert not any(re.search(r"\[\d+\]|\*\*|\\", text) for text in paragraphs)


def test_a_refusal_is_exported_as_one(refusal: Answer) -> None:
    texts = (
        as_text(of_answer(refusal)),
        as_markdown(of_answer(refusal)),
        "\n".join(p.text for p in Document(BytesIO(as_docx(of_answer(refusal)))).paragraphs),
    )
    for shown in texts:
        assert "没有作答" in shown
        assert "最接近的内容（不是答案）" in shown
        assert refusal.nearest[0].quote in shown
    assert notes(as_docx(of_answer(refusal))) == {}


def test_text_lists_its_footnotes(answer: Answer) -> None:
    lines = as_text(of_answer(answer)).splitlines()
    assert lines[0] == ASKED
    places = list(dict.fromkeys(c.paragraph.ordinal for c in answer.citations))
    assert lines[-len(places) :] == [
        f"[{at}] 《读懂党的二十大报告精神 校准组织工作“红”坐标》，太湖县，左小斌，"
        f"安庆组工信息第32期，2022年10月25日，第{place}段。"
        for at, place in enumerate(places, 1)
    ], "what stands in one paragraph has one note"
    assert "原文：培根铸魂守初心。" in footnote(answer.citations[1])


def test_neighbours_of_one_source_have_one_mark() -> None:
    one, other = (replace(cited("甲乙").citations[0], number=n, start=n - 1, end=n) for n in (1, 2))
    both = tuple(replace(c, quote=quote) for c, quote in ((one, "甲"), (other, "乙")))
    made = replace(cited("甲乙"), citations=both, blocks=(said.paragraph("甲[1]乙[2]丙[7]"),))
    assert as_text(of_answer(made)).splitlines()[2:] == ["甲乙[1]丙[7]", "", "[1] 甲.txt，第2段。"]


def test_a_conversation_is_one_file_with_a_heading_for_each_question(
    answer: Answer, refusal: Answer
) -> None:
    made = as_docx(of_conversation("汇总", [answer, refusal]))
    paragraphs = Document(BytesIO(made)).paragraphs
    headings = [p.text for p in paragraphs if p.style.name == "Heading 1"]
    assert (paragraphs[0].text, headings) == ("汇总", [answer.question, refusal.question])
    assert len(notes(made)) == len(notes(as_docx(of_answer(answer))))


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_word_file_as_an_official_document(
    assistant: Assistant, tmp_path: Path
) -> None:
    asked = ("各地在人才方面有什么做法？列个表", ASKED)
    paper = of_conversation("情况汇总", [assistant.ask(question) for question in asked])
    (tmp_path / "a.docx").write_bytes(as_docx(paper))
    (file,) = converted.by_libreoffice("pdf", tmp_path / "a.docx")
    made = PdfDocument(file)
    pages = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in made]
    shown = "".join("".join(pages).split())
    assert [f"—{n}—" in "".join(page.split()) for n, page in enumerate(pages, 1)] == [True] * len(
        pages
    )
    assert shown.startswith("情况汇总一、各地在人才方面有什么做法？列个表范围原文桐城市")
    assert f"二、{ASKED}" in shown
    assert "《以高质量组织工作推动高质量发展》，桐城市，储江，安庆组工信息第32期" in shown
    assert "1.校准“红心”坐标，聚精会神强党建。习近平总书记" in shown
    image = np.asarray(made[0].render().to_pil().convert("L")) < 128
    inked = image.any(axis=0).nonzero()[0]
    width = image.shape[1]
    assert 28 / 210 - 0.02 < inked[0] / width < 28 / 210 + 0.02, "the left margin is 28 mm"
    assert 184 / 210 - 0.02 < inked[-1] / width < 184 / 210 + 0.02, "a line is 156 mm"


def test_markdown_has_footnotes_and_nothing_that_runs() -> None:
    text = as_markdown(of_answer(cited("见<img onerror=x>[链](javascript:y)*甲*")))
    assert text.startswith("# 问？\n\n甲。[^1]\n\n[^1]: 甲.txt，第2段。原文：")
    assert r"见\<img onerror=x\>\[链\](javascript:y)\*甲\*" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_quote_that_xml_can_hold_is_kept(quote: str) -> None:
    (note,) = notes(as_docx(of_answer(cited(quote)))).values()
    kept = "".join(c for c in quote if c >= " " and c not in "\ufffe\uffff")
    assert kept.strip() in note.replace("\n", "").replace("\t", "") or not kept.isprintable()


@pytest.mark.parametrize(
    ("iso", "written"),
    [("2022", "2022年"), ("2022-09", "2022年9月"), ("2022-10-05", "2022年10月5日")],
)
def test_dates_are_as_exact_as_stated(iso: str, written: str) -> None:
    assert written_date(iso) == written

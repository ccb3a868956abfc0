"""Facts from letterheads, properties and file names, each with its source and how sure it is."""

import pytest

from rag.outline import outline
from rag.outline.masthead import number_in
from rag.reading.text import read_text
from rag.types import SURE, Document, Essay, Stated

LETTER = """中共安徽省委文件

皖发〔2022〕5号

中共安徽省委 安徽省人民政府
关于加强新时代人才工作的实施意见

各市、县（市、区）委和人民政府，省直各单位：

为深入贯彻落实党中央决策部署，现提出如下实施意见。

一、总体要求
坚持党管人才原则，全面推进人才强省建设。

中共安徽省委
二〇二二年十月
"""
PLAIN = "为加强人才工作，提出如下意见。建立机制，落实责任。\n\n优化服务，限时办结。\n"


def essay(text: str, path: str = "a.txt", *stated: Stated) -> Essay:
    (made,) = outline(Document(path, "", "txt", read_text(text), stated=stated)).essays
    return made


def test_a_letter_states_its_facts() -> None:
    made = essay(LETTER)
    assert (made.title, made.document_number, made.issuer, made.date, made.place) == (
        "中共安徽省委 安徽省人民政府关于加强新时代人才工作的实施意见",
        "皖发〔2022〕5号",
        "中共安徽省委",
        "2022-10",
        "安徽省",
    )
    sources = {fact.name: (fact.source, fact.confidence) for fact in made.known}
    assert sources["document_number"] == ("masthead", 0.9)
    assert sources["place"] == ("title", 0.8)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("皖发〔2022〕5号", "皖发〔2022〕5号"),
        ("皖 发 [2022] 5 号    签发人：张三", "皖发〔2022〕5号"),
        ("国办发（2021）12号", "国办发〔2021〕12号"),
        ("2008年12月1日 中华人民共和国国务院令第541号公布", "中华人民共和国国务院令第541号"),
        ("根据国发〔2020〕1号文件精神", None),
        ("第32期", None),
        ("国发2020年1号", None),
    ],
)
def test_document_numbers(text: str, number: str | None) -> None:
    assert number_in(text) == number


def test_a_file_name_fills_in_what_the_text_leaves_out() -> None:
    made = essay(PLAIN, "材料/安庆组工信息第32期(2022-10-25).docx")
    assert (made.publication, made.issue, made.date) == ("安庆组工信息", "32", "2022-10-25")
    assert {fact.source for fact in made.known} == {"file name"}


def test_what_is_unsure_is_told_but_not_taken() -> None:
    made = essay(PLAIN, "关于人才工作的几点思考.docx", Stated("title", "思考", "properties", 0.4))
    assert made.title is None
    assert [(fact.value, fact.source) for fact in made.known if fact.name == "title"] == [
        ("思考", "properties"), ("关于人才工作的几点思考", "file name"),
    ]  # fmt: skip
    assert all(fact.confidence < SURE for fact in made.known if fact.name == "title")


def test_properties_that_a_program_filled_in_do_not_count() -> None:
    stated = [
        Stated("title", "Microsoft Word - 文档1.doc", "properties", 0.9),
        Stated("author", "Administrator", "properties", 0.9),
        Stated("date", "昨天", "properties", 0.9),
    ]
    made = essay(PLAIN, "a.txt", *stated)
    assert made.known == ()


def test_the_text_is_believed_before_properties_and_after_a_sidecar() -> None:
    stated = [
        Stated("date", "2020-01-01", "properties", 0.9),
        Stated("place", "太湖县", "sidecar", 1.0),
    ]
    made = essay(LETTER, "a.txt", *stated)
    assert (made.date, made.place) == ("2022-10", "太湖县")
